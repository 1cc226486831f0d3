"""What a recovery would do to each dataset, view and routine, and why."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from manifests.ids import DefinitionName
from manifests.kinds.tables.model import DatasetBackup
from manifests.references import DefinitionKind, TableRef, definitions_of, text_of, unmakeable
from manifests.shapes import inner
from manifests.values import Resource, UtcTime
from recovery.compare.findings import Finding
from recovery.compare.properties import comparable
from recovery.compare.tables import definition_findings
from recovery.kinds.step import MissingWord, Step
from recovery.kinds.tables.rules.tables import overwriting
from recovery.request import Request, Target

type DefinitionAction = Literal["leave", "create", "replace", "make again"]

# What of a materialized view is fixed when it is made (BigQuery, Alter materialized views).
_FIXED = ("materializedView", "timePartitioning", "rangePartitioning", "clustering", "columns")
_CHANGEABLE = ("enableRefresh", "refreshIntervalMs", "maxStaleness")


class DefinitionStep(Step):
    """What happens to one view or routine.

    Attributes:
        findings: How it differs; empty where it is made again for its tables' sake.
        replaced: What is there now and will be replaced; the plan keeps it.
        lacks: What it reads that is not there and that nothing makes; then it is tried, and no
            failure when it cannot be made.
        expired_at: When its own time was over; it comes back without that time, or with another.
        by_now: What is told of it where the plan is resumed, and it is not as it was then.
    """

    kind: DefinitionKind
    name: DefinitionName
    action: DefinitionAction
    findings: tuple[Finding, ...] = ()
    replaced: Resource | None = None
    lacks: str = ""
    expired_at: UtcTime | None = None
    by_now: str = ""

    @property
    def title(self) -> str:
        """Return how a sentence names it: as it was."""
        return f"{self.kind} {self.name}"

    @property
    def followed(self) -> str:
        """Return nothing: its progress is not told."""
        return ""

    @property
    def is_told(self) -> bool:
        """Whether a report tells how it ended: what is left is not looked at again."""
        return self.action != "leave"

    @property
    def decided(self) -> object:
        """Return what is decided, and what it is that would be replaced.

        When that was last refreshed is left out: it changes without anybody's doing.
        """
        replaced = None if self.replaced is None else comparable(self.replaced)
        return self.model_copy(update={"replaced": None}).model_dump(mode="json"), replaced

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the word that replacing another one needs."""
        del confirmed_projects
        if self.needs_overwrite:
            yield from overwriting(self.name, request)

    @property
    def needs_overwrite(self) -> bool:
        """Whether something else is replaced.

        A materialized view that is equal and made again for its tables' sake loses nothing.
        """
        return self.replaced is not None and bool(self.findings)


def plan_definition(
    name: str,
    kind: DefinitionKind,
    expected: Resource,
    actual: Resource | None,
    *,
    target: Target,
    made: str = "",
) -> DefinitionStep:
    """Decide what happens to one view or routine.

    Args:
        name: Its name, `dataset.name`.
        kind: What it is.
        expected: Its resource at the recovery point.
        actual: Its resource now, or None where there is none.
        target: Where the recovery writes.
        made: The table it reads and the recovery makes anew; empty where there is none.
    """
    findings = definition_findings(expected, actual, subject=name)
    step = DefinitionStep(
        name=name, into=target.name(name), kind=kind, action="leave", findings=findings
    )
    if actual is None:
        return step.model_copy(update={"action": "create"})
    is_materialized = expected.get("type") == "MATERIALIZED_VIEW"
    why = ""
    if is_materialized and made:
        why = f"it ends with {made}, which is made anew"
    elif is_materialized and _fixed_differs(expected, actual, findings):
        why = "its query cannot be changed"
    if why:
        return step.model_copy(update={"action": "make again", "why": why, "replaced": actual})
    if findings:
        return step.model_copy(update={"action": "replace", "replaced": actual})
    return step


