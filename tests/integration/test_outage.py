"""A complete outage: what needs a secret waits for it, images come by digest, waves."""

from collections.abc import Iterator

import pytest

from tests.harness import RUN_SECONDS, Rebound, await_that
from tests.integration.configuration import PUBSUB, call, job, lines, states, subscription
from tests.integration.outages import (
    NEW,
    OLD,
    PROJECTS,
    SCENARIO,
    build,
    image,
    lose,
    made_of,
    notified,
    parent,
    put_image,
    supply,
)
from tests.served import Function, serving
from tests.standin.cloud import Cloud


@pytest.fixture(scope="module")
def world(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of a service with what calls it and what it reads, and one complete run."""
    return build(cloud, tmp_path_factory.mktemp("outage"))


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


def recovered(rebound: Rebound, *words: str) -> str:
    """Recover, supply the value that no backup has, go on, and return the recovery."""
    partial = rebound.run("recover", SCENARIO, "--access", "--yes", *words, code=6)
    assert "it needs a value of secret slack, which no backup has" in partial.stdout
    assert f"gcloud secrets versions add slack --project={rebound.project} " in partial.stdout
    return max(rebound.recoveries)


def test_an_image_that_is_gone_at_a_backup_is_told(world: Rebound, function: Function):
    """So is one of another project that nobody can see; one that who backs up can see has its digest."""
    seen, hidden = image("others"), "us-docker.pkg.dev/cloudrun/container/hello"
    put_image(world, "others", NEW)
    path = "serviceusage.googleapis.com/v1/projects/others/services"
    call(world, "POST", f"{path}/artifactregistry.googleapis.com:enable", {})
    for name, runs in (("seen", seen), ("hidden", hidden)):
        body = {"template": {"containers": [{"image": runs}]}}
        call(world, "POST", f"{parent(world)}/services", body, serviceId=name)
    world.cloud.order("platform", "images", image=image(world.project), is_gone=True)
    answer = function.complete("imageless")
    put_image(world, world.project, OLD)
    assert (answer["gone_images"], answer["unseen_images"]) == (2, 1)
    types = {item.type: item for item in world.manifest("imageless").resources}
    for name in ("run/service", "run/worker-pool"):
        assert types[name].gone_images == (image(world.project),)
    assert types["run/service"].unseen_images == (hidden,)
    stored = {
        item["name"].rpartition("/")[2]: item["images"]
        for item in lines(world, "imageless", "run/service")
        if "images" in item
    }
    assert stored == {"loader": {image(world.project): ""}, "seen": {seen: NEW}}
    told = world.run("show", "imageless").stdout
    assert f"1 image NOT THERE: {image(world.project)}" in told
    assert f"1 image of other registries UNKNOWN: {hidden}" in told
    assert "  1 image gone" in world.run("list").stdout
    planned = world.run("plan", SCENARIO, "--run", "imageless").stdout
    assert f"runs an image that was gone at the backup: {image(world.project)}" in planned
    for name in ("seen", "hidden"):
        call(world, "DELETE", f"{parent(world)}/services/{name}")
    for blob in list(world.vault.list_blobs(prefix="runs/imageless/")):
        blob.delete()


def test_what_needs_a_secret_waits_for_its_value_and_all_comes_back(
    lost: Rebound, function: Function
):
    """Planned, made but for what cannot be yet, gone on with; then waves, and a check that it works."""
    project = lost.project
    planned = planned_where_nobody_can_ask(lost)
    assert "needs    a value of secret slack, which no backup has" in planned
    assert "needs    version 1 of secret slack, which no backup has" in planned
    assert "pubsub/subscription orphan-sub" not in planned
    assert "its topic had been deleted before the backup" in planned
    with lost.cloud.fault("storage", "storage.notifications.insert", "lost", match=project):
        recovery = recovered(lost)
    (told,) = notified(lost)
    assert told["topic"] == f"//pubsub.googleapis.com/projects/{project}/topics/raw-complete"
    assert (told["event_types"], told["object_name_prefix"]) == (["OBJECT_FINALIZE"], "out/")
    supply(lost, project)
    lost.run("resume", recovery, "--access", "--yes")
    assert notified(lost) == [told]
    exact = image(project).replace(":v1", f"@{OLD}")
    assert made_of(lost, project)["images"] == {exact}, "another image has the tag by now"
    policy = call(lost, "POST", f"{PROJECTS}/projects/{project}:getIamPolicy", {})
    assert policy["bindings"][0]["role"] == "roles/bigquery.user"
    assert set(states(lost).values()) == {"PAUSED"}
    backlogs_are_not_known(lost)
    out, err = thawed_while_it_produces(lost)
    assert "flow check: load-hourly is run" in err
    assert "was written within" in err
    assert "wave A: 1" in err
    assert (
        "delivers pubsub/subscription raw-sub: what waits, 0 messages some minutes ago, since"
        in out
    )
    calls = lost.cloud.order("platform", "calls")["calls"]
    assert any(made_of(lost, project)["uri"] in item["url"] for item in calls)
    assert states(lost) == {"load-hourly": "ENABLED", "load-paused": "PAUSED", "alert": "ENABLED"}
    function.complete("second")


def planned_where_nobody_can_ask(rebound: Rebound) -> str:
    """Return a plan, which is made, and says so, where permissions may not be asked for."""
    asking = r"cloudresourcemanager\..*testIamPermissions"
    with rebound.cloud.fault("platform", asking, "status", status=403, times=None):
        planned = rebound.run("plan", SCENARIO, "--access").stdout
    assert "whether who asks may make it: nobody could ask" in planned
    return planned


def backlogs_are_not_known(rebound: Rebound) -> None:
    """See what is told of messages that wait where Cloud Monitoring may not be asked."""
    listed = r"monitoring\..*timeSeries\.list"
    with rebound.cloud.fault("platform", listed, "status", status=403, times=None):
        told = rebound.run("fence", "--status")
    assert "raw-sub: what waits, nobody knows how many messages, since" in told.stdout
    assert "how many messages wait is not known" in told.stderr


def another_project_waits(rebound: Rebound) -> None:
    """Let the project monitor another, in which a message waits for a subscription of the same name."""
    other = f"{rebound.project}-other"
    services = f"serviceusage.googleapis.com/v1/projects/{other}/services:batchEnable"
    call(rebound, "POST", services, {"serviceIds": ["pubsub.googleapis.com"]})
    topic = f"projects/{other}/topics/raw"
    call(rebound, "PUT", f"{PUBSUB}/{topic}", {})
    call(rebound, "PUT", f"{PUBSUB}/projects/{other}/subscriptions/raw-sub", {"topic": topic})
    call(rebound, "POST", f"{PUBSUB}/{topic}:publish", {"messages": [{"data": "YQ=="}]})
    rebound.cloud.order("platform", "scopes", project=rebound.project, others=[other])


def thawed_while_it_produces(rebound: Rebound) -> tuple[str, str]:
    """Thaw, while another project waits, and write what the flow check waits for; its schedule is run once, and nobody says so."""
    another_project_waits(rebound)
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
        assert (
            "awaited for at most 1.0 s; nothing by then ends it with exit code 7" in failed.stderr
        )
        assert "`--no-check` leaves that out" in failed.stdout
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
        lost.cloud.await_fault("platform", process)
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


def test_what_has_lost_its_image_is_told_and_not_made(lost: Rebound):
    """Its digest is kept, and nothing has it any more; the last test, as what is lost stays so."""
    lost.cloud.order("platform", "images", image=image(lost.project), is_gone=True)
    planned = lost.run("plan", SCENARIO, "--access").stdout
    assert "run/service loader" not in planned
    told = " ".join(planned.partition("cannot be brought back:")[2].split())
    assert "services/loader: its image is gone" in told
    assert "workerPools/puller: its image is gone" in told
    put_image(lost, lost.project, NEW)
