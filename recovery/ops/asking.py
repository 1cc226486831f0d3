"""Asking BigQuery a monitoring query, with a bound on what it may cost."""

from collections.abc import Mapping
from typing import Any

from google.cloud import bigquery

from manifests.cloud.jobs import Job, Jobs
from manifests.cloud.retry import calling, cloud_errors
from manifests.errors import CloudError
from recovery.ops.facts import QueryResult
from recovery.ops.histories import definitions
from recovery.ops.monitoring import MonitoringQuery, Said

_LIMIT = "bytesBilledLimitExceeded"
_TICK = "the function `tick` writes the history each hour: `rebound doctor` says whether it runs"


def ask(
    jobs: Jobs,
    query: MonitoringQuery,
    values: Mapping[str, Said],
    *,
    call_id: str,
    most_bytes: int,
    landing: str,
) -> QueryResult:
    """Ask one query and return all its rows.

    Args:
        jobs: Where it runs.
        query: The query.
        values: The value of each parameter.
        call_id: What identifies this call of the command.
        most_bytes: BigQuery refuses to run it when it would bill more bytes (BigQuery REST,
            JobConfigurationQuery.maximumBytesBilled).
        landing: The landing bucket, where the histories of backups and drills are.

    Raises:
        CloudError: BigQuery refused it, or was unavailable.
    """
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter(item.name, item.kind, values[item.name])
            for item in query.parameters
        ],
        maximum_bytes_billed=most_bytes,
    )
    if query.histories:
        config.table_definitions = {
            name: bigquery.ExternalConfig.from_api_repr(found)
            for name, found in definitions(query.histories, landing).items()
        }
    try:
        job = jobs.run(
            f"rebound-ops-{call_id}-{query.name}",
            lambda job_id, _: jobs.client.query(
                query.sql,
                job_config=config,
                job_id=job_id,
                location=jobs.location,
                retry=None,  # type: ignore[arg-type]  # None is accepted: no retry of Google's own
                job_retry=None,
            ),
            subject=query.name,
        ).job
    except CloudError as error:
        if _LIMIT in error.message:
            error.hint = "`--most-mib` allows more"
        elif query.histories and not error.hint:
            error.hint = _TICK
        raise
    with cloud_errors(query.name):
        columns, rows = calling(lambda: _all_rows(job))
    return QueryResult(
        columns=columns,
        rows=rows,
        processed_bytes=job.total_bytes_processed or 0,
        billed_bytes=job.total_bytes_billed or 0,
        most_bytes=most_bytes,
    )


def _all_rows(job: Job) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Return the names of the columns, and all rows: each page can be lost."""
    found = job.result(retry=None, job_retry=None)
    rows = tuple(tuple(row.values()) for row in found)
    return tuple(field.name for field in found.schema), rows
