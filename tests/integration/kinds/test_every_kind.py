"""What holds for every kind: what is equal is left, what is lost comes back, and is proven or not.

Each kind has one small platform for all of these tests; each leaves it as it was.
"""

import json
from collections.abc import Iterator

import pytest

from recovery.kinds.known import rules_of
from recovery.kinds.works import WORKS
from tests.integration.kinds.resources import Resources
from tests.integration.kinds.worlds import (
    NIGHT,
    Buckets,
    Completions,
    Databases,
    Tables,
    World,
    made,
)
from tests.standin.cloud import SERVICES, Cloud

WORLDS: tuple[type[World], ...] = (Tables, Buckets, Databases, Completions, Resources)


def test_every_kind_has_its_world():
    """What has none is not tested."""
    assert {world.kind for world in WORLDS} == {*WORKS} - {"foundations"}, (
        "a class of `World` in tests/integration/kinds, in `WORLDS`"
    )


@pytest.fixture(scope="module", params=WORLDS, ids=lambda kind: kind.__name__.lower())
def world(
    request: pytest.FixtureRequest, local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Return things of each kind in turn, backed up."""
    yield made(request.param, local_cloud, tmp_path_factory.mktemp("kind"))
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
        done = world.rebound.json("recover", *world.words, *world.agreed)
        world.settle()
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
        unread = world.rebound.ended("recover", *world.words, *world.agreed)
    assert unread.returncode in (6, 9), unread.stderr
    assert world.state() != before
    with world.unreadable(after=world.looks("plan", *world.words)):
        unproven = world.rebound.ended("recover", *world.words, *world.agreed)
    assert unproven.returncode in (6, 7, 9), unproven.stderr
    recovery = max(
        item["recovery_id"]
        for item in world.rebound.json("report")
        if item["state"] in ("partial", "under way", "not equal")
    )
    world.rebound.run("resume", recovery, "--overwrite", "*", *world.agreed)
    world.settle()
    assert world.state() == before
    assert actions(world.rebound.json("plan", *world.words)) == {"leave"}


def test_a_damaged_file_is_told_and_stops_no_other_part(world: World):
    """`verify` and a plan name it, with a hint that can help; the other parts are planned.

    It is the last test of a platform: the file stays gone.
    """
    (rules,) = rules_of((world.kind,))
    if not rules.from_run:
        return  # Nothing of it is stored.
    *others, part = (part for part in rules.parts(world.rebound.manifest(NIGHT)) if part.needed)
    file = part.needed[0].name
    world.rebound.vault.blob(file).delete()
    assert file in world.rebound.run("verify", NIGHT, code=4).stdout
    planned = world.rebound.ended("plan", *world.words)
    told = planned.stdout + planned.stderr
    assert part.name in told
    assert ("--fall-back" in told) == rules.falls_back
    # A plan that reads no stored file goes on, and says that the part leans on it.
    assert planned.returncode == (0 if "LEANS ON A DAMAGED FILE" in told else 4)
    if others:
        steps = json.loads(world.rebound.ended("plan", *world.words, "--json").stdout)["steps"]
        assert {step.get("type", step["name"]) for step in steps} >= {it.name for it in others}
