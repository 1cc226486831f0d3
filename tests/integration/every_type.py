"""One resource of every type of the table, made through its API, lost, and looked at again."""

import base64
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from manifests.kinds.resources.table import TYPES, resource_type
from manifests.kinds.resources.types import ResourceType
from tests.harness import LOCATION, Rebound, make_rebound
from tests.integration import lake
from tests.integration.configuration import call, enable, states
from tests.judges.resource_fields import output_only
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.projects import project_number
from tests.standin.seed.control_plane import ControlPlane, make_function

IMAGE = {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}
ACCOUNT = "runner"
VALUE = "hunter2-dos"
FUTURE = "futureField"
_APIS = (
    *("artifactregistry", "bigqueryconnection", "bigquerydatatransfer", "cloudbuild"),
    *("cloudfunctions", "cloudscheduler", "eventarc", "iam", "pubsub", "run", "secretmanager"),
    *("workflows", "cloudresourcemanager", "logging", "monitoring"),
)
_EXTRA = "cloudasset.googleapis.com"
_OWN_FIELDS = {"etag", "name", "state", "uniqueId", "oauth2ClientId"}
"""What a service gives each new one, or a pause changes: a thaw is looked at by itself."""
_NAMED_ANEW = {
    "bigquery/connection": {"serviceAccountId"},
    "functions/function": {"source", "sourceProvenance", "revision"},
    "eventarc/trigger": {"transport"},
    "monitoring/alert-policy": {"name"},
}
"""Fields below others of which each new one has its own."""


def bodies(project: str) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """Return the id and the body of one resource of each type that its API makes from a body."""
    topic = f"projects/{project}/topics/done"
    filters = [
        {"attribute": "type", "value": "google.cloud.audit.log.v1.written"},
        {"attribute": "serviceName", "value": "bigquery.googleapis.com"},
    ]
    steps = "main:\n  steps:\n  - done:\n      return: ü\n"
    schema = '{"type":"record","name":"Done","fields":[{"name":"day","type":"string"}]}'
    threshold = {
        "filter": 'metric.type="run.googleapis.com/request_count" '
        'AND resource.type="cloud_run_revision"',
        "comparison": "COMPARISON_GT",
        "duration": "0s",
        "thresholdValue": 5,
    }
    return {
        "iam/role": (
            "deployer",
            {"title": "Ausroller", "stage": "GA", "includedPermissions": ["run.services.get"]},
        ),
        "iam/service-account": (ACCOUNT, {"displayName": "Läufer"}),
        "secretmanager/secret": (
            "slack",
            {"replication": {"automatic": {}}, "labels": {"team": "data"}},
        ),
        "bigquery/connection": ("models", {"cloudResource": {}, "friendlyName": "Modelle"}),
        "pubsub/schema": ("done", {"type": "AVRO", "definition": schema}),
        "pubsub/topic": ("done", {"labels": {"a": "b"}, "messageRetentionDuration": "600s"}),
        "run/service": ("loader", {"template": IMAGE, "labels": {"a": "b"}}),
        "run/job": ("backfill", {"template": {"taskCount": 3, "template": IMAGE}}),
        "pubsub/subscription": (
            "done-sub",
            {"topic": topic, "ackDeadlineSeconds": 77, "filter": 'attributes.phase = "0"'},
        ),
        "run/worker-pool": ("puller", {"template": IMAGE, "labels": {"c": "d"}}),
        "workflows/workflow": ("nightly", {"sourceContents": steps, "labels": {"a": "b"}}),
        "eventarc/trigger": (
            "written",
            {
                "eventFilters": filters,
                "destination": {"cloudRun": {"service": "loader", "region": LOCATION}},
                "labels": {"a": "b"},
            },
        ),
        "storage/notification": (
            "",
            {
                "topic": f"//pubsub.googleapis.com/{topic}",
                "payload_format": "JSON_API_V1",
                "object_name_prefix": "out/",
            },
        ),
        "logging/sink": (
            "errors",
            {
                "name": "errors",
                "destination": f"storage.googleapis.com/{bucket(project)}",
                "filter": "severity>=ERROR",
                "exclusions": [{"name": "noise", "filter": 'textPayload:"retrying"'}],
            },
        ),
        "logging/metric": (
            "failures",
            {
                "name": "failures",
                "filter": 'jsonPayload.status="failed"',
                "labelExtractors": {"processor": "EXTRACT(jsonPayload.processor)"},
                "metricDescriptor": {"labels": [{"key": "processor"}]},
            },
        ),
        "monitoring/channel": (
            "",
            {"type": "email", "displayName": "Bereitschaft", "labels": {"email_address": "a@b.c"}},
        ),
        "monitoring/alert-policy": (
            "",
            {
                "displayName": "Läuft nicht",
                "combiner": "OR",
                "conditions": [{"displayName": "errors", "conditionThreshold": threshold}],
                "enabled": False,
            },
        ),
        "monitoring/dashboard": ("", {"displayName": "Pipeline", "gridLayout": {"columns": "2"}}),
        "bigquery/transfer": (
            "",
            {
                "dataSourceId": "scheduled_query",
                "displayName": "totals",
                "schedule": "every day 11:00",
                "destinationDatasetId": "lake",
                "params": {"query": "SELECT 1 AS one"},
            },
        ),
        "scheduler/job": (
            "hourly",
            {
                "name": f"projects/{project}/locations/{LOCATION}/jobs/hourly",
                "schedule": "0 6 * * *",
                "timeZone": "America/New_York",
                # No client knows it.
                FUTURE: "kept",
                "httpTarget": {"uri": "https://loader.example/?a=b&c=ü", "httpMethod": "POST"},
            },
        ),
    }


