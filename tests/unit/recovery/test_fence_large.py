"""What is too large to be looked at is told by the plan, with the word that goes on all the same."""

import pytest

from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.documents import CollectionBackup
from manifests.values import Fingerprint
from recovery.fence.large import look_takes, too_large
from recovery.fence.model import LookTakes, PlannedFence
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
    assert too_large(enough, RUN, THINGS, {}) == {}
    less = rule(objects=max(BUCKET.count - 1, 1), documents=max(DATABASE.count - 1, 1))
    assert BUCKET.count > 1
    assert DATABASE.count > 1
    assert too_large(less, RUN, THINGS, {}) == {
        LAKE: f"{BUCKET.count} objects",
        STATE: f"{DATABASE.count} documents",
    }
    assert too_large(less, RUN, (LAKE,), {}).keys() == {LAKE}


def test_what_a_look_leaves_out_makes_no_database_too_large():
    """Ephemeral documents are not read, so they are not counted."""
    fingerprint = Fingerprint(row_count=DATABASE.count - 1, xor=0, low_sum=0, high_sum=0)
    locks = CollectionBackup(collection_id="locks", fingerprint=fingerprint)
    run = RUN.model_copy(
        update={"databases": (DATABASE.model_copy(update={"collections": (locks,)}),)}
    )
    least, ephemeral = rule(objects=9, documents=1), {DATABASE.name: ("locks",)}
    assert too_large(least, run, (STATE,), {}).keys() == {STATE}
    assert too_large(least, run, (STATE,), ephemeral) == {}
    assert look_takes(least, run, (STATE,), ephemeral).documents == 2


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


def test_a_look_reads_what_it_counts_and_then_each_document_but_of_what_is_too_large():
    """1,000 are counted for one read; a list of objects takes a call for each 1,000, also of none."""
    enough = rule(objects=BUCKET.count, documents=DATABASE.count)
    takes = look_takes(enough, RUN, THINGS, {})
    assert (takes.documents, takes.calls) == (DATABASE.count + 1, 1)
    less = rule(objects=BUCKET.count, documents=DATABASE.count - 1)
    assert look_takes(less, RUN, THINGS, {}).documents == 1
    assert look_takes(enough, RUN, ("dataset nba",), {}) == LookTakes()


def test_a_look_has_the_price_of_where_the_documents_are():
    """As the database's own configuration says, which names a region in small letters."""
    (database,), (bucket,) = RUN.databases, RUN.buckets
    large = database.model_copy(
        update={"document_count": 2_000_000, "resource": {"locationId": "us-west2"}}
    )
    run = RUN.model_copy(
        update={
            "databases": (large,),
            "buckets": (bucket.model_copy(update={"resource": {"location": "US-WEST2"}}),),
        }
    )
    takes = look_takes(rule(objects=9, documents=2_000_000), run, (STATE,), {})
    assert takes.documents == 2_002_000
    assert takes.usd == pytest.approx(20.02 * 0.036)
    both = look_takes(rule(objects=9, documents=2_000_000), run, (STATE, LAKE), {})
    assert both.usd - takes.usd == pytest.approx(0.005 / 1000)


def test_the_plan_says_what_looks_take_before_any_is_taken():
    """How often it is looked at most follows from how long a fence waits."""
    look = LookTakes(documents=2_002_000, calls=3, usd=0.72, priced_on="2026-12-01")
    fence = PlannedFence(
        things=("bucket lake",),
        writers=(),
        quiet_seconds=60,
        quiet_within_seconds=1800,
        look=look,
    )
    (section,) = fence_section(fence)
    told = " ".join(str(section).split())
    assert (
        "two looks reads 2,002,000 documents and lists objects by 3 calls at most, of what the run held, about"
        in told
    )
    assert "about $0.72 at list prices as of 2026-12-01" in told
    assert "while something writes, up to 30 more" in told
    none = fence.model_copy(update={"look": LookTakes()})
    assert "looks" not in str(fence_section(none))
