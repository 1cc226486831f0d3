"""Puts tables back, and proves that they are what they were before."""

from functools import partial

from manifests import statements
from manifests.cloud.table_paths import table_path, table_reference, tables_path
from manifests.cloud.working import ready_dataset
from manifests.control_statements import copied
from manifests.erasures import Erasures
from manifests.errors import CloudError, NotEqualError, ReboundError, RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.layout import work_id
from manifests.values import Resource
from recovery.compare.erased import holding
from recovery.compare.observed import ObservedTable
from recovery.compare.tables import property_findings, shape_findings
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.erasing import Erasing
from recovery.kinds.tables.cloud.properties import PropertySetter, writable
from recovery.kinds.tables.cloud.publish import undo_name
from recovery.kinds.tables.cloud.remaking import made_instead
from recovery.kinds.tables.cloud.replacing import Going, Replacement, replace_partitions
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep, is_table
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.removing import Removal, aside_name
from recovery.undo.shared import not_as_planned, undo_point_problem
from recovery.undo.table_rules import SeenTable, TableBack, step_of, undo_table
from recovery.undo.undoer import Undoer
from recovery.units import counted


class TableUndo(Undoer[TableOutcome]):
    """The tables of one recovery.

    Args:
        target: The project that was recovered.
        ended: The recovery.
        own_id: Makes what this process makes its own.
        erased: What stays erased.
    """

    outcomes = (TableOutcome,)

    def __init__(self, target: BigQueryTarget, ended: Ended, own_id: str, erased: Erasures) -> None:
        super().__init__(ended)
        self._target = target
        self._erasing = Erasing(target, erased)
        self._own_id = own_id
        self._kept: dict[str, tuple[ObservedTable, str]] = {}

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it; return where what was there is kept."""
        back = self._back(self._outcome(step))
        if back.step != step:
            raise not_as_planned(step, back.step)
        self._make_room()
        redo = self._keep(back)
        if back.step.action == "remove":
            self._remove(back)
            return redo
        etag = ""
        if back.is_whole:
            etag = self._put_back_whole(back)
        elif back.partitions or back.removed:
            self._put_back_rows(back)
        former = self._former_of(back)
        if is_table(former.resource) and back.with_properties:
            PropertySetter(self._target).set(former, with_foreign_keys=True)
        self._prove(back, former)
        if etag:
            self._removal(back).drop(etag)
        return redo

    def _step(self, outcome: TableOutcome) -> UndoStep:
        step = step_of(outcome, self._ended.request)
        return decided(step, lambda: self._back(outcome).step)

    def _back(self, outcome: TableOutcome) -> TableBack:
        planned = planned_of(self._ended, TableStep, outcome)
        table = holding(self._ended.part(TABLES, outcome.name), outcome.erased.left)
        into = self._ended.request.target.name(outcome.name)
        former = self._ended.former("table", into)
        if former is None:
            nothing = ObservedTable(resource=None)
            seen = SeenTable(table, None, nothing, nothing, (), self._ended.began_at)
            return undo_table(outcome, seen, self._ended.request)
        kept, problem = self._undo_point(outcome.name, into, table.fingerprint_version)
        live = self._looked_at(into, table.fingerprint_version)
        seen = SeenTable(
            left=table,
            former=former,
            kept=kept,
            live=live,
            removed=planned.removed_partitions,
            began_at=self._ended.began_at,
            problem=problem,
        )
        return self._going_on(outcome, seen, into)

    def _going_on(self, outcome: TableOutcome, seen: SeenTable, into: str) -> TableBack:
        """Decide about a table, and about what an undo that broke off has set aside of it.

        That is looked at as if it were the table where nothing is in the table's place, or where what was
        there before is there again, and only has to be proven.
        """
        back = undo_table(outcome, seen, self._ended.request)
        if back.is_whole and seen.live.resource is not None:
            return back
        name = aside_name(self._ended.recovery_id, into)
        aside = self._looked_at(name, seen.left.fingerprint_version)
        if aside.resource is None:
            return back
        if seen.live.resource is None or back.is_back:
            rest = undo_table(outcome, seen._replace(live=aside), self._ended.request)
            if rest.is_whole or rest.step.action == "cannot":
                back = rest._replace(is_back=back.is_back)
        told = f"an undo that broke off set aside what the recovery left, as {name}"
        step = back.step.model_copy(update={"told": (*back.step.told, told)})
        return back._replace(step=step)

    def _undo_point(self, name: str, into: str, version: int) -> tuple[ObservedTable, str]:
        """Return an undo point by its own name, and why it is not one; read once, as it never changes.

        Its place follows from the recovery's id: no report is asked.
        """
        if name not in self._kept:
            kept = undo_name(self._target.settings.undo_dataset, self._ended.recovery_id, name)
            found = self._target.resources.table(kept)
            problem = ""
            if found is not None:
                problem = undo_point_problem(
                    found.resource,
                    self._target.full_id(into),
                    began_at=self._ended.began_at,
                    ended_at=self._ended.ended_at,
                )
            looked = ObservedTable(resource=None)
            if found is not None and not problem:
                looked = self._looked_at(kept, version)
                problem = self._holds_erased(name, kept, found.resource)
            self._kept[name] = looked, problem
        return self._kept[name]

    def _holds_erased(self, name: str, kept: str, resource: Resource) -> str:
        """Return that an undo point holds rows that stay erased; empty where it does not."""
        job = f"rebound-undo-{self._own_id}-erased-{work_id('x', kept)[-8:]}"
        try:
            rows = self._erasing.count(name, resource, kept, job)
        except RefusedError as error:
            return error.message
        return f"its undo point holds {counted(rows, 'row')} that stay erased" if rows else ""

    def _looked_at(self, name: str, version: int) -> ObservedTable:
        """Look at a table and measure its content."""
        found = self._target.resources.table(name)
        if found is None:
            return ObservedTable(resource=None)
        looked = ObservedTable(
            resource=found.resource, row_access_policies=found.row_access_policies
        )
        if found.resource.get("type", "TABLE") not in ("TABLE", "SNAPSHOT"):
            return looked
        contents = self._target.measure(name, found.resource, version)
        return looked.model_copy(update=contents._asdict())

    def _make_room(self) -> None:
        settings = self._target.settings
        ready_dataset(
            self._target.resources,
            settings.undo_dataset,
            location=self._target.location,
            table_days=settings.undo_days,
        )

    def _keep(self, back: TableBack) -> str:
        """Keep what goes, and insist that it is what was looked at."""
        live = back.live
        if live is None or not is_table(live):
            return ""
        redo = self._redo(back)
        reference = live["tableReference"]
        is_at = self._target.full_id(f"{reference['datasetId']}.{reference['tableId']}")
        self._run(back, "keep", statements.snapshot(self._target.full_id(redo), is_at))
        table = self._ended.part(TABLES, back.step.name)
        kept = self._looked_at(redo, table.fingerprint_version)
        if back.is_whole and dict(kept.partitions or {}) != dict(back.expected):
            raise RefusedError(
                "rows were written while it was looked at; it is left",
                subject=back.step.into,
                hint="pause what writes (`rebound fence`), then undo again",
            )
        return self._target.full_id(redo)

    def _redo(self, back: TableBack) -> str:
        name = work_id(f"undone-{self._ended.recovery_id}-{self._own_id}", back.step.into)
        return f"{self._target.settings.undo_dataset}.{name}"

    def _remove(self, back: TableBack) -> None:
        into = back.step.into
        if back.live is not None and is_table(back.live):
            removal = self._removal(back)
            removal.drop(removal.set_aside(back.live, back.expected))
        elif back.live is not None:
            path, etag = table_path(into), str(back.live["etag"])
            self._target.resources.delete(path, etag=etag, subject=into)
        if self._target.resources.has_table(into):
            raise NotEqualError("it is there still", subject=into)

    def _removal(self, back: TableBack) -> Removal:
        into, table = back.step.into, self._ended.part(TABLES, back.step.name)
        aside = aside_name(self._ended.recovery_id, into)
        run, version = partial(self._run, back), table.fingerprint_version
        return Removal(self._target, into, aside, run, version)

    def _put_back_whole(self, back: TableBack) -> str:
        """Put back what had another shape, once what is there is set aside as it was looked at.

        No statement replaces a table on a condition. Where this fails, what is there gets its name again,
        or is made again; where it is killed, the next undo goes on with what is set aside.

        Returns:
            The etag under which what is set aside can go; empty where nothing is.
        """
        live, removal, into = back.live, self._removal(back), back.step.into
        if live is None or not is_table(live):
            make = partial(self._make, back)
            if live is None:
                make()
            else:
                made_instead(self._target.resources, into, live, make, lost=[], is_view=False)
            return ""
        etag = removal.set_aside(live, back.expected)
        if back.is_back:
            return etag
        try:
            self._make(back)
        except ReboundError as error:
            why = f"what was there before cannot take its place: {error.message}"
            left = removal.put_back(why)
            raise CloudError(left, subject=into, retryable=error.retryable) from error
        return etag

    def _make(self, back: TableBack) -> None:
        """Make what was there before, where nothing is."""
        into, former = back.step.into, self._former_of(back)
        if back.step.source:
            sql = copied(self._target.full_id(into), back.step.source, over=False)
            self._run(back, "back", sql)
            return
        reference = table_reference(self._target.target.project, into)
        body = {**writable(former.resource), "tableReference": reference}
        self._target.resources.create(tables_path(into), body, subject=into)

    def _put_back_rows(self, back: TableBack) -> None:
        """Replace partitions in one transaction, if there is in them what was looked at."""
        table, into = self._ended.part(TABLES, back.step.name), back.step.into
        replacement = Replacement(
            into=into,
            # Where nothing is put back no undo point is read: a table that was empty has none.
            source=back.step.source or self._target.full_id(into),
            resource=self._former_of(back).resource,
            going=Going(back.partitions, back.removed, back.expected),
            version=table.fingerprint_version,
        )
        replace_partitions(self._target, self._job_id(back, "back"), replacement, subject=into)

    def _former_of(self, back: TableBack) -> TableBackup:
        if back.former is None:
            raise NotEqualError("nothing is known of what it was", subject=back.step.into)
        return back.former

    def _prove(self, back: TableBack, former: TableBackup) -> None:
        """Compare a table with what it was: rows of what was put back, columns and properties."""
        table = self._ended.part(TABLES, back.step.name)
        live = self._looked_at(back.step.into, table.fingerprint_version)
        if live.resource is None:
            raise NotEqualError("it is not there", subject=back.step.into)
        kept, _ = self._undo_point(back.step.name, back.step.into, table.fingerprint_version)
        before, now = kept.partitions or {}, live.partitions or {}
        touched = {*before, *now} if back.is_whole else {*back.partitions, *back.removed}
        wrong = [
            f"partition {name}" for name in sorted(touched) if before.get(name) != now.get(name)
        ]
        wrong += [item.aspect for item in shape_findings(former, live.resource)]
        if is_table(former.resource) and back.with_properties:
            wrong += [item.aspect for item in property_findings(former, live)]
        if wrong:
            raise NotEqualError(
                f"it is not as before: {wrong[0]}, of {len(wrong)}", subject=back.step.into
            )

    def _run(self, back: TableBack, what: str, sql: str) -> None:
        self._target.jobs.query(self._job_id(back, what), sql, subject=back.step.into)

    def _job_id(self, back: TableBack, what: str) -> str:
        return f"rebound-undo-{self._own_id}-{what}-{work_id('x', back.step.into)[-8:]}"
