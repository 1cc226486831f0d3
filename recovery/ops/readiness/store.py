"""Keeps the scores of days in the landing bucket, so that they can be compared."""

from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError
from manifests.readiness_layout import READINESS_PREFIX, readiness_name
from manifests.store.envelope import decode, encode
from recovery.ops.readiness.model import ReadinessRecord

_MOST_RECORDS = 60


def record(landing: Bucket, found: ReadinessRecord) -> None:
    """Write the scores of a day, once: an earlier word of the same day stays."""
    landing.put_once(readiness_name(found.looked_at.date()), encode(found))


def past_records(landing: Bucket) -> tuple[ReadinessRecord, ...]:
    """Return the newest records; one that cannot be read tells nothing."""
    names = sorted(item.name for item in landing.list_objects(READINESS_PREFIX))
    found = []
    for name in names[-_MOST_RECORDS:]:
        content = landing.read(name)
        try:
            found += [decode(content, ReadinessRecord, subject=name)] if content else []
        except BackupDamagedError:
            continue
    return tuple(found)
