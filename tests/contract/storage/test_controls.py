import datetime as dt

import pytest
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from tests.contract import real
from tests.contract.storage.server import Server

pytestmark = real.local_only(real.ORDER)


def test_health(server: Server):
    """The service says that it answers."""
    assert server.call("GET", "/standin/health").json()["status"] == "ok"


def test_bit_rot(server: Server, bucket: storage.Bucket):
    """A corrupted object has one other byte and the same metadata, and its copies are whole."""
    blob = bucket.blob("object")
    blob.upload_from_string(b"0123456789")
    bucket.blob("copy").rewrite(blob)
    before = server.object("GET", bucket.name, "object").json()

    assert server.order("corrupt", bucket=bucket.name, object="object", at_byte=3)["at_byte"] == 3
    assert server.object("GET", bucket.name, "object").json() == before
    content = server.object("GET", bucket.name, "object", "?alt=media").content
    assert content == b"012" + bytes([ord("3") ^ 0xFF]) + b"456789"
    with pytest.raises(DataCorruption):
        bucket.blob("object").download_as_bytes()
    assert bucket.blob("copy").download_as_bytes() == b"0123456789"


def test_bit_rot_of_a_generation(server: Server, versioned: storage.Bucket):
    """Bit rot can be put into a noncurrent version, and a copy of it is rotten, too."""
    old = server.put(versioned.name, "object", b"old")["generation"]
    server.put(versioned.name, "object", b"new")
    server.order("corrupt", bucket=versioned.name, object="object", generation=old)
    source = versioned.blob("object", generation=int(old))
    versioned.blob("copy").rewrite(source)
    with pytest.raises(DataCorruption):
        versioned.blob("copy").download_as_bytes()
    assert versioned.blob("object").download_as_bytes() == b"new"


def test_bit_rot_needs_a_byte(server: Server, bucket: storage.Bucket):
    """What has no such byte cannot rot."""
    server.put(bucket.name, "object", b"")
    answer = server.call(
        "POST", "/standin/corrupt", json={"bucket": bucket.name, "object": "object"}
    )
    assert answer.status_code == 400


def test_offset_dates_what_is_written(server: Server, bucket: storage.Bucket):
    """What is written with the clock set back was written then; the present returns."""
    server.order("clock", offset_seconds=-3600)
    server.put(bucket.name, "old", b"")
    server.order("clock", offset_seconds=0)
    server.put(bucket.name, "new", b"")
    age = bucket.get_blob("new").time_created - bucket.get_blob("old").time_created
    assert dt.timedelta(minutes=59) < age < dt.timedelta(minutes=61)


def test_time_passes_for_what_is_there_only(server: Server, bucket: storage.Bucket):
    """What is deleted after time has passed is dated now, and has its whole term before it."""
    server.order("clock", advance_seconds=30 * 24 * 3600)
    server.put(bucket.name, "object", b"")
    generation = bucket.get_blob("object").generation
    bucket.blob("object").delete()
    found = bucket.get_blob("object", generation=generation, soft_deleted=True)
    assert found.hard_delete_time - found.soft_delete_time == dt.timedelta(days=7)
    now = dt.datetime.fromisoformat(server.order("clock")["now"])
    assert dt.timedelta() <= now - found.soft_delete_time < dt.timedelta(minutes=1)


def test_time_passes_for_an_object_that_is_retained(server: Server, client: storage.Client):
    """An object that is kept until an instant can be deleted once that much time has passed."""
    bucket = client.bucket(server.new_bucket(retains_objects=True))
    server.put(bucket.name, "object", b"")
    now = dt.datetime.fromisoformat(server.order("clock")["now"])
    kept = {"mode": "Unlocked", "retainUntilTime": (now + dt.timedelta(hours=1)).isoformat()}
    assert server.object("PATCH", bucket.name, "object", json={"retention": kept}).ok
    server.order("clock", advance_seconds=3500)
    assert server.object("DELETE", bucket.name, "object").status_code == 403
    server.order("clock", advance_seconds=200)
    assert server.object("DELETE", bucket.name, "object").ok
