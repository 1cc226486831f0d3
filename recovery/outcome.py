"""How a recovery went, as frozen values: what was said yes to, and what became of it."""

from manifests.model import Frozen, UtcTime
from recovery.compare import Finding
from recovery.plan import Plan


class PlannedRecovery(Frozen):
    """A plan that was said yes to."""

    recovery_id: str
    started_at: UtcTime
    plan: Plan


class TableOutcome(Frozen):
    """How one table ended.

    Attributes:
        source: Where its rows came from.
        undo: The snapshot of what was there before, where there was something.
        findings: What is not equal; empty when the table is proven equal.
        error: Why it was not recovered; empty when it was.
        hint: What to do about the error.
        exit_code: The exit code of the error; 0 when there is none.
    """

    table: str
    action: str
    source: str = ""
    undo: str = ""
    rows: int = 0
    findings: tuple[Finding, ...] = ()
    error: str = ""
    hint: str = ""
    exit_code: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether the table was recovered and is equal to the recovery point."""
        return not self.error and not self.findings


class RecoveryReport(Frozen):
    """The end of a recovery: what was proven, what was not, how long it took."""

    recovery_id: str
    plan: Plan
    started_at: UtcTime
    finished_at: UtcTime
    tables: tuple[TableOutcome, ...]
    problems: tuple[str, ...] = ()