def _fixed_differs(expected: Resource, actual: Resource, findings: Sequence[Finding]) -> bool:
    aspects = {item.aspect for item in findings} & set(_FIXED)
    if aspects != {"materializedView"}:
        return bool(aspects)
    wanted, found = (
        {
            key: value
            for key, value in inner(resource, "materializedView").items()
            if key not in (*_CHANGEABLE, "lastRefreshTime")
        }
        for resource in (expected, actual)
    )
    return wanted != found


def ended_views(datasets: Iterable[DatasetBackup], made: Iterable[str]) -> dict[str, str]:
    """Return the materialized views that end with a table that is made anew, and that table.

    A query over one answers that the view must be deleted and recreated. What a view reads is told
    by its text: one too many is made again at no loss, one too few would stay broken.

    Args:
        datasets: Every dataset of the run.
        made: The tables that are created or replaced, `dataset.table`.
    """
    views = {
        name: resource
        for dataset in datasets
        for name, kind, resource in definitions_of(dataset)
        if kind == "view"
    }
    reached = {name: name for name in made}
    grown = True
    while grown:
        # A materialized view can read a table through other views.
        found = {
            name: reached[source]
            for name, resource in views.items()
            for source in list(reached)
            if name not in reached and _reads(resource, source)
        }
        reached |= found
        grown = bool(found)
    return {
        name: reached[name]
        for name, resource in views.items()
        if name in reached and resource.get("type") == "MATERIALIZED_VIEW"
    }


def is_done(
    action: DefinitionAction,
    expected: Resource,
    found: Resource | None,
    made: Sequence[Resource | None],
) -> bool:
    """Whether a view or routine is what it is to be, so that nothing of it is left to be done.

    One that ends with a table is made behind it: one that was made before is not done, however equal it is.

    Args:
        action: What happens to it.
        expected: As it is to be.
        found: As it is; None where it is gone.
        made: Each table that it ends with and that is made anew, as it is; None for one that is not there.
    """
    if found is None or definition_findings(expected, found, subject=""):
        return False
    changed = [0 if item is None else int(item.get("lastModifiedTime") or 0) for item in made]
    return action != "make again" or all(
        0 < at < int(found.get("creationTime") or 0) for at in changed
    )


def ended_by(datasets: Sequence[DatasetBackup], made: Iterable[str]) -> dict[str, list[str]]:
    """Return the materialized views that end with tables that are made anew, each with all of these tables.

    Args:
        datasets: Every dataset of the run.
        made: The tables that are created or replaced, `dataset.table`.
    """
    tables: dict[str, list[str]] = {}
    for table in made:
        for view in ended_views(datasets, (table,)):
            tables.setdefault(view, []).append(table)
    return tables


def with_lacks(
    steps: Sequence[DefinitionStep], resources: Mapping[str, Resource], missing: set[TableRef]
) -> tuple[DefinitionStep, ...]:
    """Say of each view and routine that is made what it lacks.

    Args:
        steps: What happens to each.
        resources: Each at the recovery point, by name.
        missing: What is not there and nothing makes.
    """
    made = {step.name: resources[step.name] for step in steps if step.action != "leave"}
    lacking = unmakeable(made, missing)
    return tuple(step.model_copy(update={"lacks": lacking.get(step.name, "")}) for step in steps)


def definitions_lost(steps: Iterable[DefinitionStep]) -> Iterator[str]:
    """Say which views and routines cannot be made, and why."""
    for step in steps:
        if step.lacks:
            yield (
                f"{step.kind} {step.name}: it reads {step.lacks}, which is not there, and this "
                "recovery does not make it"
            )


def left_ended(ended: Mapping[str, str], steps: Iterable[DefinitionStep]) -> Iterator[str]:
    """Say which materialized views end with a table, and are not part of the recovery."""
    planned = {step.name for step in steps}
    for name, table in ended.items():
        if name not in planned:
            yield f"materialized view {name}, which ends with {table}: recover its dataset too"


def _reads(view: Resource, name: str) -> bool:
    own_id = re.escape(name.split(".", 1)[1])
    return bool(re.search(rf"(?<![\w-]){own_id}(?![\w-])", text_of(view)))