BUILT = f"{LOCATION}-docker.pkg.dev/{{project}}/gcf-artifacts/alert"
"""The image that the function is built into."""


def bucket(project: str) -> str:
    """Return the bucket that tells a topic of its objects."""
    return f"{project}-told"


def path_of(kind: ResourceType, project: str) -> str:
    """Return the path of the list of a type."""
    place = bucket(project) if kind.name == "storage/notification" else LOCATION
    return f"{kind.host}/{kind.version}/" + kind.collection.format(project=project, location=place)


def make(rebound: Rebound) -> None:
    """Make one resource of each type, in the order of the table."""
    project = rebound.project
    enable(rebound, *(f"{name}.googleapis.com" for name in _APIS), _EXTRA)
    rebound.storage_client.create_bucket(bucket(project), location=LOCATION)
    made = bodies(project)
    for kind in TYPES:
        path = path_of(kind, project)
        if kind.name == "functions/function":
            _make_function(project)
        elif kind.name in made:
            name, body = made[kind.name]
            _make(rebound, kind, path, name, dict(body))
        if kind.name == "pubsub/topic":
            agent = f"service-{project_number(project)}@gs-project-accounts.iam.gserviceaccount.com"
            told = {"role": "roles/pubsub.publisher", "members": [f"serviceAccount:{agent}"]}
            call(rebound, "POST", f"{path}/done:setIamPolicy", {"policy": {"bindings": [told]}})
    member = f"serviceAccount:{ACCOUNT}@{project}.iam.gserviceaccount.com"
    policy = {"bindings": [{"role": "roles/bigquery.user", "members": [member]}]}
    call(rebound, "POST", f"{_policy(project)}:setIamPolicy", {"policy": policy})
    secret = f"{path_of(resource_type('secretmanager/secret'), project)}/slack"
    for text in (VALUE, f"{VALUE}-old"):
        payload = {"payload": {"data": base64.b64encode(text.encode()).decode()}}
        call(rebound, "POST", f"{secret}:addVersion", payload)
    call(rebound, "POST", f"{secret}/versions/2:disable", {})


def _make(rebound: Rebound, kind: ResourceType, path: str, name: str, body: dict[str, Any]) -> None:
    if kind.naming == "path":
        call(rebound, "PUT", f"{path}/{name}", body)
    elif kind.wrapper:
        call(rebound, "POST", path, {kind.parameter: name, kind.wrapper: body})
    else:
        query = {kind.parameter: name} if kind.parameter and name else {}
        call(rebound, "POST", path, body, **query)


def _make_function(project: str) -> None:
    plane = ControlPlane(project)
    build = {"runtime": "python311", "entryPoint": "main"}
    make_function(plane, {"id": "alert", "buildConfig": build, "labels": {"a": "b"}})
    plane.close()


