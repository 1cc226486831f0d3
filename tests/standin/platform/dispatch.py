"""Attempts of Cloud Scheduler: a job calls its target, and its log tells what came of it."""

import base64
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.standin.database import transaction
from tests.standin.platform import backlog, logs
from tests.standin.platform.bodies import Body
from tests.standin.platform.delivery import deliver
from tests.standin.platform.errors import PlatformError
from tests.standin.platform.invocation import Answer, identity_token, invoke
from tests.standin.platform.jobs import run_job
from tests.standin.platform.schedules import next_time
from tests.standin.platform.service import SECOND, Service, short, to_text
from tests.standin.platform.store import Resource

JOBS = "cloudscheduler.projects.locations.jobs"
_SUCCESS = range(200, 300)
_UTC = ("utc", "etc/utc")
_LOGGED = "type.googleapis.com/google.cloud.scheduler.logging."
# How Cloud Scheduler tells the HTTP status of a target (google/rpc/code.proto).
_CODES = {0: 14, 400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 500: 13, 503: 14, 504: 4}


async def pass_time(service: Service, seconds: float, project: str = "") -> list[Body]:
    """Let time pass, calling every enabled job when it is due, and return the attempts.

    Args:
        service: The state.
        seconds: How much time.
        project: Whose jobs are called; those of every project where none is named.
    """
    of_whom = f"projects/{project}/" if project else "projects/"
    end = service.clock.now_micros() + int(seconds * SECOND)
    attempts: list[Body] = []
    while (due := _next(service, of_whom, end)) is not None:
        job, at = due
        # What was due before is called late, and does not bring the past back.
        service.move_to(max(at, service.clock.now_micros()))
        attempts += await attempt(service, job.name, to_text(at))
        attempts[-1]["deliveries"] = await deliver(service)
    service.move_to(end)
    return attempts


def _next(service: Service, of_whom: str, end: int) -> tuple[Resource, int] | None:
    waiting = [
        (job, _micros(job.body["scheduleTime"]))
        for job in service.store.below(JOBS, of_whom)
        if job.body["state"] == "ENABLED"
    ]
    return min((it for it in waiting if it[1] <= end), key=lambda it: it[1], default=None)


async def attempt(service: Service, name: str, scheduled: str) -> list[Body]:
    """Call the target of a job, again as its retries say, and return each attempt.

    Args:
        service: The state.
        name: The job.
        scheduled: The time of the schedule that it is called for, the same for each retry.
    """
    job = service.store.find(JOBS, name)
    if job is None:
        return []
    attempts: list[Body] = []
    for _ in range(1 + job.body["retryConfig"].get("retryCount", 0)):
        _log(service, job, "AttemptStarted", None)
        answer = await _call(service, job, scheduled)
        _log(service, job, "AttemptFinished", answer)
        attempts.append({"job": name, "scheduleTime": scheduled, "status": answer.status})
        if answer.status in _SUCCESS:
            break
    _finish(service, name, attempts[-1]["status"])
    return attempts


async def _call(service: Service, job: Resource, scheduled: str) -> Answer:
    if target := job.body.get("pubsubTarget"):
        return _publish(service, target)
    target = job.body["httpTarget"]
    uri, content = target["uri"], base64.b64decode(target.get("body", ""))
    headers = {
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": short(job.name),
        "X-CloudScheduler-ScheduleTime": scheduled,
        **target["headers"],
    }
    if token := target.get("oidcToken"):
        value = identity_token(token["serviceAccountEmail"], token["audience"])
        headers["Authorization"] = f"Bearer {value}"
    if "run.googleapis.com/" in uri and uri.endswith(":run"):
        return await _run(service, uri)
    return await invoke(service, target["httpMethod"], uri, headers, content)


def _publish(service: Service, target: Body) -> Answer:
    topic = target["topicName"]
    if service.store.find("pubsub.projects.topics", topic) is None:
        return Answer(404)
    message = {key: target[key] for key in ("data", "attributes") if key in target}
    with transaction(service.store.database):
        backlog.publish(service, topic, message)
    return Answer(200)


async def _run(service: Service, uri: str) -> Answer:
    """Run the job of Cloud Run that an address of its older API names."""
    _, _, name = uri.removesuffix(":run").partition("/namespaces/")
    project, _, job = name.partition("/jobs/")
    location = uri.split("//")[1].partition("-run.")[0]
    try:
        with transaction(service.store.database):
            run_job(service, f"projects/{project}/locations/{location}/jobs/{job}")
    except PlatformError as error:
        return Answer(error.response().status_code, error.message)
    return Answer(200)


def _finish(service: Service, name: str, status: int) -> None:
    """Tell in a job what came of it, unless it was deleted meanwhile."""
    job = service.store.find(JOBS, name)
    if job is None:
        return
    now = service.clock.now_micros()
    zone = job.body["timeZone"]
    due = next_time(job.body["schedule"], ZoneInfo("UTC" if zone.lower() in _UTC else zone), now)
    told = {} if status in _SUCCESS else {"code": _CODES.get(status, 2)}
    job.body |= {"lastAttemptTime": to_text(now), "status": told}
    if due is not None:
        job.body["scheduleTime"] = to_text(due)
    service.store.put(job)


def _log(service: Service, job: Resource, event: str, answer: Answer | None) -> None:
    """Write what Cloud Scheduler writes of an attempt (Cloud Scheduler, View logs)."""
    _, project, _, location, _, identifier = job.name.split("/")
    target = job.body.get("httpTarget", {})
    payload = {
        "@type": f"{_LOGGED}{event}",
        "jobName": job.name,
        "targetType": "HTTP" if target else "PUB_SUB",
        **({"url": target["uri"]} if target else {}),
    }
    entry = {
        "logName": f"projects/{project}/logs/cloudscheduler.googleapis.com%2Fexecutions",
        "resource": {
            "type": "cloud_scheduler_job",
            "labels": {"job_id": identifier, "location": location, "project_id": project},
        },
        "severity": "INFO",
    }
    if answer is not None:
        entry["httpRequest"] = {"status": answer.status} if answer.status else {}
        if answer.status not in _SUCCESS:
            entry["severity"] = "ERROR"
            payload["debugInfo"] = f"Original HTTP response code number = {answer.status}"
    logs.write(service, project, entry | {"jsonPayload": payload})


def _micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * SECOND)
