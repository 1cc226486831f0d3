"""The outcome of a bucket from those of its key ranges. Pure."""

from collections.abc import Iterable, Sequence

from manifests.errors import PartialError
from recovery.compare.findings import Finding
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.buckets.rules.counts import ObjectCounts
from recovery.kinds.buckets.rules.outcomes import (
    BucketOutcome,
    LeftObjects,
    LeftReason,
    RangeOutcome,
)
from recovery.kinds.outcome import Failure

_MOST_NAMED = 20
# What was left as was asked for, extra objects and what is not missing, is no failure.
_LEFT_AS: dict[LeftReason, str] = {
    "changed": "changed while the recovery ran",
    "no source": "have no source left",
    "not allowed": "hold other content, and `--overwrite` does not name the bucket",
    "protected": "are under a hold or a retention policy",
    "refused": "were refused by Google Cloud",
}
_LEFT_HINT = "a new `rebound plan gcs-bucket-corruption` shows them as they are now"


def merged(
    step: BucketStep,
    key_ranges: Sequence[RangeOutcome],
    *,
    undo_point: str,
    moved_aside: int = 0,
    configuration: Sequence[Finding] = (),
    later: int = 0,
) -> BucketOutcome:
    """Add up what became of a bucket.

    Args:
        step: What was planned for it.
        key_ranges: How each ended.
        undo_point: The address of what was moved or replaced, if the bucket does not keep it itself.
        moved_aside: How many objects every attempt moved to the undo point.
        configuration: What differs in the configuration of a bucket that was made again.
        later: How many objects the backup holds as they were after the recovery point.
    """
    moved_aside = max(moved_aside, sum(item.moved_aside for item in key_ranges))
    counts = ObjectCounts()
    counts.merge(count for item in key_ranges for count in item.restored)
    restored = counts.values
    replaced = any(count.damage in ("overwritten", "corrupted") for count in restored)
    places = [undo_point] if moved_aside or (replaced and not step.keeps_replaced) else []
    if replaced and step.keeps_replaced:
        places.append(f"earlier versions in gs://{step.into}")
    findings = (*configuration, *(found for item in key_ranges for found in item.findings))
    left = _left(item for ended in key_ranges for item in ended.left)
    error = "; ".join(
        f"{item.objects:,} {_LEFT_AS[item.reason]}" for item in left if item.reason in _LEFT_AS
    )
    return BucketOutcome(
        name=step.name,
        into=step.into,
        action=step.action,
        created=step.create,
        equal=sum(item.equal for item in key_ranges),
        written_before=sum(item.written_before for item in key_ranges),
        later=max(0, later - sum(item.then for item in key_ranges)),
        erased=sum(item.erased for item in key_ranges),
        restored=restored,
        moved_aside=moved_aside,
        left=left,
        unequal=sum(item.unequal for item in key_ranges),
        findings=findings[:_MOST_NAMED],
        undo=" and ".join(places),
        failure=Failure(
            message=f"objects were left as they are: {error}",
            hint=_LEFT_HINT,
            exit_code=PartialError.exit_code,
        )
        if error
        else None,
    )


def with_earlier(now: RangeOutcome, earlier: RangeOutcome | None) -> RangeOutcome:
    """Return how a key range ended, with what an interrupted attempt says that it did to it.

    Of the journal only counts are used. They are used only where nothing had to be done now, and they
    are no more than the objects that are equal.

    Args:
        now: How it ended when it was looked at.
        earlier: What the journal says of it; None where it says nothing.
    """
    if earlier is None or not now.is_idle:
        return now
    restored = sum(count.objects for count in earlier.restored)
    if not 0 <= restored <= now.equal or any(count.objects < 0 for count in earlier.restored):
        return now
    return now.model_copy(
        update={
            "equal": now.equal - restored,
            "written_before": max(0, now.written_before - restored),
            "restored": earlier.restored,
            "moved_aside": earlier.moved_aside,
        }
    )


def failed_bucket(step: BucketStep, failure: Failure) -> BucketOutcome:
    """Return the outcome of a bucket that could not be recovered."""
    return BucketOutcome(name=step.name, into=step.into, action=step.action, failure=failure)


def _left(items: Iterable[LeftObjects]) -> tuple[LeftObjects, ...]:
    added: dict[str, LeftObjects] = {}
    for item in items:
        known = added.get(item.reason)
        if known is not None:
            names = (*known.names, *item.names)[:_MOST_NAMED]
            objects = known.objects + item.objects
            item = known.model_copy(update={"objects": objects, "names": names})  # noqa: PLW2901 - the sum takes its place
        added[item.reason] = item
    return tuple(added[reason] for reason in sorted(added))
