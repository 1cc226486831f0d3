import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import PROJECT, Server, new_name
from tests.harness import await_that

DAY = 24 * 3600


def test_defaults(client: storage.Client):
    """A new bucket has soft delete for 7 days, no versioning, class STANDARD in the US."""
    created = client.create_bucket(new_name())
    found = client.get_bucket(created.name)
    assert found.soft_delete_policy.retention_duration_seconds == 7 * DAY
    assert (found.versioning_enabled, found.storage_class) == (False, "STANDARD")
    assert (found.location, found.metageneration) == ("US", 1)
    assert found.time_created == found.updated


def test_settings_come_back(client: storage.Client):
    """Every setting of a new bucket is kept as it was given."""
    bucket = client.bucket(new_name())
    bucket.versioning_enabled = True
    bucket.storage_class = "NEARLINE"
    bucket.labels = {"team": "data"}
    bucket.soft_delete_policy.retention_duration_seconds = 30 * DAY
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.add_lifecycle_delete_rule(age=30, matches_prefix=["tmp/"])
    client.create_bucket(bucket, location="europe-west1")

    found = client.get_bucket(bucket.name)
    assert (found.versioning_enabled, found.storage_class) == (True, "NEARLINE")
    assert real.without_label(found.labels) == {"team": "data"}
    assert (found.location, found.location_type) == ("EUROPE-WEST1", "region")
    assert found.soft_delete_policy.retention_duration_seconds == 30 * DAY
    assert found.iam_configuration.uniform_bucket_level_access_enabled
    assert list(found.lifecycle_rules) == list(bucket.lifecycle_rules)
    found.blob("object").upload_from_string(b"")
    assert found.get_blob("object").storage_class == "NEARLINE"


def test_the_service_adds_what_it_knows_of_a_setting(server: Server):
    """Since when Autoclass and the enforcement of keys are so, and what kind of location it is."""
    restricted, free = ({"restrictionMode": mode} for mode in ("FullyRestricted", "NotRestricted"))
    name = server.new_bucket(
        autoclass={"enabled": True},
        encryption={
            "googleManagedEncryptionEnforcementConfig": restricted,
            "customerManagedEncryptionEnforcementConfig": free,
        },
        customPlacementConfig={"dataLocations": ["US-EAST1", "US-WEST1"]},
    )
    path = f"/storage/v1/b/{name}"
    found = server.call("GET", path).json()
    enforced = found["encryption"]
    assert enforced["googleManagedEncryptionEnforcementConfig"].keys() == {
        *restricted,
        "effectiveTime",
    }
    assert enforced["customerManagedEncryptionEnforcementConfig"] == free
    assert found["locationType"] == "dual-region"
    automatic = found["autoclass"]
    assert automatic["terminalStorageClass"] == "NEARLINE"
    patch = {"autoclass": {"enabled": True, "terminalStorageClass": "ARCHIVE"}}
    changed = server.call("PATCH", path, json=patch).json()["autoclass"]
    assert changed["toggleTime"] == automatic["toggleTime"]
    later = changed["terminalStorageClassUpdateTime"]
    assert later > automatic["terminalStorageClassUpdateTime"]
    off = server.call("PATCH", path, json={"autoclass": {"enabled": False}}).json()["autoclass"]
    assert off.keys() == {"enabled", "toggleTime"}
    assert off["toggleTime"] > automatic["toggleTime"]


def test_contexts_know_when_they_came(server: Server, bucket: storage.Bucket):
    """An object's contexts merge by key, and the service dates each (Object contexts)."""
    path = f"/storage/v1/b/{bucket.name}/o/object"
    bucket.blob("object").upload_from_string(b"")

    def patched(**values: str | None) -> dict[str, dict[str, str]]:
        custom = {key: {"value": value} for key, value in values.items()}
        answer = server.call("PATCH", path, json={"contexts": {"custom": custom}}).json()
        found: dict[str, dict[str, str]] = answer["contexts"]["custom"]
        return found

    first = patched(a="1", b="1", c="1")
    second = patched(a="2", c=None)
    assert {key: payload["value"] for key, payload in second.items()} == {"a": "2", "b": "1"}
    assert second["b"] == first["b"]
    assert second["a"]["createTime"] == first["a"]["createTime"]
    assert second["a"]["updateTime"] > first["a"]["updateTime"]


def test_patch_merges_and_counts(server: Server, client: storage.Client):
    """A patch merges labels, null removes, and the metageneration rises."""
    bucket = client.bucket(server.new_bucket(labels={"a": "1", "b": "2"}))
    path = f"/storage/v1/b/{bucket.name}"
    answer = server.call("PATCH", path, json={"labels": {"a": None, "c": "3"}}).json()
    assert real.without_label(answer["labels"]) == {"b": "2", "c": "3"}
    assert answer["metageneration"] == "2"
    bucket.reload()
    bucket.labels = real.LABELS
    with pytest.raises(PreconditionFailed):
        bucket.patch(if_metageneration_match=1)
    refused = server.call("GET", path, params={"ifMetagenerationMatch": "1"})
    assert refused.status_code == 412
    assert server.call("GET", path, params={"ifMetagenerationNotMatch": "2"}).status_code == 304


@pytest.mark.parametrize("seconds", [1, 7 * DAY - 1, 90 * DAY + 1])
def test_soft_delete_durations(bucket: storage.Bucket, seconds: int):
    """Soft delete lasts from 7 to 90 days, or is off."""
    bucket.soft_delete_policy.retention_duration_seconds = seconds
    with pytest.raises(BadRequest):
        bucket.patch()


