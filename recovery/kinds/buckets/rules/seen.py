"""Cloud Storage as it is before a recovery."""

from collections.abc import Mapping

from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.buckets import SeenBucket
from recovery.kinds.decision import Seen


class BucketsSeen(Seen):
    """The buckets of a run as they are.

    Attributes:
        buckets: Each that was asked for, by its original name.
        present: Each of them that is made or set, and others of the run: who may see them.
    """

    buckets: Mapping[str, SeenBucket] = {}
    present: Mapping[str, PresentBucket] = {}
