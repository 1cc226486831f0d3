"""Inventory shards: what is written is read, and what is damaged is refused."""

import io
from contextlib import suppress

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import AvroDamagedError, UnsafeNameError
from manifests.inventory import SHARD_FILE, ShardWriter, read_shard
from manifests.kinds.buckets.layout import content_name
from manifests.kinds.buckets.model import ObjectRecord, ObjectSettings
from tests.unit.object_samples import BUCKET, POINT, record, version

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
SETTINGS = ObjectSettings(
    content_type="ü",
    content_encoding="gzip",
    content_disposition="",
    metadata={"Š": "", "a": "b"},
    custom_time="2026-11-24T08:00:00.123456789Z",
    temporary_hold=True,
)


def written(records: list[ObjectRecord], name: str = "shard") -> bytes:
    """Return the shard with these records."""
    writer = ShardWriter(name)
    for item in records:
        writer.add(item)
    return writer.finish()


def read(content: bytes) -> list[ObjectRecord]:
    """Return the records of a shard."""
    return list(read_shard(content, BUCKET, subject="shard"))


@given(st.lists(NAMES, unique=True, max_size=30))
def test_records_come_back(names: list[str]):
    """Every field of every record comes back as it was, in order."""
    records = [
        ObjectRecord(version(name, settings=SETTINGS, md5=None), None, None)
        if number % 2
        else record(name)
        for number, name in enumerate(sorted(names))
    ]
    assert read(written(records)) == records


def test_same_records_give_same_bytes():
    """A repeated attempt writes the very same file."""
    assert written([record("a"), record("b")]) == written([record("a"), record("b")])
    assert written([record("a")], "one") != written([record("a")], "two")


def test_summary_counts():
    """The summary says what is in the shard."""
    writer = ShardWriter("shard")
    writer.add(record("a", b"12345"))
    writer.add(ObjectRecord(version("b", b"1"), None, None))
    writer.add(record("c", b"", metageneration=2, updated_at=POINT.replace(minute=5)))
    summary = writer.summary
    assert (summary.row_count, summary.content_bytes, summary.not_copied) == (3, 6, 1)
    assert (summary.first_name, summary.last_name) == ("a", "c")
    assert summary.updated_after(POINT) == 1


@pytest.mark.parametrize("cut", [0, 1, 3, 100, -1])
def test_cut_shard_is_refused(cut: int):
    """A file that ends early is never taken for a shorter inventory."""
    content = written([record(f"{number:03d}") for number in range(50)])
    with pytest.raises(AvroDamagedError):
        read(content[:cut])


@given(st.integers(min_value=0), st.integers(1, 255))
def test_damaged_byte_is_refused_or_harmless(position: int, change: int):
    """A damaged file fails as damaged, whatever the decoder trips over, or reads in order."""
    content = bytearray(written([record(f"{number:03d}") for number in range(60)]))
    content[position % len(content)] ^= change
    with suppress(AvroDamagedError):
        names = [item.version.name for item in read(bytes(content))]
        assert names == sorted(set(names))


def test_order_is_checked():
    """Names out of order, or twice, are no inventory."""
    for names in (("b", "a"), ("a", "a")):
        with pytest.raises(AvroDamagedError):
            read(written([record(name) for name in names]))


@pytest.mark.parametrize(
    "elsewhere",
    [
        "runs/night/manifest.json",
        "contents/ab/abc",
        content_name(BUCKET, version("b", b"other")),
        content_name(BUCKET, version("b", b"other", md5=None)),
        content_name("another-bucket", version("a", md5=None)),
        content_name(BUCKET, version("a")) + "0",
    ],
)
def test_content_is_where_its_own_key_says(elsewhere: str):
    """A record can name no other object, and no other content, as what it holds."""
    with pytest.raises(UnsafeNameError):
        read(written([record("a")._replace(stored_as=elsewhere)]))


def test_a_key_of_an_earlier_version_serves():
    """The content of a version without an MD5 can be under the key of one that had it."""
    plain, composite = version("a"), version("a", md5=None)
    records = [
        ObjectRecord(composite, content_name(BUCKET, plain), 7),
        ObjectRecord(version("b"), content_name(BUCKET, version("b", md5=None, created=-90)), 7),
    ]
    assert read(written(records)) == records


@pytest.mark.parametrize(
    "wrong",
    [
        {"custom_time": "yesterday"},
        {"custom_time": "2026-11-24"},
        {"retention": "["},
        {"retention": "[]"},
        {"retention": '{"retainUntilTime": 5}'},
        {"retention": '{"retainUntilTime": "2026-11-24"}'},
    ],
    ids=lambda wrong: str(next(iter(wrong.values()))),
)
def test_a_time_that_is_none_is_damage(wrong: dict[str, str]):
    """Times are compared with each other: text that is none, or in no zone, never reaches that."""
    settings = SETTINGS._replace(**wrong)
    with pytest.raises(AvroDamagedError):
        read(written([record("a", settings=settings)]))


def test_an_inventory_of_the_first_form_is_read():
    """Fields that came later are as if nothing had been set."""
    whole = SHARD_FILE.schema
    fields = [field for field in whole["fields"] if field["name"] not in SHARD_FILE.later]
    (row,) = SHARD_FILE.read(written([record("a")]), subject="shard")
    content = io.BytesIO()
    fastavro.writer(content, {**whole, "fields": fields}, [row], codec="deflate")
    assert read(content.getvalue()) == [record("a")]
