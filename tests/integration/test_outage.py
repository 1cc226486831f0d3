"""A complete outage: what needs a secret waits for it, images come by digest, waves, another project."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import LOCATION, RUN_SECONDS, Rebound, await_that, make_rebound
from tests.integration import lake
from tests.integration.configuration import (
    PUBSUB,
    SCHEDULER,
    call,
    enable,
    job,
    jobs_path,
    make_job,
    make_subscription,
    pause_job,
    states,
    subscription,
    with_fence,
)
from tests.served import Function, serving
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


@pytest.fixture(scope="module")
def world(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of a service with what calls it and what it reads, and one complete run."""
    folder = tmp_path_factory.mktemp("outage")
    project = f"outage-{time.time_ns()}"
    resources = [{"type": name, "locations": [LOCATION]} for name in TYPES]
    resources[-1]["locations"] = [LOCATION, ELSEWHERE]
    produced = f"{project}-produced"
    catalog = lake.write_catalog(folder, tables=(), resources=resources)
    check = {**CHECK, "produces": f"bucket {produced}"}
    with_fence(catalog, writers=WRITERS, waves=WAVES, flow_check=check)
    made = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
    made.storage_client.create_bucket(produced, location=LOCATION)
    configure(made)
    with serving(made) as function:
        function.complete("first")
    return made


def configure(rebound: Rebound) -> None:
    """Make the platform."""
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
    url = call(rebound, "GET", f"{parent(rebound)}/services/loader")["uri"]
    make_subscription(rebound, "raw-sub", "raw-complete", f"{url}/process")
    make_subscription(rebound, "orphan-sub", "orphan", f"{url}/process")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{project}/topics/orphan")
    make_job(rebound, "load-hourly", httpTarget={"uri": f"{url}/load", "httpMethod": "POST"})
    make_job(rebound, "load-paused")
    pause_job(rebound, "load-paused")
    own = f"https://{LOCATION}-{project}.cloudfunctions.net/alert"
    make_job(rebound, "alert", httpTarget={"uri": own, "httpMethod": "POST"})
    twin = f"projects/{project}/locations/{ELSEWHERE}/jobs/load-hourly"
    target = {"httpTarget": {"uri": "https://twin.example/", "httpMethod": "POST"}}
    path = f"{SCHEDULER}/projects/{project}/locations/{ELSEWHERE}/jobs"
    call(rebound, "POST", path, {"name": twin, "schedule": "0 9 * * *", **target})


def supply(rebound: Rebound, project: str) -> None:
    """Give the secret a value, as an operator does."""
    payload = {"payload": {"data": base64.b64encode(b"hook").decode()}}
    path = f"{SECRETS}/projects/{project}/secrets/slack:addVersion"
    call(rebound, "POST", path, payload)


def lose(rebound: Rebound) -> None:
    """Delete all of it but accounts, and see it gone; the image has another's tag by now."""
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
    call(rebound, "DELETE", f"{SECRETS}/projects/{project}/secrets/slack")
    call(rebound, "DELETE", f"{parent(rebound)}/services/loader")
    call(rebound, "DELETE", f"{parent(rebound)}/workerPools/puller")
    call(rebound, "POST", f"{PROJECTS}/projects/{project}:setIamPolicy", {"policy": {}})
    put_image(rebound, project, NEW)
    assert states(rebound) == {}
    assert not call(rebound, "GET", f"{parent(rebound)}/services").get("services")


@pytest.fixture
def lost(world: Rebound) -> Iterator[Rebound]:
    """Return the platform without its configuration."""
    lose(world)
    yield world
    world.cloud.clear_faults("platform")


@pytest.fixture
def function(world: Rebound) -> Iterator[Function]:
    """Serve the backup function of the platform."""
    with serving(world) as served:
        yield served


def made_of(rebound: Rebound, project: str) -> dict[str, Any]:
    """Return the image of a project's service, where it answers, and its worker pool."""
    where = f"{RUN}/projects/{project}/locations/{LOCATION}"
    service = call(rebound, "GET", f"{where}/services/loader")
    pool = call(rebound, "GET", f"{where}/workerPools/puller")
    images = {item["template"]["containers"][0]["image"] for item in (service, pool)}
    return {"images": images, "uri": service["uri"]}


def recovered(rebound: Rebound, *words: str) -> str:
    """Recover, supply the value that no backup has, go on, and return the recovery."""
    partial = rebound.run("recover", SCENARIO, "--access", "--yes", *words, code=6)
    assert "it needs a value of secret slack, which no backup has" in partial.stdout
    assert "gcloud secrets versions add slack" in partial.stdout
    return max(rebound.recoveries)


def test_what_needs_a_secret_waits_for_its_value_and_all_comes_back(
    lost: Rebound, function: Function
):
    """Planned, made but for what cannot be yet, gone on with; then waves, and a check that it works."""
    project = lost.project
    planned = lost.run("plan", SCENARIO, "--access").stdout
    assert "needs    a value of secret slack, which no backup has" in planned
    assert "needs    version 1 of secret slack, which no backup has" in planned
    assert "pubsub/subscription orphan-sub" not in planned
    assert "its topic had been deleted before the backup" in planned
    recovery = recovered(lost)
    supply(lost, project)
    lost.run("resume", recovery, "--access", "--yes")
    exact = image(project).replace(":v1", f"@{OLD}")
    assert made_of(lost, project)["images"] == {exact}, "another image has the tag by now"
    policy = call(lost, "POST", f"{PROJECTS}/projects/{project}:getIamPolicy", {})
    assert policy["bindings"][0]["role"] == "roles/bigquery.user"
    assert set(states(lost).values()) == {"PAUSED"}
    out, err = thawed_while_it_produces(lost)
    assert "flow check: load-hourly is run" in err
    assert "was written within" in err
    assert "wave A: 1" in err
    assert "delivers pubsub/subscription raw-sub: what waits since" in out
    calls = lost.cloud.order("platform", "calls")["calls"]
    assert any(made_of(lost, project)["uri"] in item["url"] for item in calls)
    assert states(lost) == {"load-hourly": "ENABLED", "load-paused": "PAUSED", "alert": "ENABLED"}
    function.complete("second")


