"""Two operators fence and thaw at the same time: nothing stays paused without a fence, or runs inside of one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import LOCATION, RUN_SECONDS, Rebound
from tests.integration import lake
from tests.integration.configuration import enable, make_job, states, with_fence

WRITERS = ({"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]},)
INSERT = r"storage\.objects\.insert"


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with one schedule that writes."""
    catalog = lake.write_catalog(tmp_path)
    with_fence(catalog, writers=WRITERS)
    made = new_rebound(REBOUND_CATALOG=catalog)
    lake.create(made)
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    make_job(made, "load-hourly")
    return made


def fenced(rebound: Rebound) -> str:
    """Fence the platform's datasets and return the fence's id."""
    return rebound.run("fence", "--yes").stderr.split("fence ")[1].split()[0]


def test_two_thaws_that_leave_it_to_each_other(rebound: Rebound):
    """The one that is over last sees that nobody else resumes it, and does."""
    before = states(rebound)
    first, second = fenced(rebound), fenced(rebound)
    with rebound.cloud.held("storage", INSERT, match=rebound.landing.name):
        process = rebound.begin("thaw", first, "--yes")
        rebound.cloud.await_fault("storage", process)
        told = rebound.run("thaw", second, "--yes").stdout
        assert f"{first} holds it too, and resumes it" in told
        assert states(rebound) != before
    out, err = process.communicate(RUN_SECONDS)
    assert (process.returncode, states(rebound)) == (0, before), out + err
    assert "no fence stands" in rebound.run("fence", "--status").stdout


def test_what_is_left_to_a_fence_that_is_over_and_cannot_be_resumed(rebound: Rebound):
    """No other fence holds it any more: the one that has to resume it stands until it has."""
    before, first, second = states(rebound), fenced(rebound), fenced(rebound)
    with rebound.cloud.held("storage", INSERT, match=rebound.landing.name):
        process = rebound.begin("thaw", first, "--yes")
        rebound.cloud.await_fault("storage", process)
        rebound.run("thaw", second, "--yes")
        rebound.cloud.order(
            "platform",
            "faults",
            operation="cloudscheduler.projects.locations.jobs.resume",
            kind="status",
            status=403,
            times=None,
        )
    _, err = process.communicate(RUN_SECONDS)
    rebound.cloud.clear_faults("platform")
    assert process.returncode == 9
    assert "1 writer not as it should be, the first: " in err
    assert f"hint: `rebound thaw {first}` goes on" in err
    assert first in rebound.run("fence", "--status").stdout
    rebound.run("thaw", first, "--yes")
    assert states(rebound) == before


@pytest.mark.parametrize("is_done", [True, False], ids=["answer lost", "never done"])
@pytest.mark.parametrize(
    ("place", "behind"), [("vault", 1), ("vault", 2), ("landing", 0), ("landing", 1)]
)
def test_a_kill_while_the_other_fence_ends(
    rebound: Rebound, place: str, behind: int, *, is_done: bool
):
    """What both held is resumed, or named by a fence that stands, whose thaw resumes it.

    The vault is told who thaws, what is released, and that the fence is over; then the landing bucket.
    """
    before, first, second = states(rebound), fenced(rebound), fenced(rebound)
    bucket = rebound.vault.name if place == "vault" else rebound.landing.name
    with rebound.cloud.held("storage", INSERT, match=bucket, skip=behind, is_done=is_done):
        process = rebound.begin("thaw", first, "--yes")
        rebound.cloud.await_fault("storage", process)
        rebound.run("thaw", second, "--yes")
        process.kill()
        process.communicate(RUN_SECONDS)
    status = rebound.run("fence", "--status").stdout
    assert (states(rebound) == before) or first in status
    if first in status:
        rebound.run("thaw", first, "--yes")
    assert states(rebound) == before
    assert "no fence stands" in rebound.run("fence", "--status").stdout


