"""What holds for every kind: what is equal is left, what is lost comes back, and is proven or not.

Each kind has one small platform for all of these tests; each leaves it as it was.
"""

import uuid
from collections.abc import Iterator

import pytest

from tests.harness import make_rebound
from tests.integration.kinds.worlds import WORLDS, World
from tests.standin.cloud import SERVICES, Cloud
from tests.standin.firestore.creation import create_database

_AGE_MINUTES = 100


@pytest.fixture(scope="module", params=WORLDS, ids=lambda kind: kind.__name__.lower())
def world(
    request: pytest.FixtureRequest, local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Return things of each kind in turn, backed up."""
    folder, project = tmp_path_factory.mktemp("kind"), f"p-{uuid.uuid4().hex[:10]}"
    with local_cloud.minutes_ago(_AGE_MINUTES, ("firestore",)):
        create_database(project)
    catalog = request.param.catalog(folder, project)
    made: World = request.param(make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog))
    made.fill()
    made.back_up()
    yield made
    for service in SERVICES:
        local_cloud.clear_faults(service)


def actions(told: dict[str, list[dict[str, object]]]) -> set[object]:
    """Return what a plan does, or a report did, to anything."""
    return {item["action"] for item in told["steps" if "steps" in told else "outcomes"]}


def test_what_is_equal_is_left(world: World):
    """The plan changes nothing, and needs nobody's yes."""
    before = world.state()
    assert actions(world.rebound.json("plan", *world.words)) == {"leave"}
    world.rebound.run("recover", *world.words)
    assert world.state() == before


def test_what_is_lost_is_planned_recovered_and_proven(world: World):
    """Each loss is in the plan, comes back whole, and the report says so; again is nothing."""
    before = world.state()
    for lost, lose in world.damages.items():
        lose()
        assert world.state() != before, lost
        planned = world.rebound.json("plan", *world.words)
        assert actions(planned) - {"leave"}, lost
        done = world.rebound.json("recover", *world.words, "--yes")
        assert world.state() == before, lost
        assert not [item for item in done["outcomes"] if item["findings"] or item["failure"]], lost
        assert actions(world.rebound.json("plan", *world.words)) == {"leave"}, lost
        world.rebound.run("recover", *world.words)
        assert world.state() == before, lost


def test_what_cannot_be_read_is_not_proven(world: World):
    """Neither before a plan is made, nor after: what could not be looked at did not pass."""
    before = world.state()
    lose = next(iter(world.damages.values()))
    lose()
    with world.unreadable(after=0):
        unread = world.rebound.ended("recover", *world.words, "--yes")
    assert unread.returncode in (6, 9), unread.stderr
    assert world.state() != before
    with world.unreadable(after=world.looks("plan", *world.words)):
        unproven = world.rebound.ended("recover", *world.words, "--yes")
    assert unproven.returncode in (6, 7, 9), unproven.stderr
    (recovery,) = (
        item["recovery_id"]
        for item in world.rebound.json("report")
        if item["state"] in ("partial", "under way", "not equal")
    )
    world.rebound.run("resume", recovery, "--overwrite", "*", "--yes")
    assert world.state() == before
    assert actions(world.rebound.json("plan", *world.words)) == {"leave"}