def test_names_are_taken_once(bucket: storage.Bucket, client: storage.Client):
    """A second bucket of a name is refused, and so is a name that is none."""
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)
    with pytest.raises(BadRequest):
        client.create_bucket("Capital")


def test_list(client: storage.Client):
    """Buckets of a project are listed by name, in pages."""
    prefix = f"{new_name()}-"
    for number in (2, 0, 1):
        client.create_bucket(f"{prefix}{number}")
    found = client.list_buckets(prefix=prefix, page_size=2)
    assert [bucket.name for bucket in found] == [f"{prefix}{number}" for number in range(3)]


@real.local_only(real.OTHER_PROJECT)
def test_buckets_of_another_project_are_not_listed(server: Server, client: storage.Client):
    """A list is of one project."""
    name = new_name()
    server.call("POST", "/storage/v1/b?project=other", json={"name": name}).raise_for_status()
    assert not list(client.list_buckets(prefix=name))
    assert [found.name for found in client.list_buckets(prefix=name, project="other")] == [name]


def test_only_an_empty_bucket_is_deleted(versioned: storage.Bucket):
    """A bucket with any version that is not soft-deleted stays."""
    blob = versioned.blob("object")
    blob.upload_from_string(b"")
    versioned.blob("object").delete()
    with pytest.raises(Conflict):
        versioned.delete()
    versioned.blob("object", generation=blob.generation).delete()
    versioned.delete()
    assert not versioned.exists()
    with pytest.raises(NotFound):
        versioned.blob("object").upload_from_string(b"")


def test_soft_deleted_bucket_comes_back(
    server: Server, client: storage.Client, bucket: storage.Bucket
):
    """A deleted bucket is restored by its generation, its objects by bulk restore."""
    bucket.blob("object").upload_from_string(b"data")
    bucket.blob("object").delete()
    bucket.reload()
    bucket.delete()
    assert bucket.name in [found.name for found in client.list_buckets(soft_deleted=True)]

    client.restore_bucket(bucket.name, generation=bucket.generation)
    server.call("POST", f"/storage/v1/b/{bucket.name}/o/bulkRestore", json={})
    await_that(bucket.blob("object").exists)
    assert bucket.blob("object").download_as_bytes() == b"data"


def test_new_bucket_of_an_old_name_is_empty(client: storage.Client, bucket: storage.Bucket):
    """A new bucket does not see what a deleted one of its name held."""
    bucket.blob("object").upload_from_string(b"data")
    bucket.blob("object").delete()
    bucket.delete()
    new = client.create_bucket(bucket.name)
    assert list(new.list_blobs(soft_deleted=True)) == []


def test_iam_policy(bucket: storage.Bucket):
    """A policy is kept, guarded by its etag; every permission is granted."""
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [
        {"role": "roles/storage.objectViewer", "members": {f"projectViewer:{PROJECT}"}}
    ]
    bucket.set_iam_policy(policy)
    assert [item["role"] for item in bucket.get_iam_policy().bindings] == [
        policy.bindings[0]["role"]
    ]
    with pytest.raises(PreconditionFailed):
        bucket.set_iam_policy(policy)
    permissions = ["storage.objects.get", "storage.buckets.get"]
    assert bucket.test_iam_permissions(permissions) == permissions


def test_service_account(client: storage.Client):
    """A project has its service agent."""
    assert client.get_service_account_email().endswith(
        "gs-project-accounts.iam.gserviceaccount.com"
    )


def test_what_is_set_at_creation_only(server: Server):
    """Object retention and a hierarchical namespace come with a bucket or never (Bucket: insert)."""
    uniform = {"uniformBucketLevelAccess": {"enabled": True}}
    tree = {"hierarchicalNamespace": {"enabled": True}}
    path = f"/storage/v1/b?project={PROJECT}"
    refused = server.call("POST", path, json={"name": new_name(), **tree})
    assert refused.status_code == 400
    name = server.new_bucket(iamConfiguration=uniform, **tree)
    path = f"/storage/v1/b/{name}"
    assert server.call("GET", path).json()["hierarchicalNamespace"] == {"enabled": True}
    change = {"hierarchicalNamespace": {"enabled": False}}
    assert server.call("PATCH", path, json=change).status_code == 400
    assert server.call("PATCH", path, json={"versioning": {"enabled": True}}).status_code == 400
    kept = server.call("PATCH", path, json={"labels": {"a": "b"}}).json()
    assert kept["hierarchicalNamespace"] == {"enabled": True}
    flat = server.new_bucket(objectRetention={"mode": "Enabled"})
    assert server.call("PATCH", f"/storage/v1/b/{flat}", json=tree).status_code == 400
    assert "objectRetention" not in server.call("GET", f"/storage/v1/b/{flat}").json()
    made = server.call(
        "POST",
        f"/storage/v1/b?project={PROJECT}&enableObjectRetention=true",
        json={"name": new_name()},
    ).json()
    assert made["objectRetention"] == {"mode": "Enabled"}


@real.local_only(real.TOPIC)
def test_notifications(server: Server, client: storage.Client):
    """A bucket's notifications are made, listed and deleted (Pub/Sub notifications)."""
    bucket = client.bucket(server.new_bucket())
    assert list(bucket.list_notifications()) == []
    made = bucket.notification("told", topic_project="project-p", event_types=["OBJECT_FINALIZE"])
    made.create()
    (found,) = bucket.list_notifications()
    assert (found.topic_name, found.notification_id) == ("told", made.notification_id)
    found.delete()
    assert list(bucket.list_notifications()) == []
