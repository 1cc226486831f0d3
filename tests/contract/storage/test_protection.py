import datetime as dt

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, PreconditionFailed
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server

DAY = 24 * 3600


@pytest.fixture
def blob(bucket: storage.Bucket) -> storage.Blob:
    """Return an object."""
    blob = bucket.blob("object")
    blob.upload_from_string(b"data")
    return blob


def refusal(server: Server, bucket: str, method: str) -> str:
    """Return the reason why an object cannot be deleted or replaced."""
    if method == "DELETE":
        answer = server.object("DELETE", bucket, "object")
    else:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name=object"
        answer = server.call("POST", path, data=b"new")
    assert answer.status_code == 403
    return answer.json()["error"]["errors"][0]["reason"]


@pytest.mark.parametrize("method", ["DELETE", "POST"])
@pytest.mark.parametrize("hold", ["temporary_hold", "event_based_hold"])
def test_holds(server: Server, blob: storage.Blob, method: str, hold: str):
    """An object under hold is neither deleted nor replaced."""
    setattr(blob, hold, True)
    blob.patch()
    assert refusal(server, blob.bucket.name, method) == "forbidden"
    assert blob.download_as_bytes() == b"data"
    setattr(blob, hold, False)
    blob.patch()
    blob.delete()


@real.local_only(real.ORDER)
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_retention_policy(server: Server, client: storage.Client, method: str):
    """An object younger than the retention period is neither deleted nor replaced."""
    bucket = client.bucket(server.new_bucket(retentionPolicy={"retentionPeriod": str(DAY)}))
    blob = bucket.blob("object")
    blob.upload_from_string(b"data")
    blob.reload()
    now = dt.datetime.fromisoformat(server.order("clock")["now"])
    left = (blob.retention_expiration_time - now).total_seconds()
    assert DAY - 60 < left <= DAY
    assert refusal(server, bucket.name, method) == "retentionPolicyNotMet"
    server.order("clock", advance_seconds=DAY + 1)
    blob.delete()


@real.local_only(real.ORDER)
def test_retention_restarts_when_an_event_based_hold_ends(server: Server, client: storage.Client):
    """While an event-based hold lasts, retention has no end; then it counts from its release."""
    bucket = client.bucket(
        server.new_bucket(retentionPolicy={"retentionPeriod": "60"}, defaultEventBasedHold=True)
    )
    blob = bucket.blob("object")
    blob.upload_from_string(b"data")
    blob.reload()
    assert blob.event_based_hold
    assert blob.retention_expiration_time is None
    blob.event_based_hold = False
    blob.patch()
    now = dt.datetime.fromisoformat(server.order("clock")["now"])
    assert 50 < (blob.retention_expiration_time - now).total_seconds() <= 60


def test_versioned_objects_under_hold_stay_live(versioned: storage.Bucket):
    """A held object is neither overwritten nor archived, with versioning neither (Object holds)."""
    blob = versioned.blob("object")
    blob.upload_from_string(b"1")
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(Forbidden, match="is under active Temporary hold"):
        versioned.blob("object").upload_from_string(b"2")
    with pytest.raises(Forbidden):
        versioned.blob("object").delete()
    assert versioned.get_blob("object").generation == blob.generation


def test_locked_retention_only_grows(client: storage.Client, server: Server):
    """A locked retention policy can be lengthened, not shortened and not removed."""
    bucket = client.bucket(server.new_bucket())
    bucket.retention_period = 100
    bucket.patch()
    bucket.lock_retention_policy()
    assert bucket.retention_policy_locked
    for shorter in (99, None):
        bucket.retention_period = shorter
        with pytest.raises(Forbidden):
            bucket.patch()
    bucket.reload()
    bucket.retention_period = 200
    bucket.patch()
    assert (bucket.retention_period, bucket.retention_policy_locked) == (200, True)


def test_custom_time_never_decreases(blob: storage.Blob):
    """The custom time of an object moves forward only."""
    later = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    blob.custom_time = later
    blob.patch()
    for earlier in (later - dt.timedelta(seconds=1), None):
        blob.custom_time = earlier
        with pytest.raises(BadRequest):
            blob.patch()
    blob.reload()
    assert blob.custom_time == later


def test_patch_raises_the_metageneration(blob: storage.Blob):
    """A patch changes what it names, and the metageneration, not the generation."""
    before = (blob.generation, blob.time_created)
    blob.metadata = {"a": "1", "b": "2"}
    blob.content_encoding = "gzip"
    blob.patch(if_metageneration_match=1)
    blob.metadata = {"a": None, "c": "3"}
    blob.patch()
    assert blob.metadata == {"b": "2", "c": "3"}
    assert (blob.content_encoding, blob.metageneration) == ("gzip", 3)
    assert (blob.generation, blob.time_created) == before
    assert blob.updated > blob.time_created
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=1)


def test_update_replaces(server: Server, blob: storage.Blob):
    """An update removes what it does not say."""
    blob.cache_control = "no-store"
    blob.patch()
    answer = server.object("PUT", blob.bucket.name, "object", json={"contentType": "text/y"})
    assert answer.json()["contentType"] == "text/y"
    assert "cacheControl" not in answer.json()


def test_too_much_metadata_is_refused(blob: storage.Blob):
    """Custom metadata of more than 8 KiB is refused."""
    blob.metadata = {"k": "x" * 9000}
    with pytest.raises(BadRequest):
        blob.patch()


@real.local_only(real.LOCKED)
def test_retention_of_an_object_is_never_less(server: Server):
    """A date moves on; a mode changes with its parameter only, and a lock never (Objects: patch)."""

    def set_to(mode: str, year: int, bucket: str = "", **query: str) -> int:
        kept = {"mode": mode, "retainUntilTime": f"{year}-01-01T00:00:00Z"}
        return server.object(
            "PATCH", bucket or name, "object", json={"retention": kept}, params=query
        ).status_code

    plain, name = server.new_bucket(), server.new_bucket(retains_objects=True)
    for bucket in (plain, name):
        server.put(bucket, "object", b"")
    assert set_to("Unlocked", 2090, plain) == 400
    word = {"overrideUnlockedRetention": "true"}
    answers = [
        set_to("Unlocked", 2090),
        set_to("Unlocked", 2089),
        set_to("Locked", 2090),
        set_to("Unlocked", 2089, **word),
        set_to("Locked", 2089, **word),
        set_to("Unlocked", 2091, **word),
        set_to("Locked", 2088, **word),
        set_to("Locked", 2091),
    ]
    assert answers == [200, 403, 403, 200, 200, 403, 403, 200]
    held = server.object("PATCH", name, "object", json={"eventBasedHold": True})
    assert held.status_code == 400  # one or the other (Object holds)
