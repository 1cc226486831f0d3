"""Keeps the scores of days in the landing bucket, so that they can be compared."""

from collections import deque

from manifests.cloud.objects import Bucket
from manifests.readiness_layout import READINESS_PREFIX, readiness_name
from manifests.store.bounded import Records, readable
from manifests.store.envelope import encode
from recovery.ops.readiness.model import ReadinessRecord

_MOST_RECORDS = 60


def record(landing: Bucket, found: ReadinessRecord) -> None:
    """Write the scores of a day, once: an earlier record of the same day stays.

    Raises:
        CloudError: They could not be written.
    """
    landing.put_once(readiness_name(found.looked_at.date()), encode(found))


def past_records(landing: Bucket) -> tuple[ReadinessRecord, ...]:
    """Return the 60 newest records, the oldest first; one that cannot be read is left out with a warning.

    Raises:
        CloudError: The landing bucket could not be read.
    """
    found = readable(Records(landing).below(READINESS_PREFIX, ReadinessRecord))
    return tuple(deque(found, _MOST_RECORDS))
