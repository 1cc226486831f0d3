"""Cloud Run: services, jobs and worker pools, with what it makes of a template."""

import re
import uuid
import zlib
from collections.abc import Iterator
from datetime import datetime

from tests.standin.platform import jobs, operations
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import shown
from tests.standin.platform.errors import PlatformError, invalid
from tests.standin.platform.service import Call, default_account, short
from tests.standin.platform.services.artifactregistry import has_image
from tests.standin.platform.services.secretmanager import has_version
from tests.standin.platform.services.serviceusage import check_enabled
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_IDS = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_PAGE = 100
_LIMITS = {"memory": "512Mi", "cpu": "1000m"}


def _id(call: Call, _: Body) -> str:
    ids = ("serviceId", "jobId", "workerPoolId")
    asked = next((call.query[name] for name in ids if call.query.get(name)), None)
    return asked or f"{call.route.collection.rpartition('.')[2]}-{uuid.uuid4().hex[:8]}"


def of_template(call: Call, name: str, body: Body, generation: int) -> Body:
    """Return a service with everything that Cloud Run makes of its template."""
    template = {"timeout": "300s", "maxInstanceRequestConcurrency": 80} | body["template"]
    template["scaling"] = {"maxInstanceCount": 100} | template.get("scaling", {})
    template = _instances(call, template)
    for container in template["containers"]:
        container.setdefault("ports", [{"name": "http1", "containerPort": 8080}])
    settings = {
        "ingress": "INGRESS_TRAFFIC_ALL",
        "launchStage": "GA",
        "traffic": [{"type": _LATEST, "percent": 100}],
    }
    urls = _urls(call, short(name))
    made = {"template": template, "uri": urls[-1], "urls": urls}
    return settings | body | made | _current(call, name, body, generation)


def _service(call: Call, name: str, body: Body) -> Body:
    return of_template(call, name, body, 1)


def _changed_service(call: Call, before: Resource, after: Body) -> Body:
    generation = int(before.body["generation"]) + 1
    return of_template(call, before.name, after, generation)


def _job(call: Call, _: str, body: Body) -> Body:
    return _job_of(call, body, 1)


def _job_of(call: Call, body: Body, generation: int) -> Body:
    tasks = {"maxRetries": 3, "timeout": "600s"} | body["template"].get("template", {})
    template = {"taskCount": 1} | body["template"] | {"template": _instances(call, tasks)}
    return {"launchStage": "GA"} | body | {"template": template} | _state(call, generation)


def _changed_job(call: Call, before: Resource, after: Body) -> Body:
    return _job_of(call, after, int(before.body["generation"]) + 1)


def _pool(call: Call, name: str, body: Body) -> Body:
    return _pool_of(call, name, body, 1)


def _pool_of(call: Call, name: str, body: Body, generation: int) -> Body:
    template = _instances(call, body["template"])
    # Of a worker pool there is no choice of these.
    del template["executionEnvironment"]
    scaling = {"manualInstanceCount": 1} | body.get("scaling", {})
    made = {"template": template, "scaling": scaling, "launchStage": "GA"}
    current = _current(call, name, body, generation)
    current.pop("trafficStatuses")
    return body | made | current


def _changed_pool(call: Call, before: Resource, after: Body) -> Body:
    return _pool_of(call, before.name, after, int(before.body["generation"]) + 1)


def _instances(call: Call, template: Body) -> Body:
    """Return a template with what every container gets, refused when one cannot be there."""
    containers = template.get("containers", [])
    if not containers or any(not container.get("image") for container in containers):
        raise invalid("A template has to have a container with an image.")
    account = template.get("serviceAccount") or default_account(call.project)
    if account.endswith(f"@{call.project}.iam.gserviceaccount.com"):
        name = f"projects/{call.project}/serviceAccounts/{account}"
        if call.store.find("iam.projects.serviceAccounts", name) is None:
            raise invalid(f"Service account {account} does not exist.")
    for container in containers:
        resources = container.get("resources", {})
        limits = _LIMITS | resources.get("limits", {})
        container["resources"] = resources | {"limits": limits}
    return template | {"serviceAccount": account, "executionEnvironment": _environment(template)}


def _environment(template: Body) -> str:
    return str(template.get("executionEnvironment") or "EXECUTION_ENVIRONMENT_GEN2")


def _urls(call: Call, service: str) -> list[str]:
    """Return where a service answers; the address cannot be known before it is made."""
    number = project_number(call.project)
    digest = zlib.crc32(f"{call.project} {call.location}".encode())
    return [
        f"https://{service}-{number}.{call.location}.run.app",
        f"https://{service}-{digest:08x}-{call.location[:2]}.a.run.app",
    ]


def _current(call: Call, name: str, body: Body, generation: int) -> Body:
    revision = f"{name}/revisions/{short(name)}-{generation:05}-{uuid.uuid4().hex[:3]}"
    made = {"latestReadyRevision": revision, "latestCreatedRevision": revision}
    traffic = body.get("traffic") or [{"type": _LATEST, "percent": 100}]
    return _state(call, generation) | made | {"trafficStatuses": traffic}


