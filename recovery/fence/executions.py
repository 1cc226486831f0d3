"""Asks for what runs now: executions of Cloud Run jobs and of Workflows, transfers, jobs of BigQuery.

A paused writer starts nothing more; what it started before goes on, also the runs of a transfer that are
already scheduled. Requests that a service answers are listed nowhere.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from google.cloud import bigquery

from manifests.catalog_writers import FenceRule
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.configuration import Configuration, where_enabled
from manifests.cloud.granted import granted
from manifests.cloud.pages import pages
from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import cloud_errors, require_whole
from manifests.errors import CloudError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from manifests.values import Resource
from recovery.fence.running import (
    ACTIVE,
    NEVER,
    UNAVAILABLE,
    QueryJob,
    RunningNow,
    begun_at,
    ended_before,
    may_write,
    named,
    running_task,
    transfer_writes,
)

_RUN = "run.googleapis.com"
_WORKFLOWS = "workflowexecutions.googleapis.com"
# Its service says which locations there are (Workflows REST, projects.locations.list).
_WORKFLOW = resource_type("workflows/workflow")._replace(names_locations=True)
_TRANSFER = resource_type("bigquery/transfer")
_RUNS_OF_TRANSFER = ("PENDING", "RUNNING")
_LIST_ALL = "bigquery.jobs.listAll"
_JOBS = "bigquery jobs"
_STATES = ("running", "pending")
_PAGE = 100
_MOST = 100_000
"""Cloud Run keeps the last 1,000 of each job (Cloud Run, Quotas and limits)."""


class _Seen(NamedTuple):
    """What is told of an execution that runs, or may run: nobody can say."""

    name: str
    what: str
    is_known: bool = True


type _Found = Iterator[_Seen]


class Executions:
    """What runs in a project that may write to what is fenced.

    Args:
        rest: Calls the APIs.
        project: The project; what runs in another is not seen.
        location: Where BigQuery is asked.
        rule: What writes to nothing that is protected.
        most: So many executions of jobs of Cloud Run are looked at; what more there is is unknown.
    """

    def __init__(
        self, rest: Rest, project: str, location: str, rule: FenceRule, *, most: int = _MOST
    ) -> None:
        self._rest = rest
        self._configuration = Configuration(rest, project)
        self._bigquery = bigquery_client(project, location)
        self._project = project
        self._rule = rule
        self._most = most
        self._ended_before = NEVER

    def running(self, things: Collection[str]) -> RunningNow:
        """Return what runs now and may write to some things, and what could not be asked for.

        Args:
            things: As `dataset nba_raw` or `bucket lake`.
        """
        found: dict[str, str] = {}
        unknown: dict[str, str] = {}
        # A writer of any region calls what is in any other.
        looks: dict[str, Callable[[], _Found]] = {
            _JOBS: partial(self._jobs, things),
            "run/job in all regions": self._tasks,
            "workflows/workflow in all regions": self._workflows,
            "bigquery/transfer in all regions": partial(self._transfers, things),
        }
        for what, look in looks.items():
            try:
                for seen in list(look()):
                    (found if seen.is_known else unknown)[seen.name] = seen.what
            except CloudError as error:
                unknown[what] = error.message
        return RunningNow(named(found, self._rule.harmless), named(unknown, self._rule.harmless))

    def _tasks(self) -> _Found:
        """Yield the executions of jobs of Cloud Run that have not ended, wherever they run.

        The list begins with the newest. How long one may run is bounded nowhere (Cloud Run, Set task
        timeout for jobs), so that the first look goes through all that are kept; later ones go back to
        where everything had ended.
        """
        path = f"apis/{_RUN}/v1/namespaces/{self._project}/executions"
        pages = self._pages(_RUN, path, {"limit": _PAGE}, "run.executions.list", again="continue")
        listed = (item for page in pages for item in page.get("items", ()))
        walked: list[tuple[datetime, bool]] = []
        for item in takewhile(lambda item: begun_at(item) >= self._ended_before, listed):
            if len(walked) == self._most:
                raise CloudError(f"there are more than {self._most:,} executions")
            told = running_task(item)
            walked.append((begun_at(item), told is not None))
            if told is not None:
                yield _Seen(*told)
        self._ended_before = max(self._ended_before, ended_before(walked))

    def _workflows(self) -> _Found:
        """Yield the executions of workflows that have not ended, or whose data is not available."""
        for workflow in self._configuration.listed(
            _WORKFLOW, (EVERYWHERE,), none_where_disabled=True
        ):
            name = str(workflow["name"])
            path = f"v1/{name}/executions"
            for state in (*ACTIVE, UNAVAILABLE):
                query: Query = {"pageSize": _PAGE, "filter": f'state="{state}"'}
                for page in self._pages(_WORKFLOWS, path, query, "workflows.executions.list"):
                    for item in page.get("executions", ()):
                        own = str(item["name"]).rpartition("/")[2]
                        told = f"its execution {own} is {str(item['state']).lower()}"
                        workflow_id = name.rpartition("/")[2]
                        yield _Seen(f"workflows/workflow {workflow_id}", told, state != UNAVAILABLE)

    def _transfers(self, things: Collection[str]) -> _Found:
        """Yield the runs of transfers that are scheduled already, or run, and may write there.

        `disabled` keeps new ones from being scheduled, and says nothing of those that are (BigQuery Data
        Transfer REST, TransferConfig.disabled, TransferRun.state).
        """
        for transfer in self._configuration.listed(
            _TRANSFER, (EVERYWHERE,), none_where_disabled=True
        ):
            if not transfer_writes(self._rule, transfer, things, self._project):
                continue
            path = f"v1/{transfer['name']}/runs"
            query: Query = {"pageSize": _PAGE, "states": _RUNS_OF_TRANSFER}
            for page in self._pages(_TRANSFER.host, path, query, "bigquery.transfers.get"):
                for item in page.get("transferRuns", ()):
                    own = str(item["name"]).rpartition("/")[2]
                    told = f"its run {own} is {str(item['state']).lower()}"
                    yield _Seen(f"bigquery/transfer {transfer['displayName']}", told)

    def _pages(
        self, host: str, path: str, query: Query, needs: str, *, again: str = "pageToken"
    ) -> Iterator[Resource]:
        """Yield the pages of a list; none where the project has not enabled the service."""

        def ask(asked: Query) -> Resource | None:
            with cloud_errors(path, needs):
                return where_enabled(partial(self._rest.call, "GET", host, path, query=asked))

        for page in pages(ask, query, again=again):
            require_whole(page.get("unreachable", ()), path)
            yield page

    def _jobs(self, things: Collection[str]) -> _Found:
        """Yield the jobs of BigQuery that have not ended and may write there."""
        with cloud_errors(_JOBS, _LIST_ALL):
            self._require_all()
            for state in _STATES:
                listed = self._bigquery.list_jobs(all_users=True, state_filter=state)
                for page in listed.pages:
                    # BigQuery REST, JobList.unreachable: the client tells nobody of it.
                    require_whole(page.raw_page.get("unreachable", ()), _JOBS)
                    for job in map(_job, page):
                        if may_write(job, things, self._project):
                            yield _Seen(f"bigquery job {job.job_id}", f"it is {state}")

    def _require_all(self) -> None:
        """Refuse to list the jobs of all users without the permission for it.

        That such a list is refused then, and not short, is written nowhere (BigQuery REST, jobs.list).

        Raises:
            CloudError: Who calls lacks it.
        """
        if not granted(self._rest, self._project, (_LIST_ALL,)):
            raise CloudError(
                f"the jobs of others may be hidden: this identity lacks {_LIST_ALL}", subject=_JOBS
            )


def _job(job: object) -> QueryJob:
    """Return what is known of a job; of one that is not shown to us only its id."""
    job_id = str(getattr(job, "job_id", ""))
    match job:
        case bigquery.QueryJob():
            into = (job.destination, job.ddl_target_table)
            tables = tuple(f"{it.project}.{it.dataset_id}.{it.table_id}" for it in into if it)
            return QueryJob(job_id, "query", job.statement_type or "", tables)
        case bigquery.LoadJob() | bigquery.CopyJob():
            table = job.destination
            into_table = f"{table.project}.{table.dataset_id}.{table.table_id}"
            return QueryJob(job_id, job.job_type, into=(into_table,))
        case bigquery.ExtractJob():
            return QueryJob(job_id, "extract", into=tuple(job.destination_uris))
    return QueryJob(job_id, "")
