"""How far a recovery is. Pure: from what is told of each thing to one share of the whole."""

from collections.abc import Iterable
from typing import Protocol

ENDED = frozenset({"proven", "not equal", "failed"})
"""The last stages of a thing."""

STAGES = {"staging": 0.1, "publishing": 0.6, "verifying": 0.9}
"""How much of a table is done when a stage begins."""


class Progress(Protocol):
    """Told about a table, bucket or database and the stage it reached."""

    def __call__(self, name: str, stage: str, share: float = 0.0) -> None:
        """Take note of a stage.

        Args:
            name: The thing.
            stage: What happens to it.
            share: How much of it is done, from 0 to 1, where the stage itself does not tell.
        """


class Shares:
    """How much of each thing is done.

    Args:
        names: The things.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._shares = dict.fromkeys(names, 0.0)

    def note(self, name: str, stage: str, share: float = 0.0) -> None:
        """Take note of a stage; what was done is never undone."""
        reached = 1.0 if stage in ENDED else max(share, STAGES.get(stage, 0.0))
        self._shares[name] = max(self._shares.get(name, 0.0), reached)

    @property
    def things(self) -> int:
        return len(self._shares)

    @property
    def ended(self) -> int:
        """Return how many things have ended."""
        return sum(share == 1.0 for share in self._shares.values())

    @property
    def done(self) -> float:
        """Return how much of the whole is done, from 0 to 1."""
        return sum(self._shares.values()) / max(1, len(self._shares))
