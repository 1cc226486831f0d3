"""What a time to live of Firestore deletes of what a recovery writes. Pure."""

from collections.abc import Iterator, Mapping

from recovery.document import Row
from recovery.kinds.step import MissingWord
from recovery.request import Request
from recovery.units import counted

_ALLOWED = "`--keep-ttl` writes them all the same"


def expiry_words(
    database: str, expiring: Mapping[str, int] | None, request: Request, *, can_set: bool = False
) -> Iterator[MissingWord]:
    """Yield the word that is needed where what is written would be deleted at once.

    Args:
        database: The database that is written.
        expiring: How many documents each time to live deletes; None where nobody may see them.
        request: What the operator asked for.
        can_set: Whether `--settings` sets it back first.
    """
    if request.keep_ttl:
        return
    if expiring is None:
        yield MissingWord(
            "it is unknown which documents a time to live deletes again",
            subject=f"database {database}",
            hint=f"grant the identity datastore.indexes.list; or {_ALLOWED}",
        )
        return
    first = "`--settings` sets it back first; or " if can_set else ""
    for name, count in expiring.items():
        yield MissingWord(
            f"{name} deletes {counted(count, 'document')} again: they are past their time, and the "
            "backup does not know it",
            subject=f"database {database}",
            hint=f"{first}{_ALLOWED}",
        )


def expiry_rows(expiring: Mapping[str, int] | None) -> Iterator[Row]:
    """Tell how many documents each time to live deletes again within a day or so."""
    for name, count in (expiring or {}).items():
        yield Row(f"{counted(count, 'document')} past their time, by {name}", "expires")
