import random

import pytest
from google.cloud import storage

from tests.contract.storage.server import Server

NAMES = ["a", "a/", "a/1", "a/2", "a/b/3", "a0", "b/1", "z", "é", "日", "\uffff", "🏀"]


@pytest.fixture
def filled(server: Server) -> str:
    """Return a bucket with objects of `NAMES`, written in another order."""
    bucket = server.new_bucket()
    for name in random.Random(7).sample(NAMES, len(NAMES)):  # noqa: S311 - an order, no secret
        server.put(bucket, name, name.encode())
    return bucket


def names(server: Server, bucket: str, **query: str) -> list[str]:
    """Return the names in one page of a listing."""
    return [item["name"] for item in server.list(bucket, **query).get("items", [])]


def test_names_are_in_utf8_order(server: Server, filled: str):
    """A listing is ordered by the bytes of the names."""
    assert names(server, filled) == sorted(NAMES, key=str.encode)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"prefix": "a/"}, ["a/", "a/1", "a/2", "a/b/3"]),
        ({"startOffset": "a/2", "endOffset": "b/1"}, ["a/2", "a/b/3", "a0"]),
        ({"prefix": "a/", "startOffset": "a/2"}, ["a/2", "a/b/3"]),
        ({"prefix": "a/", "endOffset": "a/2"}, ["a/", "a/1"]),
        ({"startOffset": "🏀"}, ["🏀"]),
        ({"prefix": "none"}, []),
        ({"matchGlob": "a/*"}, ["a/", "a/1", "a/2"]),
        ({"matchGlob": "a/**"}, ["a/", "a/1", "a/2", "a/b/3"]),
        ({"matchGlob": "{a,b}/[!2]"}, ["a/1", "b/1"]),
        ({"matchGlob": "**/1"}, ["a/1", "b/1"]),
        ({"matchGlob": "**/z"}, ["z"]),
        ({"matchGlob": "?"}, ["a", "z", "é", "日", "\uffff", "🏀"]),
    ],
)
def test_selections(server: Server, filled: str, query: dict[str, str], expected: list[str]):
    """Prefix, offsets and globs each select what they say."""
    assert names(server, filled, **query) == expected


@pytest.mark.parametrize(
    ("query", "items", "prefixes"),
    [
        ({}, ["a", "a0", "z", "é", "日", "\uffff", "🏀"], ["a/", "b/"]),
        ({"prefix": "a/"}, ["a/", "a/1", "a/2"], ["a/b/"]),
        ({"includeTrailingDelimiter": "true"}, ["a", "a/", "a0", "z", "é", "日", "\uffff", "🏀"],
         ["a/", "b/"]),
        ({"startOffset": "a/2", "endOffset": "b"}, ["a0"], ["a/"]),
    ],
)  # fmt: skip
def test_delimiter(
    server: Server, filled: str, query: dict[str, str], items: list[str], prefixes: list[str]
):
    """A delimiter folds what lies below it into prefixes."""
    page = server.list(filled, delimiter="/", **query)
    assert [item["name"] for item in page["items"]] == items
    assert page["prefixes"] == prefixes


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("delimiter", [None, "/"])
def test_pages_are_the_whole(client: storage.Client, filled: str, size: int, delimiter: str | None):
    """Pages of any size give every item and prefix once."""
    pages = client.list_blobs(filled, page_size=size, delimiter=delimiter)
    found = [blob.name for blob in pages]
    whole = client.list_blobs(filled, delimiter=delimiter)
    assert found == [blob.name for blob in whole]
    assert pages.prefixes == whole.prefixes
    assert len(found) + len(pages.prefixes) == (9 if delimiter else 12)


def test_page_has_at_most_a_thousand(server: Server):
    """A page ends at 1,000 items whatever was asked for, and the next goes on from there."""
    bucket = server.new_bucket()
    server.put(bucket, "0", b"")
    for number in range(1, 1003):
        server.object("POST", bucket, "0", f"/copyTo/b/{bucket}/o/{number:05d}")
    first = server.list(bucket, maxResults="5000")
    assert len(first["items"]) == 1000
    second = server.list(bucket, pageToken=first["nextPageToken"])
    assert len(second["items"]) == 3
    assert "nextPageToken" not in second


def test_fields(server: Server, filled: str):
    """A partial response has the wanted fields and nothing else."""
    page = server.list(filled, fields="items(name,size),nextPageToken", maxResults="1")
    assert page["items"] == [{"name": "a", "size": "1"}]
    assert set(page) == {"items", "nextPageToken"}
    assert server.list(filled, fields="items/name", maxResults="1") == {"items": [{"name": "a"}]}
    answer = server.object("GET", filled, "a", "?fields=name,generation")
    assert set(answer.json()) == {"name", "generation"}


def test_versions_and_soft_deleted_are_apart(server: Server, versioned: storage.Bucket):
    """Versions and soft-deleted versions are listed only when asked, never together."""
    for data in (b"1", b"22"):
        versioned.blob("a").upload_from_string(data)
    old, new = server.list(versioned.name, versions="true")["items"]
    assert (old["size"], new["size"]) == ("1", "2")
    assert "timeDeleted" in old
    assert "timeDeleted" not in new
    assert names(server, versioned.name) == ["a"]
    versioned.blob("a", generation=int(old["generation"])).delete()
    (gone,) = server.list(versioned.name, softDeleted="true")["items"]
    assert gone["generation"] == old["generation"]
    assert {"softDeleteTime", "hardDeleteTime"} <= set(gone)
    answer = server.call("GET", f"/storage/v1/b/{versioned.name}/o?softDeleted=true&versions=true")
    assert answer.status_code == 400


def test_listing_is_strongly_consistent(server: Server):
    """A listing shows every write and delete that was answered before it."""
    bucket = server.new_bucket()
    for name in ("x", "y"):
        server.put(bucket, name, b"")
        assert name in names(server, bucket)
    server.object("DELETE", bucket, "x")
    assert names(server, bucket) == ["y"]
