"""Cloud Logging: sinks, of which two are always there, and metrics."""

import re

from tests.standin.platform import logs
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import PlatformError, invalid
from tests.standin.platform.service import Call, short
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_DESTINATION = re.compile(r"(storage|bigquery|pubsub|logging)\.googleapis\.com/.+")
_LOG_NAME = re.compile(r"projects/([^/]+)/logs/[^/]+")
_PAGE, _MOST_PAGE = 50, 1000
_INDEXED = re.compile(r"\b(logName|resource\.type)\b")
_REQUIRED, _DEFAULT = "_Required", "_Default"


def _sink(call: Call, name: str, body: Body) -> Body:
    if not _DESTINATION.fullmatch(body["destination"]):
        raise invalid(f"The destination of a sink is malformed: {body['destination']}")
    number = project_number(call.project)
    writer = f"serviceAccount:service-{number}@gcp-sa-logging.iam.gserviceaccount.com"
    made = {"resourceName": f"projects/{call.project}/sinks/{short(name)}"}
    if not body["destination"].endswith((_REQUIRED, _DEFAULT)):
        made["writerIdentity"] = writer
    return body | made


def _changed_sink(call: Call, before: Resource, after: Body) -> Body:
    if short(before.name) == _REQUIRED:
        raise PlatformError("PERMISSION_DENIED", "The sink _Required cannot be changed.")
    return _sink(call, before.name, after)


def _gone_sink(_: Call, sink: Resource) -> None:
    if short(sink.name) in (_REQUIRED, _DEFAULT):
        raise invalid(f"The sink {short(sink.name)} cannot be deleted.")


def _first_sinks(call: Call) -> None:
    """Make the sinks that every project has (Cloud Logging, Routing and storage overview)."""
    project = f"projects/{call.project}"
    if call.store.find(SINKS.id, f"{project}/sinks/{_REQUIRED}") is not None:
        return
    for name in (_REQUIRED, _DEFAULT):
        bucket = f"logging.googleapis.com/{project}/locations/global/buckets/{name}"
        body = {"destination": bucket, "filter": f'LOG_ID("of {name}")'}
        full = f"{project}/sinks/{name}"
        call.store.put(Resource(SINKS.id, full, _sink(call, full, body), {}))


def _metric(call: Call, name: str, body: Body) -> Body:
    kind = f"logging.googleapis.com/user/{short(name)}"
    descriptor = {"metricKind": "DELTA", "valueType": "INT64", "unit": "1"}
    descriptor |= body.get("metricDescriptor", {})
    described = {"name": f"projects/{call.project}/metricDescriptors/{kind}", "type": kind}
    return {"version": "V2"} | body | {
        "metricDescriptor": descriptor | described,
        "resourceName": f"projects/{call.project}/metrics/{short(name)}",
    }  # fmt: skip


def _changed_metric(call: Call, before: Resource, after: Body) -> Body:
    return _metric(call, before.name, after)


def list_entries(call: Call) -> Body:
    """Answer a page of the entries that a filter passes."""
    projects = [name.removeprefix("projects/") for name in call.body.get("resourceNames", [])]
    if not projects:
        raise invalid("The resource names are missing.")
    is_newest_first = call.body.get("orderBy", "") == "timestamp desc"
    text = call.body.get("filter", "")
    entries = logs.found(call.service, projects, text, is_newest_first=is_newest_first)
    if not call.body.get("pageToken") and not _INDEXED.search(text):
        # A search of every log takes time (Logging REST, ListLogEntriesResponse.nextPageToken).
        return {"nextPageToken": "0"}
    begin = int(call.body.get("pageToken") or 0)
    end = begin + min(int(call.body.get("pageSize") or _PAGE), _MOST_PAGE)
    answer: Body = {"entries": entries[begin:end]} if entries[begin:end] else {}
    return answer | ({"nextPageToken": str(end)} if entries[end:] else {})


def write_entries(call: Call) -> Body:
    """Keep entries."""
    shared = {key: call.body[key] for key in ("logName", "resource", "labels") if key in call.body}
    for entry in call.body.get("entries", []):
        whole = shared | entry
        found = _LOG_NAME.fullmatch(whole.get("logName", ""))
        if found is None:
            raise invalid("The name of a log has to be projects/PROJECT_ID/logs/LOG_ID.")
        logs.write(call.service, found[1], whole)
    return {}


SINKS = Collection(
    id="logging.projects.sinks",
    ids=re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"),
    required=("destination",),
    is_short=True,
    asset_type="logging.googleapis.com/LogSink",
    at_first=_first_sinks,
    born=_sink,
    changed=_changed_sink,
    gone=_gone_sink,
)
METRICS = Collection(
    id="logging.projects.metrics",
    ids=re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+!*'()-]{0,99}"),
    required=("filter",),
    is_short=True,
    asset_type="logging.googleapis.com/LogMetric",
    born=_metric,
    changed=_changed_metric,
)
COLLECTIONS = (SINKS, METRICS)
HANDLERS: dict[str, Handler] = {
    "logging.entries.list": list_entries,
    "logging.entries.write": write_entries,
}
