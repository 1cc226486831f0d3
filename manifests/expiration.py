"""When a partition expires by its table's own rule. Pure.

A partition is kept for its table's `expirationMs` after its end, in UTC, and then it is gone; what
is copied or inserted into an expired partition is gone at once (BigQuery, Manage partitioned
tables, Set the partition expiration). Rows without a partition of their own never expire.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from manifests.model import Resource

_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
_LONGEST = {
    "HOUR": timedelta(hours=1),
    "DAY": timedelta(days=1),
    "MONTH": timedelta(days=31),
    "YEAR": timedelta(days=366),
}


def expired(resource: Resource, partitions: Iterable[str], at: datetime | None) -> tuple[str, ...]:
    """Return the partitions that are gone by a table's own rule, in order.

    Args:
        resource: The table's resource.
        partitions: Partition ids.
        at: The instant; None knows of none that is gone.
    """
    if at is None:
        return ()
    ends = ((name, expires_at(resource, name)) for name in partitions)
    return tuple(sorted(name for name, end in ends if end is not None and end <= at))


def expires_at(resource: Resource, partition_id: str) -> datetime | None:
    """Return when a partition expires, or None where it never does."""
    by_time = resource.get("timePartitioning") or {}
    kept_ms = by_time.get("expirationMs")
    if not kept_ms:
        return None
    unit = by_time.get("type", "DAY")
    try:
        start = datetime.strptime(partition_id, _FORMATS[unit]).replace(tzinfo=UTC)
        # What is beyond the last year that Python knows never comes.
        return _end(start, unit) + timedelta(milliseconds=int(kept_ms))
    except (ValueError, OverflowError):
        return None


def _end(start: datetime, unit: str) -> datetime:
    after = start + _LONGEST[unit]
    if unit == "MONTH":
        return after.replace(day=1)
    return after.replace(month=1, day=1) if unit == "YEAR" else after
