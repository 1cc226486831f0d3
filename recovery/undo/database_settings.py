"""Sets Firestore databases back to what they were before a recovery."""

from collections.abc import Iterator

from manifests.cloud.databases import Databases
from manifests.cloud.firestore import Connection
from manifests.errors import NotEqualError
from manifests.kinds.databases.kind import DATABASES
from recovery.compare.databases import database_findings, database_settings
from recovery.compare.digest import Digest
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.undo.datasets import STAYS
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.settings_rules import undo_settings
from recovery.undo.shared import not_as_planned, unkept


class DatabaseSettingsUndo:
    """The settings of the databases of one recovery.

    Args:
        ended: The recovery.
    """

    def __init__(self, ended: Ended) -> None:
        self._ended = ended

    def steps(self) -> list[UndoStep]:
        """Look at every database that was made or set and decide what happens to it.

        Raises:
            CloudError: One could not be looked at.
            ManifestAlteredError: The report names what its plan or run has not.
        """
        return list(self._steps())

    def _steps(self) -> Iterator[UndoStep]:
        for outcome in self._ended.of(DatabaseOutcome):
            planned = planned_of(self._ended, DatabaseStep, outcome.name)
            if planned.create or planned.sets:
                yield self._step(outcome, planned)

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it.

        Raises:
            RefusedError: It is not what the plan saw.
            NotEqualError: It is not what it was before the recovery.
            CloudError: It could not be done.
        """
        planned = planned_of(self._ended, DatabaseStep, step.name)
        now = self._step(self._ended.outcome(DatabaseOutcome, step.name), planned)
        former, databases = self._ended.former("database", step.into), self._databases(step.into)
        if now != step or former is None or former.resource is None:
            raise not_as_planned(step, now)
        found = database_findings(former.resource, databases.resource() or {})
        databases.configure(former.resource, {item.aspect for item in found})
        if wrong := database_findings(former.resource, databases.resource() or {}):
            raise NotEqualError(f"it is not as before: {wrong[0].text}", subject=step.into)
        return ""

    def _step(self, outcome: DatabaseOutcome, planned: DatabaseStep) -> UndoStep:
        into = self._ended.request.target.database or outcome.name
        step = UndoStep(
            kind="database settings", name=outcome.name, into=into, action="leave", why=""
        )
        if planned.create:
            return step.cannot(STAYS)
        return decided(step, lambda: self._decided(step, outcome))

    def _decided(self, step: UndoStep, outcome: DatabaseOutcome) -> UndoStep:
        into = step.into
        former = self._ended.former("database", into)
        if former is None or former.resource is None:
            return step.because(*unkept(outcome, was_to_change=True))
        live = self._databases(into).resource()
        digest = Digest()
        digest.add(None if live is None else database_settings(live))
        step = step.model_copy(update={"seen": digest.text})
        ours = self._ended.part(DATABASES, outcome.name).resource
        return undo_settings(step, former.resource, ours, live, database_findings)

    def _databases(self, into: str) -> Databases:
        return Databases(Connection(self._ended.request.target.project, into))
