"""Which executions that run now may write to what is fenced. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple

from manifests.catalog_writers import FenceRule
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.fence.addresses import written_itself
from recovery.fence.rules import is_about

_READS = ("SELECT", "ASSERT", "EXPLAIN")
_EXPORTS = "EXPORT_DATA"
_RESULTS = "_"
"""The id of a dataset of results, which BigQuery makes itself, begins so (BigQuery, Cached results)."""
_JOB_LABEL = "run.googleapis.com/job"
_PLACE_LABEL = "cloud.googleapis.com/location"
_LATE = timedelta(hours=1)
_LAST = datetime.max.replace(tzinfo=UTC)
NEVER = datetime.min.replace(tzinfo=UTC)
ACTIVE = ("ACTIVE", "QUEUED")
"""Workflow Executions REST, Execution.State: those that have not ended."""
UNAVAILABLE = "UNAVAILABLE"
"""The state of an execution whose data is not available, as without its key: whether it ended is unknown."""


class RunningNow(NamedTuple):
    """What runs now.

    Attributes:
        found: What is known of each, by its name, as `run/job load`.
        unknown: Why nobody could ask, by what was asked for.
    """

    found: Mapping[str, str]
    unknown: Mapping[str, str]


class QueryJob(NamedTuple):
    """A job of BigQuery that has not ended.

    Attributes:
        job_id: Its id.
        sort: As `query`, `load`, `copy` or `extract`; empty where that is not shown to us.
        statement: As `SELECT` or `SCRIPT`; empty where BigQuery does not know it yet.
        into: What it writes, as `project.dataset.table` or `gs://bucket/name`.
    """

    job_id: str
    sort: str
    statement: str = ""
    into: Sequence[str] = ()


def running_task(execution: Resource) -> tuple[str, str] | None:
    """Return a job of Cloud Run and what is told of its execution; None where that has ended.

    Args:
        execution: As Cloud Run lists it (Cloud Run REST v1, Execution: status.completionTime); labels
            say of which job it is, and where.
    """
    if (execution.get("status") or {}).get("completionTime"):
        return None
    told = execution["metadata"]
    own, labels = str(told["name"]), told.get("labels") or {}
    # An execution is called as its job is, and by a suffix.
    job = labels.get(_JOB_LABEL) or own.rpartition("-")[0]
    place = f" in {labels[_PLACE_LABEL]}" if labels.get(_PLACE_LABEL) else ""
    return f"run/job {job}", f"its execution {own} runs{place}"


def begun_at(execution: Resource) -> datetime:
    """Return when an execution of a job of Cloud Run was begun; where nothing says so, as late as can be."""
    told = execution["metadata"].get("creationTimestamp")
    return datetime.fromisoformat(told) if told else _LAST


def ended_before(walked: Sequence[tuple[datetime, bool]]) -> datetime:
    """Return an instant: whatever was begun before it has ended.

    What has ended does not run again: the next look need go no further back. The list of all regions is
    put together of several, so that one that was begun a little earlier may come into it later.

    Args:
        walked: Of each execution when it was begun, and whether it runs.
    """
    running = [at for at, runs in walked if runs]
    bound = min(running) if running else max((at for at, _ in walked), default=NEVER)
    return NEVER if bound in (NEVER, _LAST) else bound - _LATE


def may_write(job: QueryJob, things: Collection[str], project: str) -> bool:
    """Whether a job may write to anything of what is fenced; one of which nobody knows it may.

    A script writes what its statements say, and BigQuery does not tell the statements to come. A query that reads writes all the
    same where it has a destination: of its own accord BigQuery chooses a table of results (BigQuery REST,
    JobConfigurationQuery.destinationTable).

    Args:
        job: The job.
        things: As `dataset nba_raw`, `table nba_raw.games` or `bucket lake`.
        project: Where they are.
    """
    if any(_is_in(name, things, project) for name in job.into):
        return True
    if job.statement in _READS or not all(map(_is_of_results, job.into)):
        return False
    if job.sort == "query" and job.statement == _EXPORTS:
        return any(item.startswith("bucket ") for item in things)
    return any(item.startswith(("dataset ", "table ")) for item in things)


def transfer_writes(
    rule: FenceRule, transfer: Resource, things: Collection[str], project: str
) -> bool:
    """Whether a run of a transfer may write to anything of what is fenced.

    One that names no dataset, as a scheduled query of DML statements, may write to any.

    Args:
        rule: The catalog's rule.
        transfer: Its configuration.
        things: As of `may_write`.
        project: Where they are.
    """
    kind = resource_type("bigquery/transfer")
    about = [item for item in rule.writers if is_about(item, kind, transfer)]
    patterns = [pattern for item in about for pattern in item.writes]
    if any(fnmatchcase(thing, pattern) for thing in things for pattern in patterns):
        return True
    named_ones = [item.partition(" ") for item in things if item.startswith(("dataset ", "table "))]
    datasets = {f"dataset {name.partition('.')[0]}" for _, _, name in named_ones}
    says = written_itself(transfer, project)
    return bool(says & datasets if says else datasets)


def named(running: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Return what runs or is unknown, but for what some patterns name."""
    chosen = tuple(patterns)
    return {
        name: what
        for name, what in running.items()
        if not any(fnmatchcase(name, pattern) for pattern in chosen)
    }


def _is_of_results(name: str) -> bool:
    parts = name.split(".")
    return not name.startswith("gs://") and len(parts) > 1 and parts[-2].startswith(_RESULTS)


def _is_in(name: str, things: Collection[str], project: str) -> bool:
    if name.startswith("gs://"):
        bucket = name.removeprefix("gs://").partition("/")[0]
        return any(item.partition("/")[0] == f"bucket {bucket}" for item in things)
    owner, dataset, table = name.rsplit(".", 2)
    is_fenced = f"dataset {dataset}" in things or f"table {dataset}.{table}" in things
    return owner == project and is_fenced
