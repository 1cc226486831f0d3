"""What a plan and a report say about what is rebuilt from history, as rows. Pure."""

from collections.abc import Iterator, Sequence

from recovery.document import ProofLine, Row, more
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.documents import documents_outcome_row, proven_documents
from recovery.kinds.expiring import expiry_rows
from recovery.units import counted, shown

_MOST_LISTED = 10


def rebuild_row(step: CompletionsStep) -> Row:
    """Tell what is rebuilt in one database, and how it differs from what is there."""
    counts = f"{len(step.writes):,} of {counted(len(step.documents), 'document')}"
    source = f"from {step.history} since {step.since}"
    below = (*_rebuilt_rows(step), *expiry_rows(step.expires))
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
    yield from _left_rows(step)
    if step.ephemeral:
        yield Row(f"{', '.join(step.ephemeral)}: what runs now says so anew", "never")


def _left_rows(step: CompletionsStep) -> Iterator[Row]:
    if step.erased:
        yield Row(f"{counted(step.erased, 'document')} that the history tells of", "stay erased")
    for name, count in sorted(step.ignored.items()):
        yield Row(f"{counted(count, 'run')} of {shown(name)}: no document holds them", "ignore")
    for note in step.unread:
        yield Row(f"{note}: the rebuild cannot be proven", "unread")


def rebuild_outcome_row(outcome: CompletionsOutcome) -> Row:
    """Tell how one database ended."""
    first = tuple(Row(shown(item.path)) for item in outcome.kept[:_MOST_LISTED])
    named = first + more(len(first), outcome.kept_count)
    kept = "that hold something else than the history tells, kept"
    return documents_outcome_row(outcome, "the history", kept, named)


def proven_rebuilds(
    outcomes: Sequence[CompletionsOutcome], exceptions: Sequence[str]
) -> Iterator[ProofLine]:
    """Tell how many databases are rebuilt, and what is not part of that."""
    yield from proven_documents(outcomes, "databases rebuilt as the history tells", exceptions)
