"""What a plan and a report say about Firestore databases, as rows. Pure."""

from collections.abc import Iterator, Sequence

from recovery.compare.documents import DocumentState, ListedDocument
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.report.document import Row, Verdict, more
from recovery.report.tables import failure_rows
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


def database_row(step: DatabaseStep) -> Row:
    """Tell what happens to one database."""
    state, into = step.state, f"database {step.into}"
    equal = counted(state.count("equal"), "document")
    settings = tuple(_setting_rows(step))
    if not step.changes and not step.keeps(state):
        return Row(f"{into}: already equal, {equal}", "leave", below=settings)
    verb = "create, restore" if step.create else "restore" if step.changes else "leave"
    below = (*settings, *_state_rows(step))
    if step.changes:
        below += (Row(f"by each document's event: {_started(step)}", "starts"),)
    return Row(f"{into}: {equal} equal", verb, below=below)


def _setting_rows(step: DatabaseStep) -> Iterator[Row]:
    for item in step.settings:
        left = "" if step.sets else " (left alone; `--settings` sets it back)"
        yield Row(f"{item.text}{left}", "set" if step.sets else "differs")


def _state_rows(step: DatabaseStep) -> Iterator[Row]:
    for name, meaning in _MEANING.items():
        count = step.state.count(name)
        if count:
            action = step.document_action(name) or "keep"
            hint = _word(name, step) if action == "keep" else ""
            named = _named(step.state.listed, (name,), count)
            yield Row(f"{count:,} {meaning}{hint}", action, below=named)


def _started(step: DatabaseStep) -> str:
    """Tell what the catalog says of the events; Eventarc itself is not asked."""
    if step.triggers is None:
        return "unknown, the catalog does not say what listens"
    return ", ".join(step.triggers) or "nothing, by the catalog"


def rebuild_row(step: CompletionsStep) -> Row:
    """Tell what is rebuilt in one database, and how it differs from what is there."""
    counts = f"{len(step.writes):,} of {counted(len(step.documents), 'document')}"
    source = f"from {step.history} since {step.since}"
    below = tuple(_rebuilt_rows(step))
    return Row(f"database {step.into}: {counts}, {source}", "rebuild", below=below)


def _rebuilt_rows(step: CompletionsStep) -> Iterator[Row]:
    written = {item.path for item in step.writes}
    for item in step.documents:
        names = ", ".join(name for name in item.fields if not name.startswith("_"))
        if item.path in written:
            verb = "create" if item.state == "missing" else "replace"
            only = f" (rows only: {', '.join(item.inferred)})" if item.inferred else ""
            yield Row(f"{shown(item.path)}: {names}{only}", verb)
        elif item.state == "differs":
            differing = ", ".join(map(shown, item.differing))
            yield Row(f"{shown(item.path)}: differs in {differing}", "keep")
    if step.kept:
        yield Row(f"`--overwrite '{step.into}'` replaces what is kept")
    for name, count in sorted(step.ignored.items()):
        yield Row(f"{counted(count, 'run')} of {shown(name)}: no document holds them", "ignore")
    for note in step.unread:
        yield Row(f"{note}: the rebuild cannot be proven", "unread")
    if step.never_restored:
        yield Row(f"{', '.join(step.never_restored)}: what runs now says so anew", "never")


def database_outcome_row(outcome: DatabaseOutcome | CompletionsOutcome) -> Row:
    """Tell how one database ended."""
    done = [outcome.action, f"{outcome.equal:,} equal"]
    done += [f"{outcome.written:,} written"] if outcome.written else []
    if isinstance(outcome, DatabaseOutcome) and outcome.removed:
        done.append(f"{outcome.removed:,} removed")
    below = tuple(_what_happened(outcome))
    return Row(f"database {outcome.into}  ({', '.join(done)})", outcome.state, below=below)


def _what_happened(outcome: DatabaseOutcome | CompletionsOutcome) -> Iterator[Row]:
    if outcome.kept_count:
        what = (
            "that hold something else than the history tells, kept:"
            if outcome.action == "rebuild"
            else "written after the recovery point, kept and not restored:"
        )
        kept = _named(outcome.kept, tuple(_MEANING), outcome.kept_count)
        yield Row(f"{counted(outcome.kept_count, 'document')} {what}", below=kept)
    if outcome.undo:
        yield Row(f"undo point {outcome.undo}")
    yield from failure_rows(outcome)
    for found in outcome.findings:
        yield Row(f"{shown(found.aspect)}: {found.actual}, expected {found.expected}")
    if outcome.never_restored:
        names = ", ".join(outcome.never_restored)
        yield Row(f"locks, heartbeats and instances, never restored: {names}")


def proven_databases(
    outcomes: Sequence[DatabaseOutcome | CompletionsOutcome],
    point: str,
    exceptions: Sequence[str] = (),
) -> tuple[Verdict, ...]:
    """Tell how many databases are proven, to what, and what is not part of that."""
    if not outcomes:
        return ()
    proven = sum(item.is_proven for item in outcomes)
    kept = sum(item.kept_count for item in outcomes)
    is_rebuilt = any(item.action == "rebuild" for item in outcomes)
    how = "rebuilt as the history tells" if is_rebuilt else f"proven equal to {point}"
    notes = [*exceptions, *([f"{counted(kept, 'document')} kept"] if kept else [])]
    but = f", but for {' and '.join(notes)}" if notes else ""
    text = f"{proven} of {len(outcomes)} databases {how}{but}"
    return (Verdict(text, is_good=proven == len(outcomes)),)


def _named(
    listed: tuple[ListedDocument, ...], states: tuple[DocumentState, ...], count: int
) -> tuple[Row, ...]:
    """Name the first documents of some states, and say how many more there are in them."""
    named = tuple(
        Row(shown(item.path))
        for state in states
        for item in [item for item in listed if item.state == state][:_MOST_LISTED]
    )
    return named + more(len(named), count)


def _word(state: DocumentState, step: DatabaseStep) -> str:
    """Return which word would do something about documents of a state, in brackets; or nothing."""
    if state in ("later", "added"):
        return ""
    return (
        " (`--exact` removes them)"
        if state == "extra"
        else f" (`--overwrite '{step.into}'` replaces them)"
    )
