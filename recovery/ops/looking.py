"""Looks at the platform and its backups, at everything at once; one failed look stops no other."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from google.api_core import exceptions as google_errors

from manifests import statements
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.configuration import Configuration
from manifests.cloud.jobs import Jobs
from manifests.cloud.retry import cloud_errors
from manifests.cloud.verdicts import Verdicts
from manifests.kinds.resources.table import resource_type
from manifests.store.bounded import FoundRecord
from manifests.store.vault import Vault
from manifests.values import Resource
from recovery.fence.model import FenceRecord
from recovery.kinds.processors.rules.calendar import ScheduledGames, scheduled_games
from recovery.kinds.work import Tools
from recovery.ops import checks
from recovery.ops.asking import ask
from recovery.ops.at_once import looked_at
from recovery.ops.facts import Backups, Execution, Facts, Frame, Logged, QueryResult
from recovery.ops.logs import Logs, counted_by_writer
from recovery.ops.monitoring import monitoring_query
from recovery.ops.rules.platform import GAMES
from recovery.status.model import Status

_MIB = 2**20
_READERS = 16
_LAST = 20
_MOST_ENTRIES = 1000
_DAY = timedelta(days=1)
_DAYS = "30"
_EXECUTIONS = "workflowexecutions.googleapis.com"
# Audit logs are left out: `rebound security` tells of refused calls.
_FAULTS = 'severity>=ERROR AND NOT logName:"cloudaudit.googleapis.com"'


class OpsLooks:
    """Reads what `rebound ops` looks at. Safe to share between threads.

    Args:
        tools: What everything is read with.
        vault: The runs.
        frame: When it is, and what the catalog says.
        status: Returns what `rebound status` tells.
    """

    def __init__(
        self, tools: Tools, vault: Vault, frame: Frame, status: Callable[[], Status]
    ) -> None:
        self._tools = tools
        self._vault = vault
        self._frame = frame
        self._project = tools.settings.project
        self._rest = tools.rest()
        self._own: Mapping[str, Callable[[], Any]] = {
            GAMES: self._games,
            checks.SCHEDULES: self._schedules,
            checks.WORKFLOWS: self._executions,
            checks.ERRORS: self._errors,
            checks.BACKUPS: self._backups,
            checks.PROOF: status,
            checks.FENCES: self._fences,
        }

    def look(self, names: Iterable[str], answered: Callable[[], object]) -> Facts:
        """Read everything at once; what could not be read is `Unread`.

        Args:
            names: The names of the checks.
            answered: Called after each look, whether it succeeded or not.
        """
        looks = {name: self._own.get(name, partial(self._ask, name)) for name in names}
        return looked_at(looks, answered)

    @cached_property
    def _jobs(self) -> Jobs:
        location = self._tools.catalog.location
        return Jobs(bigquery_client(self._project, location), location)

    def _ask(self, name: str) -> QueryResult:
        query = monitoring_query(name)
        wanted = {"day": f"{self._frame.day}"}
        if name == "daily-statistics":
            wanted["days"] = _DAYS
        if name == "missing-phase4" and (season := self._frame.season) is not None:
            wanted["begins"] = f"{season.first}"
        return ask(
            self._jobs,
            query,
            query.values(wanted, now=self._frame.now),
            call_id=self._tools.own_id,
            most_bytes=self._most_bytes,
            landing=self._tools.settings.landing_bucket,
        )

    @property
    def _most_bytes(self) -> int:
        return self._frame.operations.most_mib * _MIB

    def _games(self) -> dict[date, ScheduledGames]:
        """Return how many games the schedule has of each date of the seasons, up to the day."""
        processors = self._frame.processors
        if processors is None or processors.schedule is None:
            return {}
        schedule, day = processors.schedule, self._frame.day
        sql = statements.games_of_dates(
            f"{self._project}.{schedule.table}",
            schedule.date_column,
            min((season.first for season in processors.seasons), default=day),
            day,
            game=schedule.game_column,
            status=schedule.status_column,
            final=schedule.final,
            prefixes=schedule.prefixes,
        )
        answer = self._jobs.answer(
            f"rebound-ops-{self._tools.own_id}-games",
            sql,
            subject=schedule.table,
            most_bytes=self._most_bytes,
        )
        return scheduled_games(answer.rows)

    def _schedules(self) -> list[Resource]:
        configuration = Configuration(self._rest, self._project)
        locations = self._frame.operations.locations
        return configuration.listed(resource_type("scheduler/job"), locations)

    def _executions(self) -> list[Execution]:
        with ThreadPoolExecutor(_READERS, thread_name_prefix="executions") as pool:
            return list(pool.map(self._execution, self._frame.operations.workflows))

    def _execution(self, workflow: str) -> Execution:
        """Return the last execution of a workflow; its API lists the newest first."""
        for location in self._frame.operations.locations:
            parent = f"projects/{self._project}/locations/{location}/workflows/{workflow}"
            with cloud_errors(f"workflow {workflow}", "workflows.executions.list"):
                found = self._listed(parent)
            if found is not None:
                return _last_execution(workflow, found)
        return Execution(workflow, "MISSING")

    def _listed(self, parent: str) -> list[Resource] | None:
        """Return the last executions of a workflow; None where there is no such workflow."""
        path = f"v1/{parent}/executions"
        try:
            page = self._rest.call("GET", _EXECUTIONS, path, query={"pageSize": _LAST})
        except google_errors.NotFound:
            return None
        return list(page.get("executions", ()))

    def _errors(self) -> Logged:
        logs = Logs(self._rest, self._project)
        since = self._frame.now - _DAY
        found = logs.entries(_FAULTS, since=since, most=_MOST_ENTRIES, subject="errors")
        return counted_by_writer(found)

    def _backups(self) -> Backups:
        with cloud_errors("the vault"), ThreadPoolExecutor(_READERS) as pool:
            runs = tuple(pool.map(self._vault.summary, self._vault.run_ids()))
            verdicts = tuple(Verdicts(self._tools.landing).all())
        return Backups(runs, verdicts)

    def _fences(self) -> tuple[FoundRecord[FenceRecord], ...]:
        return tuple(self._tools.fences.standing())


def _last_execution(workflow: str, executions: list[Resource]) -> Execution:
    if not executions:
        return Execution(workflow)
    last = executions[0]
    good = [_began(item) for item in executions if item.get("state") == "SUCCEEDED"]
    return Execution(
        workflow,
        str(last.get("state", "")),
        _began(last),
        max(filter(None, good), default=None),
    )


def _began(execution: Resource) -> datetime | None:
    text = execution.get("startTime")
    return None if text is None else datetime.fromisoformat(text)
