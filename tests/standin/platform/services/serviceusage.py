"""Service Usage: which services a project uses; others refuse its calls."""

from tests.standin.platform import operations
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import PlatformError, invalid
from tests.standin.platform.service import Call, numbered, short
from tests.standin.platform.store import Resource, Store
from tests.standin.projects import project_number

_COLLECTION = "serviceusage.services"
ASSET_TYPE = "serviceusage.googleapis.com/Service"
# Service Usage, Services enabled by default; the rest of what projects like this one use.
ENABLED_AT_FIRST = (
    "analyticshub",
    "apptopology",
    "bigquery",
    "bigqueryconnection",
    "bigquerydatapolicy",
    "bigquerydatatransfer",
    "bigquerymigration",
    "bigqueryreservation",
    "bigquerystorage",
    "cloudapis",
    "cloudtrace",
    "dataform",
    "dataplex",
    "datastore",
    "logging",
    "monitoring",
    "servicemanagement",
    "serviceusage",
    "sql-component",
    "storage",
    "storage-api",
    "storage-component",
)
_OTHERS = (
    "artifactregistry",
    "cloudasset",
    "cloudbuild",
    "cloudfunctions",
    "cloudkms",
    "cloudresourcemanager",
    "cloudscheduler",
    "compute",
    "containerregistry",
    "eventarc",
    "firestore",
    "iam",
    "iamcredentials",
    "pubsub",
    "run",
    "secretmanager",
    "storagetransfer",
    "workflowexecutions",
    "workflows",
)
# Their calls are counted for the project of who calls, which is not the stand-in's to know.
_NEVER_REFUSED = frozenset(
    {"cloudresourcemanager", "iam", "iamcredentials", "logging", "monitoring", "serviceusage"}
)
_DOMAIN = ".googleapis.com"
_MOST_AT_ONCE = 20


def check_enabled(store: Store, host: str, project: str) -> None:
    """Refuse a call of a service that a project does not use.

    Raises:
        PlatformError: It does not.
    """
    if (
        project in ("", "-")
        or host.removesuffix(_DOMAIN) in _NEVER_REFUSED
        or is_enabled(store, project, host)
    ):
        return
    message = (
        f"{host} has not been used in project {project_number(project)} before or it is disabled. "
        "Enable it, then retry."
    )
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"service": host, "consumer": f"projects/{project_number(project)}"},
    }
    raise PlatformError("PERMISSION_DENIED", message, [info])


def is_enabled(store: Store, project: str, service: str) -> bool:
    """Say whether a project uses a service."""
    return _service(store, f"projects/{project}/services/{service}").body["state"] == "ENABLED"


def enabled(store: Store, project: str) -> list[str]:
    """Return the names of the services that a project uses."""
    names = [
        f"projects/{project}/services/{name}{_DOMAIN}" for name in (*ENABLED_AT_FIRST, *_OTHERS)
    ]
    return [name for name in names if _service(store, name).body["state"] == "ENABLED"]


def get(call: Call) -> Body:
    """Answer a service."""
    return _shown(_known(call, call.target))


def list_all(call: Call) -> Body:
    """Answer a page of the services that there are, of one state when it is asked."""
    wanted = call.query.get("filter", "")
    if wanted not in ("", "state:ENABLED", "state:DISABLED"):
        raise invalid(f"Invalid filter: {wanted}")
    size = min(int(call.query.get("pageSize") or 0) or 50, 200)
    names = sorted((*ENABLED_AT_FIRST, *_OTHERS))
    services = [
        _service(call.store, f"{call.target}/services/{name}{_DOMAIN}")
        for name in names
        if f"{name}{_DOMAIN}" > call.query.get("pageToken", "")
    ]
    chosen = [it for it in services if not wanted or it.body["state"] == wanted.partition(":")[2]]
    answer: Body = {}
    if chosen:
        answer["services"] = [_shown(item) for item in chosen[:size]]
    if chosen[size:]:
        answer["nextPageToken"] = short(chosen[size - 1].name)
    return answer


def enable(call: Call) -> Body:
    """Let a project use a service."""
    service = _turned(call, call.target, "ENABLED")
    return operations.begin(
        call, service.name, {"service": _shown(service)}, "EnableServiceResponse"
    )


def disable(call: Call) -> Body:
    """Let a project use a service no more."""
    service = _turned(call, call.target, "DISABLED")
    return operations.begin(
        call, service.name, {"service": _shown(service)}, "DisableServiceResponse"
    )


def batch_enable(call: Call) -> Body:
    """Let a project use up to twenty services."""
    ids = call.body.get("serviceIds", [])
    if not 0 < len(ids) <= _MOST_AT_ONCE:
        raise invalid("A batch has to name between 1 and 20 services.")
    services = [_turned(call, f"{call.target}/services/{it}", "ENABLED") for it in ids]
    answer = {"services": [_shown(item) for item in services]}
    return operations.begin(call, call.target, answer, "BatchEnableServicesResponse")


def batch_get(call: Call) -> Body:
    """Answer the services of these names."""
    return {"services": [_shown(_known(call, name)) for name in call.values("names")]}


def _turned(call: Call, name: str, state: str) -> Resource:
    service = _known(call, name)
    service.body["state"] = state
    call.store.put(service)
    return service


def _known(call: Call, name: str) -> Resource:
    if short(name).removesuffix(_DOMAIN) not in (*ENABLED_AT_FIRST, *_OTHERS):
        message = f"Not found or permission denied for service(s): {short(name)}."
        raise PlatformError("PERMISSION_DENIED", message)
    return _service(call.store, name)


def _service(store: Store, name: str) -> Resource:
    is_used = short(name).removesuffix(_DOMAIN) in ENABLED_AT_FIRST
    unchanged = {"state": "ENABLED" if is_used else "DISABLED"}
    return store.find(_COLLECTION, name) or Resource(_COLLECTION, name, unchanged, {})


def _shown(service: Resource) -> Body:
    name = numbered(service.name)
    return {
        "name": name,
        "parent": name.partition("/services/")[0],
        "config": {"name": short(name)},
        "state": service.body["state"],
    }


COLLECTIONS: tuple[Collection, ...] = ()
HANDLERS: dict[str, Handler] = {
    "serviceusage.services.get": get,
    "serviceusage.services.list": list_all,
    "serviceusage.services.enable": enable,
    "serviceusage.services.disable": disable,
    "serviceusage.services.batchEnable": batch_enable,
    "serviceusage.services.batchGet": batch_get,
}
