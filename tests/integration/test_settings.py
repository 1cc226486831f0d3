"""Settings that differ are no success: they are told, and set back when that is asked for."""

from collections.abc import Callable
from pathlib import Path

from google.cloud.bigquery import AccessEntry
from google.cloud.firestore_admin_v1 import types
from google.protobuf.field_mask_pb2 import FieldMask

from tests.harness import Rebound
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State, write_catalog
from tests.served import Function, serving

Database = types.Database


def test_a_dataset_that_was_changed(rebound: Rebound, function: Function):
    """Who may read it and how long its tables live is compared, and set back with the word."""
    function.complete("night")
    client = rebound.bigquery_client
    before = client.get_dataset(lake.DATASET)
    changed = client.get_dataset(lake.DATASET)
    guest = AccessEntry("READER", "userByEmail", "guest@example.com")
    changed.access_entries = [*changed.access_entries, guest]
    changed.default_table_expiration_ms = 24 * 3600 * 1000
    changed.labels["team"] = "nobody"
    client.update_dataset(changed, ["access_entries", "default_table_expiration_ms", "labels"])

    command = ("recover", "bigquery-dataset-loss", "--yes")
    planned = rebound.run("plan", *command[1:2]).stdout
    assert "dataset lake: labels is " in planned
    assert "(left alone; `--settings` sets it back)" in planned
    left = rebound.run(*command, code=7)
    assert "NOT EQUAL dataset lake" in left.stdout
    assert "guest@example.com" in left.stdout
    assert client.get_dataset(lake.DATASET).labels == {"team": "nobody"}
    rebound.run(*command, "--table", lake.GAMES)
    done = rebound.run(*command, "--settings").stdout
    assert "proven    dataset lake" in done
    after = client.get_dataset(lake.DATASET)
    for name in ("labels", "default_table_expiration_ms"):
        assert getattr(after, name) == getattr(before, name)
    assert sorted(map(str, after.access_entries)) == sorted(map(str, before.access_entries))
    rebound.run(*command)


def test_a_bucket_that_was_changed(raw: Rebound, night: Function):
    """A rule that would delete everything, history switched off, and somebody who may read."""
    bucket = bucket_objects.make_bucket(raw, versioning=True, labels={"team": "data"})
    bucket_objects.fill(raw, bucket, bucket_objects.NAMES[:3])
    bucket_objects.back_up(night)
    access = bucket.get_iam_policy(requested_policy_version=3)
    bucket.reload()
    bucket.add_lifecycle_delete_rule(age=1)
    bucket.versioning_enabled = False
    bucket.labels = {"team": "nobody", "extra": "1"}
    bucket.patch()
    wider = bucket.get_iam_policy(requested_policy_version=3)
    wider.bindings.append({"role": "roles/storage.objectViewer", "members": ["allUsers"]})
    bucket.set_iam_policy(wider)

    left = bucket_objects.recover(raw, code=7)
    assert {item["aspect"] for item in left["findings"]} == {
        "access",
        "labels",
        "lifecycle",
        "versioning",
    }
    scope = ("--prefix", bucket_objects.NAMES[0])
    assert not bucket_objects.recover(raw, *scope)["findings"]
    assert not bucket_objects.recover(raw, "--settings")["findings"]
    bucket.reload()
    assert (list(bucket.lifecycle_rules), bucket.versioning_enabled) == ([], True)
    assert bucket.labels == {"team": "data"}
    again = bucket.get_iam_policy(requested_policy_version=3)
    assert list(again.bindings) == list(access.bindings)


def test_a_database_that_was_changed(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Its protection from deletion and its history are as they were."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(rebound)
    with rebound.cloud.minutes_ago(3):
        state.write({"a/b": {"n": 1}})
    protected = Database.DeleteProtectionState.DELETE_PROTECTION_ENABLED
    history = Database.PointInTimeRecoveryEnablement.POINT_IN_TIME_RECOVERY_ENABLED

    def set_to(protection: int, pitr: int) -> None:
        database = Database(
            name=state.name,
            delete_protection_state=protection,
            point_in_time_recovery_enablement=pitr,
        )
        mask = FieldMask(paths=["delete_protection_state", "point_in_time_recovery_enablement"])
        state.admin.update_database(database=database, update_mask=mask).result()

    set_to(protected, history)
    with serving(rebound) as function:
        function.complete("night")
    set_to(
        Database.DeleteProtectionState.DELETE_PROTECTION_DISABLED,
        Database.PointInTimeRecoveryEnablement.POINT_IN_TIME_RECOVERY_DISABLED,
    )
    command = ("recover", "firestore-state-loss", "--yes")
    left = rebound.run(*command, code=7).stdout
    assert "deleteProtectionState: " in left
    assert "pointInTimeRecoveryEnablement: " in left
    rebound.run(*command, "--settings")
    found = state.admin.get_database(name=state.name)
    assert found.delete_protection_state == protected
    assert found.point_in_time_recovery_enablement == history
    rebound.run(*command)
