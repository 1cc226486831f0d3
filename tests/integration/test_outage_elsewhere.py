"""A complete outage that is recovered into another project: every reference is rewritten."""

import json

import pytest

from tests.harness import LOCATION, Rebound
from tests.integration.configuration import PUBSUB, SCHEDULER, call, nothing_is_left
from tests.integration.outages import (
    ELSEWHERE,
    OLD,
    PROJECTS,
    RUN,
    SCENARIO,
    build,
    image,
    job_address,
    made_of,
    put_image,
    supply,
)
from tests.standin.cloud import Cloud
from tests.standin.projects import project_number


@pytest.fixture(scope="module")
def world(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of a service with what calls it and what it reads, and one complete run."""
    # No rule knows the project in this word: what calls it is told, and stays stopped.
    stray = "https://calls.example/?from=a{project}b"
    return build(cloud, tmp_path_factory.mktemp("outage"), stray=stray)


def test_into_another_project_every_reference_is_rewritten(world: Rebound):
    """Ids, numbers and addresses; services are enabled first; nothing runs that points back."""
    other = f"{world.project}-dr"
    put_image(world, other, OLD)
    words = ("--into-project", other, "--confirm-project", other)
    planned = world.run("plan", SCENARIO, "--access", *words)
    assert "serviceusage/service run.googleapis.com" in planned.stdout
    assert "its bucket is another project's" in planned.stdout
    partial = world.run("recover", SCENARIO, "--access", "--yes", *words, code=7)
    assert "serviceusage/service run.googleapis.com: enabled" in partial.stderr
    supply(world, other)
    recovery = max(world.recoveries)
    done = world.run("resume", recovery, "--access", "--confirm-project", other, "--yes", code=7)
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
    check_names_in(world, other)
    world.run("thaw", "--no-check", "--yes", REBOUND_PROJECT=other)
    assert "it still points at the lost project, and stays stopped" in done.stdout
    nothing_enabled_calls(world, other)
    path = f"{PUBSUB}/projects/{other}/subscriptions/raw-sub"
    assert call(world, "GET", path)["pushConfig"]["pushEndpoint"] == f"{made['uri']}/process"
    undone(world, other, recovery)


def test_what_who_asks_may_not_make_is_told(world: Rebound):
    """The plan says it beforehand, and which permission lacks."""
    other, needed = f"{world.project}-bare", "serviceusage.services.enable"
    words = ("plan", SCENARIO, "--access", "--into-project", other)
    world.cloud.order("platform", "lacking", permissions=[needed])
    lacking = world.run(*words).stdout
    world.cloud.order("platform", "lacking", permissions=[])
    assert f"CANNOT who asks lacks {needed} on the project" in " ".join(lacking.split())
    assert "who asks lacks" not in world.run(*words).stdout


def nothing_enabled_calls(world: Rebound, other: str) -> None:
    """See that after a thaw what ran runs again, but for what points at the lost project, by our own look."""
    jobs = f"{SCHEDULER}/projects/{other}/locations/{LOCATION}/jobs"
    found = {item["name"].rpartition("/")[2]: item for item in call(world, "GET", jobs)["jobs"]}
    running = {name for name, item in found.items() if item["state"] == "ENABLED"}
    assert running == {"load-hourly", "alert"}
    lost = (world.project, project_number(world.project))
    for item in call(world, "GET", jobs)["jobs"]:
        told = json.dumps(item).replace(other, "")
        points = [name for name in lost if name in told]
        assert points == ([world.project] if item["name"].endswith("/stray") else [])
    subscriptions = call(world, "GET", f"{PUBSUB}/projects/{other}/subscriptions")
    assert not [name for name in lost if name in json.dumps(subscriptions).replace(other, "")]


def check_names_in(world: Rebound, other: str) -> None:
    """See that a secret is named by the project's number, and who is granted something by its id."""
    pool = call(world, "GET", f"{RUN}/projects/{other}/locations/{LOCATION}/workerPools/puller")
    (named,) = pool["template"]["containers"][0]["env"]
    secret = f"projects/{project_number(other)}/secrets/slack"
    assert named["valueSource"]["secretKeyRef"]["secret"] == secret
    policy = call(world, "POST", f"{PROJECTS}/projects/{other}:getIamPolicy", {})
    runner = f"serviceAccount:runner@{other}.iam.gserviceaccount.com"
    assert [runner] in [item["members"] for item in policy["bindings"]]


def undone(world: Rebound, other: str, recovery: str) -> None:
    """Undo all of it, whichever attempt made it: the value that somebody supplied keeps its secret."""
    told = world.run("undo", recovery, "--confirm-project", other, "--yes", code=6).stdout
    assert "its 1 versions would be lost with it" in told
    assert "takes roles/bigquery.user from serviceAccount:runner@" in told
    assert nothing_is_left(world, other)


def test_into_another_region_what_was_in_it_is_made_there(world: Rebound):
    """Names, addresses and images of it; what was in another region stays in that."""
    other, region = f"{world.project}-far", "us-east4"
    far = image(other).replace(LOCATION, region)
    digest = OLD.removeprefix("sha256:")
    world.cloud.order("platform", "images", image=far, digest=digest)
    moved = ("--into-region", f"{LOCATION}={region}")
    words = ("--into-project", other, "--confirm-project", other, *moved)
    twins = ("--into-region", f"{LOCATION}={ELSEWHERE}", *words[:4])
    assert "would have this name" in world.run("plan", SCENARIO, *twins, code=5).stderr
    world.run("recover", SCENARIO, "--access", "--yes", *words, code=7)
    supply(world, other)
    recovery = max(world.recoveries)
    again = ("--access", "--confirm-project", other, "--yes")
    refused = world.run("resume", recovery, *again, code=5).stderr
    assert f"`--into-region {LOCATION}={region}`" in refused
    done = world.run("resume", recovery, *again, *moved, code=7).stdout
    place = f"projects/{other}/locations"
    service = call(world, "GET", f"{RUN}/{place}/{region}/services/loader")
    assert service["template"]["containers"][0]["image"].startswith(
        f"{region}-docker.pkg.dev/{other}/"
    )
    jobs = call(world, "GET", f"{SCHEDULER}/{place}/{region}/jobs")["jobs"]
    uris = {item["name"].rpartition("/")[2]: item["httpTarget"]["uri"] for item in jobs}
    assert uris["load-hourly"] == f"{service['uri']}/load"
    assert uris["alert"] == f"https://{region}-{other}.cloudfunctions.net/alert"
    assert uris["load-paused"] == job_address(region, other)
    (twin,) = call(world, "GET", f"{SCHEDULER}/{place}/{ELSEWHERE}/jobs")["jobs"]
    assert twin["httpTarget"]["uri"] == "https://twin.example/"
    assert not call(world, "GET", f"{RUN}/{place}/{LOCATION}/services").get("services")
    assert f"rewritten httpTarget.uri: {uris['alert']}" in done