def _failure(call: Call, resource: Resource) -> PlatformError | None:
    """Return how a revision ends whose image, or a secret's value, is not there."""
    template = resource.body["template"]
    containers = template.get("template", template)["containers"]
    missing = [it["image"] for it in containers if not has_image(call.store, it["image"])]
    lacking = [name for name in _secrets(call, containers) if not has_version(call.store, name)]
    if not (missing or lacking):
        return None
    message = (
        f"Image '{missing[0]}' not found." if missing else f"Secret {lacking[0]} was not found"
    )
    failed = {"state": "CONDITION_FAILED", "reason": "CONTAINER_MISSING", "message": message}
    resource.body["terminalCondition"] |= failed
    call.store.put(resource)
    return PlatformError("NOT_FOUND", message)


def _secrets(call: Call, containers: list[Body]) -> Iterator[str]:
    """Yield the versions of secrets that containers have in their environment."""
    for container in containers:
        for variable in container.get("env", []):
            if key := variable.get("valueSource", {}).get("secretKeyRef"):
                secret = key["secret"]
                _, project, *_ = secret.split("/") if "/" in secret else ("", call.project)
                owner = call.store.project_of(project) or project
                full = f"projects/{owner}/secrets/{short(secret)}"
                yield f"{full}/versions/{key.get('version', 'latest')}"


def _state(call: Call, generation: int) -> Body:
    ready = {
        "type": "Ready",
        "state": "CONDITION_SUCCEEDED",
        "lastTransitionTime": call.service.now_text,
    }
    return {
        "generation": str(generation),
        "observedGeneration": str(generation),
        "creator": "operator@example.com",
        "lastModifier": "operator@example.com",
        "terminalCondition": ready,
    }


def run_job(call: Call) -> Body:
    """Begin an execution of a job; the operation is done when the execution is."""
    execution = jobs.run_job(call.service, call.target)
    body = shown(call, EXECUTIONS, execution)
    return operations.begin(call, execution.name, body, "Execution", is_open=True)


def list_everywhere(call: Call) -> Body:
    """Answer a page of the executions of all jobs of all regions, the newest first.

    Cloud Run REST v1, namespaces.executions.list; without a region the address lists, and does nothing else
    (Cloud Run, Service endpoints).
    """
    project = call.store.project_of(short(call.target)) or short(call.target)
    check_enabled(call.store, call.api.host, project)
    missing: list[str] = call.store.setting("unreachable", [])
    held = call.store.below(jobs.EXECUTIONS, f"projects/{project}/locations/")
    found = [item for item in held if _place(item) not in missing]
    found.sort(key=lambda item: datetime.fromisoformat(item.body["createTime"]), reverse=True)
    begin = int(call.query.get("continue") or 0)
    end = begin + min(int(call.query.get("limit") or _PAGE), call.store.setting("pages", _PAGE))
    listed: Body = {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "ExecutionsList",
        "items": [_of_namespace(project, item) for item in found[begin:end]],
        "metadata": {"continue": str(end)} if found[end:] else {},
    }
    return listed | ({"unreachable": missing} if missing else {})


def _place(execution: Resource) -> str:
    return execution.name.split("/")[3]


def _of_namespace(project: str, execution: Resource) -> Body:
    """Return an execution as a list of all regions shows it."""
    body = execution.body
    labels = {
        "run.googleapis.com/job": body["job"],
        "cloud.googleapis.com/location": _place(execution),
    }
    counts = ("runningCount", "succeededCount", "failedCount", "startTime", "completionTime")
    return {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "Execution",
        "metadata": {
            "name": short(execution.name),
            "namespace": project,
            "uid": body["uid"],
            "labels": labels,
            "creationTimestamp": body["createTime"],
        },
        "status": {key: body[key] for key in counts if key in body},
    }


SERVICES = Collection(
    id="run.projects.locations.services",
    ids=_IDS,
    new_id=_id,
    required=("template",),
    asset_type="run.googleapis.com/Service",
    failure=_failure,
    born=_service,
    changed=_changed_service,
)
JOBS = Collection(
    id="run.projects.locations.jobs",
    ids=_IDS,
    new_id=_id,
    required=("template.template",),
    asset_type="run.googleapis.com/Job",
    failure=_failure,
    born=_job,
    changed=_changed_job,
)
WORKER_POOLS = Collection(
    id="run.projects.locations.workerPools",
    ids=_IDS,
    new_id=_id,
    required=("template",),
    asset_type="run.googleapis.com/WorkerPool",
    failure=_failure,
    born=_pool,
    changed=_changed_pool,
)
EXECUTIONS = Collection(
    id=jobs.EXECUTIONS, spans_parents=True, asset_type="run.googleapis.com/Execution"
)
COLLECTIONS = (SERVICES, JOBS, WORKER_POOLS, EXECUTIONS)
HANDLERS: dict[str, Handler] = {
    f"{JOBS.id}.run": run_job,
    "run.namespaces.executions.list": list_everywhere,
}
