"""Cloud Functions: functions with their sources, each a Cloud Run service as well."""

import re
import uuid

from tests.standin.platform.archives import is_archive
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found
from tests.standin.platform.errors import PlatformError, failed_precondition, invalid
from tests.standin.platform.service import Call, default_account, short
from tests.standin.platform.services import artifactregistry, eventarc, pubsub, run
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_MANAGED = {"goog-managed-by": "cloudfunctions"}
_DEFAULTS = {
    "timeoutSeconds": 60,
    "availableMemory": "256M",
    "availableCpu": "0.1666",
    "maxInstanceCount": 100,
    "maxInstanceRequestConcurrency": 1,
    "ingressSettings": "ALLOW_ALL",
    "allTrafficOnLatestRevision": True,
}


def _born(call: Call, name: str, body: Body) -> Body:
    build = body["buildConfig"]
    source = _taken_source(call, name, build.get("source", {}).get("storageSource", {}))
    settings = _service(call, name, body)
    made = {
        "environment": "GEN_2",
        "state": "ACTIVE",
        "url": settings["uri"],
        "serviceConfig": settings,
        "buildConfig": build | source,
    }
    if "eventTrigger" in body:
        made["eventTrigger"] = _trigger(call, name, body["eventTrigger"], settings)
    return body | made


def _changed(call: Call, before: Resource, after: Body) -> Body:
    if "eventTrigger" in before.body:
        _drop_trigger(call, before)
    if after.get("buildConfig", {}).get("source") == before.body["buildConfig"]["source"]:
        # What was built is built again.
        after["buildConfig"]["sourceProvenance"] = before.body["buildConfig"]["sourceProvenance"]
        after = after | {"serviceConfig": _service(call, before.name, after)}
        if "eventTrigger" in after:
            trigger = _trigger(call, before.name, after["eventTrigger"], after["serviceConfig"])
            after["eventTrigger"] = trigger
        return after | {"state": "ACTIVE", "url": after["serviceConfig"]["uri"]}
    return _born(call, before.name, after)


def _taken_source(call: Call, name: str, source: Body) -> Body:
    """Copy a source to where the service keeps it, and return how the function names it."""
    content = call.service.archives.read(source.get("bucket", ""), source.get("object", ""))
    if content is None:
        raise invalid(f"The source of '{name}' was not found: {source}")
    bucket = f"gcf-v2-sources-{project_number(call.project)}-{call.location}"
    path = f"{short(name)}/function-source.zip"
    call.service.archives.write(bucket, path, content)
    generation = str(call.service.clock.now_micros())
    kept = {"bucket": bucket, "object": path}
    return {
        "source": {"storageSource": kept},
        "sourceProvenance": {"resolvedStorageSource": kept | {"generation": generation}},
    }


def _failure(call: Call, function: Resource) -> PlatformError | None:
    """Return how the build ends when the source is no archive."""
    source = function.body["buildConfig"]["source"]["storageSource"]
    content = call.service.archives.read(source["bucket"], source["object"])
    if content is not None and is_archive(content):
        return None
    function.body["state"] = "FAILED"
    call.store.put(function)
    return PlatformError("INVALID_ARGUMENT", "Build failed: the source is no zip archive.")


def _service(call: Call, name: str, body: Body) -> Body:
    """Make the Cloud Run service of a function, and return the function's settings."""
    asked = body.get("serviceConfig", {})
    account = asked.get("serviceAccountEmail") or default_account(call.project)
    service = name.replace("/functions/", "/services/")
    image = f"{call.location}-docker.pkg.dev/{call.project}/gcf-artifacts/{short(name)}"
    artifactregistry.put_image(call.service, image, f"sha256:{uuid.uuid4().hex * 2}")
    template = {"containers": [{"image": image}], "serviceAccount": account}
    known = call.store.find(run.SERVICES.id, service)
    generation = 1 if known is None else int(known.body["generation"]) + 1
    labels = _MANAGED | body.get("labels", {})
    made = run.of_template(call, service, {"template": template, "labels": labels}, generation)
    call.store.put(Resource(run.SERVICES.id, service, made, {}))
    return _DEFAULTS | asked | {
        "serviceAccountEmail": account,
        "service": service,
        "uri": made["uri"],
        "revision": short(made["latestReadyRevision"]),
    }  # fmt: skip


