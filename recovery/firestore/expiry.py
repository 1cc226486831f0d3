"""Which documents a time to live of Firestore deletes (Manage data retention with TTL policies)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.field_path import FieldPath

from manifests.documents import DocumentRecord, collection_id
from manifests.kinds.databases.model import IndexSettings
from recovery.compare.indexes import EXPIRING, index_settings

_NANOS = 1_000_000_000
_Document: Any = types.Document.pb()


class Policy(NamedTuple):
    """One time to live.

    Attributes:
        name: What it is called.
        group: The collection group whose documents it deletes.
        path: The field that holds the time.
        offset_nanos: So long after that time.
        text: All that is set, for a person.
    """

    name: str
    group: str
    path: tuple[str, ...]
    offset_nanos: int
    text: str


def policies(found: IndexSettings | None) -> tuple[Policy, ...]:
    """Return each time to live of a database.

    Args:
        found: What is set about its fields; None where nobody knows.
    """
    if found is None:
        return ()
    return tuple(
        Policy(name, item.group, _path(item.id), _offset(item.value), item.text)
        for name, item in index_settings(found).items()
        if item.part == EXPIRING
    )


class TimeToLive(NamedTuple):
    """Some policies at an instant, in nanoseconds since 1970."""

    policies: tuple[Policy, ...]
    now_nanos: int

    def counted(self, records: Iterable[DocumentRecord]) -> Counter[Policy]:
        """Count the documents that each policy deletes: they are past their time."""
        found: Counter[Policy] = Counter()
        if self.policies:
            for record in records:
                found.update(self.deleting(record))
        return found

    def deleting(self, record: DocumentRecord) -> tuple[Policy, ...]:
        """Return the policies that delete a document: it is past its time."""
        group = collection_id(record.path)
        return tuple(
            policy
            for policy in self.policies
            if policy.group == group and self._is_past(record, policy)
        )

    def _is_past(self, record: DocumentRecord, policy: Policy) -> bool:
        times = _times(_Document.FromString(record.fields).fields, policy.path)
        return any(time + policy.offset_nanos <= self.now_nanos for time in times)


def _times(fields: Any, path: tuple[str, ...]) -> Iterator[int]:  # noqa: ANN401 - a protobuf map
    """Yield the times in a field: no value of another type expires."""
    first, *rest = path
    if first not in fields:
        return
    value = fields[first]
    if rest:
        yield from _times(value.map_value.fields, tuple(rest))
        return
    for item in (value, *value.array_value.values):
        if item.HasField("timestamp_value"):
            yield item.timestamp_value.ToNanoseconds()


def _path(field: str) -> tuple[str, ...]:
    return tuple(FieldPath.from_api_repr(field).parts)


def _offset(config: Any) -> int:  # noqa: ANN401 - JSON
    """Return how long after the time in the field a document expires, in nanoseconds."""
    seconds = str(config.get("expirationOffset", "0s")).removesuffix("s")
    return int(float(seconds) * _NANOS)
