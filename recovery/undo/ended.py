"""A recovery that ended, as it is undone: what it brought back, what it says of itself.

Its journal lies where others can write. So whatever the journal names has to be in the run and in the plan,
too, and where things were written is not taken from it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from manifests.errors import ManifestAlteredError
from manifests.kind import Backup, PartKind
from recovery.kinds.decision import Origin
from recovery.kinds.former import FOLDER, Former, former_name
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.kinds.work import Entries
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.request import Request
from recovery.undo.former_rules import check_former


class Ended(NamedTuple):
    """One recovery.

    Attributes:
        report: How it ended.
        begun: The plan that it was begun with: an attempt that goes on finds done what was done before.
        origin: What it brought back.
        journal: What it wrote down.
    """

    report: RecoveryReport
    begun: Plan
    origin: Origin
    journal: Entries

    @property
    def recovery_id(self) -> str:
        """Return its id."""
        return self.report.recovery_id

    @property
    def request(self) -> Request:
        """Return what was asked for."""
        return self.begun.request

    @property
    def began_at(self) -> datetime:
        """Return when it began."""
        return self.report.started_at

    @property
    def ended_at(self) -> datetime:
        """Return when it ended."""
        return self.report.finished_at

    def of[Some: Outcome](self, kind: type[Some]) -> Sequence[Some]:
        """Return the outcomes of a kind.

        Raises:
            ManifestAlteredError: One is of nothing that was planned, or there twice.
        """
        found = self.report.of(kind)
        plans = (self.begun, self.report.plan)
        known = {(step.kind, step.name) for plan in plans for step in plan.steps}
        told: set[tuple[str, str]] = set()
        for item in found:
            own = item.kind, item.name
            if own in told or own not in known:
                raise ManifestAlteredError(
                    "its report tells of what was not planned, or twice", subject=item.name
                )
            told.add(own)
        return found

    def former(self, kind: str, into: str) -> Former | None:
        """Return what the recovery wrote down of a thing before it changed it; None for nothing.

        Args:
            kind: What it is, as a sentence names it.
            into: The name of what was written.

        Raises:
            BackupDamagedError: What was written down cannot be what the thing was.
        """
        former = self.journal.entry(FOLDER, former_name(kind, into), Former)
        if former is not None:
            check_former(kind, into, former)
        return former

    def part[B: Backup](self, kind: PartKind[B], name: str) -> B:
        """Return what the run has of one thing.

        Raises:
            ManifestAlteredError: It has not, or the catalog does not name it.
        """
        found = self.origin.run.part(kind, name)
        if found is None:
            raise ManifestAlteredError(
                "its report names what is not in the run, or not in the catalog", subject=name
            )
        return found


def planned_of[S: Step](ended: Ended, kind: type[S], outcome: Outcome) -> S:
    """Return what was planned of one thing that the report tells of: a view can be called as a routine is.

    Raises:
        ManifestAlteredError: Nothing was.
    """
    for step in (*ended.begun.of(kind), *ended.report.plan.of(kind)):
        if (step.kind, step.name) == (outcome.kind, outcome.name):
            return step
    raise ManifestAlteredError("its report tells of what was not planned", subject=outcome.name)
