"""Asks for what runs now: executions of Cloud Run jobs and of Workflows, and jobs of BigQuery.

A paused writer starts nothing more; what it started before goes on. Requests that a service answers are
listed nowhere.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from itertools import takewhile

from google.api_core import exceptions as google_errors
from google.cloud import bigquery

from manifests.catalog_writers import FenceRule
from manifests.cloud.clients import bigquery_client
from manifests.cloud.configuration import Configuration, is_disabled
from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import cloud_errors, require_whole
from manifests.errors import CloudError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from manifests.values import Resource
from recovery.fence.running import (
    ACTIVE,
    NEVER,
    QueryJob,
    Running,
    begun_at,
    ended_before,
    may_write,
    named,
    running_task,
)

_RUN = "run.googleapis.com"
_WORKFLOWS = "workflowexecutions.googleapis.com"
# Its service says which locations there are (Workflows REST, projects.locations.list).
_WORKFLOW = resource_type("workflows/workflow")._replace(names_locations=True)
_JOBS = "bigquery jobs"
_STATES = ("running", "pending")
_PAGE = 100
_MOST = 100_000
"""Cloud Run keeps the last 1,000 of each job (Cloud Run, Quotas and limits)."""

type _Found = Iterator[tuple[str, str]]


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

    def running(self, things: Collection[str]) -> Running:
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
        }
        for what, look in looks.items():
            try:
                found |= dict(look())
            except CloudError as error:
                unknown[what] = error.message
        return Running(named(found, self._rule.harmless), named(unknown, self._rule.harmless))

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
                yield told
        self._ended_before = max(self._ended_before, ended_before(walked))

    def _workflows(self) -> _Found:
        """Yield the executions of workflows that have not ended, wherever they are."""
        for workflow in self._listed_workflows():
            name = str(workflow["name"])
            path = f"v1/{name}/executions"
            for state in ACTIVE:
                query: Query = {"pageSize": _PAGE, "filter": f'state="{state}"'}
                for page in self._pages(_WORKFLOWS, path, query, "workflows.executions.list"):
                    for item in page.get("executions", ()):
                        own = str(item["name"]).rpartition("/")[2]
                        told = f"its execution {own} is {str(item['state']).lower()}"
                        yield f"workflows/workflow {name.rpartition('/')[2]}", told

    def _listed_workflows(self) -> list[Resource]:
        try:
            return self._configuration.listed(_WORKFLOW, (EVERYWHERE,))
        except CloudError as error:
            if _is_off(error):
                return []
            raise

    def _pages(
        self, host: str, path: str, query: Query, needs: str, *, again: str = "pageToken"
    ) -> Iterator[Resource]:
        """Yield the pages of a list; none where the project has not enabled the service."""
        asked = dict(query)
        while True:
            with cloud_errors(path, needs):
                try:
                    page = self._rest.call("GET", host, path, query=asked)
                except google_errors.Forbidden as error:
                    if is_disabled(error):
                        return
                    raise
            require_whole(page.get("unreachable", ()), path)
            yield page
            token = page.get("nextPageToken") or (page.get("metadata") or {}).get("continue")
            if not token:
                return
            asked[again] = token

    def _jobs(self, things: Collection[str]) -> _Found:
        """Yield the jobs of BigQuery that have not ended and may write there."""
        with cloud_errors(_JOBS, "bigquery.jobs.listAll"):
            for state in _STATES:
                listed = self._bigquery.list_jobs(all_users=True, state_filter=state)
                for job in map(_job, listed):
                    if may_write(job, things, self._project):
                        yield f"bigquery job {job.job_id}", f"it is {state}"


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


def _is_off(error: CloudError) -> bool:
    cause = error.__cause__
    return isinstance(cause, google_errors.Forbidden) and is_disabled(cause)
