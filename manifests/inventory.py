"""Inventory shards: Avro files with one record an object, in UTF-8 order of their names. Pure.

A shard is written record by record and read the same way, so that neither side holds more than
the compressed file.
"""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

import fastavro
from fastavro.write import Writer

from manifests.errors import AvroDamagedError
from manifests.kinds.buckets.layout import check_stored
from manifests.kinds.buckets.model import ContentThen, ObjectRecord, ObjectSettings, ObjectVersion
from manifests.object_retention import retention_of
from manifests.records import CODEC, RecordFile
from manifests.values import aware

_OPTIONAL_TEXT = {"type": ["null", "string"], "default": None}
_OPTIONAL_LONG = {"type": ["null", "long"], "default": None}
_INSTANT = {"type": "long", "logicalType": "timestamp-micros"}
_TEXT_SETTINGS = (
    "content_type",
    "content_encoding",
    "content_disposition",
    "content_language",
    "cache_control",
    "custom_time",
)

# The first inventories had fewer fields: what they do not know was not set.
_LATER: dict[str, Any] = {
    "contexts": {},
    "kms_key": None,
    "retention": None,
    "not_stored": None,
    "then": None,
}
_THEN = {
    "type": "record",
    "name": "rebound.ContentThen",
    "fields": [
        {"name": "generation", "type": "long"},
        {"name": "size_bytes", "type": "long"},
        {"name": "crc32c", "type": "string"},
        {"name": "md5", **_OPTIONAL_TEXT},
    ],
}
# Of an object at most 8 KiB of metadata are kept, 25 KiB of contexts, and a name of 1 KiB (Cloud
# Storage, Quotas and limits); a block is ended by the record that fills it.
SHARD_FILE = RecordFile(
    schema={
        "type": "record",
        "name": "rebound.InventoryObject",
        "fields": [
            {"name": "name", "type": "string"},
            {"name": "generation", "type": "long"},
            {"name": "metageneration", "type": "long"},
            {"name": "size_bytes", "type": "long"},
            {"name": "crc32c", "type": "string"},
            {"name": "md5", **_OPTIONAL_TEXT},
            {"name": "created_at", "type": _INSTANT},
            {"name": "updated_at", "type": _INSTANT},
            {"name": "storage_class", "type": "string"},
            *({"name": name, **_OPTIONAL_TEXT} for name in _TEXT_SETTINGS),
            {"name": "metadata", "type": {"type": "map", "values": "string"}},
            {"name": "temporary_hold", "type": "boolean"},
            {"name": "event_based_hold", "type": "boolean"},
            {"name": "contexts", "type": {"type": "map", "values": "string"}, "default": {}},
            {"name": "kms_key", **_OPTIONAL_TEXT},
            {"name": "retention", **_OPTIONAL_TEXT},
            {"name": "stored_as", **_OPTIONAL_TEXT},
            {"name": "stored_generation", **_OPTIONAL_LONG},
            {"name": "not_stored", **_OPTIONAL_TEXT},
            {"name": "then", "type": ["null", _THEN], "default": None},
        ],
    },
    most_file_bytes=32 * 1024 * 1024,
    most_block_bytes=1024 * 1024,
    later=frozenset(_LATER),
)
_SCHEMA = fastavro.parse_schema(SHARD_FILE.schema)
_SETTINGS = ObjectSettings._fields
# In the order of the fields of `ObjectVersion`, which begin with them.
_VERSION = (
    "name",
    "generation",
    "metageneration",
    "size_bytes",
    "crc32c",
    "md5",
    "created_at",
    "updated_at",
    "storage_class",
)
_version_of = itemgetter(*_VERSION)
_settings_of = itemgetter(*_SETTINGS)


class ShardWriter:
    """Collects records in name order into the bytes of one Avro file.

    Args:
        name: The name the file will have; the same records under it give the same bytes.
    """

    def __init__(self, name: str) -> None:
        self._file = io.BytesIO()
        marker = hashlib.sha256(name.encode()).digest()[:16]
        self._writer = Writer(self._file, _SCHEMA, codec=CODEC, sync_marker=marker)
        self.summary = ShardSummary()

    def add(self, record: ObjectRecord) -> None:
        """Take the next record."""
        version, settings = record.version, record.version.settings
        row = {name: getattr(version, name) for name in _VERSION}
        row |= {name: getattr(settings, name) for name in _SETTINGS}
        row["stored_as"] = record.stored_as
        row["stored_generation"] = record.stored_generation
        row["not_stored"] = record.not_stored
        row["then"] = None if record.then is None else record.then._asdict()
        self._writer.write(row)
        self.summary.add(record)

    @property
    def size_bytes(self) -> int:
        """Return how large the file is so far, without its last block."""
        return self._file.tell()

    def finish(self) -> bytes:
        """Return the whole file."""
        self._writer.flush()
        return self._file.getvalue()


class ShardSummary:
    """What is said about a shard without reading it."""

    def __init__(self) -> None:
        self.row_count = 0
        self.content_bytes = 0
        self.not_copied = 0
        self.unprotected = 0
        self.first_name = ""
        self.last_name = ""
        self.gone_names: list[str] = []
        self._updates: list[datetime] = []
        self._creations: list[tuple[datetime, str]] = []

    def add(self, record: ObjectRecord) -> None:
        """Count one record."""
        if not self.row_count:
            self.first_name = record.version.name
        self.last_name = record.version.name
        self.row_count += 1
        self.content_bytes += record.version.size_bytes
        self.not_copied += record.stored_as is None
        self.unprotected += record.is_unprotected
        if record.not_stored == "gone":
            self.gone_names.append(record.version.name)
        self._creations.append((record.version.created_at, record.version.name))
        if record.version.metageneration > 1:
            self._updates.append(record.version.updated_at)

    def updated_after(self, moment: datetime) -> int:
        """Return how many records' metadata was changed after an instant."""
        return sum(update > moment for update in self._updates)

    def created_after(self, moment: datetime) -> list[str]:
        """Return the names whose content was written after an instant."""
        return [name for created_at, name in self._creations if created_at > moment]


def read_shard(content: bytes, bucket: str, *, subject: str) -> Iterator[ObjectRecord]:
    """Yield the records of a shard.

    Args:
        content: The whole file.
        bucket: The bucket that it is about.
        subject: Its name, for errors.

    Raises:
        AvroDamagedError: It is not a whole inventory shard, or its names are not in order.
        UnsafeNameError: It names content that is not an object's own.
    """
    last_name: str | None = None
    for row in SHARD_FILE.read(content, subject=subject):
        try:
            record = _record(row)
        except (TypeError, ValueError) as error:
            raise AvroDamagedError(f"not an inventory: {error}", subject=subject) from error
        if last_name is not None and record.version.name <= last_name:
            raise AvroDamagedError("its names are not in order", subject=subject)
        last_name = record.version.name
        check_stored(bucket, record)
        yield record


def _record(row: dict[str, Any]) -> ObjectRecord:
    known = row if len(row) == len(SHARD_FILE.schema["fields"]) else {**_LATER, **row}
    settings = ObjectSettings(*_settings_of(known))
    if settings.custom_time is not None:
        aware(settings.custom_time)
    retention_of(settings)
    version = ObjectVersion._make((*_version_of(known), settings, "live", None))
    then = None if known["then"] is None else ContentThen(**known["then"])
    return ObjectRecord(
        version, known["stored_as"], known["stored_generation"], known["not_stored"], then
    )