def _trigger(call: Call, name: str, asked: Body, settings: Body) -> Body:
    """Make the Eventarc trigger of a function."""
    topic = asked.get("pubsubTopic")
    if asked.get("eventType") == eventarc.PUBLISHED:
        pubsub.needed_topic(call.store, topic or "")
    trigger = f"{short(name)}-{uuid.uuid4().int % 1_000_000:06}"
    full = f"projects/{call.project}/locations/{call.location}/triggers/{trigger}"
    carried = eventarc.transport(call, trigger, topic, settings["uri"])
    filters = [{"attribute": "type", "value": asked.get("eventType", "")}]
    body = {
        "createTime": call.service.now_text,
        "updateTime": call.service.now_text,
        "uid": str(uuid.uuid4()),
        "eventFilters": filters + asked.get("eventFilters", []),
        "destination": {"cloudFunction": name},
        "transport": {"pubsub": carried},
        "labels": _MANAGED,
    }
    call.store.put(Resource(eventarc.TRIGGERS.id, full, body, {}))
    kept = {"triggerRegion": call.location, "serviceAccountEmail": settings["serviceAccountEmail"]}
    return kept | asked | {"pubsubTopic": carried["topic"], "trigger": full}


def _drop_trigger(call: Call, function: Resource) -> None:
    name = function.body["eventTrigger"]["trigger"]
    if trigger := call.store.find(eventarc.TRIGGERS.id, name):
        eventarc.drop_transport(call, trigger.body["transport"]["pubsub"])
    call.store.remove(eventarc.TRIGGERS.id, name)


def _gone(call: Call, function: Resource) -> None:
    call.store.remove(run.SERVICES.id, function.body["serviceConfig"]["service"])
    call.store.put_policy("run.googleapis.com", function.body["serviceConfig"]["service"], None)
    if "eventTrigger" in function.body:
        _drop_trigger(call, function)


def generate_upload_url(call: Call) -> Body:
    """Answer an address that takes an archive."""
    bucket = f"gcf-v2-uploads-{project_number(call.project)}-{call.location}"
    name = f"{uuid.uuid4()}.zip"
    source = {"bucket": bucket, "object": name}
    url = call.service.archives.url(call.origin, bucket, name)
    return {"uploadUrl": url, "storageSource": source}


def generate_download_url(call: Call) -> Body:
    """Answer an address that gives the archive of a function's source."""
    function = found(call, FUNCTIONS)
    source = function.body["buildConfig"]["source"]["storageSource"]
    if call.service.archives.read(source["bucket"], source["object"]) is None:
        raise failed_precondition(f"The source of '{function.name}' is not there.")
    url = call.service.archives.url(call.origin, source["bucket"], source["object"])
    return {"downloadUrl": url}


FUNCTIONS = Collection(
    id="cloudfunctions.projects.locations.functions",
    ids=re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]"),
    required=("buildConfig.runtime", "buildConfig.entryPoint"),
    fixed=("environment",),
    default_page=1000,
    spans_locations=True,
    is_exclusive=True,
    asset_type="cloudfunctions.googleapis.com/Function",
    born=_born,
    changed=_changed,
    gone=_gone,
    failure=_failure,
)
COLLECTIONS = (FUNCTIONS,)
HANDLERS: dict[str, Handler] = {
    f"{FUNCTIONS.id}.generateUploadUrl": generate_upload_url,
    f"{FUNCTIONS.id}.generateDownloadUrl": generate_download_url,
}
