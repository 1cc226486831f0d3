"""What was shown to restore: the record a proven recovery, drill or sample leaves."""

from typing import Literal

from pydantic import Field

from manifests.parts import KindName
from manifests.values import RecoveryPoint, RunId, Stored, UtcTime

ProofHow = Literal["recovery", "drill", "sample"]
"""What proved it.

    recovery  a real one
    drill     one into a sandbox project, that would have told of damage
    sample    a small drill, of single parts or of some of what they hold
"""


class ProvenPart(Stored):
    """One part of which something came back from the vault, equal to its recovery point.

    Attributes:
        run_id: The run that it came from.
        restored: How many rows, objects, documents or resources came back from the vault.
        held: How many the run holds.
        size_bytes: What the run's content of it takes.
    """

    kind: KindName
    name: str
    run_id: RunId
    recovery_point: RecoveryPoint
    restored: int = Field(ge=0)
    held: int = Field(ge=0)
    size_bytes: int = Field(default=0, ge=0)

    @property
    def is_whole(self) -> bool:
        """Whether all of it came back: what is left as it is shows nothing of the backup."""
        return self.restored >= self.held


class ProofRecord(Stored):
    """What one recovery showed to restore, written once when everything in it was proven.

    Attributes:
        seconds: From its beginning to the proof.
        drill_id: The drill that it was a part of; empty for none.
        drilled: The scenario of that drill.
        passed: Whether that drill passed: one that was too slow, or left things, has proven parts as well.
    """

    recovery_id: str
    scenario: str
    how: ProofHow
    proven_at: UtcTime
    seconds: float = Field(ge=0)
    parts: tuple[ProvenPart, ...]
    drill_id: str = ""
    drilled: str = ""
    passed: bool = True
