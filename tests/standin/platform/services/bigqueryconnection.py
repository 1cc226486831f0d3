"""BigQuery connections, each with an account that BigQuery makes for it."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import list_all
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Call, numbered
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_KINDS = ("aws", "azure", "cloudResource", "cloudSpanner", "cloudSql", "spark")


def _id(call: Call, _: Body) -> str:
    return call.query.get("connectionId") or str(uuid.uuid4())


def _born(call: Call, name: str, body: Body) -> Body:
    if len([kind for kind in _KINDS if kind in body]) != 1:
        raise invalid(f"Exactly one kind of connection has to be set for {numbered(name)}.")
    made: Body = {"creationTime": _millis(call), "lastModifiedTime": _millis(call)}
    if "cloudResource" in body:
        account = f"bqcx-{project_number(call.project)}-{uuid.uuid4().hex[:4]}"
        email = f"{account}@gcp-sa-bigquery-condel.iam.gserviceaccount.com"
        made["cloudResource"] = {"serviceAccountId": email}
    return body | made


def _changed(call: Call, _: Resource, after: Body) -> Body:
    return after | {"lastModifiedTime": _millis(call)}


def _millis(call: Call) -> str:
    return str(call.service.clock.now_micros() // 1000)


def list_connections(call: Call) -> Body:
    """Refuse a list that does not say how many it wants (Connections REST, list)."""
    if not call.query.get("pageSize"):
        raise invalid("The page size is required.")
    return list_all(call, CONNECTIONS)


CONNECTIONS = Collection(
    id="bigqueryconnection.projects.locations.connections",
    ids=re.compile(r"[A-Za-z0-9_-]{1,63}"),
    new_id=_id,
    mask="needed",
    is_numbered=True,
    born=_born,
    changed=_changed,
)
COLLECTIONS = (CONNECTIONS,)
HANDLERS: dict[str, Handler] = {f"{CONNECTIONS.id}.list": list_connections}
