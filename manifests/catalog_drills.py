"""How often what is protected has to be shown to restore."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from manifests.values import Value


class DrillRule(Value):
    """How often parts are shown to restore, and for how long that counts.

    Attributes:
        every_days: A part that was not shown to restore for so long is due.
        proof_days: What was shown longer ago is forgotten: the part counts as never shown.
        not_drilled: How a part counts that no drill can restore in a sandbox, and no recovery has
            proven: as unknown, like any other that was not shown, or as one that needs attention.
    """

    every_days: int = Field(default=92, ge=1)
    proof_days: int = Field(default=120, ge=1)
    not_drilled: Literal["unknown", "warning"] = "unknown"

    def due_after(self, shown_at: datetime) -> datetime:
        """Return when what was shown to restore has to be shown again."""
        return shown_at + timedelta(days=self.every_days)

    @model_validator(mode="after")
    def _is_due_before_it_is_forgotten(self) -> "DrillRule":
        if self.proof_days < self.every_days:
            message = "a proof would be forgotten before the next drill is due"
            raise ValueError(message)
        return self
