"""Calls of what runs on Cloud Run: who may call, and what a test lets the target do."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from datetime import datetime as moment
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import requests

from tests.standin.platform.service import SECOND, Service
from tests.standin.platform.store import Resource

SERVICES = "run.projects.locations.services"
_INVOKER = "roles/run.invoker"
_RUN_HOST = "run.googleapis.com"
_ANSWER_SECONDS = 120
_NEW_YORK = ZoneInfo("America/New_York")
_WORDS = {"TODAY": 0, "YESTERDAY": -1, "AUTO": -1, "TOMORROW": 1}
_DATE_FIELDS = ("analysis_date", "game_date", "date")


@dataclass(kw_only=True)
class Target:
    """What a test lets something do that runs on Cloud Run.

    Attributes:
        url: How the addresses begin that it answers, or the name of a job.
        status: The HTTP status it answers with in the end.
        fails_first: How many calls it answers with 500 before.
        seconds: How long it takes.
        body: What it answers; None tells each processor's outcome.
        statements: GoogleSQL by the name of a processor, run once for each date that is asked for,
            as the parameter `date`.
    """

    url: str
    status: int = 200
    fails_first: int = 0
    seconds: float = 0.0
    body: Any = None
    statements: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a target answered.

    Attributes:
        status: Its HTTP status; 0 when it could not be reached.
        body: What it said.
    """

    status: int
    body: Any = None


def identity_token(email: str, audience: str) -> str:
    """Return a token of an account, in the form of a JWT, signed by nobody."""
    claims = {"email": email, "aud": audience, "email_verified": True, "exp": 9999999999}
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [
        base64.urlsafe_b64encode(json.dumps(it).encode()).decode().rstrip("=") for it in parts
    ]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


async def invoke(
    service: Service, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> Answer:
    """Call an address, and keep what was called."""
    answer = await _answered(service, method, url, headers, content)
    kept = {
        "at": service.now_text,
        "method": method,
        "url": url,
        "headers": dict(headers),
        "body": content.decode(errors="replace"),
        "status": answer.status,
    }
    statement = "INSERT INTO calls (call) VALUES (?)"
    service.store.database.execute(statement, (json.dumps(kept),))
    return answer


async def _answered(
    service: Service, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> Answer:
    host = urlsplit(url).hostname or ""
    if host in ("127.0.0.1", "localhost"):
        return await asyncio.to_thread(_called, method, url, headers, content)
    if not host.endswith(".run.app"):
        return Answer(200, {}) if host.endswith(".googleapis.com") else Answer(0)
    called = service_at(service, url)
    if called is None:
        return Answer(404, "Page not found")
    if not _may_call(service, called, headers):
        return Answer(403, "The request was not authenticated or has no permission.")
    target = target_of(service, url)
    return Answer(200, {}) if target is None else await act(service, target, called.name, content)


def _called(method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
    try:
        answer = requests.request(
            method, url, headers=dict(headers), data=content, timeout=_ANSWER_SECONDS
        )
    except requests.ConnectionError:
        return Answer(0)
    return Answer(answer.status_code, answer.text)


def service_at(service: Service, url: str) -> Resource | None:
    """Return the Cloud Run service that answers at an address."""
    origin = f"https://{urlsplit(url).hostname}"
    everything = service.store.below(SERVICES, "projects/")
    return next((it for it in everything if origin in it.body.get("urls", [])), None)


def _may_call(service: Service, called: Resource, headers: Mapping[str, str]) -> bool:
    """Say whether a call has a token for the service of an account that may invoke it."""
    policy = service.store.policy(_RUN_HOST, called.name) or {}
    project = "/".join(called.name.split("/")[:2])
    of_project = service.store.policy("cloudresourcemanager.googleapis.com", project) or {}
    bindings = [*policy.get("bindings", []), *of_project.get("bindings", [])]
    members = {
        it for binding in bindings if binding["role"] == _INVOKER for it in binding["members"]
    }
    if "allUsers" in members:
        return True
    claims = _claims({key.lower(): it for key, it in headers.items()}.get("authorization", ""))
    audience = urlsplit(str(claims.get("aud", "")))
    is_for_it = f"{audience.scheme}://{audience.hostname}" in called.body["urls"]
    return is_for_it and f"serviceAccount:{claims.get('email')}" in members


def _claims(header: str) -> dict[str, Any]:
    try:
        part = header.removeprefix("Bearer ").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def target_of(service: Service, url: str) -> Target | None:
    """Return what a test registered for an address, the longest beginning first."""
    known = [Target(**it) for it in service.store.setting("targets", [])]
    matching = [it for it in known if url.startswith(it.url)]
    return max(matching, key=lambda it: len(it.url), default=None)


def register(service: Service, target: Target) -> None:
    """Let a target do something from now on."""
    known = [it for it in service.store.setting("targets", []) if it["url"] != target.url]
    service.store.set("targets", [*known, asdict(target)])


async def act(service: Service, target: Target, called: str, content: bytes) -> Answer:
    """Let a target do what a test wants of it.

    Args:
        service: The state.
        target: What it does.
        called: The name of the service or job, whose project the statements run in.
        content: The body of the call.
    """
    if target.seconds:
        await asyncio.sleep(target.seconds)
    if target.fails_first:
        target.fails_first -= 1
        register(service, target)
        return Answer(500, "Internal Server Error")
    asked = _json(content)
    results = []
    for processor, statement in target.statements.items():
        if asked.get("processors") and processor not in asked["processors"]:
            continue
        error = await asyncio.to_thread(
            _run, service, called.split("/")[1], statement, _dates(service, asked)
        )
        outcome = {"processor": processor, "status": "failed" if error else "success"}
        results.append(outcome | ({"error": error} if error else {}))
    told = {"status": "completed", "results": results} if target.body is None else target.body
    return Answer(target.status, told)


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _dates(service: Service, asked: Mapping[str, Any]) -> list[str]:
    """Return the dates that a call asks for; words mean days in New York."""
    if "start_date" in asked:
        begin = _date(service, asked["start_date"])
        end = _date(service, asked.get("end_date", asked["start_date"]))
        days = (end - begin).days
        return [(begin + timedelta(days=ahead)).isoformat() for ahead in range(days + 1)]
    named = next((asked[name] for name in _DATE_FIELDS if name in asked), "TODAY")
    return [_date(service, named).isoformat()]


def _date(service: Service, text: str) -> date:
    if text not in _WORDS:
        return date.fromisoformat(text)
    now = moment.fromtimestamp(service.clock.now_micros() / SECOND, _NEW_YORK)
    return now.date() + timedelta(days=_WORDS[text])


def _run(service: Service, project: str, statement: str, dates: list[str]) -> str:
    """Run a statement for each date, and return what went wrong; nothing is empty."""
    for day in dates:
        parameter = {
            "name": "date",
            "parameterType": {"type": "DATE"},
            "parameterValue": {"value": day},
        }
        body = {
            "query": statement,
            "useLegacySql": False,
            "parameterMode": "NAMED",
            "queryParameters": [parameter],
            "timeoutMs": _ANSWER_SECONDS * 1000,
        }
        url = f"{service.bigquery}/bigquery/v2/projects/{project}/queries"
        answer = requests.post(url, json=body, timeout=_ANSWER_SECONDS)
        told = answer.json()
        if not answer.ok or told.get("errors"):
            return str(told.get("error", told.get("errors")))
    return ""
