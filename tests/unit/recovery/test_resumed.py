"""What a journal says of the world is looked at again: what it hides does not happen."""

from datetime import UTC, datetime

import pytest

from manifests.errors import ManifestAlteredError
from manifests.model import BucketBackup, DatabaseBackup
from recovery.compare.documents import CollectionState, DatabaseState
from recovery.plan import Plan, TableStep
from recovery.plan.buckets import BucketPlan, ObjectCount
from recovery.plan.documents import plan_database
from recovery.plan.resumed import resumed
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import EQUAL, LOSING, OTHER, bucket_plan, now, plan, request, step, world

BUCKET = BucketBackup(
    bucket="raw-files",
    resource={"name": "raw-files"},
    listed_at=POINT,
    finished_at=POINT,
    shards=(),
)
DATABASE = DatabaseBackup(
    database_id="(default)",
    resource={},
    read_time=datetime(2026, 1, 1, tzinfo=UTC),
    document_count=0,
    collections=(),
    files=(),
)
ORIGIN = manifest(buckets=(BUCKET,), databases=(DATABASE,))
ASKED = request(scenario="gcs-bucket-corruption", overwrite=("*",), exact=True)
FOUND = DatabaseState(
    exists=True, collections=(CollectionState(collection_id="states", newer=3, extra=2),)
)
OVERWRITTEN = bucket_plan(
    counts=(ObjectCount(damage="overwritten", source="vault", objects=7, size_bytes=7),)
)


def begun(*buckets: BucketPlan, state: DatabaseState) -> Plan:
    """Return a plan from a journal that says this of buckets and of the database."""
    database = plan_database(DATABASE, state, ASKED, ORIGIN.project)
    update = {"buckets": buckets, "databases": (database,), "tables": (), "request": ASKED}
    return plan(world()).model_copy(update=update)


def test_what_a_journal_hides_is_shown():
    """A plan that says that all is equal, with words that allow everything, is not believed."""
    silent = begun(bucket_plan(keeps_replaced=True), state=DatabaseState(exists=True))
    assert not silent.changes
    seen = OVERWRITTEN.model_copy(update={"keeps_replaced": False, "owner": "77"})
    left = resumed(silent, ORIGIN, buckets=(seen,), databases={"(default)": FOUND})
    assert left.changes
    assert left.buckets == (seen,)
    text = text_of(plan_document(left, now=POINT))
    assert "REPLACES CONTENT OF 7 OBJECTS THAT IS THERE; a copy is put aside" in text
    assert "replace  3 changed after the recovery point" in text
    assert "remove   2 not in the backup" in text


def test_what_was_made_is_finished():
    """A bucket or database of the interrupted attempt gets its rules although it is there now."""
    made = begun(bucket_plan(create=True), state=DatabaseState(exists=False))
    left = resumed(made, ORIGIN, buckets=(bucket_plan(),), databases={"(default)": FOUND})
    assert [item.create for item in (*left.buckets, *left.databases)] == [True, True]


@pytest.mark.parametrize("buckets", [(), (bucket_plan(), bucket_plan(bucket="another"))])
def test_a_plan_about_something_else_is_altered(buckets: tuple[BucketPlan, ...]):
    """What a journal plans is what its request asks for, and nothing else."""
    other = begun(*buckets, state=FOUND)
    with pytest.raises(ManifestAlteredError, match="not about what was asked for"):
        resumed(other, ORIGIN, buckets=(bucket_plan(),), databases={"(default)": FOUND})


def test_what_a_journal_says_was_replaced_has_its_type():
    """It is compared with what is there: what is looked into has the type that is expected."""
    made = begun(state=FOUND)
    first = made.definitions[0].model_copy(update={"replaced": {"schema": 7}})
    forged = made.model_copy(update={"definitions": (first,)})
    with pytest.raises(ManifestAlteredError, match="no view or routine"):
        resumed(forged, ORIGIN, buckets=(), databases={"(default)": FOUND})


EXTRA = step(now(EQUAL | {"20300101": OTHER}), exact=True)
LOSING_STEP = next(item for item in plan(LOSING).tables if item.table == "nba.games")


@pytest.mark.parametrize(
    ("told", "exact", "names"),
    [
        (LOSING_STEP, False, {"20250101"}),
        (LOSING_STEP.model_copy(update={"loses_rows": False}), False, set()),
        (LOSING_STEP.model_copy(update={"only_removes": True}), True, set()),
        (EXTRA, True, {"20300101"}),
        (EXTRA, False, set()),
        (EXTRA.model_copy(update={"loses_rows": False}), True, set()),
    ],
)
def test_of_a_table_goes_only_what_the_plan_tells(told: TableStep, exact: bool, names: set[str]):  # noqa: FBT001 - a parameter
    """A step that hides that rows go does not let them go, whatever it says was seen."""
    assert set(told.told(request(exact=exact))) == names
