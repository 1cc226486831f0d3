"""When a partition expires by its table's own rule. Pure.

A partition is kept for its table's `expirationMs` after its end, in UTC, and then it is gone; what
is copied or inserted into an expired partition is gone at once (BigQuery, Manage partitioned
tables, Set the partition expiration). Rows without a partition of their own never expire.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from manifests.partitions import period_of
from manifests.values import Resource


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
    lasts_ms = by_time.get("expirationMs")
    if not lasts_ms:
        return None
    try:
        # An end after the year 9999, the last that Python knows, counts as never.
        return period_of(by_time, partition_id)[1] + timedelta(milliseconds=int(lasts_ms))
    except (ValueError, OverflowError):
        return None