def test_a_fence_that_begins_while_somebody_is_asked_about_a_thaw(rebound: Rebound):
    """What it holds by now is not resumed below it, though it was agreed to."""
    fence = fenced(rebound)
    paused = states(rebound)
    with rebound.cloud.held("storage", INSERT, match=rebound.vault.name):
        process = rebound.begin("thaw", fence, "--yes")
        rebound.cloud.await_fault("storage", process)
        other = fenced(rebound)
    _, err = process.communicate(RUN_SECONDS)
    assert (process.returncode, states(rebound)) == (5, paused)
    assert "which fences stand, changed since it was shown; nothing was changed" in err
    told = rebound.run("thaw", fence, "--yes").stdout
    assert f"{other} holds it too, and resumes it" in told
    rebound.run("thaw", other, "--yes")
    assert states(rebound) == {"load-hourly": "ENABLED"}


def test_a_fence_that_begins_while_another_one_looks(rebound: Rebound):
    """What it paused was found paused, and is held by the other one, too."""
    jobs = r"cloudscheduler\.projects\.locations\.jobs\.list"
    with rebound.cloud.held("platform", jobs):
        process = rebound.begin("fence", "--yes")
        rebound.cloud.await_fault("platform", process)
        first = fenced(rebound)
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 0, out + err
    rebound.run("thaw", first, "--yes")
    assert states(rebound) == {"load-hourly": "PAUSED"}, "the other fence stands"
    rebound.run("thaw", "--yes")
    assert states(rebound) == {"load-hourly": "ENABLED"}


def test_a_writer_that_is_resumed_behind_a_fence_is_not_quiet(rebound: Rebound):
    """A thaw looked before the fence began, and its order comes behind it: the fence looks again."""
    first = fenced(rebound)
    resume = r"cloudscheduler\.projects\.locations\.jobs\.resume"
    with rebound.cloud.held("bigquery", ".*", match=rebound.project):
        with rebound.cloud.held("platform", resume):
            thawing = rebound.begin("thaw", first, "--yes")
            rebound.cloud.await_fault("platform", thawing)
            fencing = rebound.begin("fence", "--yes")
            rebound.cloud.await_fault("bigquery", fencing)
        out, err = thawing.communicate(RUN_SECONDS)
        assert thawing.returncode == 0, out + err
    _, err = fencing.communicate(RUN_SECONDS)
    assert fencing.returncode == 7, err
    assert "it is not quiet: " in err
    assert "load-hourly was paused, and runs again" in err
    rebound.run("thaw", "--yes")
    assert states(rebound) == {"load-hourly": "ENABLED"}


def test_a_fence_that_begins_between_two_waves(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """What it holds by now is not resumed below it; the same command goes on, and leaves that to it."""
    made = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    bucket = f"{made.project}-raw"
    catalog = lake.write_catalog(tmp_path, buckets=[{"bucket": bucket}])
    hourly, daily = (
        {"type": "scheduler/job", "names": [name], "writes": [what]}
        for name, what in (("load-hourly", "dataset *"), ("load-daily", "bucket *"))
    )
    waves = ({"name": "first", "names": ["load-hourly"]}, {"name": "last", "names": ["load-*"]})
    with_fence(catalog, writers=(hourly, daily), waves=waves)
    lake.create(made)
    made.storage_client.create_bucket(bucket, location=LOCATION)
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    make_job(made, "load-hourly")
    make_job(made, "load-daily")
    fence = fenced(made)
    resume = r"cloudscheduler\.projects\.locations\.jobs\.resume"
    with made.cloud.held("platform", resume, match="load-hourly"):
        process = made.begin("thaw", fence, "--yes")
        made.cloud.await_fault("platform", process)
        told = made.run("fence", "--bucket", bucket, "--yes").stderr
    _, err = process.communicate(RUN_SECONDS)
    other = told.split("fence ")[1].split()[0]
    assert process.returncode == 6, err
    assert f"load-daily: {other} began meanwhile and holds it, too: it stays paused" in err
    assert f"hint: `rebound thaw {fence}` goes on" in err
    assert states(made) == {"load-daily": "PAUSED", "load-hourly": "ENABLED"}
    assert f"{other} holds it too, and resumes it" in made.run("thaw", fence, "--yes").stdout
    made.run("thaw", other, "--yes")
    assert states(made) == {"load-daily": "ENABLED", "load-hourly": "ENABLED"}
