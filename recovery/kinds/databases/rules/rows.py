"""What a plan and a report say about Firestore databases, as rows. Pure."""

from collections.abc import Iterator, Sequence

from manifests.kinds.databases.model import DatabaseBackup
from recovery.compare.databases import is_fixed
from recovery.compare.documents import DocumentState, ListedDocument
from recovery.document import ProofLine, Row, more
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.documents import documents_outcome_row, proven_documents
from recovery.kinds.events import started_text
from recovery.kinds.expiring import expiry_rows
from recovery.kinds.told import held_text
from recovery.units import counted, duration, shown, size

_MOST_LISTED = 10
_MEANING: dict[DocumentState, str] = {
    "missing": "missing",
    "changed": "differ, not written after the recovery point",
    "newer": "changed after the recovery point",
    "extra": "not in the backup",
    "later": "changed since the recovery began",
    "added": "made since the recovery began",
}


def held_database(database: DatabaseBackup) -> str:
    """Say what a run holds of a database, and what of it the run does not know."""
    ids = counted(len(database.collections), "collection id")
    files = counted(len(database.files), "file")
    return held_text(database, size(database.size_bytes), ids, files, *_not_known(database))


def _not_known(database: DatabaseBackup) -> Iterator[str]:
    if database.uncounted:
        yield f"{database.uncounted:,} of them NOT COUNTED by Firestore"
    if database.index_settings is None:
        yield "indexes and field settings UNKNOWN"


def database_row(step: DatabaseStep) -> Row:
    """Tell what happens to one database."""
    state, into = step.state, f"database {step.into}"
    equal = counted(state.count("equal"), "document")
    settings = tuple(_setting_rows(step))
    if not step.changes and not step.keeps(state):
        return Row(f"{into}: already equal, {equal}", "leave", below=settings)
    verb = "create, restore" if step.create else "restore" if step.changes else "leave"
    made = (*step.made_with, *(step.sets_indexes or ())) if step.create else ()
    below = (*settings, *(Row(name, "make") for name in made), *_state_rows(step))
    below += (*expiry_rows(step.expires), *expiry_rows(step.expires_as_before))
    if step.changes:
        below += (
            Row(
                f"by each document's event: {started_text(step.triggers, step.state.listening)}",
                "starts",
            ),
        )
    return Row(f"{into}: {equal} equal", verb, below=below)


def _setting_rows(step: DatabaseStep) -> Iterator[Row]:
    for item in step.settings:
        if is_fixed(item):
            yield Row(f"{item.text} (fixed when a database is created)", "differs")
            continue
        left = " (left alone; `--settings` sets it back)"
        gone = " (it is taken away)" if item.was_nothing else ""
        yield Row(f"{item.text}{gone if step.sets else left}", "set" if step.sets else "differs")

    for item in step.since:
        yield Row(f"{item.text} (since the plan, left alone)", "differs")


def _state_rows(step: DatabaseStep) -> Iterator[Row]:
    if erased := step.state.count("erased"):
        yield Row(f"{counted(erased, 'document')} of the backup", "stay erased")
    for name, meaning in _MEANING.items():
        count = step.state.count(name)
        if count:
            action = step.document_action(name) or "keep"
            hint = _word(name, step) if action == "keep" else ""
            named = _named(step.state.listed, (name,), count)
            yield Row(f"{count:,} {meaning}{hint}", action, below=named)


def database_outcome_row(outcome: DatabaseOutcome) -> Row:
    """Tell how one database ended."""
    named = _named(outcome.kept, tuple(_MEANING), outcome.kept_count)
    kept = "written after the recovery point, kept and not restored"
    if outcome.left_count:
        kept = "that differ, or are not in the backup, kept and not restored"
    return documents_outcome_row(outcome, "the backup", kept, named)


def proven_databases(
    outcomes: Sequence[DatabaseOutcome], point: str, exceptions: Sequence[str]
) -> Iterator[ProofLine]:
    """Tell how many databases are proven, and what is not part of that."""
    yield from proven_documents(outcomes, f"databases proven equal to {point}", exceptions)


def database_cost(steps: Sequence[DatabaseStep]) -> Iterator[str]:
    """Tell what the databases of a plan cost: documents, bytes and time."""
    if not steps:
        return
    written, removed = sum(step.writes for step in steps), sum(step.removes for step in steps)
    documents = (
        f"{counted(written, 'document')} to write and {removed:,} to remove, "
        f"{size(sum(step.stored_bytes for step in steps))} of the backup to read; proving reads every "
        "document twice"
    )
    seconds = sum(step.ramp_seconds for step in steps)
    if seconds > 1:
        documents += (
            f"; at the rate Firestore asks for the writes take {duration(seconds)}, "
            "`--unthrottled` does not wait"
        )
    yield documents


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
    """Return the word that replaces or removes documents of a state, in brackets; or nothing."""
    if state in ("later", "added"):
        return ""
    return (
        " (`--exact` removes them)"
        if state == "extra"
        else f" (`--overwrite '{step.into}'` replaces them)"
    )
