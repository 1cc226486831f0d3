"""Avro files in a bucket, read once from end to end to learn what they really are."""

import google_crc32c

from manifests.avro import AvroFrame
from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.model import Frozen, ObjectInfo


class MeasuredFile(Frozen):
    """What the bytes of one Avro file really are.

    Attributes:
        fields: The names of the file's columns, in its order.
    """

    size_bytes: int
    crc32c: str
    row_count: int
    codec: str
    fields: tuple[str, ...]


def measured(bucket: Bucket, found: ObjectInfo) -> MeasuredFile:
    """Read every byte of an Avro file: its checksum, its records, its columns.

    Raises:
        ObjectMissingError: The generation is not there.
        AvroDamagedError: The bytes are not a whole Avro file.
    """
    frame = AvroFrame(bucket.uri(found.name))
    checksum = google_crc32c.Checksum()
    size_bytes = 0
    for chunk in bucket.chunks(found):
        checksum.update(chunk)
        frame.feed(chunk)
        size_bytes += len(chunk)
    return MeasuredFile(
        row_count=frame.finish(),
        size_bytes=size_bytes,
        crc32c=crc32c_text(checksum),
        codec=frame.codec,
        fields=tuple(field["name"] for field in frame.schema["fields"]),
    )
