"""How a bucket, and each key range of it, ended."""

from typing import Literal

from manifests.values import Value
from recovery.compare.findings import Finding
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.outcome import Outcome

LeftReason = Literal[
    "changed", "extra", "no source", "not allowed", "not missing", "protected", "refused"
]
"""Why an object was left as it is.

    changed      somebody wrote it after the recovery began
    extra        the recovery point does not know it, and `--exact` was not asked for
    no source    nothing holds its content any more
    not allowed  it holds other content now, and `--overwrite` does not name its bucket
    not missing  it is there and differs, and only what is missing was asked for
    protected    a hold or a retention policy forbids replacing what is there
    refused      Google Cloud refused to write this one object, or to put it aside
"""


class LeftObjects(Value):
    """Objects that were left as they are for one reason, with the names of the first of them.

    Attributes:
        answer: What Google Cloud answered for the first, when it refused.
    """

    reason: LeftReason
    objects: int
    names: tuple[str, ...]
    answer: str = ""


class RangeOutcome(Value):
    """How one key range of a bucket ended.

    Attributes:
        number: Its place in the inventory.
        equal: Objects that were as they should be when they were looked at.
        written_before: Those of them that were written since the recovery began: by an attempt that
            was killed before it could say so, or by others.
        then: Objects that were compared with their content at the recovery point, though the backup holds
            only a later one.
        erased: Objects of the backup that stay erased.
        restored: Those that were brought back, by damage and source.
        moved_aside: Extra objects that were moved aside.
        unequal: Objects that are not equal after all; the first of them are the findings.
    """

    number: int
    equal: int = 0
    written_before: int = 0
    then: int = 0
    erased: int = 0
    restored: tuple[ObjectCount, ...] = ()
    moved_aside: int = 0
    left: tuple[LeftObjects, ...] = ()
    unequal: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Whether nothing was done, nor had to be."""
        return not (self.restored or self.moved_aside or self.unequal or self.left)


class BucketOutcome(Outcome):
    """How one bucket ended.

    Attributes:
        created: Whether it was created.
        written_before: As of its key ranges.
        erased: Objects of the backup that stay erased.
        later: Objects that are as they were after the recovery point: nothing else of them is known.
    """

    kind: Literal["bucket"] = "bucket"
    created: bool = False
    equal: int = 0
    written_before: int = 0
    later: int = 0
    erased: int = 0
    restored: tuple[ObjectCount, ...] = ()
    moved_aside: int = 0
    left: tuple[LeftObjects, ...] = ()
    unequal: int = 0


def journal_folder(bucket: str) -> str:
    """Return where the journal has an entry for each key range of a bucket that was written to."""
    return f"buckets/{bucket}"
