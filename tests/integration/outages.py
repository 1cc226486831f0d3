"""A platform that is lost whole: a service with what calls it, what it reads, and what a bucket tells."""

import base64
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.harness import LOCATION, Rebound, make_rebound
from tests.integration import lake
from tests.integration.configuration import (
    PUBSUB,
    SCHEDULER,
    call,
    enable,
    jobs_path,
    make_job,
    make_subscription,
    pause_job,
    states,
    with_fence,
)
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.projects import project_number

SCENARIO = "complete-outage"
SECRETS = "secretmanager.googleapis.com/v1"
ACCOUNTS = "iam.googleapis.com/v1"
RUN = "run.googleapis.com/v2"
PROJECTS = "cloudresourcemanager.googleapis.com/v3"
ELSEWHERE = "us-east1"
TYPES = (
    "serviceusage/service",
    "iam/service-account",
    "secretmanager/secret",
    "pubsub/topic",
    "run/service",
    "pubsub/subscription",
    "run/worker-pool",
    "storage/notification",
    "cloudresourcemanager/project",
    "scheduler/job",
)
APIS = tuple(
    f"{name}.googleapis.com"
    for name in ("artifactregistry", "cloudscheduler", "iam", "pubsub", "run", "secretmanager")
)
WAVES = ({"name": "A", "type": "pubsub/subscription"}, {"name": "B", "names": ["load-*"]})
CHECK = {"schedule": "load-hourly", "after": "A", "within_seconds": 60}
WRITERS = ({"type": "scheduler/job", "names": ["*"], "writes": ["dataset *"]},)
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def image(project: str) -> str:
    """Return the image of a project's service."""
    return f"{LOCATION}-docker.pkg.dev/{project}/apps/loader:v1"


def put_image(rebound: Rebound, project: str, digest: str) -> None:
    """Put the image of a project into its registry, under its tag."""
    digest = digest.removeprefix("sha256:")
    rebound.cloud.order("platform", "images", image=image(project), digest=digest)


def parent(rebound: Rebound) -> str:
    """Return the place where services are."""
    return f"{RUN}/projects/{rebound.project}/locations/{LOCATION}"


def write_catalog(
    folder: Path,
    project: str,
    tables: Sequence[str] = (),
    **more: Any,  # noqa: ANN401 - JSON
) -> str:
    """Write the catalog of the platform and return its path."""
    resources: list[dict[str, Any]] = [{"type": name} for name in TYPES]
    produced = f"{project}-produced"
    places = {"scheduler/job": [LOCATION, ELSEWHERE], "storage/notification": [produced]}
    for item in resources:
        item["locations"] = places.get(item["type"], [LOCATION])
    catalog = lake.write_catalog(folder, tables, resources=resources, **more)
    check = {**CHECK, "produces": f"bucket {produced}"}
    writes = {"writes": ["bucket *"]} if more.get("buckets") else {}
    with_fence(
        catalog, writers=[{**item, **writes} for item in WRITERS], waves=WAVES, flow_check=check
    )
    return catalog


def build(cloud: Cloud, folder: Path, *, with_bucket: bool = False, **schedules: str) -> Rebound:
    """Make the platform, with one complete run, called `first`.

    Args:
        cloud: The local cloud.
        folder: For its files.
        with_bucket: Whether the bucket that its schedules write to is protected, too.
        schedules: The address of what each more of them calls; `{project}` stands for the project's id.
    """
    project = f"outage-{time.time_ns()}"
    buckets = [{"bucket": f"{project}-produced"}] if with_bucket else []
    catalog = write_catalog(folder, project, buckets=buckets)
    rebound = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
    configure_all(rebound)
    for name, address in schedules.items():
        target = {"uri": address.format(project=project), "httpMethod": "POST"}
        make_job(rebound, name, httpTarget=target)
    with serving(rebound) as function:
        function.complete("first")
    return rebound


def configure_all(rebound: Rebound) -> None:
    """Make the configuration and the bucket that it is about."""
    with rebound.cloud.minutes_ago(5, ("storage",)):
        rebound.storage_client.create_bucket(f"{rebound.project}-produced", location=LOCATION)
    configure(rebound)
    configure_callers(rebound)
    notify(rebound)


def configure(rebound: Rebound) -> None:
    """Make what is called, and what that needs."""
    project = rebound.project
    enable(rebound, *APIS)
    accounts = f"{ACCOUNTS}/projects/{project}/serviceAccounts"
    call(rebound, "POST", accounts, {"accountId": "runner"})
    runner = f"serviceAccount:runner@{project}.iam.gserviceaccount.com"
    policy = {"bindings": [{"role": "roles/bigquery.user", "members": [runner]}]}
    call(rebound, "POST", f"{PROJECTS}/projects/{project}:setIamPolicy", {"policy": policy})
    body = {"replication": {"automatic": {}}}
    call(rebound, "POST", f"{SECRETS}/projects/{project}/secrets", body, secretId="slack")
    supply(rebound, project)
    put_image(rebound, project, OLD)
    key = {
        "name": "SLACK",
        "valueSource": {"secretKeyRef": {"secret": "slack", "version": "latest"}},
    }
    service = {"template": {"containers": [{"image": image(project), "env": [key]}]}}
    call(rebound, "POST", f"{parent(rebound)}/services", service, serviceId="loader")
    by_number = {"secret": f"projects/{project_number(project)}/secrets/slack", "version": "1"}
    named = {"name": "HOOK", "valueSource": {"secretKeyRef": by_number}}
    pool = {"template": {"containers": [{"image": image(project), "env": [named]}]}}
    call(rebound, "POST", f"{parent(rebound)}/workerPools", pool, workerPoolId="puller")


