"""What is too large to be looked at is told by the plan, with the word that goes on all the same."""

import pytest

from manifests.catalog_writers import CatalogWriter, FenceRule
from recovery.fence.large import too_large
from recovery.fence.model import PlannedFence
from recovery.report.fenced import fence_section
from tests.unit.platforms import whole_manifest

EVERYTHING = CatalogWriter(type="scheduler/job", names=("*",), writes=("*",))
RUN = whole_manifest()
(BUCKET,), (DATABASE,) = RUN.buckets, RUN.databases
LAKE, STATE = f"bucket {BUCKET.name}", f"database {DATABASE.name}"
THINGS = (LAKE, STATE, "dataset nba", "bucket elsewhere")


def rule(*, objects: int, documents: int) -> FenceRule:
    """Return how many are looked at."""
    return FenceRule(
        locations=("here",), writers=(EVERYTHING,), most_objects=objects, most_documents=documents
    )


def test_what_the_run_held_more_of_than_is_looked_at_is_too_large():
    """Of what is no larger, is no run's, or is a table nothing is told."""
    enough = rule(objects=BUCKET.count, documents=DATABASE.count)
    assert too_large(enough, RUN, THINGS) == {}
    less = rule(objects=max(BUCKET.count - 1, 1), documents=max(DATABASE.count - 1, 1))
    assert BUCKET.count > 1
    assert DATABASE.count > 1
    assert too_large(less, RUN, THINGS) == {
        LAKE: f"{BUCKET.count} objects",
        STATE: f"{DATABASE.count} documents",
    }
    assert too_large(less, RUN, (LAKE,)).keys() == {LAKE}


@pytest.mark.parametrize("despite", [(), ("bucket l*",)])
def test_the_plan_says_which_word_goes_on(despite: tuple[str, ...]):
    """Where the word was said already it says that instead."""
    fence = PlannedFence(
        things=("bucket lake",),
        writers=(),
        quiet_seconds=60,
        despite=despite,
        too_large={"bucket lake": "3,000,000 objects"},
    )
    (section,) = fence_section(fence)
    text = str(section)
    assert ("without `--despite 'bucket lake'` it ends there" in text) is (not despite)
    assert ("TOO LARGE" in text) is (not despite)
