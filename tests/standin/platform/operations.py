"""Long-running operations: done some time after they began (AIP-151)."""

import json
import uuid
from typing import Any

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import PlatformError, not_found
from tests.standin.platform.service import SECOND, Call, Service, to_text
from tests.standin.projects import project_number

_PACKAGES = {
    "run": "google.cloud.run.v2",
    "cloudfunctions": "google.cloud.functions.v2",
    "workflows": "google.cloud.workflows.v1",
    "eventarc": "google.cloud.eventarc.v1",
    "serviceusage": "google.api.serviceusage.v1",
    "cloudresourcemanager": "google.cloud.resourcemanager.v3",
}
_EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
_DEFAULT_SECONDS = 0.2
_NEVER = 2**62
_RESOURCE_PREFIX = "GoogleCloudRunV2"


def begin(
    call: Call,
    target: str,
    response: Body | None,
    kind: str = "",
    *,
    error: PlatformError | None = None,
    is_open: bool = False,
) -> Body:
    """Begin an operation and return what is known of it at once.

    Args:
        call: The request.
        target: The name of what it changes.
        response: What it answers with in the end; None is nothing.
        kind: The type of that.
        error: How it fails instead.
        is_open: Whether it is done only when it is closed.
    """
    service = call.service
    now = service.clock.now_micros()
    seconds = service.store.setting("operations", _DEFAULT_SECONDS)
    typed = _EMPTY if response is None else {"@type": _type(call, kind), **response}
    body = {
        "name": _name(call),
        "metadata": _metadata(call, target, typed, now),
        "done": True,
        **({"response": typed} if error is None else {"error": error.status}),
    }
    done_at = _NEVER if is_open else now + int(seconds * SECOND)
    row = (call.api.host, body["name"], target, done_at, json.dumps(body))
    service.store.database.execute("INSERT INTO operations VALUES (?, ?, ?, ?, ?)", row)
    return _shown(service, done_at, body)


def close(service: Service, target: str, response: Body) -> None:
    """Let the open operations on a resource be done.

    Args:
        service: The state.
        target: The name of the resource.
        response: What they answer with, besides the type that they were begun with.
    """
    database = service.store.database
    query = "SELECT * FROM operations WHERE target = ? AND done_at = ?"
    for row in database.execute(query, (target, _NEVER)).fetchall():
        body = json.loads(row["body"])
        body["response"] = {"@type": body["response"]["@type"]} | response
        statement = "UPDATE operations SET done_at = 0, body = ? WHERE host = ? AND name = ?"
        database.execute(statement, (json.dumps(body), row["host"], row["name"]))


def get(call: Call) -> Body:
    """Answer what is known of an operation."""
    row = call.store.database.execute(
        "SELECT * FROM operations WHERE host = ? AND name = ?", (call.api.host, call.target)
    ).fetchone()
    if row is None:
        raise not_found(call.target)
    return _shown(call.service, row["done_at"], json.loads(row["body"]))


def list_all(call: Call) -> Body:
    """Answer the operations of a location."""
    rows = call.store.database.execute(
        "SELECT * FROM operations WHERE host = ? AND name >= ? AND name < ? ORDER BY name",
        (call.api.host, f"{call.target}/operations/", f"{call.target}/operations0"),
    ).fetchall()
    shown = [_shown(call.service, row["done_at"], json.loads(row["body"])) for row in rows]
    return {"operations": shown} if shown else {}


def is_under_way(service: Service, host: str, target: str) -> bool:
    """Say whether an operation on a resource is not done yet."""
    row = service.store.database.execute(
        "SELECT 1 FROM operations WHERE host = ? AND target = ? AND done_at > ?",
        (host, target, service.clock.now_micros()),
    ).fetchone()
    return row is not None


def _shown(service: Service, done_at: int, body: Body) -> Body:
    if service.clock.now_micros() >= done_at:
        return body
    return {key: item for key, item in body.items() if key in ("name", "metadata")}


def _name(call: Call) -> str:
    operation = str(uuid.uuid4())
    if not call.location:
        return f"operations/acat.p2-{project_number(call.project)}-{operation}"
    return f"projects/{call.project}/locations/{call.location}/operations/{operation}"


def _package(call: Call) -> str:
    return _PACKAGES[call.api.host.partition(".")[0]]


def _type(call: Call, kind: str) -> str:
    return f"type.googleapis.com/{_package(call)}.{kind.removeprefix(_RESOURCE_PREFIX)}"


def _metadata(call: Call, target: str, response: dict[str, Any], now: int) -> Body:
    if call.api.host.startswith("run."):
        # Cloud Run tells the resource itself.
        return response
    kind = f"type.googleapis.com/{_package(call)}.OperationMetadata"
    if call.api.host.startswith("serviceusage."):
        return {"@type": kind, "resourceNames": [target]}
    times = {"createTime": to_text(now)}
    return {"@type": kind, **times, "target": target, "verb": call.route.verb}
