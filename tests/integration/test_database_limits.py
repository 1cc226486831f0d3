"""Databases that answer late, put writes off or cannot be counted: what the emulator never does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.protobuf.field_mask_pb2 import FieldMask

from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.documents import DocumentRecord
from manifests.errors import CloudError
from manifests.names import EVERYTHING
from recovery.compare.databases import creation, database_findings
from recovery.compare.indexes import index_texts
from recovery.firestore.throttle import Unthrottled
from recovery.firestore.writing import BatchWriter
from tests.harness import Rebound, minutes_ago, of_kind
from tests.integration.orchestration import State, administered, write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"
COUNT = 900


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with one database, backed up as `night`."""
    made = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    with made.cloud.minutes_ago(5):
        # Large enough for several files, which tell the next night where it can cut.
        padding = "x" * 10_000
        State(made).write(
            {f"many/{number:04d}": {"n": number, "padding": padding} for number in range(COUNT)}
        )
    # What is read makes later commits later: so the night is over for two minutes.
    with made.cloud.minutes_ago(2), serving(made) as function:
        function.complete("night", recovery_point=minutes_ago(3))
    return made


def test_queries_over_what_was_just_deleted(rebound: Rebound):
    """After a mass deletion no query comes to its end in time; the rest is read in parts."""
    state = State(rebound)
    before = state.content()
    paths = [path for path in before if path != "many/0500"]
    for start in range(0, len(paths), 300):
        state.delete(*paths[start : start + 300])
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=20)
    (outcome,) = of_kind(rebound.json("recover", SCENARIO, "--yes", "--unthrottled"), "database")
    assert outcome["equal"] == COUNT
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=None)
    assert state.content() == before


def test_a_backup_over_what_was_just_deleted(rebound: Rebound):
    """The night after a mass deletion reads the rest in parts, cut where the last files began."""
    state = State(rebound)
    left = ("many/0500", "many/0899")
    starts = [file.first_path for file in rebound.manifest("night").databases[0].files]
    # The least part that is read holds what two files held.
    most = 2 * COUNT // (len(starts) - 1)
    # No look at the database before: what is deleted would be later than the look.
    paths = (f"many/{number:04d}" for number in range(COUNT))
    doomed = [path for path in paths if path not in left]
    with rebound.cloud.minutes_ago(2):
        for start in range(0, len(doomed), 300):
            state.delete(*doomed[start : start + 300])
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=most)
    with serving(rebound) as function:
        function.complete("after")
    assert rebound.manifest("after").databases[0].document_count == len(left)


def test_a_first_backup_after_a_mass_deletion(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A first run knows no name to cut at, cannot even list the collections, and completes."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(rebound)
    left = ("games/0499", "games/0499/plays/7", "größe/ñ1", "many/__id7__")
    paths = [
        *(f"games/{number:04d}" for number in range(600)),
        *(f"many/__id{number}__" for number in range(100)),
        *(f"größe/ñ{number}" for number in range(100)),
        left[1],
    ]
    with rebound.cloud.minutes_ago(5):
        state.write({path: {"n": 1} for path in paths})
    with rebound.cloud.minutes_ago(2):
        doomed = [path for path in paths if path not in left]
        for start in range(0, len(doomed), 300):
            state.delete(*doomed[start : start + 300])
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=20)
    with pytest.raises(ServiceUnavailable, match="Query timed out"):
        list(state.client.collections(retry=None))
    with serving(rebound) as function:
        function.complete("first")
    backup = rebound.manifest("first").databases[0]
    assert (backup.document_count, backup.uncounted) == (len(left), len(left))
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=None)
    assert sorted(state.content()) == sorted(left)


def test_one_deleted_document_is_too_many(rebound: Rebound):
    """Where no part is small enough, the database cannot be read, and that is no success."""
    state = State(rebound)
    state.lose("many/0100")
    rebound.cloud.order("firestore", "patience", database=state.name, deleted=0)
    done = rebound.run("plan", SCENARIO, code=9)
    assert "Query timed out" in done.stderr
    assert "the range from before many/0100 to after many/0100" in done.stderr
    assert "Firestore clears away what was deleted" in done.stderr


def test_writes_that_are_put_off(rebound: Rebound, no_pauses: list[float]):
    """Writes that Firestore puts off for longer than a call is repeated are made in the end."""
    state = State(rebound)
    before = state.content()
    documents = Documents(Connection(rebound.project, "(default)"))
    lost = list(documents.read(EVERYTHING))[:100]
    state.lose(*(record.path for record in lost))
    pauses: list[float] = []
    writer = BatchWriter(documents, Unthrottled(), sleep=pauses.append)
    fault = rebound.cloud.fault(
        "firestore", "firestore.BatchWrite", "status", reason="ABORTED", times=10
    )
    with fault:
        for record in lost:
            writer.add(record.path, documents.put(record, replaces_nanos=None))
        writer.flush()
    assert state.content() == before
    assert len(no_pauses) > len(pauses) > 0


