"""One job: its resource, and what a running job shares with whoever asks about it."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.measures import etag_of
from tests.standin.bigquery.errors import BigQueryError

type JobKey = tuple[str, str, str]

KINDS = ("query", "load", "extract", "copy")


@dataclass(kw_only=True)
class Job:
    """One job.

    Attributes:
        key: project, location in lower case, id.
        resource: The REST resource, without its state.
        state: PENDING, RUNNING or DONE.
        error: Why it failed.
        media: The uploaded file of a load.
        cancelled: Set when somebody wants it to stop.
        finished: Set when it is done.
        connection: Where its statements run, to interrupt them.
    """

    key: JobKey
    resource: Resource
    state: str = "PENDING"
    error: Resource | None = None
    media: bytes | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    connection: duckdb.DuckDBPyConnection | None = None

    @property
    def project(self) -> str:
        """The project the job belongs to."""
        return self.key[0]

    @property
    def job_id(self) -> str:
        """The job's own id."""
        return self.key[2]

    @property
    def location(self) -> str:
        """Where the job runs."""
        return str(self.resource["jobReference"]["location"])

    @property
    def kind(self) -> str:
        """Return query, load, extract or copy."""
        return next(kind for kind in KINDS if kind in self.resource["configuration"])

    @property
    def configuration(self) -> Resource:
        """The part of the configuration that is the kind's own."""
        found: Resource = self.resource["configuration"][self.kind]
        return found

    @property
    def statistics(self) -> Resource:
        """The statistics, to be added to."""
        found: Resource = self.resource["statistics"]
        return found

    def check_cancelled(self) -> None:
        """Stop when somebody wants it.

        Raises:
            BigQueryError: Somebody does.
        """
        if self.cancelled.is_set():
            raise BigQueryError("stopped", "Job execution was cancelled: User requested")

    def shown(self) -> Resource:
        """Return the REST resource."""
        status: Resource = {"state": self.state}
        if self.error is not None:
            status |= {"errorResult": self.error, "errors": [self.error]}
        return {
            **self.resource,
            "etag": etag_of(self.key, self.state, self.error),
            "status": status,
            "statistics": self._shown_statistics(),
        }

    def _shown_statistics(self) -> Resource:
        shown = dict(self.statistics)
        if "query" in shown:
            # How many rows there are is told with the rows, and not here.
            query = shown["query"].items()
            shown["query"] = {name: value for name, value in query if name != "totalRows"}
        return shown


def new_job(
    key: JobKey, location: str, configuration: Resource, kind: str, *, created_ms: str
) -> Job:
    """Return a job that nobody has run yet."""
    project, _, job_id = key
    if parameters := configuration.get("query", {}).get("queryParameters"):
        told = [
            {**item, "parameterValue": _as_texts(item.get("parameterValue") or {})}
            for item in parameters
        ]
        configuration = {
            **configuration,
            "query": {**configuration["query"], "queryParameters": told},
        }
    resource: dict[str, Any] = {
        "kind": "bigquery#job",
        "id": f"{project}:{location}.{job_id}",
        "selfLink": f"/bigquery/v2/projects/{project}/jobs/{job_id}?location={location}",
        "user_email": "stand-in@example.com",
        "jobReference": {"projectId": project, "jobId": job_id, "location": location},
        "configuration": {**configuration, "jobType": kind.upper()},
        "statistics": {"creationTime": created_ms},
    }
    return Job(key=key, resource=resource)


def _as_texts(value: Resource) -> Resource:
    """Return a parameter's value as a job tells it: a simple one is a text, whatever it was sent as.

    BigQuery REST, QueryParameterValue.value.
    """
    # What is NULL has no value: clients send one that is null.
    told = {key: item for key, item in value.items() if item is not None}
    if (simple := told.get("value")) is not None:
        told["value"] = simple if isinstance(simple, str) else json.dumps(simple)
    if items := value.get("arrayValues"):
        told["arrayValues"] = [_as_texts(item) for item in items]
    if members := value.get("structValues"):
        told["structValues"] = {name: _as_texts(item) for name, item in members.items()}
    return told


def stored_job(document: Resource, *, now_ms: str) -> Job:
    """Return a job that was stored; one that had not ended when the server did has failed."""
    reference = document["jobReference"]
    key = (reference["projectId"], reference["location"].lower(), reference["jobId"])
    status = document.pop("status")
    job = Job(key=key, resource=document, state=status["state"], error=status.get("errorResult"))
    if job.state != "DONE":
        job.state = "DONE"
        job.error = BigQueryError(
            "backendError", "The server ended while the job ran. Retrying may solve the problem."
        ).result()
        job.statistics["endTime"] = now_ms
    job.finished.set()
    return job
