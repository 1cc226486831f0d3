"""Where the vault keeps what belongs to a protected bucket: built and parsed here only.

    runs/<run>/buckets/<bucket>/ranges.json              the key ranges, fixed by the first attempt
    runs/<run>/buckets/<bucket>/inventory/<range>-<number>.avro
    contents/<2 hex digits>/<content key>                bytes, shared by all runs and buckets

A content key is made of checksums, so that the same bytes are stored once. It begins with a hash,
so that writes spread over the vault's key space (Cloud Storage, Request rate).
"""

import base64
import binascii
import hashlib
import re

from manifests.errors import UnsafeNameError
from manifests.layout import run_prefix
from manifests.model import ObjectVersion, RunId

_SHARD = re.compile(r"inventory/([0-9]{4})-([0-9]{6})\.avro")
_CONTENT = re.compile(r"contents/([0-9a-f]{2})/\1[0-9a-f]{30}(-g[0-9]+)?-[0-9a-f]{8}-[0-9]+")
CONTENTS_PREFIX = "contents/"


def bucket_folder(run_id: RunId, bucket: str) -> str:
    """Return the folder of one bucket in a run."""
    return f"{run_prefix(run_id)}buckets/{bucket}/"


def shard_name(run_id: RunId, bucket: str, key_range: int, number: int) -> str:
    """Return the name of one inventory shard.

    Args:
        run_id: The run.
        bucket: The protected bucket.
        key_range: Which key range, from 0.
        number: Which shard of the range, from 0.
    """
    return f"{bucket_folder(run_id, bucket)}inventory/{key_range:04d}-{number:06d}.avro"


def check_shard_name(name: str, *, run_id: RunId, bucket: str) -> None:
    """Refuse the name of a shard that does not belong to this run and bucket.

    Raises:
        UnsafeNameError: The name escapes the bucket's own folder.
    """
    folder = bucket_folder(run_id, bucket)
    if not name.startswith(folder) or not _SHARD.fullmatch(name.removeprefix(folder)):
        raise UnsafeNameError(f"is no inventory of {bucket} in run {run_id}", subject=name)


def content_name(bucket: str, version: ObjectVersion) -> str:
    """Return where the vault keeps a version's bytes.

    A composite object has no MD5, and a CRC32C is too short to tell contents apart: its key is made
    of what identifies the version.

    Raises:
        UnsafeNameError: The checksums are not what Cloud Storage reports.
    """
    try:
        crc32c = base64.b64decode(version.crc32c, validate=True).hex()
        if version.md5 is None:
            identity = f"{bucket}/{version.name}".encode()
            key = f"{hashlib.sha256(identity).hexdigest()[:32]}-g{version.generation}"
        else:
            key = base64.b64decode(version.md5, validate=True).hex()
    except binascii.Error as error:
        raise UnsafeNameError("its checksums are not base64", subject=version.name) from error
    name = f"{CONTENTS_PREFIX}{key[:2]}/{key}-{crc32c}-{version.size_bytes}"
    check_content_name(name)
    return name


def check_content_name(name: str) -> None:
    """Refuse a name that no content is stored under.

    Raises:
        UnsafeNameError: It is not a content key below its prefix.
    """
    if not _CONTENT.fullmatch(name):
        raise UnsafeNameError("is not the name of stored content", subject=name)