def thawed_while_it_produces(rebound: Rebound) -> tuple[str, str]:
    """Thaw, and write what the flow check waits for; its schedule is run once, and nobody says so."""
    run = "cloudscheduler.projects.locations.jobs.run"
    rebound.cloud.order("platform", "faults", operation=run, kind="lost", times=None)
    thawing = rebound.begin("thaw", "--yes")
    await_that(lambda: "pushEndpoint" in subscription(rebound, "raw-sub").get("pushConfig", {}))
    produced = rebound.storage_client.bucket(f"{rebound.project}-produced")
    number = 0
    while thawing.poll() is None:
        number += 1
        produced.blob(f"out/{number}").upload_from_string("x")
    out, err = thawing.communicate(RUN_SECONDS)
    assert thawing.returncode == 0, err
    assert [item["fired"] for item in rebound.cloud.clear_faults("platform")] == [1]
    return out, err


def test_a_flow_check_that_shows_nothing_keeps_later_waves_paused(lost: Rebound):
    """The first wave is resumed, nothing came of the check, and a word goes on without it."""
    recovery = recovered(lost)
    supply(lost, lost.project)
    lost.run("resume", recovery, "--access", "--yes")
    short = {"within_seconds": 1}
    catalog = lost.folder / "catalog.json"
    text = catalog.read_text()
    catalog.write_text(text.replace('"within_seconds": 60', '"within_seconds": 1'))
    try:
        failed = lost.run("thaw", "--yes", code=7)
        assert f"within {short['within_seconds']} s" in failed.stderr
        assert states(lost)["load-hourly"] == "PAUSED"
        lost.run("thaw", "--no-check", "--yes")
    finally:
        catalog.write_text(text)
    assert states(lost)["load-hourly"] == "ENABLED"


def test_a_kill_while_schedules_are_made_leaves_a_fence_and_is_gone_on_from(lost: Rebound):
    """What was made stopped is written down before; who goes on, and who only thaws, resumes it."""
    pause = "cloudscheduler.projects.locations.jobs.pause"
    with lost.cloud.held("platform", pause, is_done=False, times=None):
        process = lost.begin("recover", SCENARIO, "--access", "--yes")
        lost.cloud.await_fault("platform")
        process.kill()
        process.communicate(RUN_SECONDS)
    supply(lost, lost.project)
    recovery = max(lost.recoveries)
    assert "made by the recovery" in lost.run("fence", "--status").stdout
    lost.run("resume", recovery, "--access", "--yes")
    assert set(states(lost).values()) == {"PAUSED"}
    lost.run("thaw", "--no-check", "--yes")
    assert states(lost) == {"load-hourly": "ENABLED", "load-paused": "PAUSED", "alert": "ENABLED"}
    assert job(lost, "load-hourly")["schedule"] == "0 6 * * *"


def test_into_another_project_every_reference_is_rewritten(world: Rebound):
    """Ids, numbers and addresses; services are enabled first; nothing runs that points back."""
    other = f"{world.project}-dr"
    put_image(world, other, OLD)
    words = ("--into-project", other, "--confirm-project", other)
    planned = world.run("plan", SCENARIO, "--access", *words)
    assert "serviceusage/service run.googleapis.com" in planned.stdout
    partial = world.run("recover", SCENARIO, "--access", "--yes", *words, code=6)
    assert "serviceusage/service run.googleapis.com: enabled" in partial.stderr
    supply(world, other)
    recovery = max(world.recoveries)
    done = world.run("resume", recovery, "--access", "--confirm-project", other, "--yes")
    made = made_of(world, other)
    assert {name.split(":")[0] for name in made["images"]} <= {
        image(other).split(":")[0],
        f"{image(other).split(':')[0]}@sha256",
    }
    jobs = f"{SCHEDULER}/projects/{other}/locations/{LOCATION}/jobs"
    found = {item["name"].rpartition("/")[2]: item for item in call(world, "GET", jobs)["jobs"]}
    assert found["load-hourly"]["httpTarget"]["uri"] == f"{made['uri']}/load"
    own = f"https://{LOCATION}-{other}.cloudfunctions.net/alert"
    assert found["alert"]["httpTarget"]["uri"] == own
    assert {item["state"] for item in found.values()} == {"PAUSED"}
    assert f"rewritten httpTarget.uri: {own}" in done.stdout
    pool = call(world, "GET", f"{RUN}/projects/{other}/locations/{LOCATION}/workerPools/puller")
    (named,) = pool["template"]["containers"][0]["env"]
    secret = f"projects/{project_number(other)}/secrets/slack"
    assert named["valueSource"]["secretKeyRef"]["secret"] == secret
    policy = call(world, "POST", f"{PROJECTS}/projects/{other}:getIamPolicy", {})
    runner = f"serviceAccount:runner@{other}.iam.gserviceaccount.com"
    assert [runner] in [item["members"] for item in policy["bindings"]]
    world.run("thaw", "--no-check", "--yes", REBOUND_PROJECT=other)
    path = f"{PUBSUB}/projects/{other}/subscriptions/raw-sub"
    assert call(world, "GET", path)["pushConfig"]["pushEndpoint"] == f"{made['uri']}/process"
