"""How a database ended whose state was rebuilt from history."""

from typing import Literal

from recovery.compare.documents import ListedDocument
from recovery.kinds.outcome import Outcome


class CompletionsOutcome(Outcome):
    """How the completion documents of one database ended.

    Attributes:
        written: Documents that were created or replaced since the recovery began.
        equal: Documents that are as the history tells.
        kept: The documents that hold something else and were kept.
        kept_count: How many there are.
        never_restored: Ephemeral collections, which no recovery brings back.
    """

    kind: Literal["completions"] = "completions"
    written: int = 0
    equal: int = 0
    kept: tuple[ListedDocument, ...] = ()
    kept_count: int = 0
    never_restored: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the database's own name, which needs no other word."""
        return self.into
