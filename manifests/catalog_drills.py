"""How often what is protected has to be shown to restore, and what counts without being shown."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from manifests.catalog_decisions import NotShown
from manifests.values import Value


class DrillRule(Value):
    """How often parts are shown to restore, and for how long that counts.

    Attributes:
        every_days: A part that was not shown to restore for so long is due.
        proof_days: What was shown longer ago is forgotten: the part counts as never shown.
        record_days: For so long the record of a drill is kept, at least. Nothing of Rebound ends the hold that
            the vault puts on it.
        newest_point: Whether a drill passes only with the newest point that can be restored.
        fewest_controls: So many damages a drill has to plant and catch, at least.
        not_drilled: How a part counts that no drill can restore in a sandbox, and no recovery has
            proven: as unknown, like any other that was not shown, or as one that needs attention.
        not_shown: Decisions to live with that: while one holds, its parts are named, and count in no
            exit code and no alert.
    """

    every_days: int = Field(default=92, ge=1)
    proof_days: int = Field(default=120, ge=1)
    record_days: int = Field(default=1096, ge=1)
    newest_point: bool = True
    fewest_controls: int = Field(default=1, ge=1)
    not_drilled: Literal["unknown", "warning"] = "unknown"
    not_shown: tuple[NotShown, ...] = ()

    def due_after(self, shown_at: datetime) -> datetime:
        """Return when what was shown to restore has to be shown again."""
        return shown_at + timedelta(days=self.every_days)

    def record_kept_until(self, ended_at: datetime) -> datetime:
        """Return until when the record of a drill is kept, at least."""
        return ended_at + timedelta(days=self.record_days)

    def _about(self, part: str) -> Iterator[NotShown]:
        return (item for item in self.not_shown if part in item.parts)

    def decided(self, part: str) -> NotShown | None:
        """Return the decision about a part that holds longest, or did; None where there is none.

        Args:
            part: As `rebound status` calls it.
        """
        return max(self._about(part), key=lambda item: item.until, default=None)

    def accepts(self, part: str, day: date) -> NotShown | None:
        """Return the decision that holds for a part on a day; None where none does."""
        holding = (item for item in self._about(part) if item.holds(day))
        return max(holding, key=lambda item: item.until, default=None)

    @property
    def accepted(self) -> Iterator[str]:
        """Yield every part that a decision is about."""
        return (part for item in self.not_shown for part in item.parts)

    @model_validator(mode="after")
    def _is_due_before_it_is_forgotten(self) -> Self:
        if self.proof_days < self.every_days:
            message = "a proof would be forgotten before the next drill is due"
            raise ValueError(message)
        return self
