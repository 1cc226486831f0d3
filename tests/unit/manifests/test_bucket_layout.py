"""Names of inventories and contents: built and refused."""

from copy import replace

import pytest

from manifests.errors import UnsafeNameError
from manifests.kinds.buckets.layout import (
    bucket_folder,
    check_content_name,
    check_shard_name,
    content_name,
    shard_name,
)
from manifests.values import RunId
from tests.unit.object_samples import version

RUN = RunId("nightly-1")


def test_shard_name_is_accepted_where_it_belongs():
    """A shard's name is that of its run and bucket, and of no other."""
    name = shard_name(RUN, "raw.bucket", 3, 12)
    assert name == "runs/nightly-1/buckets/raw.bucket/inventory/0003-000012.avro"
    check_shard_name(name, run_id=RUN, bucket="raw.bucket")
    for run_id, bucket in ((RunId("other"), "raw.bucket"), (RUN, "raw")):
        with pytest.raises(UnsafeNameError):
            check_shard_name(name, run_id=run_id, bucket=bucket)


@pytest.mark.parametrize("tail", ["inventory/../x.avro", "inventory/1-1.avro", "", "ranges.json"])
def test_other_names_are_no_shards(tail: str):
    """What no builder makes is refused."""
    with pytest.raises(UnsafeNameError):
        check_shard_name(f"{bucket_folder(RUN, 'raw')}{tail}", run_id=RUN, bucket="raw")


def test_equal_bytes_have_one_name():
    """The key of a content depends on its bytes alone, and begins with its hash."""
    one, same, other = version("a"), version("b", created=-5), version("a", b"other")
    assert content_name("x", one) == content_name("y", same)
    assert content_name("x", one) != content_name("x", other)
    key = content_name("x", one).removeprefix("contents/")
    assert key[:2] == key[3:5]


def test_composite_object_is_named_by_its_version():
    """Without an MD5 the key tells objects apart whose CRC32C and size happen to be equal."""
    one = replace(version("a"), md5=None)
    names = {
        content_name("x", one),
        content_name("y", one),
        content_name("x", replace(one, name="b")),
        content_name("x", replace(one, generation=1)),
    }
    assert len(names) == 4


@pytest.mark.parametrize("crc32c", ["", "AAAA", "not base64", "../../etc"])
def test_checksums_are_checked(crc32c: str):
    """A checksum that is none never becomes part of a name."""
    with pytest.raises(UnsafeNameError):
        content_name("x", replace(version(), crc32c=crc32c))


@pytest.mark.parametrize("name", ["contents/ab/cd" + "0" * 30 + "-00000000-1", "contents/ab/", "x"])
def test_other_names_are_no_contents(name: str):
    """A content lies below the first digits of its own key."""
    with pytest.raises(UnsafeNameError):
        check_content_name(name)
