"""Cloud Scheduler: jobs, which are enabled when they are made, and paused by a call alone."""

import re
from zoneinfo import ZoneInfo, available_timezones

from tests.standin.platform import dispatch
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found, shown
from tests.standin.platform.errors import failed_precondition, invalid
from tests.standin.platform.schedules import next_time
from tests.standin.platform.service import Call, short, to_text
from tests.standin.platform.store import Resource

_TARGETS = ("httpTarget", "pubsubTarget", "appEngineHttpTarget")
_RETRY_DEFAULTS = {
    "maxRetryDuration": "0s",
    "minBackoffDuration": "5s",
    "maxBackoffDuration": "3600s",
    "maxDoublings": 5,
}
_MOST_RETRIES = 5
_DEADLINE_SECONDS = (15, 1800)
_DEFAULT_DEADLINE = "180s"
_OUTPUT_ONLY = ("state", "scheduleTime", "userUpdateTime", "lastAttemptTime", "status")


def _id(call: Call, sent: Body) -> str:
    name = str(sent.get("name", ""))
    # The project may be named by its number: only the rest has to be the parent's.
    if f"/locations/{call.location}/jobs/" not in name:
        raise invalid(f"Job name must be of the form {call.target}/jobs/JOB_ID: {name!r}")
    return short(name)


def _born(call: Call, _: str, body: Body) -> Body:
    return _complete(call, body) | {"state": "ENABLED"}


def _changed(call: Call, before: Resource, after: Body) -> Body:
    # Terraform's provider patches a paused job before it resumes it, and only a paused one can be
    # resumed (google_cloud_scheduler_job, update).
    kept = {key: before.body[key] for key in _OUTPUT_ONLY if key in before.body}
    return _complete(call, after | kept)


def _complete(call: Call, body: Body) -> Body:
    """Return a job with its defaults, refused when it could never run (Cloud Scheduler REST, Job)."""
    if len([name for name in _TARGETS if name in body]) != 1:
        raise invalid("Exactly one of the targets has to be set.")
    zone = body.get("timeZone", "Etc/UTC")
    if zone.lower() != "utc" and zone not in available_timezones():
        raise invalid(f"Time zone '{zone}' is invalid.")
    schedule = body.get("schedule", "")
    now = call.service.clock.now_micros()
    due = next_time(schedule, ZoneInfo("UTC" if zone.lower() == "utc" else zone), now)
    if due is None:
        raise invalid(f"Schedule or time zone is invalid: {schedule!r}")
    retries = body.get("retryConfig", {})
    if retries.get("retryCount", 0) > _MOST_RETRIES:
        raise invalid("The retry count has to be between 0 and 5.")
    made = {
        "timeZone": zone,
        "scheduleTime": to_text(due),
        "userUpdateTime": call.service.now_text,
        "retryConfig": _RETRY_DEFAULTS | retries,
    }
    return body | made | _target(call, body)


def _target(call: Call, body: Body) -> Body:
    if "pubsubTarget" in body:
        _check_message(body["pubsubTarget"])
    if "httpTarget" not in body:
        return {}
    target = body["httpTarget"]
    if not re.fullmatch(r"https?://.+", target.get("uri", "")):
        raise invalid(f"HttpTarget.uri is invalid: {target.get('uri', '')!r}")
    deadline = body.get("attemptDeadline", _DEFAULT_DEADLINE)
    least, most = _DEADLINE_SECONDS
    if not least <= float(deadline.removesuffix("s")) <= most:
        raise invalid("The deadline has to be between 15 seconds and 30 minutes.")
    _check_account(call, target)
    made = {"httpMethod": "POST"} | target | {"headers": _headers(target)}
    if token := target.get("oidcToken"):
        made["oidcToken"] = {"audience": target["uri"]} | token
    return {"attemptDeadline": deadline, "httpTarget": made}


def _check_message(target: Body) -> None:
    if not re.fullmatch(r"projects/[^/]+/topics/[^/]+", target.get("topicName", "")):
        raise invalid("PubsubTarget.topicName must be projects/PROJECT_ID/topics/TOPIC_ID.")
    if "data" not in target and not target.get("attributes"):
        raise invalid("A Pub/Sub message has to have data or an attribute.")


def _headers(target: Body) -> Body:
    """Return the headers of a target with those that are added, which are told again.

    Terraform's provider has to take them out of what it reads (google_cloud_scheduler_job).
    """
    added = {"User-Agent": "Google-Cloud-Scheduler"}
    if target.get("body"):
        added["Content-Type"] = "application/octet-stream"
    return added | target.get("headers", {})


def _check_account(call: Call, target: Body) -> None:
    """Refuse a token of an account that is not there, or is another project's."""
    for kind in ("oidcToken", "oauthToken"):
        email = target.get(kind, {}).get("serviceAccountEmail")
        if email is None or email.endswith("@developer.gserviceaccount.com"):
            continue
        if email.endswith("@appspot.gserviceaccount.com"):
            continue
        name = f"projects/{call.project}/serviceAccounts/{email}"
        if call.store.find("iam.projects.serviceAccounts", name) is None:
            raise invalid(f"Service account {email} does not exist in project {call.project}.")


def pause(call: Call) -> Body:
    """Pause a job that is enabled."""
    return _turned(call, "ENABLED", "PAUSED")


def resume(call: Call) -> Body:
    """Resume a job that is paused."""
    return _turned(call, "PAUSED", "ENABLED")


def run(call: Call) -> Body:
    """Call a job's target now; the time that the target is told is that of the next schedule."""
    job = found(call, JOBS)
    call.service.begin(dispatch.attempt(call.service, job.name, job.body["scheduleTime"]))
    return shown(call, JOBS, job)


def _turned(call: Call, before: str, after: str) -> Body:
    job = found(call, JOBS)
    if job.body["state"] != before:
        raise failed_precondition(
            f"Job '{job.name}' has to be in state {before} for this, and is {job.body['state']}."
        )
    job.body["state"] = after
    job.body["userUpdateTime"] = call.service.now_text
    call.store.put(job)
    return shown(call, JOBS, job)


JOBS = Collection(
    id=dispatch.JOBS,
    ids=re.compile(r"[A-Za-z0-9_-]{1,500}"),
    new_id=_id,
    required=("schedule",),
    default_page=500,
    most_page=500,
    born=_born,
    changed=_changed,
)
COLLECTIONS = (JOBS,)
HANDLERS: dict[str, Handler] = {
    f"{JOBS.id}.pause": pause,
    f"{JOBS.id}.resume": resume,
    f"{JOBS.id}.run": run,
}
