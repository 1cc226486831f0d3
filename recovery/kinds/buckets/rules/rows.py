"""What a plan and a report say about buckets, as rows. Pure."""

from collections.abc import Iterator, Sequence

from manifests.kinds.buckets.model import BucketBackup
from recovery.document import ProofLine, Row, more
from recovery.kinds.buckets.rules.buckets import BucketStep, ObjectCount
from recovery.kinds.buckets.rules.outcomes import BucketOutcome, LeftObjects, LeftReason
from recovery.kinds.rows import ONLY_MISSING, failure_rows, left_as_asked, proven_of
from recovery.kinds.told import held_text
from recovery.units import counted, duration, listed, shown, size

_MOST_NAMED = 5
_PERHAPS_UNDELETED = "whether this recovery undeleted it, or it was there all the time: its settings are compared, not set"
_SOURCES = {
    "metadata": "what is said about them is written",
    "live": "their content is written onto itself",
    "noncurrent": "from noncurrent generations",
    "soft-deleted": "from soft-deleted generations",
    "vault": "from the vault",
    "none": "CANNOT BE BROUGHT BACK",
}
_LEFT: dict[LeftReason, str] = {
    "changed": "changed while the recovery ran",
    "extra": "not known to the recovery point (`--exact` moves them aside)",
    "no source": "without any source",
    "not allowed": "holding other content (`--overwrite` replaces it)",
    "not missing": f"there, and not as they were ({ONLY_MISSING})",
    "protected": "under a hold or a retention policy",
    "refused": "refused by Google Cloud",
}


def held_bucket(bucket: BucketBackup) -> str:
    """Say what a run holds of a bucket, and what of it the vault does not hold."""
    files = counted(len(bucket.shards), "inventory file")
    return held_text(bucket, size(bucket.size_bytes), files, *_not_held(bucket))


def _not_held(bucket: BucketBackup) -> Iterator[str]:
    if bucket.not_copied:
        names = f" ({listed(bucket.gone_names)})" if bucket.gone_names else ""
        yield f"{bucket.not_copied:,} NOT COPIED{names}"
    if bucket.changed_later:
        yield f"{counted(bucket.changed_later, 'name')} with an unknown earlier content"
    if bucket.later_names:
        yield f"stored as they were later: {listed(bucket.later_names)}"
    if bucket.unprotected:
        yield f"{bucket.unprotected:,} of them still to be copied or under another's key"


def bucket_row(plan: BucketStep) -> Row:
    """Tell what happens to one bucket."""
    into, objects = f"bucket {plan.into}", counted(plan.objects, "object")
    below = tuple(_what_happens(plan))
    if not plan.counts and not plan.create:
        return Row(f"{into}: already equal, {objects}", "leave", below=below)
    return Row(f"{into}: {plan.equal:,} of {objects} equal", _verb(plan), below=below)


def _what_happens(plan: BucketStep) -> Iterator[Row]:
    if plan.undelete is not None:
        yield Row("what of its objects the deleted bucket still keeps is used first")
    for count in plan.counts:
        below = _samples(plan, count)
        yield _count_row(count, exact=plan.exact, is_left=plan.leaves(count), below=below)
    yield from _erased_row(plan.erased)
    if plan.replaced:
        kept = "the bucket keeps what is replaced" if plan.keeps_replaced else "a copy is put aside"
        objects = counted(plan.replaced, "object").upper()
        yield Row(f"REPLACES CONTENT OF {objects} THAT IS THERE; {kept}")
    for key, number in plan.keys.items():
        yield Row(f"ENCRYPTS {counted(number, 'object').upper()} with the key {shown(key)}")
    yield from map(Row, plan.retention.sentences)
    if plan.notified and plan.writes:
        yield Row(f"TELLS {', '.join(plan.notified)} OF EVERY OBJECT THAT IS WRITTEN")
    if plan.listening.is_told and plan.writes:
        yield Row(f"by each object's event: {plan.listening.text}", "starts")
    yield from _settings_rows(plan)


def _settings_rows(plan: BucketStep) -> Iterator[Row]:
    if plan.perhaps_undeleted:
        yield Row(_PERHAPS_UNDELETED, "UNKNOWN")
    for item in plan.configuration:
        left = "" if plan.sets else " (left alone; `--settings` sets it back)"
        yield Row(
            f"{item.aspect} is {item.actual}, was {item.expected}{left}",
            "set" if plan.sets else "differs",
        )


