"""A plan that somebody approved is carried out as it is, or not at all."""

from datetime import timedelta

import pytest

from manifests.errors import RefusedError, UsageError
from recovery.plan import PlanFile, approved, read_plan, seen_digest
from tests.unit.samples import GAMES, POINT
from tests.unit.worlds import EQUAL, GONE, OTHER, now, plan, world


def test_a_plan_comes_back_from_its_file():
    """What is read is what was written, and is carried out when the world is the same."""
    made = plan(world(games=GONE))
    content = PlanFile(made_at=POINT, plan=made).model_dump_json(indent=2)
    assert approved(read_plan(content, subject="p"), plan(world(games=GONE)), subject="p") == made


@pytest.mark.parametrize("content", ["", "{}", '{"made_at": "2026-11-24T08:01:00Z", "plan": {}}'])
def test_what_is_no_plan(content: str):
    """Anything else is refused with the place that does not fit."""
    with pytest.raises(UsageError, match="not a plan that `rebound plan --out` wrote"):
        read_plan(content, subject="p")


def test_the_world_moved():
    """What would be planned otherwise is named, and so is another request."""
    made = plan(world(games=GONE))
    for other, named in (
        (plan(world()), "nba.games"),
        (plan(world(games=GONE), exact=True), "the request"),
        (made.model_copy(update={"seen": "other"}), "something that it saw was written since"),
    ):
        with pytest.raises(RefusedError, match=f"not what the plan saw: {named}"):
            approved(made, other, subject="p")


def test_what_was_seen():
    """Rows that change are seen; what changes without anybody's doing is not."""
    seen = seen_digest(world())
    later = world().model_copy(update={"observed_at": POINT + timedelta(days=1)})
    assert seen_digest(later) == seen
    assert seen_digest(world(games=now(EQUAL, numTimeTravelPhysicalBytes="9"))) == seen
    assert seen_digest(world(games=now(EQUAL | {"20250101": OTHER}))) != seen
    assert seen_digest(world(games=now(EQUAL, lastModifiedTime="7"))) != seen
    assert seen_digest(world(games=GONE)) != seen
    assert "lastModifiedTime" not in GAMES
