"""Documents of a Firestore database as a backup stores them: records, files and fingerprints.

Pure, and without any Google library: a document's fields are bytes here, the serialized
`google.firestore.v1.Document` message with nothing set but its fields and the keys of its maps
sorted. So every value type survives, those that are not known yet too. The record is

    path               below the database's root, `collection/document/...`
    fields             those bytes
    create_time_nanos  since 1970, as Firestore reported it
    update_time_nanos  likewise

Missing documents, which exist only as parents, have no record: the documents below them do.
"""

import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import fastavro

from manifests.errors import UnsafeNameError
from manifests.fingerprint import EMPTY, combined
from manifests.records import CODEC, RecordFile
from manifests.values import Fingerprint, Stored

# No request to Firestore is larger than 10 MiB, so that no document is (Firestore, Quotas and
# limits); a block or a file is ended by the document that fills it.
DOCUMENT_FILE = RecordFile(
    schema={
        "type": "record",
        "name": "rebound.firestore.Document",
        "fields": [
            {"name": "path", "type": "string"},
            {"name": "fields", "type": "bytes"},
            {"name": "create_time_nanos", "type": "long"},
            {"name": "update_time_nanos", "type": "long"},
        ],
    },
    most_file_bytes=32 * 1024 * 1024,
    most_block_bytes=16 * 1024 * 1024,
)
_SCHEMA = fastavro.parse_schema(DOCUMENT_FILE.schema)
_FASTEST = 1
_BLOCK_BYTES = 256 * 1024
_NUMERIC_ID = re.compile(r"__id(-?[0-9]{1,19})__")
HALF = 2**63
_LOW_MASK = 0xFFFFFFFF

type PathKey = tuple[str, ...]
"""What sorts paths as Firestore does: segment by segment, numeric ids first, then by bytes."""


class CollectionBackup(Stored):
    """The documents of all collections with one id, wherever they are in the database.

    Attributes:
        collection_id: The last segment of the collections' paths.
        fingerprint: Their content, independent of order.
    """

    collection_id: str
    fingerprint: Fingerprint


class DocumentRecord(NamedTuple):
    """One document as it is read and stored; plain, because there are millions."""

    path: str
    fields: bytes
    create_time_nanos: int
    update_time_nanos: int

    @property
    def size_bytes(self) -> int:
        """Return about how much memory the record takes."""
        return len(self.path) + len(self.fields)


def path_key(path: str) -> PathKey:
    """Return the sort key of a path."""
    if "__id" not in path:
        return tuple(path.split("/"))
    return tuple(_id_key(segment) for segment in path.split("/"))


def check_document_path(path: str) -> None:
    """Refuse a path that is not that of a document.

    Raises:
        UnsafeNameError: It has an odd number of segments, or an empty one.
    """
    segments = path.split("/")
    if len(segments) % 2 or not all(segments):
        raise UnsafeNameError("is not the path of a document", subject=path)


def collection_id(path: str) -> str:
    """Return the id of the collection a document is in."""
    return path.rsplit("/", 2)[-2]


def numeric_id(segment: str) -> int | None:
    """Return the number of an id like `__id7__`, or None for any other id."""
    found = _NUMERIC_ID.fullmatch(segment) if segment.startswith("__id") else None
    return int(found[1]) if found else None


def _id_key(segment: str) -> str:
    number = numeric_id(segment)
    return segment if number is None else f"\0{number + HALF:020d}"


class Tally:
    """Fingerprints documents while they pass by, in any order."""

    def __init__(self) -> None:
        self._sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def add(self, record: DocumentRecord) -> None:
        """Take one document into account: its path and its fields, not its times."""
        path = record.path.encode()
        content = hashlib.blake2b(len(path).to_bytes(4), digest_size=8)
        content.update(path)
        content.update(record.fields)
        value = int.from_bytes(content.digest())
        sums = self._sums[collection_id(record.path)]
        sums[0] += 1
        sums[1] ^= value
        sums[2] += value & _LOW_MASK
        sums[3] += value >> 32

    def collections(self) -> tuple[CollectionBackup, ...]:
        """Return the fingerprint of each collection id."""
        return tuple(
            CollectionBackup(collection_id=name, fingerprint=_fingerprint(self._sums[name]))
            for name in sorted(self._sums)
        )

    def fingerprint(self) -> Fingerprint:
        """Return the fingerprint of all documents together."""
        return combined(_fingerprint(sums) for sums in self._sums.values())


def tallied(records: Iterable[DocumentRecord]) -> Tally:
    """Fingerprint some documents."""
    tally = Tally()
    for record in records:
        tally.add(record)
    return tally


def combined_collections(
    disjoint: Iterable[tuple[CollectionBackup, ...]],
) -> tuple[CollectionBackup, ...]:
    """Return the fingerprints of disjoint sets of documents together, by collection id."""
    found: dict[str, Fingerprint] = {}
    for collections in disjoint:
        for item in collections:
            earlier = found.get(item.collection_id, EMPTY)
            found[item.collection_id] = combined((earlier, item.fingerprint))
    return tuple(
        CollectionBackup(collection_id=name, fingerprint=found[name]) for name in sorted(found)
    )


def batches[Item](
    items: Iterable[Item],
    size_bytes: Callable[[Item], int],
    *,
    most_bytes: int,
    most_items: int | None = None,
) -> Iterator[list[Item]]:
    """Yield items in order, in batches that are full with the item that reaches a limit."""
    batch: list[Item] = []
    held_bytes = 0
    for item in items:
        batch.append(item)
        held_bytes += size_bytes(item)
        if held_bytes >= most_bytes or len(batch) == most_items:
            yield batch
            batch, held_bytes = [], 0
    if batch:
        yield batch


def write_file(records: Iterable[DocumentRecord]) -> bytes:
    """Return an Avro file of documents; the same documents give the same bytes."""
    written = io.BytesIO()
    fastavro.writer(
        written,
        _SCHEMA,
        (record._asdict() for record in records),
        codec=CODEC,
        codec_compression_level=_FASTEST,
        sync_interval=_BLOCK_BYTES,
        sync_marker=b"rebound document",
    )
    return written.getvalue()


def read_file(content: bytes, *, subject: str) -> Iterator[DocumentRecord]:
    """Yield the documents of an Avro file.

    Args:
        content: The whole file.
        subject: Its name, for errors.

    Raises:
        AvroDamagedError: The bytes are not a whole file of documents.
        UnsafeNameError: It holds what has no document's path.
    """
    for row in DOCUMENT_FILE.read(content, subject=subject):
        check_document_path(row["path"])
        yield DocumentRecord(**row)


def _fingerprint(sums: list[int]) -> Fingerprint:
    count, xor, low_sum, high_sum = sums
    return Fingerprint(row_count=count, xor=xor, low_sum=low_sum, high_sum=high_sum)
