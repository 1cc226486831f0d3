"""What a recovery may do to the objects of a bucket."""

from dataclasses import dataclass

from manifests.object_retention import RetentionRules
from manifests.values import UtcTime


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a recovery may do to a bucket.

    Attributes:
        begun_at: When the recovery began. What was written since is never replaced.
        may_replace: Whether the operator allowed replacing content that is live.
        exact: Whether objects that the recovery point does not know are moved aside.
        only_missing: Whether objects that are there and differ are left, as was asked for.
        keeps_replaced: Whether the bucket itself keeps what is replaced.
        retention: What of the retention of single objects is set again.
        undo_folder: The folder of the undo point, for what is moved or replaced.
    """

    begun_at: UtcTime
    may_replace: bool
    exact: bool
    only_missing: bool
    keeps_replaced: bool
    retention: RetentionRules
    undo_folder: str
