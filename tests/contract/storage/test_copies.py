import os
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud import storage

from tests.contract.storage.server import Server

MEBIBYTE = 1024 * 1024
COLDER = {"storageClass": "NEARLINE"}


@pytest.fixture
def source(bucket: storage.Bucket) -> storage.Blob:
    """Return an object with metadata."""
    blob = bucket.blob("source")
    blob.metadata = {"k": "v"}
    blob.cache_control = "no-store"
    blob.upload_from_string(b"data", content_type="text/x")
    return blob


def test_rewrite_takes_content_and_words(source: storage.Blob, versioned: storage.Bucket):
    """A rewrite into another bucket carries bytes, checksums and metadata over."""
    target = versioned.blob("target")
    assert target.rewrite(source, if_generation_match=0) == (None, 4, 4)
    found = versioned.get_blob("target")
    assert (found.crc32c, found.md5_hash) == (source.crc32c, source.md5_hash)
    assert (found.metadata, found.content_type) == ({"k": "v"}, "text/x")
    assert found.metageneration == 1
    assert found.generation != source.generation
    assert target.download_as_bytes() == b"data"


def test_rewrite_with_words_of_its_own(source: storage.Blob, bucket: storage.Bucket):
    """Metadata given with a rewrite replaces that of the source."""
    target = bucket.blob("target")
    target.metadata = {"other": "words"}
    target.content_type = "text/y"
    target.rewrite(source)
    found = bucket.get_blob("target")
    assert (found.metadata, found.content_type) == ({"other": "words"}, "text/y")
    assert found.cache_control is None


def test_rewrite_keeps_metadata_when_the_class_changes(source: storage.Blob):
    """A rewrite that only sets the storage class keeps the rest."""
    source.reload()
    source.update_storage_class("NEARLINE")
    source.reload()
    assert (source.storage_class, source.metadata) == ("NEARLINE", {"k": "v"})


@pytest.mark.parametrize(
    "conditions",
    [
        {"if_generation_match": 1},
        {"if_generation_not_match": 0},
        {"if_source_generation_match": 1},
        {"if_source_metageneration_match": 2},
    ],
)
def test_rewrite_preconditions(
    source: storage.Blob, bucket: storage.Bucket, conditions: dict[str, int]
):
    """A rewrite is refused when a condition on its source or target does not hold."""
    with pytest.raises(PreconditionFailed):
        bucket.blob("target").rewrite(source, **conditions)
    assert bucket.get_blob("target") is None


def test_rewrite_source_is_not_modified(server: Server, source: storage.Blob):
    """A not-match condition on the source is refused as well."""
    path = f"/rewriteTo/b/{source.bucket.name}/o/target"
    answer = server.object(
        "POST", source.bucket.name, "source", path,
        params={"ifSourceGenerationNotMatch": source.generation},
    )  # fmt: skip
    assert answer.status_code == 304


def test_rewrite_of_a_missing_source(bucket: storage.Bucket):
    """A rewrite of what is not there is refused."""
    with pytest.raises(NotFound):
        bucket.blob("target").rewrite(bucket.blob("none"))


def test_rewrite_in_several_calls(server: Server, bucket: storage.Bucket):
    """A limited rewrite goes on by token, and the object appears only with the last call.

    The limit applies where source and target differ in location or class alone (Objects: rewrite).
    """
    data = os.urandom(2 * MEBIBYTE + 1)
    bucket.blob("source").upload_from_string(data)
    path, query = f"/rewriteTo/b/{bucket.name}/o/target", {"maxBytesRewrittenPerCall": MEBIBYTE}
    progress = []
    answer: dict[str, object] = {"done": False}
    while not answer["done"]:
        assert bucket.get_blob("target") is None
        answer = server.object(
            "POST", bucket.name, "source", path, params=query, json=COLDER
        ).json()
        progress.append(int(answer["totalBytesRewritten"]))
        query["rewriteToken"] = answer.get("rewriteToken")
    assert progress == [MEBIBYTE, 2 * MEBIBYTE, len(data)]
    assert bucket.blob("target").download_as_bytes() == data


