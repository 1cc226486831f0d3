"""Avro files in a bucket, read once from end to end to learn what they really are."""

from typing import NamedTuple

import google_crc32c

from manifests.avro import AvroFrame
from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.values import ObjectInfo


class MeasuredFile(NamedTuple):
    """What the bytes of one Avro file really are.

    Attributes:
        frame: Its header and its count of records.
    """

    size_bytes: int
    crc32c: str
    frame: AvroFrame


def measured(bucket: Bucket, found: ObjectInfo, *, fields: int) -> MeasuredFile:
    """Read every byte of an Avro file: its checksum, its header, its records.

    Args:
        bucket: Where it is.
        found: Which one.
        fields: How many fields its records have at most, nested ones included.

    Raises:
        ObjectMissingError: The generation is not there.
        AvroDamagedError: The bytes are not a whole Avro file.
    """
    frame = AvroFrame(bucket.uri(found.name), fields=fields)
    checksum = google_crc32c.Checksum()
    size_bytes = 0
    for chunk in bucket.chunks(found):
        checksum.update(chunk)
        frame.feed(chunk)
        size_bytes += len(chunk)
    frame.finish()
    return MeasuredFile(size_bytes, crc32c_text(checksum), frame)