def test_writes_that_contend(new_rebound: Callable[..., Rebound]):
    """A write that is aborted in a batch is made again, later each time, and slows its collection."""
    rebound = new_rebound()
    state = State(rebound)
    state.write({"many/0": {"n": 0}})
    slowed: list[str] = []
    pauses: list[float] = []

    class Noting(Unthrottled):
        def slow_down(self, collection: str) -> None:
            slowed.append(collection)

    documents = Documents(Connection(rebound.project, "(default)"))
    writer = BatchWriter(documents, Noting(), sleep=pauses.append)
    rebound.cloud.order("firestore", "contention", database=state.name, writes=12)
    for number in range(1, 5):
        record = DocumentRecord(f"many/{number}", b"", 1, 1)
        writer.add(record.path, documents.put(record, replaces_nanos=None))
    writer.flush()
    assert set(state.content()) == {f"many/{number}" for number in range(5)}
    assert slowed == ["many"] * 3
    assert len(pauses) == 3
    assert all(0 < pause <= 0.5 * 2**number for number, pause in enumerate(pauses))


def test_documents_that_cannot_be_counted(rebound: Rebound):
    """A count that takes too long is no failure, and no reason to try it for minutes."""
    fault = rebound.cloud.fault(
        *("firestore", "firestore.RunAggregationQuery", "status"),
        reason="DEADLINE_EXCEEDED",
        times=None,
    )
    unlisted = rebound.cloud.fault(
        "firestore", "firestore.admin.ListIndexes", "status", reason="PERMISSION_DENIED"
    )
    with fault, unlisted, serving(rebound) as function:
        function.complete("uncounted")
        lines = [line for line in function.log_lines() if "does not count them" in line["message"]]
    assert sum(line["found"] for line in lines) == COUNT
    database = rebound.manifest("uncounted").databases[0]
    assert (database.document_count, database.uncounted) == (COUNT, COUNT)
    assert database.index_settings is None
    told = rebound.run("show", "uncounted").stdout
    assert "900 of them NOT COUNTED by Firestore, indexes and field settings UNKNOWN" in told


def test_indexes_of_a_lost_database_are_named(rebound: Rebound):
    """What a database that is created comes back without is in the manifest and in the plan."""
    state = State(rebound)
    group = f"{state.name}/collectionGroups/many"
    fields = [{"field_path": "n", "order": "ASCENDING"}, {"field_path": "day", "order": 2}]
    index = {"query_scope": "COLLECTION", "fields": fields}
    state.admin.create_index(parent=group, index=index).result()
    for name, setting, value in (
        ("padding", "index_config", {"indexes": []}),
        ("until", "ttl_config", {}),
    ):
        field = {"name": f"{group}/fields/{name}", setting: value}
        request = {"field": field, "update_mask": FieldMask(paths=[setting])}
        state.admin.update_field(request).result()
    with serving(rebound) as function:
        function.complete("set")
    settings = rebound.manifest("set").databases[0].index_settings
    assert settings is not None
    names = {
        "index on many (n, day descending, __name__ descending)",
        "index setting of all other fields",
        "index setting of many.padding",
        "time to live of many.until",
    }
    assert index_texts(settings).keys() == names
    with rebound.cloud.minutes_ago(5, ("firestore",)):
        state.admin.delete_database(name=state.name).result()
    told = rebound.run("plan", SCENARIO, "--run", "set").stdout
    assert all(f"make     {name}" in told for name in names)
    rebound.run("recover", SCENARIO, "--run", "set", "--notify", "--yes")
    made = administered(rebound).index_settings()
    assert index_texts(made) == index_texts(settings)
    assert made.fields == settings.fields


def test_key_and_settings_of_a_created_database(new_rebound: Callable[..., Rebound]):
    """A database is created with its key and every setting that a creation takes, edition and modes too."""
    rebound = new_rebound()
    like = {
        "locationId": "nam5",
        "type": "FIRESTORE_NATIVE",
        "databaseEdition": "ENTERPRISE",
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
        "appEngineIntegrationMode": "ENABLED",
        "firestoreDataAccessMode": "DATA_ACCESS_MODE_ENABLED",
        "mongodbCompatibleDataAccessMode": "DATA_ACCESS_MODE_DISABLED",
        "realtimeUpdatesMode": "REALTIME_UPDATES_MODE_ENABLED",
        "cmekConfig": {"kmsKeyName": "projects/k/key", "activeKeyVersion": ["projects/k/key/1"]},
        "aFieldOfTomorrow": 1,
    }
    made = administered(rebound, "keyed")
    made.create(creation(like))
    resource = made.resource()
    assert resource is not None
    assert resource["cmekConfig"] == {"kmsKeyName": "projects/k/key"}
    wanted = {key: like[key] for key in like if key not in ("cmekConfig", "aFieldOfTomorrow")}
    assert {key: resource[key] for key in wanted} == wanted
    assert [item.aspect for item in database_findings(like, resource)] == ["aFieldOfTomorrow"]
    lower = {**like, "appEngineIntegrationMode": "DISABLED"}
    made.configure(lower, {"appEngineIntegrationMode"}, seen=resource)
    changed = made.resource()
    assert changed is not None
    assert changed["appEngineIntegrationMode"] == "DISABLED"
    with pytest.raises(CloudError, match="App Engine"):
        made.configure(like, {"appEngineIntegrationMode"}, seen=changed)
    mode = {"realtimeUpdatesMode": "REALTIME_UPDATES_MODE_DISABLED"}
    with pytest.raises(CloudError, match="realtime_updates_mode"):
        made.configure(mode, set(mode), seen=changed)