def test_a_limit_is_for_what_moves_alone(server: Server, bucket: storage.Bucket):
    """Where neither location nor class change, one call does all."""
    bucket.blob("source").upload_from_string(bytes(2 * MEBIBYTE))
    path, query = f"/rewriteTo/b/{bucket.name}/o/target", {"maxBytesRewrittenPerCall": MEBIBYTE}
    assert server.object("POST", bucket.name, "source", path, params=query).json()["done"]


def test_rewrite_token_belongs_to_one_rewrite(server: Server, bucket: storage.Bucket):
    """A token is refused for another target, or when the source changed."""
    bucket.blob("source").upload_from_string(bytes(2 * MEBIBYTE))
    query = {"maxBytesRewrittenPerCall": MEBIBYTE}
    path = f"/rewriteTo/b/{bucket.name}/o/"
    how: dict[str, Any] = {"params": query, "json": COLDER}
    answer = server.object("POST", bucket.name, "source", f"{path}target", **how)
    query["rewriteToken"] = answer.json()["rewriteToken"]
    other = server.object("POST", bucket.name, "source", f"{path}other", **how)
    assert other.status_code == 400
    bucket.blob("source").upload_from_string(bytes(2 * MEBIBYTE))
    changed = server.object("POST", bucket.name, "source", f"{path}target", **how)
    assert changed.status_code == 400


def test_copy(source: storage.Blob, bucket: storage.Bucket):
    """A copy carries the metadata over and obeys its preconditions."""
    copy = bucket.copy_blob(source, bucket, "a/copy", if_generation_match=0)
    assert copy.download_as_bytes() == b"data"
    assert bucket.get_blob("a/copy").metadata == {"k": "v"}
    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "a/copy", if_generation_match=0)


def test_compose(bucket: storage.Bucket):
    """A composed object is its sources in order; it has a CRC32C, no MD5 and a component count."""
    parts = [bucket.blob(f"part{number}") for number in range(3)]
    for number, part in enumerate(parts):
        part.upload_from_string(bytes([number]) * (number + 1))
    whole = bucket.blob("whole")
    whole.content_type = "text/x"
    whole.compose(parts, if_generation_match=0)
    found = bucket.get_blob("whole")
    assert found.download_as_bytes(checksum="crc32c") == b"\0\1\1\2\2\2"
    assert (found.component_count, found.md5_hash, found.content_type) == (3, None, "text/x")

    whole.compose([found, parts[0]])
    assert bucket.get_blob("whole").component_count == 4
    assert whole.download_as_bytes() == b"\0\1\1\2\2\2\0"


def test_compose_without_content_type(server: Server, bucket: storage.Bucket):
    """A composed object has the content type that the request gives, and else none."""
    bucket.blob("part").upload_from_string(b"x", content_type="text/x")
    body = {"sourceObjects": [{"name": "part"}]}
    composed = server.object("POST", bucket.name, "whole", "/compose", json=body).json()
    assert "contentType" not in composed


def test_move(server: Server, bucket: storage.Bucket):
    """A moved object has its new name only; conditions and holds are kept (Objects: move)."""
    old = bucket.blob("old")
    old.metadata = {"k": "v"}
    old.upload_from_string(b"data")
    wrong = {"ifSourceGenerationMatch": old.generation + 1}
    path = "/moveTo/o/a%2Fnew"
    assert server.object("POST", bucket.name, "old", path, params=wrong).status_code == 412
    old.temporary_hold = True
    old.patch()
    assert server.object("POST", bucket.name, "old", path).status_code == 403
    assert bucket.get_blob("a/new") is None
    old.temporary_hold = False
    old.patch()
    assert server.object("POST", bucket.name, "old", path).status_code == 200
    assert bucket.get_blob("old") is None
    moved = bucket.get_blob("a/new")
    assert (moved.metadata, moved.download_as_bytes()) == ({"k": "v"}, b"data")


def test_compose_refusals(bucket: storage.Bucket):
    """Too many sources, a changed source and a changed target are refused."""
    part = bucket.blob("part")
    part.upload_from_string(b"x")
    with pytest.raises(BadRequest):
        bucket.blob("whole").compose([part] * 33)
    with pytest.raises(PreconditionFailed):
        bucket.blob("whole").compose([part], if_source_generation_match=[1])
    with pytest.raises(PreconditionFailed):
        bucket.blob("part").compose([part], if_generation_match=0)
    with pytest.raises(NotFound):
        bucket.blob("whole").compose([bucket.blob("none")])