def _policy(project: str) -> str:
    return f"cloudresourcemanager.googleapis.com/v3/projects/{project}"


def lose(rebound: Rebound) -> None:
    """Delete one resource of each type, those that need others first."""
    project = rebound.project
    call(rebound, "POST", f"{_policy(project)}:setIamPolicy", {"policy": {}})
    for kind in reversed(TYPES):
        path = path_of(kind, project)
        if kind.name == "serviceusage/service":
            call(rebound, "POST", f"{path}/{_EXTRA}:disable", {})
        elif kind.name != "cloudresourcemanager/project":
            for item in _listed(rebound, kind):
                name = str(item[kind.identifier]).rpartition("/")[2]
                call(rebound, "DELETE", f"{path}/{name}")


def _listed(rebound: Rebound, kind: ResourceType) -> list[dict[str, Any]]:
    """Return what of a type this platform made itself, as its list has it."""
    query = {"pageSize": "100"} if kind.is_paged else {}
    found = call(rebound, "GET", path_of(kind, rebound.project), **query).get(kind.items, [])
    return [item for item in found if not (_is_made(item) or kind.is_absent(item))]


def _is_made(item: Mapping[str, Any]) -> bool:
    """Whether another resource makes it, as a function its service and a trigger its subscription."""
    own = str(item.get("name", "")).rpartition("/")[2]
    by_google = own.startswith(("eventarc-", "_")) or own.endswith("-compute@developer")
    is_default = "compute@" in own or "appspot" in own
    return by_google or is_default or "goog-managed-by" in (item.get("labels") or {})


def state(rebound: Rebound, kind: ResourceType) -> list[Any]:
    """Return what somebody set of every resource of a type."""
    if kind.name == "cloudresourcemanager/project":
        found = call(rebound, "POST", f"{_policy(rebound.project)}:getIamPolicy", {})
        return list(found.get("bindings", []))
    if kind.name == "serviceusage/service":
        path = path_of(kind, rebound.project)
        listed = call(rebound, "GET", path, filter="state:ENABLED", pageSize="200")["services"]
        return sorted(item["config"]["name"] for item in listed)
    own = {*(path.partition(".")[0].partition("[")[0] for path in _top(kind)), *_OWN_FIELDS}
    anew = _NAMED_ANEW.get(kind.name, set())
    told = [
        {key: _without(value, anew) for key, value in item.items() if key not in {*own, *anew}}
        for item in _listed(rebound, kind)
    ]
    return sorted((dict(sorted(item.items())) for item in told), key=str)


def _without(value: Any, names: Collection[str]) -> Any:  # noqa: ANN401 - JSON
    """Return what is said below a field, without fields of some names."""
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    return value


def _top(kind: ResourceType) -> list[str]:
    """Return the fields that only Google writes, but for those that are only so in a part."""
    return [path for path in (*output_only()[kind.name], *kind.assigned) if "." not in path]


def build(cloud: Cloud, folder: Path) -> Rebound:
    """Make the platform, with a table beside it and one complete run of both."""
    project = f"every-{time.time_ns()}"
    places = {"storage/notification": [bucket(project)], "eventarc/trigger": ["-"]}
    resources = [
        {"type": kind.name, "locations": places.get(kind.name, [LOCATION])} for kind in TYPES
    ]
    buckets = [{"bucket": bucket(project)}]
    catalog = lake.write_catalog(folder, resources=resources, buckets=buckets)
    rebound = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(rebound)
    field = {"api": "cloudscheduler.v1", "schema": "Job", "field": FUTURE}
    rebound.cloud.order("platform", "fields", **field)
    make(rebound)
    # As a cleanup policy does (Firebase, Manage functions, Clean up deployment artifacts).
    rebound.cloud.order("platform", "images", image=BUILT.format(project=project), is_gone=True)
    with serving(rebound) as function:
        function.complete("whole")
    return rebound


def runs(rebound: Rebound) -> bool:
    """Whether the schedule and the scheduled query run again."""
    transfers = call(rebound, "GET", path_of(resource_type("bigquery/transfer"), rebound.project))
    return states(rebound) == {"hourly": "ENABLED"} and not any(
        item.get("disabled") for item in transfers["transferConfigs"]
    )