def bucket_outcome_row(outcome: BucketOutcome) -> Row:
    """Tell how one bucket ended."""
    made = "created, " if outcome.created else ""
    verb = "was" if outcome.equal == 1 else "were"
    equal = f"{counted(outcome.equal, 'object')} {verb} equal before"
    below = tuple(_what_happened(outcome))
    return Row(f"bucket {outcome.into}  ({made}{equal})", outcome.state, below=below)


def _what_happened(outcome: BucketOutcome) -> Iterator[Row]:
    for count in outcome.restored:
        yield _count_row(count, exact=True)
    yield from _erased_row(outcome.erased)
    if outcome.written_before:
        objects = counted(outcome.written_before, "object")
        yield Row(f"{objects} of those that are equal were written since the recovery began")
    if outcome.moved_aside:
        yield Row(f"{counted(outcome.moved_aside, 'extra object')} moved aside")
    yield from map(_left_row, outcome.left)
    if outcome.undo:
        yield Row(f"undo: {outcome.undo}")
    yield from failure_rows(outcome)
    for item in outcome.findings:
        yield Row(f"{shown(item.subject)}: {item.text}")
    if outcome.unequal > len(outcome.findings):
        yield Row(f"not equal in all: {counted(outcome.unequal, 'object')}")


def proven_buckets(
    outcomes: Sequence[BucketOutcome],
    steps: Sequence[BucketStep],
    point: str,
    exceptions: Sequence[str],
) -> Iterator[ProofLine]:
    """Tell how many buckets are proven, and what of them is not what it was."""
    extra, left = (_left_for(outcomes, reason) for reason in ("extra", "not missing"))
    later = sum(item.later for item in outcomes)
    erased = sum(item.erased for item in outcomes)
    notes = [f"{counted(extra, 'extra object')} kept"] if extra else []
    notes += left_as_asked(left, "object")
    notes += [f"{counted(erased, 'object')} that stay erased"] if erased else []
    notes += [f"{counted(later, 'object')} as they were later"] if later else []
    notes += [
        f"what was deleted from bucket {step.name} in the {duration(step.untold_seconds)} until it "
        "was listed, which is not known"
        for step in steps
        if step.untold_seconds
    ]
    yield from proven_of(outcomes, f"buckets proven equal to {point}", [*exceptions, *notes])


def _left_for(outcomes: Sequence[BucketOutcome], reason: LeftReason) -> int:
    return sum(left.objects for item in outcomes for left in item.left if left.reason == reason)


def _erased_row(number: int) -> Iterator[Row]:
    """Tell how many objects of the backup stay erased; their names are told nowhere."""
    if number:
        yield Row(f"{counted(number, 'object')} of the backup stay erased")


def _left_row(left: LeftObjects) -> Row:
    answer = f" ({left.answer})" if left.answer else ""
    named = tuple(Row(shown(name)) for name in left.names[:_MOST_NAMED])
    return Row(
        f"{left.objects:,} left, {_LEFT[left.reason]}{answer}:",
        below=named + more(_MOST_NAMED, left.objects),
    )


def _verb(plan: BucketStep) -> str:
    if plan.create:
        return "create, restore" if plan.undelete is None else "undelete, restore"
    if plan.damaged > plan.left:
        return "restore"
    return "move aside" if plan.exact and plan.extra else "leave"


def _samples(plan: BucketStep, count: ObjectCount) -> tuple[Row, ...]:
    samples = tuple(
        Row(f"{shown(sample.name)}: {sample.why}")
        for sample in plan.samples
        if (sample.damage, sample.source) == (count.damage, count.source)
    )
    return samples + more(len(samples), count.objects)


def _count_row(
    count: ObjectCount, *, exact: bool, is_left: bool = False, below: tuple[Row, ...] = ()
) -> Row:
    if count.damage == "extra":
        what = "extra, moved aside" if exact else _LEFT["extra"]
    elif is_left:
        what = f"{count.damage}, {size(count.size_bytes)}: left, {ONLY_MISSING}"
    else:
        what = f"{count.damage}, {size(count.size_bytes)}: {_SOURCES[count.source]}"
    return Row(what, count=count.objects, below=below)
