"""Sets datasets back to what they were before a recovery."""

from manifests.errors import ManifestAlteredError, NotEqualError
from manifests.kinds.tables.model import DatasetBackup
from recovery.compare.properties import changes
from recovery.compare.tables import dataset_findings
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.rules.access import dataset_changes
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.settings_rules import dataset_left, undo_settings
from recovery.undo.shared import not_as_planned, state_seen, unkept

STAYS = "the recovery made it; it stays, empty or not: nobody who recovers may delete one"


class DatasetUndo:
    """The datasets of one recovery.

    Args:
        target: The project that was recovered.
        ended: The recovery.
    """

    def __init__(self, target: BigQueryTarget, ended: Ended) -> None:
        self._target = target
        self._ended = ended

    def steps(self) -> list[UndoStep]:
        """Look at every dataset and decide what happens to it.

        Raises:
            CloudError: One could not be looked at.
            ManifestAlteredError: The report names what its plan or run has not.
        """
        return [self._step(item) for item in self._ended.of(DatasetOutcome)]

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it.

        Raises:
            RefusedError: It is not what the plan saw.
            NotEqualError: It is not what it was before the recovery.
            CloudError: It could not be done.
        """
        # Read before it is decided again, so that its etag is not that of what nobody looked at.
        live = self._target.resources.dataset(step.into)
        now = self._step(self._ended.outcome(DatasetOutcome, step.name))
        if now != step:
            raise not_as_planned(step, now)
        former = self._ended.former("dataset", step.into)
        if former is None or former.resource is None or live is None:
            raise not_as_planned(step, now)
        self._target.resources.patch(
            f"datasets/{step.into}",
            changes(former.resource, live),
            etag=str(live["etag"]),
            subject=step.into,
        )
        found = dataset_findings(former.resource, self._target.resources.dataset(step.into))
        if found:
            raise NotEqualError(f"it is not as before: {found[0].text}", subject=step.into)
        return ""

    def _step(self, outcome: DatasetOutcome) -> UndoStep:
        planned = planned_of(self._ended, DatasetStep, outcome.name)
        into = self._ended.request.target.dataset_id(outcome.name)
        step = UndoStep(kind="dataset", name=outcome.name, into=into, action="leave", why="")
        if planned.create:
            return step.cannot(STAYS)
        return decided(step, lambda: self._decided(step, outcome, planned))

    def _decided(self, step: UndoStep, outcome: DatasetOutcome, planned: DatasetStep) -> UndoStep:
        into = step.into
        former = self._ended.former("dataset", into)
        if former is None or former.resource is None:
            return step.because(*unkept(outcome, was_to_change=planned.sets))
        live = self._target.resources.dataset(into)
        ours = dataset_left(planned, former.resource, self._backup(outcome.name).resource)
        step = step.model_copy(update={"seen": state_seen(live)})
        step = undo_settings(step, former.resource, ours, live, dataset_findings)
        if live is None or not step.changes:
            return step
        access = dataset_changes(
            f"dataset {into}", former.resource, live, project=self._target.target.project
        )
        return step.model_copy(update={"access": tuple(access)})

    def _backup(self, name: str) -> DatasetBackup:
        for item in self._ended.origin.run.datasets:
            if item.dataset_id == name:
                return item
        raise ManifestAlteredError("its report names what is not in the run", subject=name)
