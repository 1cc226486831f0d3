from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.bucket_layout import check_content_name, check_shard_name, content_name, shard_name
from manifests.errors import AvroDamagedError, UnsafeNameError
from manifests.inventory import ShardWriter, read_shard
from manifests.model import ObjectRecord, ObjectSettings, ObjectVersion
from manifests.versions import (
    by_name,
    live_at,
    same_content,
    settings_patch,
    settings_resource,
    turns_back,
    version_of,
)
from tests.unit.samples import BASE_RUN, POINT, RUN

MD5 = "XrY7u+Ae7tCTyyK7j1rNww=="
CRC32C = "yZRlqg=="
HOUR = timedelta(hours=1)


def version(name: str = "a", **changes: Any) -> ObjectVersion:  # noqa: ANN401 - fields
    """Return a version that was created a day before the recovery point and is live."""
    made = ObjectVersion(
        name=name,
        generation=1,
        metageneration=1,
        size_bytes=11,
        crc32c=CRC32C,
        md5=MD5,
        created_at=POINT - 24 * HOUR,
        updated_at=POINT - 24 * HOUR,
        settings=ObjectSettings(),
    )
    return replace(made, **changes)


RESOURCE = {
    "name": "a/b",
    "generation": "7",
    "metageneration": "2",
    "size": "11",
    "crc32c": CRC32C,
    "md5Hash": MD5,
    "timeCreated": "2026-11-23T08:01:00.123000Z",
    "updated": "2026-11-23T09:01:00Z",
    "contentType": "text/plain",
    "metadata": {"k": "v"},
    "customTime": "2020-01-01T00:00:00Z",
    "temporaryHold": True,
    "storageClass": "NEARLINE",
}


def test_a_version_is_read_from_a_listing():
    """Everything a restore needs is read; what is absent has Cloud Storage's default."""
    read = version_of(RESOURCE)
    assert (read.name, read.generation, read.metageneration, read.size_bytes) == ("a/b", 7, 2, 11)
    assert (read.state, read.ended_at, read.storage_class) == ("live", None, "NEARLINE")
    assert settings_resource(read.settings) == {
        key: RESOURCE[key] for key in ("contentType", "metadata", "customTime", "temporaryHold")
    }
    ended = "2026-11-23T10:00:00Z"
    assert version_of(RESOURCE | {"timeDeleted": ended}).state == "noncurrent"
    both = version_of(
        RESOURCE | {"timeDeleted": ended, "softDeleteTime": "2026-11-23T11:00:00Z"},
        soft_deleted=True,
    )
    assert (both.state, both.ended_at) == (
        "soft-deleted",
        version_of(RESOURCE | {"timeDeleted": ended}).ended_at,
    )


def test_the_version_that_was_live_is_found():
    """At any instant the version is chosen that existed then, up to the very moment it ended."""
    first = version(generation=9, ended_at=POINT, state="noncurrent")
    second = version(generation=3, created_at=POINT, ended_at=POINT + HOUR, state="soft-deleted")
    versions = (second, first)
    assert live_at(versions, POINT - 25 * HOUR) is None
    assert live_at(versions, POINT - 24 * HOUR) == first
    assert live_at(versions, POINT - timedelta(microseconds=1)) == first
    assert live_at(versions, POINT) == second
    assert live_at(versions, POINT + HOUR) is None
    assert live_at((), POINT) is None


@given(
    births=st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True),
    gone=st.none() | st.integers(51, 60),
    at=st.integers(0, 70),
)
def test_any_history_is_replayed(births: list[int], gone: int | None, at: int):
    """Overwritten any number of times and perhaps deleted: what was live is what was written last."""
    births.sort()
    ends = [*births[1:], gone]
    versions = [
        version(
            generation=-number,
            created_at=POINT + born * HOUR,
            ended_at=None if end is None else POINT + end * HOUR,
        )
        for number, (born, end) in enumerate(zip(births, ends, strict=True))
    ]
    found = live_at(reversed(versions), POINT + at * HOUR)
    written = [number for number, born in enumerate(births) if born <= at]
    if not written or (gone is not None and at >= gone):
        assert found is None
    else:
        assert found == versions[written[-1]]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"generation": 5, "name": "b"}, True),
        ({"md5": None}, True),
        ({"md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, False),
        ({"crc32c": "AAAAAA=="}, False),
        ({"size_bytes": 12}, False),
        ({"crc32c": ""}, False),
    ],
)
def test_content_is_compared_by_checksums(changes: dict[str, Any], *, same: bool):
    """Equal bytes have equal checksums and size; an unknown checksum equals nothing."""
    assert same_content(version(), version(**changes)) is same
    assert same_content(version(**changes), version()) is same
    assert not same_content(version(crc32c=""), version(crc32c=""))


TEXTS = st.none() | st.sampled_from(["x", "y"])
SETTINGS = st.builds(
    ObjectSettings,
    content_type=TEXTS,
    cache_control=TEXTS,
    metadata=st.dictionaries(st.sampled_from("abc"), st.sampled_from("12")),
    temporary_hold=st.booleans(),
    event_based_hold=st.booleans(),
)


