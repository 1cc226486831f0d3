"""Tells others how a call went: a webhook as Slack takes it, and an outside service's heartbeat.

Neither can make a call fail: each has five seconds, and a failed delivery is one log line. Their
addresses are secrets, and are never logged.

    webhook     POST {"text": "..."} (Slack, Sending messages using incoming webhooks)
    heartbeat   POST ADDRESS/start, ADDRESS, ADDRESS/fail (healthchecks.io, Pinging API)
"""

import json
from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import flask
import requests
import structlog

from functions.calls import Answer
from functions.settings import FunctionSettings
from manifests.errors import UsageError
from manifests.settings import read_settings

type State = Literal["start", "success", "failure"]

_SECONDS = 5
_HTTP_ERROR = 400
_OK = 200
_BUSY = ("RunInProgressError", "LeaseLostError")
_ENDINGS: dict[State, str] = {"start": "/start", "success": "", "failure": "/fail"}

log = structlog.get_logger()


class Notice(NamedTuple):
    """How a call goes.

    Attributes:
        text: That, for a person, with the next command.
    """

    state: State
    text: str


def announced(
    request: flask.Request,
    work: Callable[[flask.Request], Answer],
    *,
    name: str,
    is_night: bool = False,
) -> Answer:
    """Do the work of a call, and tell the outside how it goes.

    Args:
        request: The call.
        work: Answers it.
        name: The function's.
        is_night: Whether its beginning and success are told, too, and the heartbeat beats; of
            others only failures are.
    """
    notices = _notices(with_heartbeat=is_night)
    if is_night and request.method == "POST":
        notices.tell(Notice("start", f"{name} begins. Next: `rebound status`"))
    answer = work(request)
    notice = ended(answer, name)
    if notice is not None and (is_night or notice.state == "failure"):
        notices.tell(notice)
    return answer


def ended(answer: Answer, name: str) -> Notice | None:
    """Return how a call ended; None where another one is still at the same work.

    Args:
        answer: What it was answered.
        name: The function's.
    """
    body, status = answer
    if status == _OK:
        run = f" {body['run_id']}" if "run_id" in body else ""
        return Notice(
            "success", f"{name}{run}: {body.get('state', 'done')}. Next: `rebound status`"
        )
    if body.get("error") in _BUSY:
        return None
    subject = f"{body['subject']}: " if body.get("subject") else ""
    following = body.get("hint") or "`rebound doctor`"
    return Notice("failure", f"{name} FAILED: {subject}{body['message']}. Next: {following}")


def heartbeat_address(address: str, state: State) -> str:
    """Return where a heartbeat is told of a state; a query stays behind the path."""
    split = urlsplit(address)
    return urlunsplit(split._replace(path=split.path.rstrip("/") + _ENDINGS[state]))


class _Notices(NamedTuple):
    """Who is told; nobody where an address is empty."""

    webhook: str = ""
    heartbeat: str = ""

    def tell(self, notice: Notice) -> None:
        if self.webhook:
            _post("webhook", self.webhook, json.dumps({"text": notice.text}), "application/json")
        if self.heartbeat:
            address = heartbeat_address(self.heartbeat, notice.state)
            _post("heartbeat", address, notice.text, "text/plain; charset=utf-8")


def _notices(*, with_heartbeat: bool) -> _Notices:
    """Return who is told; nobody where the settings are wrong, which the call itself says."""
    try:
        settings = read_settings(FunctionSettings)
    except UsageError:
        return _Notices()
    heartbeat = settings.heartbeat_url.get_secret_value() if with_heartbeat else ""
    return _Notices(settings.webhook_url.get_secret_value(), heartbeat)


def _post(to: str, address: str, text: str, kind: str) -> None:
    """Post a text; a failure is logged without the address, which is a secret."""
    try:
        answer = requests.post(
            address,
            text.encode(),
            headers={"Content-Type": kind},
            timeout=_SECONDS,
            allow_redirects=False,
        )
        why = f"answered {answer.status_code}" if answer.status_code >= _HTTP_ERROR else ""
    except (requests.RequestException, ValueError) as error:
        why = type(error).__name__
    if why:
        log.warning("a notice was not delivered", to=to, why=why)
