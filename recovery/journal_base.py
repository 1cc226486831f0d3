"""What the journals of all recoveries have in common: where they lie, how they end, what was agreed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, Self

from manifests.catalog_objectives import Objective, ScenarioName
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError
from manifests.journal_layout import JournalNames
from manifests.store.seal import Seal
from manifests.values import Value


class _Ended(Protocol):
    """How an attempt ended."""

    @property
    def finished_at(self) -> datetime:
        """Return when."""

    @property
    def is_proven(self) -> bool:
        """Whether it proved everything."""


class _Planned(Protocol):
    """What a journal holds of a plan."""

    @property
    def plan(self) -> Value:
        """Return the plan."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy in which some fields are others."""


class JournalBase:
    """A journal of one recovery.

    Args:
        bucket: Where it is kept.
        recovery_id: The recovery.
        seal: Signs what is written, and tells what is believed.
        objectives: What the catalog says was agreed of recoveries: whatever the journal says of that,
            others can write there.
    """

    def __init__(
        self,
        bucket: Bucket,
        recovery_id: str,
        seal: Seal,
        objectives: Mapping[ScenarioName, Objective] | None = None,
    ) -> None:
        self._bucket = bucket
        self._seal = seal
        self._objectives = objectives or {}
        self._names = JournalNames(recovery_id)
        self.recovery_id = recovery_id

    def _end_once[Report: _Ended](self, report: Report, write: Callable[[str], Report]) -> Report:
        """Write how an attempt ended, and return what is written then.

        An attempt that proved everything writes the report, once: an earlier report stays.

        Args:
            report: How it ended.
            write: Writes it under a name, and returns what is written there.
        """
        attempt = self._names.attempt(report.finished_at)
        if not report.is_proven:
            return write(attempt)
        try:
            return write(self._names.report)
        except BackupDamagedError:
            # Somebody else wrote in the report's place. Only signatures tell theirs from ours: with
            # them ours is written among the attempts.
            if not self._seal.is_checking:
                raise
            return write(attempt)

    def _measured_by[Of: _Planned](self, found: Of, scenario: ScenarioName) -> Of:
        """Return what was written with the objective that the catalog names for a scenario."""
        plan = found.plan.model_copy(update={"agreed": self._objectives.get(scenario)})
        return found.model_copy(update={"plan": plan})