@given(wanted=SETTINGS, now=SETTINGS)
def test_a_patch_makes_settings_equal(wanted: ObjectSettings, now: ObjectSettings):
    """A patch holds what differs and nothing else: applied, it gives the wanted settings."""
    patch = settings_patch(wanted, now)
    resource = settings_resource(now)
    metadata = {**resource.pop("metadata", {}), **patch.pop("metadata", {})}
    merged = {**resource, **patch}
    assert {key: value for key, value in merged.items() if value not in (None, False)} == {
        key: value for key, value in settings_resource(wanted).items() if key != "metadata"
    }
    assert {k: v for k, v in metadata.items() if v is not None} == wanted.metadata
    assert settings_patch(wanted, wanted) == {}


@pytest.mark.parametrize(
    ("wanted", "now", "back"),
    [
        (None, None, False),
        ("2020-01-01T00:00:00Z", None, False),
        (None, "2020-01-01T00:00:00Z", True),
        ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", True),
        ("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z", False),
        ("2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", False),
    ],
)
def test_a_custom_time_never_turns_back(wanted: str | None, now: str | None, *, back: bool):
    """What only new content can undo is told apart; one instant written twice is no change."""
    then, present = ObjectSettings(custom_time=wanted), ObjectSettings(custom_time=now)
    assert turns_back(then, present) is back
    if wanted and now and not back and wanted[:4] == now[:4]:
        assert settings_patch(then, present) == {}


def test_listings_are_joined_by_name():
    """Live, noncurrent and soft-deleted versions of a name come together, in name order."""
    live = [version("a"), version("c")]
    gone = [version("a", generation=2), version("b", generation=3)]
    joined = [(name, [item.generation for item in found]) for name, found in by_name(live, gone)]
    assert joined == [("a", [1, 2]), ("b", [3]), ("c", [1])]


def test_content_is_stored_once():
    """The same bytes have one name in the vault, whatever object holds them."""
    name = content_name("bucket", version())
    check_content_name(name)
    assert name == content_name("other", version("b", generation=9))
    composite = version(md5=None)
    assert content_name("bucket", composite) != content_name("other", composite)
    assert content_name("bucket", composite) != content_name(
        "bucket", version(md5=None, generation=2)
    )
    check_content_name(content_name("bucket", composite))


@pytest.mark.parametrize("changes", [{"crc32c": "../"}, {"crc32c": ""}, {"md5": "AAAA"}])
def test_bad_checksums_name_nothing(changes: dict[str, Any]):
    """A checksum that is none never becomes part of a name."""
    with pytest.raises(UnsafeNameError):
        content_name("bucket", version(**changes))


def test_shards_have_names_of_their_own():
    """A shard's name is read back; of another run or bucket, or shape, it is refused."""
    name = shard_name(RUN, "files", 3, 12)
    check_shard_name(name, run_id=RUN, bucket="files")
    for run_id, bucket, wrong in (
        (BASE_RUN, "files", name),
        (RUN, "other", name),
        (RUN, "files", f"{name}x"),
        (RUN, "files", name.replace("inventory/", "inventory/../")),
    ):
        with pytest.raises(UnsafeNameError):
            check_shard_name(wrong, run_id=run_id, bucket=bucket)


def shard(records: list[ObjectRecord]) -> bytes:
    """Return a shard with these records."""
    writer = ShardWriter("shard")
    for record in records:
        writer.add(record)
    return writer.finish()


RECORDS = [
    ObjectRecord(
        version(
            f"n{number:03d}\u00e9",
            metageneration=number,
            settings=ObjectSettings(content_type="x", metadata={"k": "v"}, custom_time="2020"),
        ),
        None if number % 3 else "contents/x",
        None if number % 3 else 5,
    )
    for number in range(40)
]
SHARD = shard(RECORDS)


def test_an_inventory_survives():
    """Every record is read as it was written, and the summary says what is in it."""
    assert list(read_shard(SHARD, subject="s")) == RECORDS
    assert shard(RECORDS) == SHARD
    writer = ShardWriter("shard")
    for record in RECORDS:
        writer.add(record)
    assert (writer.summary.row_count, writer.summary.content_bytes) == (40, 440)
    assert (writer.summary.first_name, writer.summary.last_name) == (
        RECORDS[0].version.name,
        RECORDS[-1].version.name,
    )
    assert writer.summary.not_copied == 26
    assert writer.summary.updated_after(POINT - 25 * HOUR) == 38
    assert writer.summary.updated_after(POINT) == 0


def test_an_inventory_out_of_order_is_damaged():
    """A name that comes twice, or too late, is not believed."""
    for wrong in ([*RECORDS[:2], RECORDS[1]], RECORDS[1::-1]):
        with pytest.raises(AvroDamagedError, match="order"):
            list(read_shard(shard(wrong), subject="s"))


@given(at=st.integers(0, len(SHARD) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_crashes_a_reader(at: int, bit: int):
    """A damaged inventory is told of, or gives records: nothing else."""
    spoilt = bytearray(SHARD)
    spoilt[at] ^= 1 << bit
    try:
        found = list(read_shard(bytes(spoilt), subject="s"))
    except AvroDamagedError:
        return
    assert all(isinstance(record, ObjectRecord) for record in found)
