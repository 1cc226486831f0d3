"""What is called: targets of schedules, endpoints of subscriptions, executions of jobs."""

import base64
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.contract.platform.server import DONE_SECONDS, REGION, Server

IMAGE = "us-docker.pkg.dev/cloudrun/container/hello"
INVOKER = "roles/run.invoker"


def until(is_so: Callable[[], Any]) -> Any:  # noqa: ANN401 - what was awaited
    """Wait until something is so."""
    deadline = time.monotonic() + DONE_SECONDS
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


class Platform:
    """A service, the account that calls it, and what calls it.

    Args:
        server: The control plane.
        project: A project of its own.
    """

    def __init__(self, server: Server, project: str) -> None:
        self.server = server
        self.project = project
        self.region = f"projects/{project}/locations/{REGION}"
        accounts = f"iam/v1/projects/{project}/serviceAccounts"
        self.email = server.answer("POST", accounts, json={"accountId": "caller"})["email"]
        body = {"template": {"containers": [{"image": IMAGE}]}}
        path = f"run/v2/{self.region}/services"
        made = server.answer("POST", path, params={"serviceId": "processor"}, json=body)
        self.service = f"{path}/processor"
        self.url = made["metadata"]["uri"]

    def allow(self, member: str) -> None:
        """Let somebody call the service."""
        policy = {"policy": {"bindings": [{"role": INVOKER, "members": [member]}]}}
        self.server.answer("POST", f"{self.service}:setIamPolicy", json=policy)

    def new_job(self, name: str = "job", **more: Any) -> str:  # noqa: ANN401 - JSON
        """Make a job that calls the service with a token each quarter of an hour."""
        full = f"{self.region}/jobs/{name}"
        token = {"serviceAccountEmail": self.email, "audience": self.url}
        body = base64.b64encode(b'{"date": "YESTERDAY"}').decode()
        target = {"uri": f"{self.url}/process", "body": body, "oidcToken": token}
        job = {"name": full, "schedule": "*/15 * * * *", "httpTarget": target, **more}
        self.server.answer("POST", f"cloudscheduler/v1/{self.region}/jobs", json=job)
        return full

    def passed(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass, and return the attempts of this project's jobs."""
        attempts = self.server.order("time", seconds=seconds, project=self.project)["attempts"]
        assert all(it["job"].startswith(self.region) for it in attempts)
        return attempts

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls of the service."""
        return [
            call for call in self.server.order("calls")["calls"] if call["url"].startswith(self.url)
        ]

    def new_subscription(self, **more: Any) -> str:  # noqa: ANN401 - JSON
        """Make a topic with a subscription that is pushed to the service."""
        self.server.answer("PUT", f"pubsub/v1/projects/{self.project}/topics/topic", json={})
        name = f"pubsub/v1/projects/{self.project}/subscriptions/sub"
        push = {"pushConfig": {"pushEndpoint": f"{self.url}/push"}}
        topic = f"projects/{self.project}/topics/topic"
        self.server.answer("PUT", name, json={"topic": topic, **push, **more})
        return name

    def publish(self, *texts: str) -> None:
        """Publish messages."""
        messages = [{"data": base64.b64encode(text.encode()).decode()} for text in texts]
        path = f"pubsub/v1/projects/{self.project}/topics/topic:publish"
        self.server.answer("POST", path, json={"messages": messages})

    @property
    def backlog(self) -> Counter[str]:
        """How many messages wait, by the id of the subscription."""
        found = self.server.order("backlog")["backlog"]
        mine = {key: it for key, it in found.items() if f"/{self.project}/" in key}
        return Counter({key.rpartition("/")[2]: it for key, it in mine.items()})


@pytest.fixture
def platform(server: Server, project: str) -> Platform:
    """Return a platform of the test's own."""
    return Platform(server, project)


def test_a_job_is_called_when_it_is_due(platform: Platform):
    """A quarter-hourly job is called four times an hour, with the headers of Cloud Scheduler."""
    platform.allow(f"serviceAccount:{platform.email}")
    name = platform.new_job()
    platform.new_job("paused")
    platform.server.answer(
        "POST", f"cloudscheduler/v1/{platform.region}/jobs/paused:pause", json={}
    )
    attempts = platform.passed(3600)
    assert [(it["job"], it["status"]) for it in attempts] == [(name, 200)] * 4
    minutes = {it["scheduleTime"][14:19] for it in attempts}
    assert minutes == {"00:00", "15:00", "30:00", "45:00"}
    call = platform.calls()[0]
    assert call["body"] == '{"date": "YESTERDAY"}'
    assert call["headers"]["X-CloudScheduler"] == "true"
    assert call["headers"]["X-CloudScheduler-JobName"] == "job"
    assert call["headers"]["X-CloudScheduler-ScheduleTime"] == attempts[0]["scheduleTime"]
    assert call["headers"]["Content-Type"] == "application/octet-stream"
    job = platform.server.answer("GET", f"cloudscheduler/v1/{name}")
    last, due = (datetime.fromisoformat(job[key]) for key in ("lastAttemptTime", "scheduleTime"))
    assert datetime.fromisoformat(attempts[-1]["scheduleTime"]) <= last < due


def test_who_may_not_call_is_refused(platform: Platform):
    """Without run.invoker every attempt ends with 403, which the log of the job tells."""
    name = platform.new_job()
    assert [it["status"] for it in platform.passed(900)] == [403]
    body = {
        "resourceNames": [f"projects/{platform.project}"],
        "filter": 'resource.type="cloud_scheduler_job" AND jsonPayload."@type":"AttemptFinished"'
        f' AND severity>=ERROR AND resource.labels.job_id="{name.rpartition("/")[2]}"',
    }
    entries = platform.server.answer("POST", "logging/v2/entries:list", json=body)["entries"]
    assert [entry["httpRequest"]["status"] for entry in entries] == [403]
    assert entries[0]["jsonPayload"]["jobName"] == name
    assert platform.server.answer("GET", f"cloudscheduler/v1/{name}")["status"] == {"code": 7}
    unreadable = body | {"filter": "severity"}
    assert platform.server.refusal("POST", "logging/v2/entries:list", json=unreadable)[0] == 400


def test_retries_keep_the_time_of_the_schedule(platform: Platform):
    """RetryConfig.retryCount: a failed attempt is made again, for the same scheduled time."""
    platform.allow("allUsers")
    platform.server.order("targets", url=f"{platform.url}/process", fails_first=1)
    platform.new_job(retryConfig={"retryCount": 2})
    attempts = platform.passed(900)
    assert [it["status"] for it in attempts] == [500, 200]
    assert len({it["scheduleTime"] for it in attempts}) == 1


def test_a_run_by_hand_tells_the_next_schedule(platform: Platform):
    """jobs.run: the target is told the time of the next schedule (Deduplicate job requests)."""
    platform.allow("allUsers")
    name = platform.new_job()
    job = platform.server.answer("POST", f"cloudscheduler/v1/{name}:run", json={})
    call = until(platform.calls)[0]
    assert call["headers"]["X-CloudScheduler-ScheduleTime"] == job["scheduleTime"]


def test_messages_are_pushed(platform: Platform):
    """A pushed message is in an envelope; one that was taken is pushed no more."""
    platform.allow("allUsers")
    name = platform.new_subscription()
    platform.publish("first")
    call = until(platform.calls)[0]
    assert '"data": "Zmlyc3Q="' in call["body"]
    assert f'"subscription": "{name.removeprefix("pubsub/v1/")}"' in call["body"]
    until(lambda: not platform.backlog["sub"])


def test_a_fenced_subscription_keeps_its_messages(platform: Platform):
    """modifyPushConfig: without an endpoint messages wait; back at it they are pushed."""
    platform.allow("allUsers")
    name = platform.new_subscription()
    push = {"pushConfig": {"pushEndpoint": f"{platform.url}/push"}}
    platform.server.answer("POST", f"{name}:modifyPushConfig", json={"pushConfig": {}})
    platform.publish("first", "second")
    assert platform.backlog["sub"] == 2
    pulled = platform.server.answer("POST", f"{name}:pull", json={"maxMessages": 1})
    acknowledged = {"ackIds": [pulled["receivedMessages"][0]["ackId"]]}
    platform.server.answer("POST", f"{name}:acknowledge", json=acknowledged)
    assert platform.backlog["sub"] == 1
    platform.server.answer("POST", f"{name}:modifyPushConfig", json=push)
    assert len(until(platform.calls)) == 1
    assert platform.server.refusal("POST", f"{name}:pull", json={"maxMessages": 1})[0] == 400


def test_seek_discards_what_is_stale(platform: Platform):
    """subscriptions.seek: what was published before the instant is delivered no more."""
    name = platform.new_subscription(pushConfig={})
    platform.publish("stale")
    platform.server.order("clock", offset_seconds=60)
    now = platform.server.order("health")["now"]
    platform.server.answer("POST", f"{name}:seek", json={"time": now})
    platform.publish("fresh")
    assert platform.backlog["sub"] == 1


def test_what_is_never_taken_goes_to_the_dead_letters(platform: Platform):
    """DeadLetterPolicy: after five attempts a message is published to the other topic."""
    topics = f"pubsub/v1/projects/{platform.project}/topics"
    platform.server.answer("PUT", f"{topics}/dead", json={})
    dead = f"projects/{platform.project}/topics/dead"
    kept = {"topic": dead}
    platform.server.answer(
        "PUT", f"pubsub/v1/projects/{platform.project}/subscriptions/dead-sub", json=kept
    )
    policy = {"deadLetterTopic": dead, "maxDeliveryAttempts": 5}
    platform.new_subscription(deadLetterPolicy=policy)
    platform.publish("poison")
    for minutes in range(1, 7):
        platform.server.order("clock", offset_seconds=60 * minutes)
        platform.server.order("deliveries")
    assert platform.backlog == {"dead-sub": 1}
    assert {call["status"] for call in platform.calls()} == {403}


@pytest.mark.parametrize(("status", "outcome"), [(200, "SUCCEEDED"), (500, "FAILED")])
def test_a_job_of_cloud_run_is_executed(platform: Platform, status: int, outcome: str):
    """jobs.run: the operation is done when the execution is, and the execution tells its end."""
    template = {"template": {"template": {"containers": [{"image": IMAGE}]}}}
    path = f"run/v2/{platform.region}/jobs"
    platform.server.answer("POST", path, params={"jobId": "backfill"}, json=template)
    name = f"{platform.region}/jobs/backfill"
    platform.server.order("targets", url=name, seconds=0.5, status=status)
    begun = platform.server.answer("POST", f"run/v2/{name}:run", json={})
    # executions.list: `-` is every job.
    running = platform.server.answer("GET", f"{path}/-/executions")["executions"][0]
    assert running["runningCount"] == 1
    done = platform.server.done("run", "v2", begun)["response"]
    assert done["conditions"][0]["state"] == f"CONDITION_{outcome}"
    assert "runningCount" not in platform.server.answer("GET", f"run/v2/{done['name']}")


def test_a_schedule_executes_a_job_of_cloud_run(platform: Platform):
    """A job of Cloud Scheduler may call the older address of a job of Cloud Run."""
    template = {"template": {"template": {"containers": [{"image": IMAGE}]}}}
    path = f"run/v2/{platform.region}/jobs"
    platform.server.answer("POST", path, params={"jobId": "backfill"}, json=template)
    older = f"apis/run.googleapis.com/v1/namespaces/{platform.project}/jobs/backfill:run"
    target = {"uri": f"https://{REGION}-run.googleapis.com/{older}"}
    platform.new_job(httpTarget=target)
    platform.new_job("dangling", httpTarget={"uri": target["uri"].replace("backfill", "none")})
    assert sorted(it["status"] for it in platform.passed(900)) == [200, 404]
    assert len(platform.server.answer("GET", f"{path}/backfill/executions")["executions"]) == 1
