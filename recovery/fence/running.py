"""Which executions that run now may write to what is fenced. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from manifests.values import Resource

_READS = ("SELECT", "ASSERT", "EXPLAIN")
_EXPORTS = "EXPORT_DATA"
_RESULTS = "_"
"""The id of a dataset of results, which BigQuery makes itself, begins so (BigQuery, Cached results)."""
ACTIVE = ("ACTIVE", "QUEUED")
"""Workflow Executions REST, Execution.State: those that have not ended."""


class Running(NamedTuple):
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


def has_ended(execution: Resource) -> bool:
    """Whether an execution of a job of Cloud Run has ended (Cloud Run REST v2, completionTime)."""
    return bool(execution.get("completionTime"))


def may_write(job: QueryJob, things: Collection[str], project: str) -> bool:
    """Whether a job may write to anything of what is fenced; one of which nobody knows it may.

    A script writes what its statements say, and tells of none that comes.

    Args:
        job: The job.
        things: As `dataset nba_raw`, `table nba_raw.games` or `bucket lake`.
        project: Where they are.
    """
    if job.statement in _READS:
        return False
    into = [name for name in job.into if not _is_of_results(name)]
    if into:
        return any(_is_in(name, things, project) for name in into)
    if job.sort == "query" and job.statement == _EXPORTS:
        return any(item.startswith("bucket ") for item in things)
    return any(item.startswith(("dataset ", "table ")) for item in things)


def named(running: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Return what is left of what runs, or is unknown, without what patterns name."""
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
    owner, dataset, table = name.split(".", 2)
    is_fenced = f"dataset {dataset}" in things or f"table {dataset}.{table}" in things
    return owner == project and is_fenced
