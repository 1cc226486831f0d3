"""Query jobs."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import BigQueryError, invalid
from tests.standin.bigquery.googlesql.judge import check_types
from tests.standin.bigquery.jobs.destination import Rows, changes_of, key_of, write_rows
from tests.standin.bigquery.jobs.external import external_tables
from tests.standin.bigquery.script.execute import run_script
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.results import Described, describe, json_rows
from tests.standin.bigquery.sql.statements import split
from tests.standin.bigquery.sql.translate import to_duckdb
from tests.standin.bigquery.state.job import Job

_LEAST_BILLED_BYTES = 10 * 1024**2
_BILLED_STEP_BYTES = 1024**2


def query_work(service: Service) -> Callable[[Job], None]:
    """Return what does the work of a query job."""

    def work(job: Job) -> None:
        with service.database.reading() as connection, ExitStack() as stack:
            job.connection = connection
            try:
                _run(service, job, stack)
            finally:
                job.connection = None

    return work


def _run(service: Service, job: Job, stack: ExitStack) -> None:
    assert job.connection is not None
    configuration = job.configuration
    if not configuration.get("query"):
        raise invalid("Required parameter is missing: query")
    default = configuration.get("defaultDataset")
    session = Session(
        service=service,
        connection=job.connection,
        project=job.project,
        location=job.location,
        default_dataset=default and (default.get("projectId", job.project), default["datasetId"]),
        parameters=configuration.get("queryParameters") or [],
        external=external_tables(service, job, stack),
    )
    if job.resource["configuration"].get("dryRun"):
        _plan(session, job)
        return
    outcomes = run_script(session, configuration["query"])
    outcome = _result_of(outcomes)
    _describe(session, job, outcome, script=len(outcomes) > 1)
    _check_bill(job)
    with engine_errors():
        _keep(service, session, job, outcome)


def _result_of(outcomes: list[Outcome]) -> Outcome:
    selects = [item for item in outcomes if item.query is not None]
    return selects[-1] if selects else outcomes[-1]


def _describe(session: Session, job: Job, outcome: Outcome, *, script: bool) -> None:
    size = str(_bytes_read(session))
    statistics: Resource = {
        **outcome.as_statistics(),
        "totalBytesProcessed": size,
        "totalBytesBilled": str(_bytes_billed(session)),
        "cacheHit": False,
        "referencedTables": [
            {"projectId": project, "datasetId": dataset_id, "tableId": table_id}
            for project, dataset_id, table_id in dict.fromkeys(session.referenced)
        ],
    }
    if script:
        statistics["statementType"] = "SCRIPT"
    job.statistics["query"] = statistics
    job.statistics["totalBytesProcessed"] = size
    job.statistics.update(_protection(session))


def _protection(session: Session) -> Resource:
    """Say whether anything that was read is protected, whatever this reader may see of it."""
    found = [session.find(key) for key in dict.fromkeys(session.referenced)]
    tables = [entry for entry in found if entry is not None]
    masked = any(session.service.hidden_of(entry).column for entry in tables)
    policies = any(entry.policies for entry in tables)
    return {
        "rowLevelSecurityStatistics": {"rowLevelSecurityApplied": policies},
        "dataMaskingStatistics": {"dataMaskingApplied": masked},
    }


def _check_bill(job: Job) -> None:
    """Refuse what would be billed for more than the job allows; a script has done its work by now."""
    most = int(job.configuration.get("maximumBytesBilled") or 0)
    billed = int(job.statistics["query"]["totalBytesBilled"])
    if most and billed > most:
        raise BigQueryError(
            "bytesBilledLimitExceeded",
            f"Query exceeded limit for bytes billed: {most}. {billed} or higher required.",
        )


def _bytes_read(session: Session) -> int:
    return sum(_table_bytes(session))


def _bytes_billed(session: Session) -> int:
    """Return the bytes read of each table, in whole MiB and 10 of them at least (BigQuery, Pricing)."""
    return sum(
        max(_LEAST_BILLED_BYTES, -(-size // _BILLED_STEP_BYTES) * _BILLED_STEP_BYTES)
        for size in _table_bytes(session)
    )


def _table_bytes(session: Session) -> list[int]:
    found = [session.find(key) for key in set(session.referenced)]
    stored = [int(entry.resource.get("numBytes", 0)) for entry in found if entry is not None]
    return stored + [item.size_bytes for item in session.external.values()]


def _keep(service: Service, session: Session, job: Job, outcome: Outcome) -> None:
    """Keep the rows of a SELECT for paging, and in the destination table if one is named."""
    query = outcome.query
    if query is None:
        return
    known = service.answers.of(query.sql, query.table)
    if known is None:
        count = service.rows.put(job.key, json_rows(session.connection, query.sql, query.fields))
        rows = partial(service.rows.get, job.key, 0, count)
        service.answers.keep(query.sql, query.table, count, rows)
    else:
        count = service.rows.put(job.key, known)
    # Replaced, not changed: somebody may be reading the statistics.
    job.statistics["query"] = {
        **job.statistics["query"],
        "schema": {"fields": query.fields},
        "totalRows": str(count),
    }
    if "destinationTable" in job.configuration:
        _write_destination(session, job, query)


def _write_destination(session: Session, job: Job, query: Described) -> None:
    configuration = job.configuration
    key, partition_id = key_of(configuration["destinationTable"])
    rows = Rows(fields=_nullable(query.fields), select=query.typed())
    disposition = configuration.get("writeDisposition") or "WRITE_EMPTY"
    changes = changes_of(configuration["destinationTable"], disposition)
    with session.service.database.writing([key], session.connection, changes) as write:
        write_rows(write, write.table(key), rows, configuration, disposition=disposition)
        session.service.quotas.take_job(write, key, partition_id)


def _nullable(fields: list[Field]) -> list[Field]:
    return [dict(field) for field in fields]


def _plan(session: Session, job: Job) -> None:
    statement = split(job.configuration["query"])[-1]
    check_types(statement.text, session)
    outcome = Outcome(kind=statement.kind)
    if statement.kind == "SELECT" and statement.tree is not None:
        with engine_errors():
            text = to_duckdb(statement.tree.copy(), session)
            outcome.query = describe(session.connection, text)
    _describe(session, job, outcome, script=False)
    if outcome.query is not None:
        schema = {"fields": outcome.query.fields}
        job.statistics["query"] = {**job.statistics["query"], "schema": schema}
