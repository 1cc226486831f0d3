"""How a Firestore database ended."""

from typing import Literal

from recovery.compare.documents import ListedDocument
from recovery.kinds.outcome import Outcome


class DatabaseOutcome(Outcome):
    """How one Firestore database ended.

    Attributes:
        written: Documents that were created or replaced, by this attempt and all before it: those
            that are equal and were written since the recovery began are counted as such.
        removed: Documents that were removed, by this attempt and all before it.
        equal: Documents that are equal to the recovery point now.
        kept: The first documents that differ and were kept: changed or made after the recovery
            point, or after the recovery began.
        kept_count: How many there are.
        never_restored: Ephemeral collections, which no recovery brings back.
    """

    kind: Literal["database"] = "database"
    written: int = 0
    removed: int = 0
    equal: int = 0
    kept: tuple[ListedDocument, ...] = ()
    kept_count: int = 0
    never_restored: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the database's own name, which needs no other word."""
        return self.into
