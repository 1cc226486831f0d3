"""Where the vault keeps what belongs to a protected bucket: built and parsed here only.

    runs/<run>/buckets/<bucket>/ranges.json              the key ranges, fixed by the first attempt
    runs/<run>/buckets/<bucket>/inventory/<range>-<number>.avro
    contents/<2 hex digits>/<content key>                bytes, shared by all runs and buckets

A content key is made of checksums, so that the same bytes are stored once. It begins with a hash,
so that writes spread over the vault's key space (Cloud Storage, Request rate).
"""

import base64
import hashlib
import re

from manifests.errors import UnsafeNameError
from manifests.ids import BUCKET_NAME
from manifests.kinds.buckets.model import BucketBackup, ObjectRecord, ObjectVersion
from manifests.layout import checked_segment, run_prefix
from manifests.values import RunId

_SHARD = re.compile(r"inventory/([0-9]{4})-([0-9]{6})\.avro")
_SHARD_NAME = re.compile(rf"runs/[^/]+/buckets/({BUCKET_NAME})/{_SHARD.pattern}")
_CONTENT = re.compile(
    r"contents/([0-9a-f]{2})/(\1[0-9a-f]{30})(-g[0-9]+)?-([0-9a-f]{8})-([0-9]{1,19})"
)
_BUCKET = re.compile(BUCKET_NAME)
CONTENTS_PREFIX = "contents/"


def bucket_segment(bucket: str) -> str:
    """Return the segment of names that stands for a bucket; raises as `checked_segment`."""
    return checked_segment(_BUCKET, bucket)


def buckets_prefix(run_id: RunId) -> str:
    """Return the folder of all buckets of a run."""
    return f"{run_prefix(run_id)}buckets/"


def bucket_folder(run_id: RunId, bucket: str) -> str:
    """Return the folder of one bucket in a run."""
    return f"{buckets_prefix(run_id)}{bucket}/"


def ranges_name(run_id: RunId, bucket: str) -> str:
    """Return the name of the record of where a bucket is cut."""
    return f"{bucket_folder(run_id, bucket)}ranges.json"


def is_bucket_record(backup: BucketBackup, run_id: RunId, name: str) -> bool:
    """Whether an object records where a bucket is cut."""
    return name == ranges_name(run_id, backup.bucket)


def may_be_shard(name: str) -> bool:
    """Whether an object below the folder of all buckets of a run can be a shard of an inventory."""
    return name.endswith(".avro")


def range_prefix(run_id: RunId, bucket: str, key_range: int) -> str:
    """Return what the names of all shards of one key range begin with."""
    return f"{bucket_folder(run_id, bucket)}inventory/{key_range:04d}-"


def shard_name(run_id: RunId, bucket: str, key_range: int, number: int) -> str:
    """Return the name of one inventory shard.

    Args:
        run_id: The run.
        bucket: The protected bucket.
        key_range: Which key range, from 0.
        number: Which shard of the range, from 0.
    """
    return f"{range_prefix(run_id, bucket, key_range)}{number:06d}.avro"


def check_shard_name(name: str, *, run_id: RunId, bucket: str) -> None:
    """Refuse the name of a shard that does not belong to this run and bucket.

    Raises:
        UnsafeNameError: The name escapes the bucket's own folder.
    """
    folder = bucket_folder(run_id, bucket)
    if not name.startswith(folder) or not _SHARD.fullmatch(name.removeprefix(folder)):
        raise UnsafeNameError(f"is no inventory of {bucket} in run {run_id}", subject=name)


def bucket_of_shard(name: str) -> str:
    """Return the bucket that an inventory shard is about, by the shard's name.

    Raises:
        UnsafeNameError: It is the name of no shard.
    """
    found = _SHARD_NAME.fullmatch(name)
    if found is None:
        raise UnsafeNameError("is the name of no inventory", subject=name)
    return found[1]


def content_name(bucket: str, version: ObjectVersion, *, mark: str = "") -> str:
    """Return where the vault keeps a version's bytes.

    A composite object has no MD5, and a CRC32C is too short to tell contents apart: its key is made
    of what identifies the version.

    Args:
        bucket: The protected bucket.
        version: The version.
        mark: Digits that nobody knew before, where something else lies under the version's own key, or
            what lies there is damaged.

    Raises:
        UnsafeNameError: The checksums are not what Cloud Storage reports.
    """
    crc32c = _hex(version.crc32c, version.name)
    if version.md5 is None or mark:
        key = f"{_name_hash(bucket, version.name)}-g{version.generation}{mark}"
    else:
        key = _hex(version.md5, version.name)
    name = f"{CONTENTS_PREFIX}{key[:2]}/{key}-{crc32c}-{version.size_bytes}"
    check_content_name(name)
    return name


def copies_range(bucket: str, name: str) -> tuple[str, str]:
    """Return the range of names, start and end, of contents that are kept for one object alone.

    A content that was found damaged is stored again there.
    """
    key = _name_hash(bucket, name)
    start = f"{CONTENTS_PREFIX}{key[:2]}/{key}-g"
    return start, f"{start}:"


def check_stored(bucket: str, record: ObjectRecord) -> None:
    """Refuse a record that says that an object's content is where other content is kept.

    A version and an earlier one of the same content can differ in whether they have an MD5, so the
    key can be made of either.

    Raises:
        UnsafeNameError: It is the key of no content, or of other content.
    """
    if record.stored_as is None:
        return
    version = record.version
    _, key, generation, crc32c, size_bytes = _content(record.stored_as).groups()
    if generation is not None:
        is_own = key == _name_hash(bucket, version.name)
    else:
        is_own = version.md5 is None or key == _hex(version.md5, version.name)
    has_size = int(size_bytes) == version.size_bytes
    if not (is_own and has_size and crc32c == _hex(version.crc32c, version.name)):
        raise UnsafeNameError(
            f"is not where the content of {version.name} is kept", subject=record.stored_as
        )


def content_checksums(name: str) -> tuple[int, str] | None:
    """Return the size in bytes and the CRC32C, in Base64, of a content; None of any other object."""
    found = _CONTENT.fullmatch(name)
    if found is None:
        return None
    return int(found[5]), base64.b64encode(bytes.fromhex(found[4])).decode()


def check_content_name(name: str) -> None:
    """Refuse a name that no content is stored under.

    Raises:
        UnsafeNameError: It is not a content key below its prefix.
    """
    _content(name)


def _content(name: str) -> re.Match[str]:
    found = _CONTENT.fullmatch(name)
    if found is None:
        raise UnsafeNameError("is not the name of stored content", subject=name)
    return found


def _name_hash(bucket: str, name: str) -> str:
    return hashlib.sha256(f"{bucket}/{name}".encode()).hexdigest()[:32]


def _hex(checksum: str, name: str) -> str:
    try:
        return base64.b64decode(checksum, validate=True).hex()
    except ValueError as error:
        raise UnsafeNameError("its checksums are not base64", subject=name) from error
