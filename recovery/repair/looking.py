"""Finds out what went wrong in a table, and makes what it is to hold in a table beside it."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from manifests import statements
from manifests.cloud.table_paths import table_path
from manifests.cloud.working import SCRATCH_DAYS
from manifests.errors import CloudError, NoRecoveryPointError, RefusedError
from manifests.fingerprint import FINGERPRINT_VERSION
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.layout import work_id
from manifests.model.run import Manifest
from manifests.values import Fingerprint, Resource
from recovery.compare.difference import Sides, TableDifference
from recovery.compare.merging import Merge
from recovery.compare.observed import ObservedTable
from recovery.compare.tables import shape_findings
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.difference import measured
from recovery.kinds.tables.cloud.erasing import Erasing
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.rules.sources import Source, choose_source
from recovery.plan.said import planning_table
from recovery.repair.jobs import job_facts, make_room
from recovery.repair.model import Ask, Repair, Window, Witness
from recovery.repair.rules import (
    as_table,
    borne_out,
    check_key,
    check_table,
    key_of,
    window_of_job,
    wrong_partitions,
)
from recovery.session import Session

_HOURS = SCRATCH_DAYS * 24


class _State(NamedTuple):
    """A table with the rows of some instant.

    Attributes:
        table: Its full id; empty where its rows are in the vault only.
        holds: What each partition holds.
    """

    table: str
    holds: Mapping[str, Fingerprint]


class RepairLook:
    """Looks at one table.

    Args:
        session: The clients.
        target: The project that the table is in.
        ask: What the operator knows.
        recovery_id: Names what is made meanwhile.
    """

    def __init__(
        self, session: Session, target: BigQueryTarget, ask: Ask, recovery_id: str
    ) -> None:
        self._session = session
        self._target = target
        self._ask = ask
        self._recovery_id = recovery_id
        self._version = FINGERPRINT_VERSION
        session.ledger.require_readable()
        if session.seal.is_checking:  # rows that an entry names leave a table that is repaired
            session.ledger.require_signed()
        self._erased = session.ledger.all()

    @cached_property
    def now(self) -> ObservedTable:
        """Return the table as it is."""
        found = self._target.resources.table(self._ask.table)
        if found is None:
            return ObservedTable(resource=None)
        return ObservedTable(resource=found.resource, row_access_policies=found.row_access_policies)

    def find(self, *, samples: int) -> Repair | None:
        """Find what went wrong; None where nothing did that can be taken back.

        Args:
            samples: How many rows of each side are shown.

        Raises:
            UsageError: There is no such table, job or column.
            RefusedError: Its rows cannot be told apart.
            NoRecoveryPointError: Neither its history nor a run tells how it was.
        """
        resource = check_table(self._ask, self.now)
        key = key_of(self._ask, resource, self._session.catalog)
        make_room(self._target)
        window = self._window()
        witness, before, backup = self._before(window)
        now = self._measured(self._ask.table)
        after = now if window.until is None else self._then("after", window.until)
        live = self._target.full_id(self._ask.table)
        after_table = live if window.until is None else self._full("after")
        wrong = wrong_partitions(self._ask, before.holds, after)
        if not wrong:
            return None
        check_key(self._ask, key, after, now, wrong)
        if backup is not None:
            before = before._replace(table=self._staged(backup, wrong))
        merge = Merge(
            before=before.table,
            after=after_table,
            live=live,
            resource=resource,
            partitions=wrong,
            key=key,
            where=self._ask.where,
            once=self._ask.once or bool(self._ask.newest),
            newest=self._ask.newest,
        )
        return self._merged(merge, window, witness, now, samples)

    def clean_up(self) -> None:
        """Delete what was made meanwhile; what is left expires by itself."""
        for role in ("before", "after", "backup"):
            self._target.resources.delete(table_path(self._name(role)), subject=self._ask.table)
        self.staging.remove(self._ask.table)

    @cached_property
    def staging(self) -> Staging:
        """Return what makes the table that holds what is to be published."""
        return self._staging(self._recovery_id)

    def _staging(self, name: str) -> Staging:
        bucket, began = self._session.vault_bucket, self._session.started_at
        return Staging(self._target, bucket, name, recovery_point=began, erased=self._erased)

    def _window(self) -> Window:
        if self._ask.job:
            return window_of_job(job_facts(self._target, self._ask.job), self._ask.table)
        if self._ask.since is not None:
            return Window(since=self._ask.since, until=self._ask.until)
        _, manifest = self._session.choose(run=self._ask.run, at=None)
        return Window(since=manifest.recovery_point)

    def _before(self, window: Window) -> tuple[Witness, _State, TableBackup | None]:
        """Return what tells how the table was, what it held, and its backup where that does."""
        manifest = self._run(window)
        backup = None if manifest is None else manifest.part(TABLES, self._ask.table)
        source = self._source(window)
        if source.name == "time travel":
            try:
                holds = self._then("before", window.since)
            except CloudError as error:
                if error.retryable:
                    raise
                source = Source(name="vault", why=error.message)
            else:
                witness = Witness(name="time travel", why=source.why)
                told = borne_out(witness, manifest, backup, holds, self._version)
                return told, self._without_erased(holds), None
        if manifest is None or backup is None:
            raise NoRecoveryPointError(
                f"no run before {window.since:%Y-%m-%dT%H:%M:%SZ} holds it, and its history does "
                f"not tell either: {source.why}",
                subject=self._ask.table,
                hint="`rebound list` shows the runs",
            )
        self._check_shape(backup, self.now.resource or {}, "in the backup")
        self._version = backup.fingerprint_version
        witness = Witness(
            name="vault", why=source.why, run_id=manifest.run_id, point=manifest.recovery_point
        )
        return witness, _State("", backup.fingerprints), backup

    def _run(self, window: Window) -> Manifest | None:
        """Return the run that was named, or the newest from before it went wrong; None for none."""
        at = None if self._ask.run else window.since
        try:
            return self._session.choose(run=self._ask.run, at=at)[1]
        except NoRecoveryPointError:
            if self._ask.run:
                raise
            return None

    def _source(self, window: Window) -> Source:
        if self._ask.run or not (self._ask.job or self._ask.since):
            return Source(name="vault", why="the run was asked for")
        return choose_source(
            as_table(self._ask.table, self.now, {}, version=self._version),
            self.now,
            dataset=self._target.resources.dataset(self._ask.table.partition(".")[0]),
            recovery_point=window.since,
            now=self._session.clock(),
        )

    def _then(self, role: str, at: datetime) -> Mapping[str, Fingerprint]:
        """Keep the table as it was at an instant beside it; return what that holds."""
        now = as_table(self._ask.table, self.now, {}, version=self._version)
        copy, live = self._full(role), self._target.full_id(self._ask.table)
        sql = statements.freeze(copy, live, now.resource, at=at, hours=_HOURS)
        self._target.jobs.query(self._job_id(role), sql, subject=self._ask.table)
        found = self._target.resources.table(self._name(role))
        told = f"at {at:%Y-%m-%d %H:%M:%S} UTC"
        self._check_shape(now, {} if found is None else found.resource, told)
        return self._measured(self._name(role))

    def _without_erased(self, holds: Mapping[str, Fingerprint]) -> _State:
        """Return the table as it was, without the rows that stay erased."""
        copy, job = self._name("before"), self._job_id("before")
        erasing = Erasing(self._target, self._erased)
        is_less = erasing.remove(self._ask.table, self.now.resource or {}, copy, job)
        return _State(self._full("before"), self._measured(copy) if is_less else holds)

    def _check_shape(self, table: TableBackup, other: Resource, when: str) -> None:
        if findings := shape_findings(table, other):
            raise RefusedError(
                f"it was another table {when}: {findings[0].text}",
                subject=self._ask.table,
                hint=f"`{planning_table(self._ask.table)}` shows what brings it back",
            )

    def _measured(self, name: str) -> Mapping[str, Fingerprint]:
        found = self._target.resources.table(name)
        if found is None:
            raise CloudError("it vanished while it was looked at", subject=name, retryable=True)
        return self._target.measure(name, found.resource, self._version).partitions

    def _staged(self, backup: TableBackup, wrong: tuple[str, ...]) -> str:
        """Bring the rows of the backup beside the table; return the full id of where they are."""
        held = tuple(name for name in wrong if name in backup.fingerprints)
        if held:
            self._of_backup.stage(backup, held, "vault")
        else:
            self._of_backup.create_empty(backup)
        return self._target.full_id(self._of_backup.name(self._ask.table))

    @cached_property
    def _of_backup(self) -> Staging:
        return self._staging(f"{self._recovery_id}-backup")

    def _merged(
        self,
        merge: Merge,
        window: Window,
        witness: Witness,
        now: Mapping[str, Fingerprint],
        samples: int,
    ) -> Repair | None:
        """Make what the partitions are to hold, and tell how that differs from what they do."""
        staged = self.staging.name(self._ask.table)
        self.staging.create_empty(as_table(self._ask.table, self.now, {}, version=self._version))
        sql = merge.merged_sql(self._target.full_id(staged))
        self._target.jobs.query(self._job_id("merge"), sql, subject=self._ask.table)
        (counts,) = self._target.jobs.rows(
            self._job_id("counts"), merge.counts_sql(), subject=self._ask.table
        )
        repaired = self._measured(staged)
        sides = Sides(
            live=merge.live,
            stored=self._target.full_id(staged),
            resource=merge.resource,
            partitions=merge.partitions,
        )
        told = measured(
            self._target, sides, merge.key, samples=samples, job=self._job_id("difference")
        )
        rows = TableDifference(
            table=self._ask.table,
            run_id=witness.run_id or "",
            recovery_point=window.since,
            key=merge.key,
        ).model_copy(update=told)
        return Repair(
            table=self._ask.table,
            window=window,
            witness=witness,
            partitions=merge.partitions,
            key=merge.key,
            where=merge.where,
            rows=rows,
            kept_keys=counts["kept_keys"],
            left_out=counts["wanted"] - rows.coming,
            seen={name: now[name] for name in merge.partitions if name in now},
            repaired=repaired,
            version=self._version,
        )

    def _name(self, role: str) -> str:
        scratch = self._target.settings.scratch_dataset
        return f"{scratch}.{work_id(f'{self._recovery_id}-{role}', self._ask.table)}"

    def _full(self, role: str) -> str:
        return self._target.full_id(self._name(role))

    def _job_id(self, step: str) -> str:
        return f"rebound-{work_id(self._recovery_id, self._ask.table)}-{step}"
