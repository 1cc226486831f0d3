"""What a plan and a report say about buckets. Pure: text from values."""

from collections.abc import Iterator

from recovery.outcome import BucketOutcome, LeftReason
from recovery.plan.buckets import BucketPlan, ObjectCount
from recovery.units import as_text, counted, shown, size
from recovery.verify import Verdict

_MOST_NAMED = 5
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
    "extra": "unknown to the recovery point (`--exact` moves them aside)",
    "no source": "without any source",
    "not allowed": "holding other content (`--overwrite` replaces it)",
    "protected": "under a hold or a retention policy",
    "refused": "refused by Google Cloud",
}


def bucket_lines(plan: BucketPlan, *, exact: bool) -> list[str]:
    """Write what happens to one bucket."""
    into = f"bucket {plan.target}"
    if not plan.counts and not plan.create:
        objects = counted(plan.objects, "object")
        lines = [f"  {'leave':<20} {into}: already equal, {objects}"]
    else:
        are_equal = f"{plan.equal:,} of {counted(plan.objects, 'object')} equal"
        lines = [f"  {_verb(plan, exact=exact):<20} {into}: {are_equal}"]
    if plan.undelete is not None:
        lines.append("    what of its objects the deleted bucket still keeps is used first")
    for count in plan.counts:
        lines.append(f"    {_counted(count, exact=exact)}")
        lines += _explained(plan, count)
    if plan.replaced:
        kept = "the bucket keeps what is replaced" if plan.keeps_replaced else "a copy is put aside"
        objects = counted(plan.replaced, "object").upper()
        lines.append(f"    REPLACES CONTENT OF {objects} THAT IS THERE; {kept}")
    lines += [
        f"    ENCRYPTS {counted(objects, 'object').upper()} with the key {shown(key)}"
        for key, objects in plan.keys.items()
    ]
    lines += plan.retention.lines
    if plan.notified:
        lines.append(f"    TELLS {', '.join(plan.notified)} OF EVERY OBJECT THAT IS WRITTEN")
    lines += [
        f"    {'set' if plan.sets else 'differs':<8} {item.aspect} is {item.actual}, was {item.expected}"
        f"{'' if plan.sets else ' (left alone; `--settings` sets it back)'}"
        for item in plan.configuration
    ]
    return lines


def bucket_outcome_lines(outcome: BucketOutcome) -> list[str]:
    """Write how one bucket ended."""
    made = "created, " if outcome.created else ""
    equal = f"{counted(outcome.equal, 'object')} equal before"
    lines = [
        f"  {outcome.state:<9} bucket {outcome.target}  ({made}{equal})",
        *(f"            {_counted(count, exact=True)}" for count in outcome.restored),
    ]
    if outcome.moved_aside:
        lines.append(f"            {counted(outcome.moved_aside, 'extra object')} moved aside")
    for left in outcome.left:
        answer = f" ({left.answer})" if left.answer else ""
        lines.append(f"            {left.objects:,} left, {_LEFT[left.reason]}{answer}:")
        lines += [f"              {shown(name)}" for name in left.names[:_MOST_NAMED]]
        if left.objects > _MOST_NAMED:
            lines.append(f"              ... {left.objects - _MOST_NAMED:,} more")
    lines += [f"            undo: {outcome.undo}"] if outcome.undo else []
    lines += [f"            {outcome.error}"] if outcome.error else []
    lines += [f"            hint: {outcome.hint}"] if outcome.hint else []
    lines += [f"            {shown(item.subject)}: {item.text}" for item in outcome.findings]
    if outcome.unequal > len(outcome.findings):
        lines.append(f"            not equal in all: {counted(outcome.unequal, 'object')}")
    return lines


def verdict_text(run_id: str, verdict: Verdict, *, quick: bool) -> str:
    """Write that a run is whole, and how that was looked at: what was not read is said.

    Args:
        run_id: The run.
        verdict: A verdict without findings.
        quick: Whether no file was read.
    """
    objects = counted(verdict.objects, "object")
    verb = "is" if verdict.objects == 1 else "are"
    lines = [
        f"{run_id}: {objects} {verb} what the manifest says ({_how_read(verdict, quick=quick)})"
    ]
    if verdict.other_generations:
        same = counted(verdict.other_generations, "object")
        lines.append(
            f"same content, other generation: {same}, as in a vault that was copied or restored"
        )
    return as_text(lines)


def _how_read(verdict: Verdict, *, quick: bool) -> str:
    if quick:
        return "metadata compared, no file read"
    files, bytes_read = verdict.objects - verdict.contents, size(verdict.read_bytes)
    if not verdict.contents:
        return f"{bytes_read} read"
    contents = f"{verdict.contents_read:,} of {counted(verdict.contents, 'content')} of buckets"
    read = f"{counted(files, 'file')} and {contents} read, {bytes_read}"
    if verdict.contents_read == verdict.contents:
        return read
    return f"{read}; of the other contents size and crc32c compared, `--all-contents` reads them"


def _verb(plan: BucketPlan, *, exact: bool) -> str:
    if plan.create:
        return "create, restore" if plan.undelete is None else "undelete, restore"
    if plan.damaged:
        return "restore"
    return "move aside" if exact and plan.extra else "leave"


def _explained(plan: BucketPlan, count: ObjectCount) -> Iterator[str]:
    samples = [
        sample
        for sample in plan.samples
        if (sample.damage, sample.source) == (count.damage, count.source)
    ]
    for sample in samples:
        yield f"             {shown(sample.name)}: {sample.why}"
    if count.objects > len(samples):
        yield f"             ... {count.objects - len(samples):,} more"


def _counted(count: ObjectCount, *, exact: bool) -> str:
    number = f"{count.objects:>9,}"
    if count.damage == "extra":
        return f"{number} {'extra, moved aside' if exact else _LEFT['extra']}"
    return f"{number} {count.damage}, {size(count.size_bytes)}: {_SOURCES[count.source]}"