def configure_callers(rebound: Rebound) -> None:
    """Make what calls it."""
    project = rebound.project
    url = call(rebound, "GET", f"{parent(rebound)}/services/loader")["uri"]
    make_subscription(rebound, "raw-sub", "raw-complete", f"{url}/process")
    make_subscription(rebound, "orphan-sub", "orphan", f"{url}/process")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/topics/orphan")
    make_job(rebound, "load-hourly", httpTarget={"uri": f"{url}/load", "httpMethod": "POST"})
    make_job(rebound, "load-paused", httpTarget={"uri": job_address(LOCATION, project)})
    pause_job(rebound, "load-paused")
    own = f"https://{LOCATION}-{project}.cloudfunctions.net/alert"
    make_job(rebound, "alert", httpTarget={"uri": own, "httpMethod": "POST"})
    twin = f"projects/{project}/locations/{ELSEWHERE}/jobs/load-hourly"
    target = {"httpTarget": {"uri": "https://twin.example/", "httpMethod": "POST"}}
    path = f"{SCHEDULER}/projects/{project}/locations/{ELSEWHERE}/jobs"
    call(rebound, "POST", path, {"name": twin, "schedule": "0 9 * * *", **target})


def job_address(location: str, project: str) -> str:
    """Return where a schedule has a job of Cloud Run run: at the endpoint of its location."""
    path = f"apis/run.googleapis.com/v1/namespaces/{project}/jobs/batch:run"
    return f"https://{location}-run.googleapis.com/{path}"


def notify(rebound: Rebound) -> None:
    """Have a bucket tell a topic of new objects, which somebody has to allow Cloud Storage."""
    project = rebound.project
    agent = f"service-{project_number(project)}@gs-project-accounts.iam.gserviceaccount.com"
    binding = {"role": "roles/pubsub.publisher", "members": [f"serviceAccount:{agent}"]}
    topic = f"projects/{project}/topics/raw-complete"
    policy = {"policy": {"bindings": [binding]}}
    call(rebound, "POST", f"{PUBSUB}/{topic}:setIamPolicy", policy)
    told = {
        "topic": f"//pubsub.googleapis.com/{topic}",
        "payload_format": "JSON_API_V1",
        "event_types": ["OBJECT_FINALIZE"],
        "object_name_prefix": "out/",
    }
    call(rebound, "POST", notifications_path(rebound), told)


def notifications_path(rebound: Rebound) -> str:
    """Return the path of what a bucket tells."""
    bucket = f"{rebound.project}-produced"
    return f"storage.googleapis.com/storage/v1/b/{bucket}/notificationConfigs"


def notified(rebound: Rebound) -> list[dict[str, Any]]:
    """Return what a bucket tells, without what Cloud Storage adds to it."""
    made = ("id", "etag", "selfLink")
    found = call(rebound, "GET", notifications_path(rebound)).get("items", [])
    return [{key: item[key] for key in item if key not in made} for item in found]


def supply(rebound: Rebound, project: str) -> None:
    """Give the secret a value, as an operator does."""
    payload = {"payload": {"data": base64.b64encode(b"hook").decode()}}
    path = f"{SECRETS}/projects/{project}/secrets/slack:addVersion"
    call(rebound, "POST", path, payload)


def lose(rebound: Rebound, *, with_secret: bool = True) -> None:
    """Delete all of it but accounts, and see it gone; the image has another's tag by now.

    Args:
        rebound: The platform.
        with_secret: Whether the secret goes, too, whose value no backup has.
    """
    project = rebound.project
    for name in states(rebound):
        call(rebound, "DELETE", f"{jobs_path(rebound)}/{name}")
    twin = f"projects/{project}/locations/{ELSEWHERE}/jobs/load-hourly"
    call(rebound, "DELETE", f"{SCHEDULER}/{twin}")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/subscriptions/raw-sub")
    if "orphan-sub" in str(call(rebound, "GET", f"{PUBSUB}/projects/{project}/subscriptions")):
        # Nothing can make it again.
        call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/subscriptions/orphan-sub")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/topics/raw-complete")
    if with_secret:
        call(rebound, "DELETE", f"{SECRETS}/projects/{project}/secrets/slack")
    call(rebound, "DELETE", f"{parent(rebound)}/services/loader")
    call(rebound, "DELETE", f"{parent(rebound)}/workerPools/puller")
    call(rebound, "POST", f"{PROJECTS}/projects/{project}:setIamPolicy", {"policy": {}})
    for item in call(rebound, "GET", notifications_path(rebound)).get("items", []):
        call(rebound, "DELETE", f"{notifications_path(rebound)}/{item['id']}")
    assert notified(rebound) == []
    put_image(rebound, project, NEW)
    assert states(rebound) == {}
    assert not call(rebound, "GET", f"{parent(rebound)}/services").get("services")


def made_of(rebound: Rebound, project: str) -> dict[str, Any]:
    """Return the image of a project's service, where it answers, and its worker pool."""
    where = f"{RUN}/projects/{project}/locations/{LOCATION}"
    service = call(rebound, "GET", f"{where}/services/loader")
    pool = call(rebound, "GET", f"{where}/workerPools/puller")
    images = {item["template"]["containers"][0]["image"] for item in (service, pool)}
    return {"images": images, "uri": service["uri"]}


def services(rebound: Rebound) -> dict[str, Any]:
    """Return what runs, a service or a pool by its own name: its containers, with the image's digest."""
    tag = image(rebound.project)
    exact = tag.replace(":v1", f"@{OLD}")
    found = {}
    for kind in ("services", "workerPools"):
        for item in call(rebound, "GET", f"{parent(rebound)}/{kind}").get(kind, []):
            containers = json.dumps(item["template"]["containers"], sort_keys=True)
            found[item["name"].rpartition("/")[2]] = containers.replace(tag, exact)
    return found
