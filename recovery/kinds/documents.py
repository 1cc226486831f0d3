"""The outcome of a Firestore database, whether its documents come from a backup or from run history. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from manifests.errors import PartialError
from recovery.compare.documents import ListedDocument
from recovery.document import ProofLine, Row
from recovery.kinds.expiring import expiry_rows
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.rows import failure_rows, left_as_asked, proven_of
from recovery.units import counted, shown

_TOO_MANY_ENTRIES = "too many index entries"
_EXPIRED = "that a time to live deleted again"


class DocumentsOutcome(Outcome):
    """How one Firestore database ended.

    Attributes:
        written: Documents that were created or replaced, by this attempt and all before it: those
            that are equal and were written since the recovery began are counted as such.
        removed: Documents that were removed, by this attempt and all before it.
        equal: Documents that are now as they are to be.
        erased: Documents of the backup, or of the history, that stay erased.
        expired: Documents that came back, and that Firestore deleted again: they are past a time to live.
        expiring: How many documents each time to live deletes within a day or so, those that are
            deleted already too.
        kept: The first documents that differ and were kept.
        kept_count: How many there are.
        left_count: Those of them that were left because only what is missing was asked for.
        ephemeral: Ephemeral collections, which no recovery brings back.
    """

    written: int = 0
    removed: int = 0
    equal: int = 0
    erased: int = 0
    expired: int = 0
    expiring: Mapping[str, int] = {}
    kept: tuple[ListedDocument, ...] = ()
    kept_count: int = 0
    left_count: int = 0
    ephemeral: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the database's own name, which needs no other word."""
        return self.into


def documents_outcome_row(
    outcome: DocumentsOutcome, origin: str, kept: str, named: tuple[Row, ...]
) -> Row:
    """Tell how one database ended.

    Args:
        outcome: How it ended.
        origin: What its documents were held against, as `the backup`.
        kept: What the documents are that were kept.
        named: The first of them.
    """
    below = tuple(_what_happened(outcome, kept, named))
    told = "; ".join(_counts(outcome, origin))
    return Row(f"database {outcome.into}{told and f': {told}'}", outcome.state, below=below)


def _counts(outcome: DocumentsOutcome, origin: str) -> Iterator[str]:
    """Say how many documents are as they are to be, and what was done; nothing where none was compared."""
    if outcome.equal or outcome.failure is None:
        verb = "is" if outcome.equal == 1 else "are"
        of_them = "" if outcome.expired or outcome.written > outcome.equal else " of them"
        written = f"{outcome.written:,}{of_them} written" if outcome.written else "none written"
        yield f"{counted(outcome.equal, 'document')} {verb} equal to {origin}, {written} by this recovery"
    if outcome.removed:
        yield f"{counted(outcome.removed, 'document')} removed"
    if outcome.erased:
        yield f"{counted(outcome.erased, 'document')} that stay erased"
    if outcome.expired:
        yield f"{counted(outcome.expired, 'document')} {_EXPIRED}"


def _what_happened(outcome: DocumentsOutcome, kept: str, named: tuple[Row, ...]) -> Iterator[Row]:
    if outcome.kept_count:
        yield Row(f"{counted(outcome.kept_count, 'document')} {kept}:", below=named)
    if outcome.undo:
        yield Row(f"undo point {outcome.undo}")
    yield from expiry_rows(outcome.expiring)
    yield from failure_rows(outcome)
    for found in outcome.findings:
        yield Row(f"{shown(found.aspect)}: {found.actual}, expected {found.expected}")
    if outcome.ephemeral:
        names = ", ".join(outcome.ephemeral)
        yield Row(f"locks, heartbeats and instances, never restored: {names}")


def proven_documents(
    outcomes: Sequence[DocumentsOutcome], what: str, exceptions: Sequence[str]
) -> Iterator[ProofLine]:
    """Tell how many databases are proven, and what is not part of that.

    Args:
        outcomes: How each ended.
        what: What they are, and what they are proven to be.
        exceptions: What else is not part of that.
    """
    left = sum(item.left_count for item in outcomes)
    kept = sum(item.kept_count for item in outcomes) - left
    erased = sum(item.erased for item in outcomes)
    gone = [f"{counted(erased, 'document')} that stay erased"] if erased else []
    expired = sum(item.expired for item in outcomes)
    gone += [f"{counted(expired, 'document')} {_EXPIRED}"] if expired else []
    stays = [f"{counted(kept, 'document')} kept"] if kept else []
    notes = [*gone, *exceptions, *stays, *left_as_asked(left, "document")]
    yield from proven_of(outcomes, what, notes)


def refused_documents(refused: Mapping[str, str]) -> Failure | None:
    """Say which documents Firestore refused, and why; None where it refused none: all else was written.

    Args:
        refused: Why, by the path.
    """
    if not refused:
        return None
    path, why = next(iter(sorted(refused.items())))
    hint = "the recovery tries them again when it is resumed"
    if _TOO_MANY_ENTRIES in why:
        hint = (
            "the database lacks an index exemption that it had: "
            "`gcloud firestore indexes fields update` makes it, then resume"
        )
    return Failure(
        message=f"Firestore refused {counted(len(refused), 'document')}; first {path}: {why}",
        hint=hint,
        exit_code=PartialError.exit_code,
    )
