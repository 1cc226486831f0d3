"""Secret Manager: secrets, and versions whose payloads are given to who asks for them."""

import base64
import re

import google_crc32c

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import check_etag, found, shown
from tests.standin.platform.errors import failed_precondition, invalid, not_found
from tests.standin.platform.service import Call, new_etag, short
from tests.standin.platform.store import Resource, Store

_LATEST = "latest"
# Secret Manager, Use entity tags for optimistic concurrency control.
_STALE = "FAILED_PRECONDITION"


def _secret(_: Call, __: str, body: Body) -> Body:
    # Only an unset replication may be missing: of its kinds, one has to be there.
    if len(body["replication"]) != 1:
        raise invalid("Secret.replication has to be automatic or userManaged.")
    return body


def _gone(call: Call, secret: Resource) -> None:
    for version in call.store.below(VERSIONS.id, f"{secret.name}/versions/"):
        call.store.remove(VERSIONS.id, version.name)


def add_version(call: Call) -> Body:
    """Add a version with a payload."""
    secret = found(call, SECRETS)
    data = base64.b64decode(call.body.get("payload", {}).get("data", ""))
    checksum = call.body.get("payload", {}).get("dataCrc32c")
    if checksum is not None and int(checksum) != google_crc32c.value(data):
        raise invalid("The payload does not match its checksum.")
    number = secret.inner.get("versions", 0) + 1
    secret.inner["versions"] = number
    call.store.put(secret)
    replication = {"automatic": {}} if "automatic" in secret.body["replication"] else {}
    body = {
        "createTime": call.service.now_text,
        "state": "ENABLED",
        "etag": new_etag(),
        "replicationStatus": replication,
    }
    # Names are in the order of their numbers.
    version = Resource(
        VERSIONS.id,
        f"{secret.name}/versions/{number}",
        body,
        {"data": base64.b64encode(data).decode()},
    )
    call.store.put(version)
    return shown(call, VERSIONS, version)


def get_version(call: Call) -> Body:
    """Answer a version, which may be named as the latest one."""
    return shown(call, VERSIONS, _version(call))


def access(call: Call) -> Body:
    """Answer the payload of a version that is enabled."""
    version = _version(call)
    if version.body["state"] != "ENABLED":
        raise failed_precondition(
            f"Secret Version [{version.name}] is in {version.body['state']} state."
        )
    data = version.inner["data"]
    checksum = str(google_crc32c.value(base64.b64decode(data)))
    name = shown(call, VERSIONS, version)["name"]
    return {"name": name, "payload": {"data": data, "dataCrc32c": checksum}}


def _turn(state: str) -> Handler:
    def turned(call: Call) -> Body:
        version = _version(call)
        if version.body["state"] == "DESTROYED":
            raise failed_precondition(f"Secret Version [{version.name}] is in DESTROYED state.")
        check_etag(VERSIONS, version, call.body.get("etag"))
        version.body |= {"state": state, "etag": new_etag()}
        if state == "DESTROYED":
            version.body["destroyTime"] = call.service.now_text
            version.inner = {}
        call.store.put(version)
        return shown(call, VERSIONS, version)

    return turned


def _version(call: Call) -> Resource:
    version = _find(call.store, call.target)
    if version is None:
        raise not_found(call.target)
    return version


def _find(store: Store, name: str) -> Resource | None:
    if short(name) != _LATEST:
        return store.find(VERSIONS.id, name)
    versions = store.below(VERSIONS.id, name.removesuffix(_LATEST))
    return max(versions, key=lambda version: int(short(version.name)), default=None)


def has_version(store: Store, name: str) -> bool:
    """Say whether a version, which may be named as the latest one, is there to be read."""
    version = _find(store, name)
    return version is not None and version.body["state"] == "ENABLED"


SECRETS = Collection(
    id="secretmanager.projects.secrets",
    ids=re.compile(r"[A-Za-z0-9_-]{1,255}"),
    required=("replication",),
    fixed=("replication",),
    mask="needed",
    most_page=25000,
    is_numbered=True,
    stale=_STALE,
    asset_type="secretmanager.googleapis.com/Secret",
    born=_secret,
    gone=_gone,
)
VERSIONS = Collection(
    id="secretmanager.projects.secrets.versions",
    is_numbered=True,
    stale=_STALE,
    asset_type="secretmanager.googleapis.com/SecretVersion",
)
COLLECTIONS = (SECRETS, VERSIONS)
HANDLERS: dict[str, Handler] = {
    f"{SECRETS.id}.addVersion": add_version,
    f"{VERSIONS.id}.get": get_version,
    f"{VERSIONS.id}.access": access,
    f"{VERSIONS.id}.enable": _turn("ENABLED"),
    f"{VERSIONS.id}.disable": _turn("DISABLED"),
    f"{VERSIONS.id}.destroy": _turn("DESTROYED"),
}
