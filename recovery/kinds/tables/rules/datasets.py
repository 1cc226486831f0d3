"""What a recovery would do to each dataset, and why."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator

from manifests.ids import DatasetId
from manifests.kinds.tables.model import DatasetBackup
from manifests.table_types import Access
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.compare.properties import is_authorized, same_entry
from recovery.compare.tables import dataset_findings
from recovery.kinds.step import MissingWord, Step
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.request import Request, Target


def _authorization(entry: Resource) -> Resource:
    Access.model_validate(entry)
    if not is_authorized(entry):
        message = "no view, routine or dataset"
        raise ValueError(message)
    return entry


class DatasetStep(Step):
    """What happens to one dataset.

    Attributes:
        action: What is done: one that is undeleted comes back with all that was in it, or is created
            after all; one that is set is set to what it was.
        findings: What differs in its settings, where they are part of the recovery.
        authorizes: Entries of its access that are given again: BigQuery takes them from a view or
            routine that is made or changed, and from a dataset that is made. Each has its type, also
            when it comes from a journal.
    """

    kind: Literal["dataset"] = "dataset"
    name: DatasetId
    action: Literal["leave", "create", "undelete", "set"] = "leave"
    findings: tuple[Finding, ...] = ()
    authorizes: tuple[Annotated[Resource, AfterValidator(_authorization)], ...] = ()

    @property
    def written(self) -> str:
        """Return what other writers may write to meanwhile."""
        return f"dataset {self.name}" if self.into == self.name else ""

    @property
    def title(self) -> str:
        """Return how a sentence names it: as it was."""
        return f"dataset {self.name}"

    @property
    def followed(self) -> str:
        """Return nothing: its progress is not told."""
        return ""

    @property
    def is_told(self) -> bool:
        """Whether a report tells how it ended: of one that is left, only what differed."""
        return self.create or bool(self.findings or self.authorizes)

    @property
    def undelete(self) -> bool:
        """Whether it is first tried to undelete it."""
        return self.action == "undelete"

    @property
    def comes_first(self) -> bool:
        """Whether what is in it is planned only when it is back."""
        return self.undelete

    @property
    def sets(self) -> bool:
        """Whether it is set to what it was."""
        return self.action == "set"

    @property
    def changes(self) -> bool:
        """Whether it, or who may see what through it, would change."""
        return self.action != "leave" or bool(self.authorizes)

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield nothing: what it gives needs words of access."""
        del request, confirmed_projects
        return iter(())


def plan_datasets(
    datasets: Sequence[DatasetBackup],
    chosen: Iterable[str],
    observed: Mapping[str, Resource | None],
    made: set[tuple[str, ...]],
    *,
    target: Target,
    undeletable: Callable[[str], bool],
    compares: Callable[[str], bool],
    sets: bool,
) -> tuple[DatasetStep, ...]:
    """Decide what happens to each dataset.

    Args:
        datasets: Every dataset of the run.
        chosen: The ids of those that are part of the recovery; in the others nothing happens but
            that what is made anew elsewhere is authorized again.
        observed: The resource of each dataset now, or None.
        made: What is made anew, as `authorized_name` names it.
        target: Where the recovery writes.
        undeletable: Whether a dataset that is gone may still be undeleted.
        compares: Whether the settings of a dataset are part of the recovery.
        sets: Whether datasets are set to what they were.
    """
    wanted = set(chosen)
    steps = []
    for item in datasets:
        found = observed[item.dataset_id]
        step = DatasetStep(name=item.dataset_id, into=target.dataset_id(item.dataset_id))
        if item.dataset_id in wanted:
            is_compared = found is None or compares(item.dataset_id)
            findings = dataset_findings(item.resource, found) if is_compared else ()
            action = "set" if sets and findings else "leave"
            if found is None:
                action = "undelete" if undeletable(item.dataset_id) else "create"
            step = step.model_copy(update={"action": action, "findings": findings})
        again = () if found is None else _authorized_again(item.resource, found, made)
        if item.dataset_id in wanted or again:
            steps.append(step.model_copy(update={"authorizes": again}))
    return tuple(steps)


def made_names(
    project: str,
    target: Target,
    observed: Mapping[str, Resource | None],
    steps: Iterable[DefinitionStep],
    undeleted: Collection[str] = (),
) -> set[tuple[str, ...]]:
    """Return what is made, changed or undeleted under its own name, as `authorized_name` names it."""
    if target != Target(project=project):
        return set()
    made = {
        ("dataset", project, name)
        for name, found in observed.items()
        if found is None or name in undeleted
    }
    changed = [
        step for step in steps if step.action != "leave" or step.name.split(".", 1)[0] in undeleted
    ]
    return made | {(step.kind, project, *step.name.split(".", 1)) for step in changed}


def _authorized_again(
    expected: Resource, actual: Resource, made: set[tuple[str, ...]]
) -> tuple[Resource, ...]:
    entries: list[Resource] = []
    for entry in [*expected.get("access", []), *actual.get("access", [])]:
        is_known = any(same_entry(entry, other) for other in entries)
        if is_authorized(entry) and authorized_name(entry) in made and not is_known:
            entries.append(entry)
    return tuple(entries)


def authorized_name(entry: Resource) -> tuple[str, ...]:
    """Return what an entry of a dataset's access authorizes: kind, project, dataset and own id."""
    for kind, own in (("view", "tableId"), ("routine", "routineId")):
        if kind in entry:
            named = entry[kind]
            return kind, named["projectId"], named["datasetId"], named[own]
    named = entry["dataset"]["dataset"]
    return "dataset", named["projectId"], named["datasetId"]
