"""Keeps what tables were before processors ran again, and what they held then, so that it can go back.

No run holds what a processor writes. What it left is measured when everything was run, while what writes
by itself is still paused; only rows that are just so go back.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from manifests import __version__
from manifests.catalog import Catalog
from manifests.errors import ManifestAlteredError, RefusedError, UsageError
from manifests.fingerprint import FINGERPRINT_VERSION
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.resource_types import check_resource
from manifests.values import RunId
from recovery.compare.observed import ObservedTable
from recovery.journal import Journal
from recovery.kinds.decision import Origin
from recovery.kinds.former import FOLDER as BEFORE
from recovery.kinds.former import Former, former_name
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from recovery.repair.rules import as_table
from recovery.request import Request, Target
from recovery.running import dates_journal
from recovery.session import Session
from recovery.undo.date_rules import DatesAttempt, DatesLeft, is_by_date, is_fenced, may_hold, mixed

FOLDER = "left"
"""Of a journal, with one entry an attempt."""
ALONE = "alone"
"""Of a journal, with one entry an attempt, written before it runs anything."""
_TIME = "%Y%m%dT%H%M%S.%fZ"


class LeftDates(NamedTuple):
    """What a recovery of dates left.

    Attributes:
        origin: It, as a run would say it.
        again: The command that would recover the same dates again.
        mixed: Why rows of others may be among it; empty where they are not.
    """

    origin: Origin
    again: str
    mixed: str = ""


class DatesKept:
    """What is kept of the tables of one recovery of dates.

    Args:
        session: The clients.
        recovery_id: The recovery.
        plans: What it was begun with, and what is run now.
    """

    def __init__(self, session: Session, recovery_id: str, plans: Sequence[ProcessorPlan]) -> None:
        self._session = session
        self._recovery_id = recovery_id
        self._is_fenced = is_fenced(plans[-1])
        self._days: dict[str, set[date]] = {}
        for plan in plans:
            for step in plan.steps:
                if step.runs:
                    self._days.setdefault(step.table, set()).update(step.runs)
        self._journal = session.journal(recovery_id)
        self._target = bigquery_target(session.tools, _request(session, self._days).target)

    def before(self) -> None:
        """Write down what is paused, and what each table is, before anything is run.

        Raises:
            CloudError: One could not be looked at.
        """
        at = self._session.clock.latest()
        begun = DatesAttempt(at=at, is_fenced=self._is_fenced, fences=self._standing())
        self._journal.record(ALONE, f"{at:{_TIME}}", begun)
        for name in sorted(self._days):
            found = self._target.resources.table(name)
            if found is not None and self._former(name) is None:
                former = Former(resource=found.resource, policies=found.row_access_policies)
                self._journal.keep(BEFORE, former_name("table", name), former)

    def left(self) -> None:
        """Write down what each table holds of the dates, when everything was run.

        Raises:
            CloudError: One could not be measured.
        """
        at = self._session.clock.latest()
        tables = [found for name in sorted(self._days) if (found := self._measured(name))]
        if tables:
            left = DatesLeft(at=at, tables=tuple(tables), fences=self._standing())
            self._journal.record(FOLDER, f"{at:{_TIME}}", left)

    def _standing(self) -> tuple[str, ...]:
        """Return the fences of the recovery that stand: one that was thawed never does again."""
        found = self._session.tools.fences.readable()
        own = (it for it in found if it.recovery_id == self._recovery_id and not it.is_made)
        return tuple(sorted(it.fence_id for it in own))

    def _former(self, name: str) -> Former | None:
        return self._journal.entry(BEFORE, former_name("table", name), Former)

    def _measured(self, name: str) -> TableBackup | None:
        found = self._target.resources.table(name)
        if found is None:
            return None
        holds = self._target.measure(name, found.resource, FINGERPRINT_VERSION).partitions
        seen = ObservedTable(
            resource=found.resource,
            row_access_policies=found.row_access_policies,
            partitions=holds,
        )
        own = holds or {}
        if is_by_date(found.resource, name, self._session.catalog):
            own = {item: it for item, it in own.items() if may_hold(item, self._days[name])}
        return as_table(name, seen, own, version=FINGERPRINT_VERSION)


def ended_dates(
    session: Session, recovery_id: str
) -> tuple[PlannedRecovery, RecoveryReport, LeftDates]:
    """Return a recovery of dates as an undo knows recoveries: its tables, and what it left of them.

    Raises:
        UsageError: No attempt at it has ended.
        RefusedError: It kept nothing, or the catalog does not name a table of it.
        BackupDamagedError: Its journal is not believed.
    """
    dates = dates_journal(session, recovery_id)
    planned, report = dates.planned(), dates.last_report()
    if report is None:
        raise UsageError(
            "no attempt at it has ended, so that nobody knows what it wrote",
            subject=recovery_id,
            hint=f"`{planned.plan.request.resuming(recovery_id)}` brings it to an end",
        )
    finished_at = min(report.finished_at, session.started_at)
    journal = session.journal(recovery_id).during(finished_at)
    left = _left(journal, finished_at)
    if left is None:
        raise RefusedError(
            "it replaced no rows, or an older version of Rebound ran it: nothing is kept that could "
            "go back",
            subject=recovery_id,
            hint=f"`rebound report {recovery_id}` names what it wrote",
        )
    _check(left, session.catalog, recovery_id)
    names = [table.name for table in left.tables]
    request = _request(session, names)
    steps = tuple(
        TableStep(kind="table", name=name, into=name, action="replace", damage=()) for name in names
    )
    plan = Plan(
        request=request,
        run_id=None,
        recovery_point=report.started_at,
        steps=steps,
        cannot_bring_back=(),
    )
    begun = PlannedRecovery(recovery_id=recovery_id, started_at=planned.started_at, plan=plan)
    ended = RecoveryReport(
        recovery_id=recovery_id,
        plan=plan,
        started_at=planned.started_at,
        finished_at=finished_at,
        outcomes=tuple(TableOutcome(name=it, into=it, action="replace") for it in names),
    )
    run = Manifest(
        run_id=RunId(recovery_id),
        platform="",
        project=session.settings.project,
        recovery_point=report.started_at.replace(second=0, microsecond=0),
        started_at=planned.started_at,
        finished_at=finished_at,
        rebound_version=__version__,
        datasets=(),
        tables=left.tables,
    )
    attempts = journal.entries(ALONE, DatesAttempt)
    why = mixed((planned.plan, report.plan), attempts, left)
    return begun, ended, LeftDates(Origin(run), planned.plan.request.recovering(), why)


def _left(journal: Journal, finished_at: datetime) -> DatesLeft | None:
    """Return what the last attempt left: what was written since is none of it."""
    found = journal.entries(FOLDER, DatesLeft)
    return max((it for it in found if it.at <= finished_at), key=lambda it: it.at, default=None)


def _check(left: DatesLeft, catalog: Catalog, recovery_id: str) -> None:
    rules = catalog.processors
    known = {item.table for item in rules.processors} if rules is not None else set()
    for table in left.tables:
        if table.name not in known:
            raise ManifestAlteredError(
                "its journal names a table that no processor of the catalog writes",
                subject=f"{recovery_id}: {table.name}",
            )
        check_resource("table", table.resource, subject=table.name)


def _request(session: Session, tables: Collection[str]) -> Request:
    target = Target(project=session.settings.project)
    return Request(scenario="bigquery-dataset-loss", target=target, tables=tuple(tables))
