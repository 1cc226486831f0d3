"""What a plan and a report say about Firestore databases. Pure: text from values."""

from collections.abc import Sequence

from recovery.compare.documents import DocumentState, ListedDocument
from recovery.outcome import DatabaseOutcome
from recovery.plan.documents import DatabaseStep
from recovery.plan.rebuild import RebuildStep
from recovery.units import counted, shown

_MOST_LISTED = 10
_MEANING: dict[DocumentState, str] = {
    "missing": "missing",
    "changed": "differ, not written after the recovery point",
    "newer": "changed after the recovery point",
    "extra": "not in the backup",
    "later": "changed since the recovery began",
    "added": "made since the recovery began",
}


def database_lines(step: DatabaseStep) -> list[str]:
    """Write what happens to one database."""
    state, into = step.state, f"database {step.into}"
    equal = counted(state.count("equal"), "document")
    settings = [
        f"    {'set' if step.sets else 'differs':<8} {item.text}"
        f"{'' if step.sets else ' (left alone; `--settings` sets it back)'}"
        for item in step.settings
    ]
    if not step.changes and not step.keeps(state):
        return [f"  {'leave':<20} {into}: already equal, {equal}", *settings]
    verb = "create, restore" if step.create else "restore" if step.changes else "leave"
    lines = [f"  {verb:<20} {into}: {equal} equal", *settings]
    for name, meaning in _MEANING.items():
        count = state.count(name)
        if count:
            action = step.action(name) or "keep"
            hint = _word(name, step) if action == "keep" else ""
            lines.append(f"    {action:<8} {count:,} {meaning}{hint}")
            lines += _named(state.listed, (name,), count)
    if step.changes:
        lines.append(f"    {'starts':<8} by each document's event: {_started(step)}")
    return lines


def _started(step: DatabaseStep) -> str:
    """Tell what the catalog says of the events; Eventarc itself is not asked."""
    if step.triggers is None:
        return "unknown, the catalog does not say what listens"
    return ", ".join(step.triggers) or "nothing, by the catalog"


def rebuild_lines(step: RebuildStep) -> list[str]:
    """Write what is rebuilt in one database, and how it differs from what is there."""
    counts = f"{len(step.writes):,} of {counted(len(step.documents), 'document')}"
    source = f"from {step.history} since {step.since}"
    lines = [f"  {'rebuild':<20} database {step.into}: {counts}, {source}"]
    written = {item.path for item in step.writes}
    for item in step.documents:
        names = ", ".join(name for name in item.fields if not name.startswith("_"))
        if item.path in written:
            verb = "create" if item.state == "missing" else "replace"
            only = f" (rows only: {', '.join(item.inferred)})" if item.inferred else ""
            lines.append(f"    {verb:<8} {shown(item.path)}: {names}{only}")
        elif item.state == "differs":
            differing = ", ".join(map(shown, item.differing))
            lines.append(f"    {'keep':<8} {shown(item.path)}: differs in {differing}")
    if step.kept:
        lines.append(f"    `--overwrite '{step.into}'` replaces what is kept")
    lines += [
        f"    {'ignore':<8} {counted(count, 'run')} of {shown(name)}: no document holds them"
        for name, count in sorted(step.ignored.items())
    ]
    lines += [f"    {'unread':<8} {note}: the rebuild cannot be proven" for note in step.unread]
    if step.never_restored:
        lines.append(
            f"    {'never':<8} {', '.join(step.never_restored)}: what runs now says so anew"
        )
    return lines


def outcome_lines(outcome: DatabaseOutcome) -> list[str]:
    """Write how one database ended."""
    done = [outcome.action, f"{outcome.equal:,} equal"]
    done += [f"{outcome.written:,} written"] if outcome.written else []
    done += [f"{outcome.removed:,} removed"] if outcome.removed else []
    lines = [f"  {outcome.state:<9} database {outcome.into}  ({', '.join(done)})"]
    if outcome.kept_count:
        what = (
            "that hold something else than the history tells, kept:"
            if outcome.action == "rebuild"
            else "written after the recovery point, kept and not restored:"
        )
        lines.append(f"            {counted(outcome.kept_count, 'document')} {what}")
        kept = _named(outcome.kept, tuple(_MEANING), outcome.kept_count)
        lines += [f"    {line}" for line in kept]
    lines += [f"            undo point {outcome.undo}"] if outcome.undo else []
    lines += [f"            {outcome.error}"] if outcome.error else []
    lines += [f"            hint: {outcome.hint}"] if outcome.hint else []
    lines += [
        f"            {shown(found.aspect)}: {found.actual}, expected {found.expected}"
        for found in outcome.findings
    ]
    if outcome.never_restored:
        names = ", ".join(outcome.never_restored)
        lines.append(f"            locks, heartbeats and instances, never restored: {names}")
    return lines


def proven_databases(
    outcomes: tuple[DatabaseOutcome, ...], point: str, exceptions: Sequence[str] = ()
) -> list[str]:
    """Write how many databases are proven, to what, and what is not part of that."""
    if not outcomes:
        return []
    proven = sum(item.is_proven for item in outcomes)
    kept = sum(item.kept_count for item in outcomes)
    is_rebuilt = any(item.action == "rebuild" for item in outcomes)
    how = "rebuilt as the history tells" if is_rebuilt else f"proven equal to {point}"
    notes = [*exceptions, *([f"{counted(kept, 'document')} kept"] if kept else [])]
    but = f", but for {' and '.join(notes)}" if notes else ""
    return [f"{proven} of {len(outcomes)} databases {how}{but}"]


def _named(
    listed: tuple[ListedDocument, ...], states: tuple[DocumentState, ...], count: int
) -> list[str]:
    """Name the first documents of some states, and say how many more there are in them."""
    named = [
        item.path
        for state in states
        for item in [item for item in listed if item.state == state][:_MOST_LISTED]
    ]
    lines = [f"             {shown(path)}" for path in named]
    return lines + [f"             ... {count - len(named):,} more"] * (count > len(named))


def _word(state: DocumentState, step: DatabaseStep) -> str:
    """Return which word would do something about documents of a state, in brackets; or nothing."""
    if state in ("later", "added"):
        return ""
    return (
        " (`--exact` removes them)"
        if state == "extra"
        else f" (`--overwrite '{step.into}'` replaces them)"
    )
