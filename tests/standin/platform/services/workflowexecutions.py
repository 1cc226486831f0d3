"""Executions of workflows: each is over at once, and fails where its source raises something."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import shown
from tests.standin.platform.errors import invalid, not_found
from tests.standin.platform.service import Call
from tests.standin.platform.services.workflows import WORKFLOWS

_RAISES = re.compile(r"\braise:")
_PAGE = 100


def _new_id(_: Call, __: Body) -> str:
    return str(uuid.uuid4())


def _born(call: Call, _: str, body: Body) -> Body:
    workflow = call.store.find(WORKFLOWS.id, call.target)
    if workflow is None:
        raise not_found(call.target)
    now = call.service.now_text
    told = {
        "startTime": now,
        "endTime": now,
        "createTime": now,
        "workflowRevisionId": workflow.body["revisionId"],
        "state": "SUCCEEDED",
    }
    if _RAISES.search(workflow.body["sourceContents"]):
        told |= {"state": "FAILED", "error": {"payload": '"raised"', "context": "raised"}}
    return body | told


def list_executions(call: Call) -> Body:
    """Answer a page of the executions of a workflow, the newest first."""
    if call.store.find(WORKFLOWS.id, call.target) is None:
        raise not_found(call.target)
    if call.query.get("filter"):
        raise invalid("The stand-in knows no filter here.")
    found = [
        shown(call, EXECUTIONS, item)
        for item in call.store.below(EXECUTIONS.id, f"{call.target}/executions/")
    ]
    found.sort(key=lambda item: str(item["createTime"]), reverse=True)
    begin = int(call.query.get("pageToken") or 0)
    end = begin + int(call.query.get("pageSize") or _PAGE)
    basic = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")
    page = [{key: item[key] for key in basic if key in item} for item in found[begin:end]]
    answer: Body = {"executions": page} if page else {}
    return answer | ({"nextPageToken": str(end)} if found[end:] else {})


EXECUTIONS = Collection(
    id="workflowexecutions.projects.locations.workflows.executions",
    ids=re.compile(r"[0-9a-f-]{36}"),
    new_id=_new_id,
    born=_born,
)
COLLECTIONS = (EXECUTIONS,)
HANDLERS: dict[str, Handler] = {f"{EXECUTIONS.id}.list": list_executions}
