"""Workflows: each change of a source is a new revision."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.service import Call, default_account
from tests.standin.platform.store import Resource

# What a revision is of (Workflows REST, Workflow.revisionId).
_OF_REVISION = ("sourceContents", "serviceAccount", "userEnvVars", "cryptoKeyName")


def _born(call: Call, _: str, body: Body) -> Body:
    account = body.get("serviceAccount") or default_account(call.project)
    if not account.startswith("projects/"):
        account = f"projects/{call.project}/serviceAccounts/{account}"
    made = {"state": "ACTIVE", "serviceAccount": account}
    return body | made | _revision(call, 1)


def _changed(call: Call, before: Resource, after: Body) -> Body:
    if all(before.body.get(key) == after.get(key) for key in _OF_REVISION):
        return after
    number = int(before.body["revisionId"].partition("-")[0])
    return after | _revision(call, number + 1)


def _revision(call: Call, number: int) -> Body:
    revision = f"{number:06}-{uuid.uuid4().hex[:3]}"
    return {"revisionId": revision, "revisionCreateTime": call.service.now_text}


WORKFLOWS = Collection(
    id="workflows.projects.locations.workflows",
    ids=re.compile(r"[A-Za-z]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?"),
    required=("sourceContents",),
    default_page=500,
    spans_locations=True,
    asset_type="workflows.googleapis.com/Workflow",
    born=_born,
    changed=_changed,
)
COLLECTIONS = (WORKFLOWS,)
HANDLERS: dict[str, Handler] = {}
