"""Executions of workflows: each is over at once, or when it slept; it fails where its source raises.

Of those of a workflow whose key nobody may use any more nothing is available.
"""

import re
import uuid
from datetime import datetime

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found, shown
from tests.standin.platform.errors import invalid, not_found
from tests.standin.platform.service import Call, to_text
from tests.standin.platform.services.workflows import WORKFLOWS

_RAISES = re.compile(r"\braise:")
_SLEEPS = re.compile(r"\bsys\.sleep\b[^}]*?\bseconds:\s*(\d+)", re.DOTALL)
_FILTER = re.compile(r'state="([A-Z]+)"')
_AT_THE_END = ("endTime", "error", "result")
_PAGE = 100
_MICROS = 1_000_000


def _new_id(_: Call, __: Body) -> str:
    return str(uuid.uuid4())


def _born(call: Call, _: str, body: Body) -> Body:
    workflow = call.store.find(WORKFLOWS.id, call.target)
    if workflow is None:
        raise not_found(call.target)
    now = call.service.now_text
    source = workflow.body["sourceContents"]
    slept = sum(int(seconds) for seconds in _SLEEPS.findall(source)) * _MICROS
    told = {
        "startTime": now,
        "endTime": to_text(call.service.clock.now_micros() + slept),
        "createTime": now,
        "workflowRevisionId": workflow.body["revisionId"],
        "state": "SUCCEEDED",
    }
    if _RAISES.search(source):
        told |= {"state": "FAILED", "error": {"payload": '"raised"', "context": "raised"}}
    return body | told


def _now(call: Call, execution: Body) -> Body:
    """Return an execution as it is now; one that sleeps has not ended."""
    lost: list[str] = call.store.setting("keyless", [])
    if str(execution["name"]).split("/")[5] in lost:
        told = {key: item for key, item in execution.items() if key not in _AT_THE_END}
        failure = {"type": "KMS_ERROR", "details": "The key cannot be used."}
        return told | {"state": "UNAVAILABLE", "stateError": failure}
    if str(execution["endTime"]) <= call.service.now_text:
        return execution
    told = {key: item for key, item in execution.items() if key not in _AT_THE_END}
    return told | {"state": "ACTIVE"}


def get_execution(call: Call) -> Body:
    """Answer an execution."""
    return _now(call, shown(call, EXECUTIONS, found(call, EXECUTIONS)))


def list_executions(call: Call) -> Body:
    """Answer a page of the executions of a workflow, the newest first."""
    if call.store.find(WORKFLOWS.id, call.target) is None:
        raise not_found(call.target)
    wanted = ""
    if text := call.query.get("filter"):
        if (matched := _FILTER.fullmatch(text)) is None:
            raise invalid("The stand-in knows no filter here but that of a state.")
        wanted = matched[1]
    listed = [
        _now(call, shown(call, EXECUTIONS, item))
        for item in call.store.below(EXECUTIONS.id, f"{call.target}/executions/")
    ]
    chosen = [item for item in listed if wanted in ("", item["state"])]
    chosen.sort(key=lambda item: datetime.fromisoformat(item["createTime"]), reverse=True)
    begin = int(call.query.get("pageToken") or 0)
    end = begin + int(call.query.get("pageSize") or _PAGE)
    basic = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")
    page = [{key: item[key] for key in basic if key in item} for item in chosen[begin:end]]
    answer: Body = {"executions": page} if page else {}
    return answer | ({"nextPageToken": str(end)} if chosen[end:] else {})


EXECUTIONS = Collection(
    id="workflowexecutions.projects.locations.workflows.executions",
    ids=re.compile(r"[0-9a-f-]{36}"),
    new_id=_new_id,
    born=_born,
)
COLLECTIONS = (EXECUTIONS,)
HANDLERS: dict[str, Handler] = {
    f"{EXECUTIONS.id}.list": list_executions,
    f"{EXECUTIONS.id}.get": get_execution,
}
