"""What of buckets a run does not hold, or not as of its recovery point. Pure."""

from collections.abc import Sequence
from datetime import datetime

from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Skew
from manifests.versions import is_hierarchical, tells_its_past

_MOST_NAMED = 5


def bucket_skews(backup: BucketBackup, recovery_point: datetime) -> tuple[Skew, ...]:
    """Say what of a bucket is not as of the recovery point, and how much later it was read."""
    skew_seconds = (backup.finished_at - recovery_point).total_seconds()
    gone = backup.not_copied - backup.unprotected
    is_later = is_hierarchical(backup.resource)
    first_names = _few(backup.later_names, backup.changed_later)
    subjects = {
        f"every object in bucket {backup.bucket}, whose folders can be renamed, as it was listed,": (
            is_later
        ),
        f"what was deleted from bucket {backup.bucket} before it was listed, of which nothing "
        "tells,": not tells_its_past(backup.resource),
        f"settings of bucket {backup.bucket}": True,
        f"metadata of {backup.metadata_later} objects in bucket {backup.bucket}": (
            backup.metadata_later
        ),
        f"{backup.changed_later} objects in bucket {backup.bucket}, written since, whose earlier "
        f"content could not be read any more ({first_names}),": backup.changed_later,
        f"{gone} objects in bucket {backup.bucket}, deleted since, so that their content could not "
        f"be copied ({_few(backup.gone_names, gone)}),": gone,
    }
    return tuple(
        Skew(kind="buckets", name=backup.bucket, subject=subject, skew_seconds=skew_seconds)
        for subject, happened in subjects.items()
        if happened
    )


def _few(names: Sequence[str], count: int) -> str:
    more = ", ..." if count > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
