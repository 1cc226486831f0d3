"""Puts tables, views and routines back, and proves that they are what they were before."""

from collections.abc import Callable

from manifests import statements
from manifests.cloud.contents import read_contents
from manifests.cloud.jobs import Jobs
from manifests.cloud.resources import Resources
from manifests.cloud.table_paths import table_path, table_reference
from manifests.control_statements import copied
from manifests.errors import NotEqualError, RefusedError
from manifests.kinds.tables.properties import settings
from manifests.layout import work_id
from manifests.values import Resource
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome, TableOutcome
from recovery.outcome import RecoveryReport
from recovery.undo.model import UndoStep
from recovery.undo.rules import is_as_before, undo_definition, undo_table, version_of


class TableUndo:
    """The tables, views and routines of one recovery.

    Args:
        jobs: Those of the project that was recovered.
        resources: Its resources.
        undo_dataset: Where what the recovery left is kept before it goes.
        own_id: Makes the ids of this process's jobs its own.
    """

    def __init__(self, jobs: Jobs, resources: Resources, undo_dataset: str, own_id: str) -> None:
        self._jobs = jobs
        self._resources = resources
        self._undo_dataset = undo_dataset
        self._own_id = own_id

    def steps(self, report: RecoveryReport) -> list[UndoStep]:
        """Look at everything and decide what happens to it.

        Raises:
            CloudError: Something could not be looked at.
        """
        ended_at = report.finished_at
        planned = {step.name: step for step in report.plan.of(DefinitionStep)}
        tables = [
            undo_table(
                item,
                self._table(item.into),
                self._kept(item.undo),
                began_at=report.started_at,
                ended_at=ended_at,
            )
            for item in report.of(TableOutcome)
        ]
        definitions = [
            undo_definition(
                item,
                planned.get(item.name),
                self._definition(item.kind, item.into),
                began_at=report.started_at,
                ended_at=ended_at,
            )
            for item in report.of(DefinitionOutcome)
        ]
        return [*definitions, *tables]

    def _kept(self, source: str) -> Resource | None:
        """Return an undo point; what lies elsewhere is none, whatever a report says."""
        own = self._full(f"{self._undo_dataset}.")
        return self._table(_relative(source)) if source.startswith(own) else None

    def undo(self, step: UndoStep, recovery_id: str) -> str:
        """Carry out one step and prove it; return where what was there is kept.

        Raises:
            RefusedError: It is not what the plan saw.
            NotEqualError: It is not what it was before the recovery.
            CloudError: It could not be done.
        """
        doing: dict[str, Callable[[UndoStep, str], str]] = {"table": self._undo_table}
        return doing.get(step.kind, self._undo_definition)(step, recovery_id)

    def _undo_table(self, step: UndoStep, recovery_id: str) -> str:
        live = self._table(step.into)
        _check_seen(step, live)
        redo = ""
        if live is not None:
            redo = self._full(f"{self._undo_dataset}.{work_id(f'undone-{recovery_id}', step.into)}")
            self._run(step, "keep", statements.snapshot(redo, self._full(step.into)))
        if step.action == "remove":
            etag = str((live or {}).get("etag"))
            self._resources.delete(table_path(step.into), etag=etag, subject=step.into)
            if self._table(step.into) is not None:
                raise NotEqualError("it is there still", subject=step.into)
            return redo
        self._run(step, "back", copied(self._full(step.into), step.source))
        self._prove(step)
        return redo

    def _prove(self, step: UndoStep) -> None:
        """Compare a table with its undo point: rows, columns and what they are partitioned by."""
        names = {"kept": _relative(step.source), "live": step.into}
        found = {role: self._table(name) for role, name in names.items()}
        measured = {
            role: read_contents(
                self._jobs,
                f"rebound-undo-{self._own_id}-{role}-{work_id('x', step.into)[-8:]}",
                self._full(names[role]),
                resource or {},
                subject=step.into,
                stored_rows=int((resource or {}).get("numRows", 0)),
            ).partitions
            for role, resource in found.items()
        }
        if measured["kept"] != measured["live"]:
            raise NotEqualError("its rows are not those of its undo point", subject=step.into)
        columns = [(item or {}).get("schema", {}).get("fields") for item in found.values()]
        if columns[0] != columns[1]:
            raise NotEqualError("its columns are not those of its undo point", subject=step.into)

    def _undo_definition(self, step: UndoStep, recovery_id: str) -> str:
        del recovery_id
        live = self._definition(step.kind, step.into)
        _check_seen(step, live)
        dataset_id, own_id = step.into.split(".", 1)
        collection = f"datasets/{dataset_id}/{'routines' if step.kind == 'routine' else 'tables'}"
        path, etag = f"{collection}/{own_id}", str((live or {}).get("etag"))
        if live is not None and (step.action == "remove" or step.kind == "view"):
            self._resources.delete(path, etag=etag, subject=own_id)
            live = None
        if step.action == "put back" and step.before is not None:
            body = self._body(step, step.before)
            if live is None:
                self._resources.create(collection, body, subject=own_id)
            else:
                self._resources.replace(path, body, etag=etag, subject=own_id)
        now = self._definition(step.kind, step.into)
        is_right = now is None if step.before is None else is_as_before(step.before, now)
        if not is_right:
            raise NotEqualError("it is not what it was before", subject=step.into)
        return ""

    def _body(self, step: UndoStep, before: Resource) -> Resource:
        project = self._resources.project
        if step.kind == "routine":
            dataset_id, routine_id = step.into.split(".", 1)
            reference = {"projectId": project, "datasetId": dataset_id, "routineId": routine_id}
            return {"routineReference": reference, **settings(before)}
        own = {key: value for key, value in settings(before).items() if key != "schema"}
        return {"tableReference": table_reference(project, step.into), **own}

    def _run(self, step: UndoStep, what: str, sql: str) -> None:
        job_id = f"rebound-undo-{self._own_id}-{what}-{work_id('x', step.into)[-8:]}"
        self._jobs.query(job_id, sql, subject=step.into)

    def _table(self, name: str) -> Resource | None:
        found = self._resources.table(name)
        return None if found is None else found.resource

    def _definition(self, kind: str, name: str) -> Resource | None:
        return self._resources.routine(name) if kind == "routine" else self._table(name)

    def _full(self, name: str) -> str:
        return f"{self._resources.project}.{name}"


def _relative(full: str) -> str:
    """Return `dataset.table` of a full id."""
    return full.split(".", 1)[1]


def _check_seen(step: UndoStep, live: Resource | None) -> None:
    if version_of(live) != step.seen:
        raise RefusedError("it is not what the plan saw", subject=step.into, hint="look again")
