"""Sets datasets back to what they were before a recovery."""

from manifests.errors import ManifestAlteredError
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.compare.properties import changes
from recovery.compare.tables import dataset_findings
from recovery.kinds.former import Former
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.rules.access import dataset_changes
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome
from recovery.undo.ended import Ended
from recovery.undo.model import UndoStep
from recovery.undo.settings_rules import dataset_left
from recovery.undo.shared import state_seen
from recovery.undo.undoer import SettingsUndo


class DatasetUndo(SettingsUndo[DatasetOutcome, DatasetStep, Resource]):
    """The datasets of one recovery.

    Args:
        target: The project that was recovered.
        ended: The recovery.
    """

    outcomes = (DatasetOutcome,)
    planned = DatasetStep
    kind = noun = "dataset"

    def __init__(self, target: BigQueryTarget, ended: Ended) -> None:
        super().__init__(ended)
        self._target = target

    def _into(self, name: str) -> str:
        return self._ended.request.target.dataset_id(name)

    def _live(self, into: str) -> Resource | None:
        return self._target.resources.dataset(into)

    def _before(self, former: Former, live: Resource | None) -> Resource:
        del live
        return former.resource or {}

    def _ours(
        self, name: str, planned: DatasetStep, former: Former, live: Resource | None
    ) -> Resource:
        del live
        for item in self._ended.origin.run.datasets:
            if item.dataset_id == name:
                return dataset_left(planned, former.resource or {}, item.resource)
        raise ManifestAlteredError("its report names what is not in the run", subject=name)

    def _differing(self, one: Resource, other: Resource) -> tuple[Finding, ...]:
        return dataset_findings(one, other)

    def _digest(self, live: Resource | None) -> str:
        return state_seen(live)

    def _shown(self, step: UndoStep, former: Former, live: Resource) -> UndoStep:
        project = self._target.target.project
        access = dataset_changes(
            f"dataset {step.into}", former.resource or {}, live, project=project
        )
        return step.model_copy(update={"access": tuple(access)})

    def _set(self, into: str, former: Former, live: Resource) -> None:
        self._target.resources.patch(
            f"datasets/{into}",
            changes(former.resource or {}, live),
            etag=str(live["etag"]),
            subject=into,
        )
