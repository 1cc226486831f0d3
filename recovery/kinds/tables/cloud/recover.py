"""Recovers tables with their datasets, views and routines: stage, prove, publish, prove again.

Repeating it is safe: every step looks at the destination first, every job has a computed id, and a
recovery that was killed anywhere ends in the same state when it is resumed.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.cloud.working import SCRATCH_DAYS, ready_dataset
from manifests.erasures import Erasures
from manifests.errors import ManifestAlteredError, ReboundError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from recovery.compare.erased import LeftRows, holding
from recovery.compare.observed import PartitionSet
from recovery.kinds.kind import of
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.places import DRILL_LABEL
from recovery.kinds.step import Step
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.datasets import create_datasets, finish_datasets
from recovery.kinds.tables.cloud.definitions import restore_definitions
from recovery.kinds.tables.cloud.erasing import Erasing
from recovery.kinds.tables.cloud.properties import PropertySetter, has_foreign_keys
from recovery.kinds.tables.cloud.publish import Publisher
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import (
    FOLDER,
    NONE_ERASED,
    ErasedRows,
    Proof,
    TableOutcome,
)
from recovery.kinds.tables.rules.plan import made_anew
from recovery.kinds.tables.rules.tables import TableStep, removed_rows
from recovery.kinds.work import Running


class TableRecovery:
    """The BigQuery side of one recovery.

    Args:
        target: Where the recovery writes.
        manifest: The manifest of the plan's run.
        vault: Where the backup is.
        erased: What stays erased.
        left: Remembers what partitions hold without the rows that stay erased.
        running: The recovery.
    """

    def __init__(
        self,
        target: BigQueryTarget,
        manifest: Manifest,
        *,
        vault: Bucket,
        erased: Erasures,
        left: LeftRows,
        running: Running,
    ) -> None:
        self._target = target
        self._manifest = manifest
        self._running = running
        self._progress = running.progress
        self._staging = Staging(
            target,
            vault,
            running.recovery_id,
            recovery_point=manifest.recovery_point,
            erased=erased,
        )
        self._erasing = Erasing(target, erased)
        self._left = left
        self._publisher = Publisher(target, running.recovery_id, running.journal)

    def recover(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        """Recover everything that steps name, and yield what was proven and what was not.

        Raises:
            ReboundError: The datasets of staging tables and undo points could not be made ready.
                Whatever fails later is part of an outcome.
        """
        tables, datasets = of(steps, TableStep), of(steps, DatasetStep)
        if any(step.changes for step in steps):
            self._make_room()
        failed = create_datasets(self._target, self._manifest, datasets)
        published = self._in_parallel(self._published, tables)
        # A foreign key can refer to a table that had to be published first.
        self._in_parallel(self._constrained, tables)
        yield from self._in_parallel(self._proven, zip(tables, published, strict=True))
        unmade = restore_definitions(
            self._target,
            self._manifest,
            of(steps, DefinitionStep),
            made_anew=made_anew(tables),
            journal=self._running.journal,
        )
        yield from finish_datasets(
            self._target,
            self._manifest,
            datasets,
            failed=failed,
            journal=self._running.journal,
        )
        yield from unmade

    def _make_room(self) -> None:
        settings, mark = self._target.settings, self._running.request.target.label
        ready = partial(
            ready_dataset,
            self._target.resources,
            location=self._target.location,
            labels={DRILL_LABEL: mark} if mark else {},
        )
        ready(settings.scratch_dataset, table_days=SCRATCH_DAYS)
        ready(settings.undo_dataset, table_days=settings.undo_days)

    def _in_parallel[Item, Result](
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> tuple[Result, ...]:
        parallel = self._target.settings.parallel_tables
        with ThreadPoolExecutor(parallel, thread_name_prefix="recover") as pool:
            return tuple(pool.map(work, items))

    def _published(self, step: TableStep) -> TableOutcome:
        """Stage, prove and publish one table, unless it is equal already."""
        try:
            table = self._table(step)
            request = self._running.request
            proof = self._publisher.prove(table, step, request)
            if not proof.findings:
                # Equal already: left alone, or done by the process that was interrupted.
                return self._found_equal(table, step, proof)
            if step.action == "leave":
                # It was equal when the plan was made; nobody agreed to anything else.
                return _left(step)
            source, erased = "", NONE_ERASED
            if step.source is not None:
                self._progress(table.name, "staging")
                source = self._staging.stage(table, step.partitions, step.source.name)
                erased = self._staging.erased(table.name)
                self._left.learn(table, erased.left)
                table = holding(table, erased.left)
                proof = self._publisher.prove(table, step, request) if erased.rows else proof
                if not proof.findings:
                    # It differed by what stays erased alone.
                    done = self._found_equal(table, step, proof)
                    return done.model_copy(update={"erased": erased})
            self._progress(table.name, "publishing")
            staged = self._staging.name(table.name)
            undo = self._publisher.publish(table, step, request, staged)
        except ReboundError as error:
            self._progress(step.name, "failed")
            return _failed(step, error)
        outcome = _published(step, undo=undo, source=source, erased=erased)
        # The entry is written before the proof: after a kill the table is found equal, and the
        # entry tells of this attempt.
        self._running.journal.record(FOLDER, outcome.name, outcome)
        return outcome

    def _found_equal(self, table: TableBackup, step: TableStep, proof: Proof) -> TableOutcome:
        """Return the outcome of a table that is equal to the recovery point.

        Its undo point is looked for in BigQuery, since others can write to the journal.
        """
        earlier = self._running.journal.entry(FOLDER, table.name, TableOutcome)
        undo = self._publisher.undo_of(table) if step.action != "leave" else ""
        if undo or (earlier and step.action != "leave"):
            # An attempt before this one has published it, if it was killed before it could say so.
            return _published(step, undo=undo, source=earlier.source if earlier else "")
        rows = table.fingerprint.row_count - proof.expired.rows
        return _left(step).model_copy(update={"rows": rows, "expired": proof.expired})

    def _constrained(self, step: TableStep) -> None:
        try:
            table = self._table(step)
            if step.action != "leave" and has_foreign_keys(table.resource):
                PropertySetter(self._target).set(table, with_foreign_keys=True)
        except ReboundError:
            # The proof that follows finds the missing key and tells of it.
            return

    def _proven(self, published: tuple[TableStep, TableOutcome]) -> TableOutcome:
        """Look at a published table again and say whether it is equal to the recovery point."""
        step, outcome = published
        if outcome.error:
            return outcome
        self._progress(step.name, "verifying")
        try:
            table = holding(self._table(step), outcome.erased.left)
            proof = self._publisher.prove(table, step, self._running.request)
            erased = self._still_there(table, outcome)
        except ReboundError as error:
            self._progress(step.name, "failed")
            return _failed(step, error)
        proven = outcome.model_copy(update={**proof._asdict(), "erased": erased})
        self._progress(step.name, proven.stage)
        if proven.is_proven:
            self._clean_up(step)
        return proven

    def _still_there(self, table: TableBackup, outcome: TableOutcome) -> ErasedRows:
        """Return the erased rows of an outcome, with how many are in partitions nobody restored."""
        name = self._target.name(table.name)
        work_id = layout.work_id(self._running.recovery_id, table.name)
        job = f"rebound-{work_id}-erased-{uuid.uuid4().hex[:8]}"
        there = self._erasing.count(table.name, table.resource, name, job)
        return outcome.erased.model_copy(update={"there": there})

    def _clean_up(self, step: TableStep) -> None:
        # The table is proven; a staging table that stays expires by itself.
        if step.source is not None:
            with suppress(ReboundError):
                self._staging.remove(step.name)

    def _table(self, step: TableStep) -> TableBackup:
        table = self._manifest.part(TABLES, step.name)
        if table is None:
            raise ManifestAlteredError("the plan's table is not in the manifest", subject=step.name)
        return table


def _left(step: TableStep) -> TableOutcome:
    return TableOutcome(name=step.name, into=step.into, action="leave")


def _published(
    step: TableStep, *, undo: str, source: str = "", erased: ErasedRows = NONE_ERASED
) -> TableOutcome:
    return TableOutcome(
        name=step.name,
        into=step.into,
        action=step.action,
        source=source,
        undo=undo,
        rows=step.rows,
        erased=erased,
        removed=PartitionSet(partitions=step.removed_partitions, rows=removed_rows(step)),
    )


def _failed(step: TableStep, error: ReboundError) -> TableOutcome:
    return TableOutcome(
        name=step.name, into=step.into, action=step.action, failure=Failure.of(error)
    )
