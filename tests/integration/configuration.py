"""A small configuration of the platform, made through the same APIs as anybody's."""

import json
from pathlib import Path
from typing import Any

import requests

from tests.harness import LOCATION, Rebound

SCHEDULER = "cloudscheduler.googleapis.com/v1"
PUBSUB = "pubsub.googleapis.com/v1"
SECRETS = "secretmanager.googleapis.com/v1"
ACCOUNTS = "iam.googleapis.com/v1"
RUN = "run.googleapis.com/v2"
TYPES = (
    "serviceusage/service",
    "iam/service-account",
    "secretmanager/secret",
    "pubsub/topic",
    "run/service",
    "pubsub/subscription",
    "scheduler/job",
)
APIS = (
    "cloudscheduler.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)


SANDBOX_APIS = tuple(
    f"{name}.googleapis.com"
    for name in (
        "bigqueryconnection",
        "cloudscheduler",
        "iam",
        "logging",
        "monitoring",
        "pubsub",
        "secretmanager",
        "workflows",
    )
)
"""What Terraform enables in a sandbox beside data."""


def call(
    rebound: Rebound, method: str, path: str, body: dict[str, Any] | None = None, **query: str
) -> dict[str, Any]:
    """Call one API of the local cloud and return the answer's JSON.

    Args:
        rebound: The platform.
        method: The HTTP method.
        path: The host of the API, its version and the rest of the path.
        body: What is sent.
        query: Parameters.
    """
    answer = requests.request(
        method,
        f"{rebound.env['REBOUND_API_ENDPOINT']}/{path}",
        params=query,
        json=body,
        timeout=60,
        headers={"Authorization": "Bearer local"},
    )
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return dict(answer.json()) if answer.content else {}


def enable(rebound: Rebound, *services: str) -> None:
    """Enable services of the project."""
    path = f"serviceusage.googleapis.com/v1/projects/{rebound.project}/services:batchEnable"
    call(rebound, "POST", path, {"serviceIds": list(services)})


def make_sandbox(rebound: Rebound, project: str) -> None:
    """Have a project that is labelled as a sandbox, and uses what a drill restores there."""
    path = f"cloudresourcemanager.googleapis.com/v3/projects/{project}"
    labels = {"labels": {"rebound-sandbox": "true"}}
    call(rebound, "PATCH", path, labels, updateMask="labels")
    services = f"serviceusage.googleapis.com/v1/projects/{project}/services:batchEnable"
    call(rebound, "POST", services, {"serviceIds": list(SANDBOX_APIS)})


def make_trigger(rebound: Rebound, name: str, *, location: str = LOCATION, **filters: str) -> None:
    """Make a trigger of Eventarc, and the service that it calls.

    Args:
        rebound: The platform.
        name: Its id.
        location: Where it is; the service is where the platform is.
        filters: What its events are exactly, by attribute.
    """
    enable(rebound, "eventarc.googleapis.com", "run.googleapis.com")
    place = f"projects/{rebound.project}/locations/{LOCATION}"
    image = {"template": {"containers": [{"image": "us-docker.pkg.dev/p/r/i"}]}}
    call(rebound, "POST", f"{RUN}/{place}/services", image, serviceId="listener")
    body = {
        "eventFilters": [{"attribute": key, "value": value} for key, value in filters.items()],
        "destination": {"cloudRun": {"service": "listener", "region": LOCATION}},
    }
    path = f"eventarc.googleapis.com/v1/projects/{rebound.project}/locations/{location}/triggers"
    call(rebound, "POST", path, body, triggerId=name)


def jobs_path(rebound: Rebound, location: str = LOCATION) -> str:
    """Return the path of the list of schedules of a region."""
    return f"{SCHEDULER}/projects/{rebound.project}/locations/{location}/jobs"


def make_job(
    rebound: Rebound,
    name: str,
    location: str = LOCATION,
    **fields: Any,  # noqa: ANN401 - fields of a job
) -> None:
    """Make a schedule that calls an address, or what the fields say."""
    target = {"httpTarget": {"uri": f"https://{name}.example/", "httpMethod": "POST"}}
    full = f"projects/{rebound.project}/locations/{location}/jobs/{name}"
    body = {"name": full, "schedule": "0 6 * * *", **target, **fields}
    call(rebound, "POST", jobs_path(rebound, location), body)


def pause_job(rebound: Rebound, name: str) -> None:
    """Pause a schedule."""
    call(rebound, "POST", f"{jobs_path(rebound)}/{name}:pause", {})


def job(rebound: Rebound, name: str, location: str = LOCATION) -> dict[str, Any]:
    """Return a schedule."""
    return call(rebound, "GET", f"{jobs_path(rebound, location)}/{name}")


def states(rebound: Rebound) -> dict[str, str]:
    """Return the state of every schedule, by its own name."""
    listed = call(rebound, "GET", jobs_path(rebound)).get("jobs", [])
    return {item["name"].rpartition("/")[2]: item["state"] for item in listed}


def make_subscription(rebound: Rebound, name: str, topic: str, endpoint: str) -> None:
    """Make a topic and a subscription of it that pushes to an address."""
    root = f"{PUBSUB}/projects/{rebound.project}"
    call(rebound, "PUT", f"{root}/topics/{topic}", {})
    body = {
        "topic": f"projects/{rebound.project}/topics/{topic}",
        "pushConfig": {"pushEndpoint": endpoint, "attributes": {"x-goog-version": "v1"}},
    }
    call(rebound, "PUT", f"{root}/subscriptions/{name}", body)


def subscription(rebound: Rebound, name: str) -> dict[str, Any]:
    """Return a subscription."""
    return call(rebound, "GET", f"{PUBSUB}/projects/{rebound.project}/subscriptions/{name}")


def subscriptions(rebound: Rebound) -> dict[str, Any]:
    """Return where every subscription pushes to, by its own name."""
    path = f"{PUBSUB}/projects/{rebound.project}/subscriptions"
    listed = call(rebound, "GET", path).get("subscriptions", [])
    return {item["name"].rpartition("/")[2]: item.get("pushConfig") for item in listed}


def with_fence(catalog: str, **rule: Any) -> None:  # noqa: ANN401 - fields of the catalog
    """Write into a catalog what writes to what.

    Args:
        catalog: Its path.
        rule: What its field `fence` says.
    """
    path = Path(catalog)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["fence"] = {"locations": [LOCATION], "quiet_seconds": 1, **rule}
    path.write_text(json.dumps(content), encoding="utf-8")


def configure(rebound: Rebound) -> None:
    """Make a service, what calls it, and what it reads."""
    project = rebound.project
    account = {"accountId": "runner", "serviceAccount": {"displayName": "Läufer"}}
    call(rebound, "POST", f"{ACCOUNTS}/projects/{project}/serviceAccounts", account)
    secret = {"replication": {"automatic": {}}, "labels": {"team": "data"}}
    call(rebound, "POST", f"{SECRETS}/projects/{project}/secrets", secret, secretId="slack")
    service = {
        "template": {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}
    }
    services = f"{RUN}/projects/{project}/locations/{LOCATION}/services"
    call(rebound, "POST", services, service, serviceId="loader")
    make_subscription(rebound, "raw-sub", "raw-complete", "https://loader.example/process")
    make_job(rebound, "load-hourly", description="Stündlich", retryConfig={"retryCount": 3})
    make_job(rebound, "load-paused")
    pause_job(rebound, "load-paused")
    policy = {"bindings": [{"role": "roles/pubsub.publisher", "members": ["user:a@example.com"]}]}
    path = f"{PUBSUB}/projects/{project}/topics/raw-complete:setIamPolicy"
    call(rebound, "POST", path, {"policy": policy})


def lose(rebound: Rebound) -> None:
    """Delete every schedule, subscription, topic, service and secret, and see them gone."""
    project = rebound.project
    for name in states(rebound):
        call(rebound, "DELETE", f"{jobs_path(rebound)}/{name}")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/subscriptions/raw-sub")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/topics/raw-complete")
    call(rebound, "DELETE", f"{SECRETS}/projects/{project}/secrets/slack")
    services = f"{RUN}/projects/{project}/locations/{LOCATION}/services"
    call(rebound, "DELETE", f"{services}/loader")
    assert states(rebound) == {}
    assert not call(rebound, "GET", f"{PUBSUB}/projects/{project}/topics").get("topics")


def nothing_is_left(rebound: Rebound, project: str) -> bool:
    """Whether a project has no schedule, service or topic, and nobody may do anything in it."""
    place = f"projects/{project}/locations/{LOCATION}"
    projects = "cloudresourcemanager.googleapis.com/v3/projects"
    answers = (
        call(rebound, "GET", f"{SCHEDULER}/{place}/jobs").get("jobs"),
        call(rebound, "GET", f"{RUN}/{place}/services").get("services"),
        call(rebound, "GET", f"{PUBSUB}/projects/{project}/topics").get("topics"),
        call(rebound, "POST", f"{projects}/{project}:getIamPolicy", {}).get("bindings"),
    )
    return not any(answers)


def lines(rebound: Rebound, run_id: str, kind: str) -> list[dict[str, Any]]:
    """Return what a run stored of one type, read without Rebound."""
    (found,) = (item for item in rebound.manifest(run_id).resources if item.type == kind)
    content = rebound.vault.blob(found.stored.name).download_as_bytes()
    return [json.loads(line) for line in content.splitlines()]
