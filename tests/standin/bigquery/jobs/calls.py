"""The REST calls about jobs and queries."""

import uuid
from typing import Any

from tests.standin.bigquery.call import DEFAULT_PAGE, Call, page
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import BigQueryError, invalid
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.sql.results import with_float_seconds
from tests.standin.bigquery.state.job import Job

_QUERY_RESPONSE = "bigquery#queryResponse"
_LONGEST_WAIT_SECONDS = 60
_DEFAULT_WAIT_MS = 10_000
_QUERY_FIELDS = (
    "query",
    "defaultDataset",
    "queryParameters",
    "parameterMode",
    "useQueryCache",
    "useLegacySql",
    "maximumBytesBilled",
    "destinationEncryptionConfiguration",
)


def insert_job(service: Service, call: Call) -> Resource:
    """Answer jobs.insert."""
    return service.jobs.insert(call.project, call.body).shown()


def get_job(service: Service, call: Call) -> Resource:
    """Answer jobs.get."""
    return service.jobs.seen(_job(service, call)).shown()


def _job(service: Service, call: Call) -> Job:
    return service.jobs.get(call.project, call.path["jobId"], call.query.get("location"))


def cancel_job(service: Service, call: Call) -> Resource:
    """Answer jobs.cancel."""
    job = _job(service, call)
    service.jobs.cancel(job)
    return {"kind": "bigquery#jobCancelResponse", "job": job.shown()}


def list_jobs(service: Service, call: Call) -> Resource:
    """Answer jobs.list, with its filters on state and creation time.

    What locations it lacks it says on every page, and is no error (BigQuery REST, JobList.unreachable).
    """
    wanted = call.query.get("stateFilter", "").upper()
    earliest = int(call.query.get("minCreationTime") or 0)
    latest = int(call.query.get("maxCreationTime") or 2**63)
    lost = service.settings.unreachable
    items = [
        _listed(job)
        for job in service.jobs.resources(call.project)
        if (not wanted or job["status"]["state"] in wanted.split(","))
        and earliest <= int(job["statistics"]["creationTime"]) <= latest
        and job["jobReference"].get("location") not in lost
    ]
    more = {"unreachable": list(lost)} if lost else {}
    return page(call, items, "jobs", kind="bigquery#jobList") | more


def _listed(job: Resource) -> Resource:
    shown = {
        key: job[key]
        for key in ("id", "jobReference", "configuration", "statistics", "status", "user_email")
    }
    failure = job["status"].get("errorResult")
    return {
        "kind": "bigquery#job",
        "state": job["status"]["state"],
        **shown,
        **({"errorResult": failure} if failure else {}),
    }


def query(service: Service, call: Call) -> Resource:
    """Answer jobs.query: run a query and wait for it."""
    body = call.body
    configuration: Resource = {
        "query": {key: body[key] for key in _QUERY_FIELDS if key in body},
        "labels": body.get("labels", {}),
        "dryRun": bool(body.get("dryRun")),
    }
    # The same request id means the same request, whose first answer may have been lost.
    request_id = body.get("requestId")
    job_id = f"request_{request_id}" if request_id else f"job_{uuid.uuid4().hex}"
    reference = {"jobId": job_id, "location": body.get("location")}
    wanted = {"jobReference": reference, "configuration": configuration}
    try:
        job = service.jobs.insert(call.project, wanted)
    except BigQueryError as error:
        if error.reason != "duplicate":
            raise
        location = body.get("location") or service.settings.location
        job = service.jobs.get(call.project, job_id, location)
    job.finished.wait(_wait_seconds(body.get("timeoutMs")))
    return _answer(service, job, call, dict(body), kind=_QUERY_RESPONSE)


def get_query_results(service: Service, call: Call) -> Resource:
    """Answer jobs.getQueryResults."""
    job = _job(service, call)
    job.finished.wait(_wait_seconds(call.query.get("timeoutMs")))
    options = {"formatOptions": {"useInt64Timestamp": call.flag("formatOptions.useInt64Timestamp")}}
    return _answer(
        service, job, call, {**call.query, **options}, kind="bigquery#getQueryResultsResponse"
    )


def _wait_seconds(milliseconds: Any) -> float:  # noqa: ANN401 - text or number
    wanted = _DEFAULT_WAIT_MS if milliseconds is None else int(milliseconds)
    return min(wanted / 1000, _LONGEST_WAIT_SECONDS)


def _answer(
    service: Service, job: Job, call: Call, options: dict[str, Any], *, kind: str
) -> Resource:
    answer: Resource = {
        "kind": kind,
        "jobReference": job.resource["jobReference"],
        "jobComplete": job.state == "DONE",
    }
    if job.state != "DONE":
        return answer
    if job.error is not None:
        raise BigQueryError(job.error["reason"], job.error["message"])
    statistics = job.statistics.get("query", {})
    fields: list[Field] = statistics.get("schema", {}).get("fields", [])
    answer |= {
        "totalBytesProcessed": statistics.get("totalBytesProcessed", "0"),
        "cacheHit": False,
        "totalRows": statistics.get("totalRows", "0"),
    }
    if "schema" in statistics:
        answer["schema"] = statistics["schema"]
    if "numDmlAffectedRows" in statistics:
        answer["numDmlAffectedRows"] = statistics["numDmlAffectedRows"]
        if kind == _QUERY_RESPONSE:
            answer["dmlStats"] = statistics["dmlStats"]
    del call
    return answer | _page(service, job, fields, options)


def _page(service: Service, job: Job, fields: list[Field], options: dict[str, Any]) -> Resource:
    total = int(job.statistics.get("query", {}).get("totalRows", 0))
    token = options.get("pageToken")
    if token and not str(token).isdigit():
        raise invalid("Invalid page token.")
    start = int(token or options.get("startIndex") or 0)
    wanted = options.get("maxResults")
    size = DEFAULT_PAGE if wanted is None else min(int(wanted), DEFAULT_PAGE)
    rows = service.rows.get(job.key, start, size) if size else []
    whole = (options.get("formatOptions") or {}).get("useInt64Timestamp")
    if not whole:
        rows = [with_float_seconds(row, fields) for row in rows]
    found: Resource = {"rows": rows} if rows else {}
    if size and start + size < total:
        found["pageToken"] = str(start + size)
    return found
