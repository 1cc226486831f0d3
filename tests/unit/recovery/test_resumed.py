"""What a journal says of the world is looked at again: what it hides does not happen."""

from datetime import UTC, datetime

import pytest

from manifests.errors import ManifestAlteredError
from manifests.kinds.buckets.model import BucketBackup
from manifests.kinds.databases.model import DatabaseBackup, IndexSettings
from recovery.compare.documents import CollectionState, DatabaseState
from recovery.compare.observed import ObservedTable
from recovery.kinds.buckets.rules.buckets import BucketStep, ObjectCount, SeenBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.databases.rules.documents import DatabaseStep, plan_database
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.decision import Origin
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.model import Plan
from recovery.plan.resumed import resumed
from recovery.plan.whole import World
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.request import Request
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import (
    EQUAL,
    GONE,
    LOSING,
    OTHER,
    bucket_step,
    now,
    plan,
    request,
    step,
    world,
)

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
ORIGIN = Origin(manifest(buckets=(BUCKET,), databases=(DATABASE,)))
BUCKETS = request(scenario="gcs-bucket-corruption", overwrite=("*",), exact=True)
DATABASES = request(scenario="firestore-state-loss", overwrite=("*",), exact=True)
FOUND = DatabaseState(
    exists=True, collections=(CollectionState(collection_id="states", newer=3, extra=2),)
)
OVERWRITTEN = SeenBucket(
    keeps_replaced=False,
    objects=7,
    equal=0,
    counts=(ObjectCount(damage="overwritten", source="vault", objects=7, size_bytes=7),),
    samples=(),
    owner="77",
)
WORLD: World = {
    "buckets": BucketsSeen(buckets={"raw-files": OVERWRITTEN}),
    "databases": DatabasesSeen(databases={"(default)": FOUND}),
}


def begun(asked: Request, *steps: Step) -> Plan:
    """Return a plan from a journal."""
    return plan(world()).model_copy(update={"steps": steps, "request": asked})


def database_step(state: DatabaseState) -> DatabaseStep:
    """Return what is planned for the database in some state."""
    return plan_database(DATABASE, state, DATABASES, "platform")


def test_what_a_journal_hides_is_shown():
    """A plan that says that all is equal, with words that allow everything, is not believed."""
    silent = begun(BUCKETS, bucket_step(keeps_replaced=True))
    assert not silent.changes
    left = resumed(silent, ORIGIN, WORLD)
    assert left.changes
    assert [item.owner for item in left.of(BucketStep)] == ["77"]
    text = text_of(plan_document(left, now=POINT))
    assert "REPLACES CONTENT OF 7 OBJECTS THAT IS THERE; a copy is put aside" in text
    silent = begun(DATABASES, database_step(DatabaseState(exists=True)))
    assert not silent.changes
    text = text_of(plan_document(resumed(silent, ORIGIN, WORLD), now=POINT))
    assert "replace  3 changed after the recovery point" in text
    assert "remove   2 not in the backup" in text


def test_what_was_set_since_is_not_set_back():
    """An index made, or settings changed, since the plan that is resumed are left, and told."""
    known = DATABASE.model_copy(update={"index_settings": IndexSettings(indexes=(), fields=())})
    origin = Origin(manifest(buckets=(BUCKET,), databases=(known,)))
    asked = DATABASES.model_copy(update={"settings": True})
    planned = DatabaseState(exists=True, settings={}, indexes={"index on games (a)": "there"})
    both = {"index on games (a)": "there", "time to live of games.b": "on"}
    now = planned.model_copy(update={"indexes": both, "expiring": {"time to live of games.b": 4}})
    old = begun(asked, plan_database(known, planned, asked, "platform"))
    seen: World = {"databases": DatabasesSeen(databases={"(default)": now})}
    (step,) = resumed(old, origin, seen).of(DatabaseStep)
    assert [item.aspect for item in step.settings] == ["index on games (a)"]
    assert [item.aspect for item in step.since] == ["time to live of games.b"]
    assert step.sets
    assert step.expires == {"time to live of games.b": 4}
    (again,) = resumed(
        old,
        origin,
        {
            "databases": DatabasesSeen(
                databases={
                    "(default)": now.model_copy(
                        update={"indexes": {"time to live of games.b": "on"}}
                    )
                }
            )
        },
    ).of(DatabaseStep)
    assert not again.sets
    assert again.action == "leave"
    text = text_of(plan_document(resumed(old, origin, seen), now=POINT))
    assert "set      index on games (a) is there (it is taken away)" in text
    assert "time to live of games.b is on, and was not set (since the plan, left alone)" in text


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        (BUCKETS, bucket_step(action="create")),
        (DATABASES, database_step(DatabaseState(exists=False))),
    ],
)
def test_what_was_made_is_finished(asked: Request, step: Step):
    """A bucket or database of the interrupted attempt gets its rules although it is there now.

    One that was there before the recovery began is none of it, whatever its journal says.
    """
    left = resumed(begun(asked, step), ORIGIN, WORLD)
    assert [item.create for item in left.steps] == [True]
    older = {"older": frozenset({step.name})}
    there = {kind: seen.model_copy(update=older) for kind, seen in WORLD.items()}
    left = resumed(begun(asked, step), ORIGIN, there)
    assert [item.create for item in left.steps] == [False]


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (bucket_step(), bucket_step(name="another")),
        (bucket_step(), bucket_step()),
        (bucket_step(), database_step(FOUND)),
    ],
)
def test_a_plan_about_something_else_is_altered(steps: tuple[Step, ...]):
    """What a journal plans is what its request asks for, once, and nothing else."""
    with pytest.raises(ManifestAlteredError, match="not about what was asked for"):
        resumed(begun(BUCKETS, *steps), ORIGIN, WORLD)


def test_what_differs_and_was_left_is_asked_for_all_the_same():
    """Where only what is missing was asked for, the plan says what it leaves."""
    asked = request(only_missing=True)
    made = plan(LOSING, only_missing=True)
    assert made.left_alone == ("nba.games",)
    left = resumed(made, Origin(manifest()), {"tables": LOSING})
    assert (left.steps, left.left_alone) == (made.steps, made.left_alone)
    forged = made.model_copy(update={"request": asked.model_copy(update={"only_missing": False})})
    with pytest.raises(ManifestAlteredError, match="not about what was asked for"):
        resumed(forged, Origin(manifest()), {"tables": LOSING})


def test_what_a_journal_says_was_replaced_has_its_type():
    """It is compared with what is there: what is looked into has the type that is expected."""
    made = plan(world())
    altered = {"action": "replace", "replaced": {"schema": 7}}
    first = made.of(DefinitionStep)[0].model_copy(update=altered)
    forged = made.model_copy(update={"steps": (*made.of(TableStep), first)})
    with pytest.raises(ManifestAlteredError, match="no view or routine"):
        resumed(forged, ORIGIN, {"tables": world()})


def test_a_view_that_was_left_is_decided_anew():
    """One that is gone by now, or that a journal alone calls equal, would be called recovered unseen."""
    made = plan(world())
    assert {step.action for step in made.of(DefinitionStep)} == {"leave"}
    gone = {"definitions": {**world().definitions, "nba.latest games": None}}
    left = resumed(made, Origin(manifest()), {"tables": world().model_copy(update=gone)})
    actions = {step.name: step.action for step in left.of(DefinitionStep)}
    assert actions["nba.latest games"] == "create"


def test_what_a_journal_hides_of_a_definition_is_found_again():
    """How what is replaced differs is compared anew: otherwise its loss would need no word."""
    view = {**manifest().datasets[0].views[0], "view": {"query": "SELECT 1", "useLegacySql": False}}
    seen = world().model_copy(
        update={"definitions": {**world().definitions, "nba.latest games": view}}
    )
    made = plan(seen)
    (changed,) = (item for item in made.of(DefinitionStep) if item.replaced is not None)
    assert changed.needs_overwrite
    silent = changed.model_copy(update={"findings": ()})
    assert not silent.needs_overwrite
    steps = tuple(silent if item is changed else item for item in made.steps)
    left = resumed(made.model_copy(update={"steps": steps}), Origin(manifest()), {"tables": seen})
    (found,) = (item for item in left.of(DefinitionStep) if item.replaced is not None)
    assert found.findings == changed.findings
    assert found.needs_overwrite


@pytest.mark.parametrize(
    ("games", "told"),
    [
        (now(EQUAL), "by now it is equal, and nothing is left"),
        (GONE, ""),
        (now({}), "by now the table is empty"),
        (
            now({**EQUAL, "20250101": OTHER}),
            "WHAT CAME SINCE THE PLAN STAYS, and it is not recovered",
        ),
    ],
)
def test_what_is_left_of_a_table_is_looked_at_again(games: ObservedTable, told: str):
    """A resumed plan says what is there now, not what was there when it was made."""
    made = plan(world(games=GONE))
    left = resumed(made, Origin(manifest()), {"tables": world(games=games)})
    (step,) = (item for item in left.of(TableStep) if item.name == "nba.games")
    assert told in step.by_now
    assert bool(told) == bool(step.by_now)
    assert step.by_now in text_of(plan_document(left, now=POINT)).replace("\n", " ")
    assert step.action == "create"


def test_where_a_table_is_written_is_not_asked_of_a_journal():
    """What is shown is what is written: the name that the request makes of the original one."""
    made = plan(world(games=GONE))
    lying = [item.model_copy(update={"into": "harmless.name"}) for item in made.steps]
    left = resumed(made.model_copy(update={"steps": tuple(lying)}), ORIGIN, {"tables": world()})
    assert [item.into for item in left.steps] == [item.into for item in made.steps]


def test_a_plan_that_was_begun_undeletes_nothing():
    """That is done before a plan can be made of what is in the dataset."""
    made = plan(world())
    first = made.of(DatasetStep)[0].model_copy(update={"action": "undelete"})
    forged = made.model_copy(update={"steps": (first, *made.of(TableStep))})
    with pytest.raises(ManifestAlteredError, match="undeletes nothing"):
        resumed(forged, ORIGIN, {"tables": world()})


EXTRA = step(now(EQUAL | {"20300101": OTHER}), exact=True)
LOSING_STEP = next(item for item in plan(LOSING).of(TableStep) if item.name == "nba.games")


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


def test_what_a_journal_understates_of_a_table_is_counted_again():
    """How many rows go, and how many come back, is what is there and in the run, whatever it says."""
    made = plan(LOSING)
    (changed,) = (item for item in made.of(TableStep) if item.losing)
    forged = changed.model_copy(update={"losing": 0, "coming": {"20250101": 10**6}})
    steps = tuple(forged if item is changed else item for item in made.steps)
    left = resumed(made.model_copy(update={"steps": steps}), Origin(manifest()), {"tables": LOSING})
    (found,) = (item for item in left.of(TableStep) if item.name == changed.name)
    assert (found.losing, found.coming) == (changed.losing, changed.coming)
    other = {"schema": {"fields": [{"name": "other", "type": "STRING"}]}, "numRows": "7"}
    resource = {**(now(EQUAL).resource or {}), **other}
    seen = world(games=now(EQUAL).model_copy(update={"resource": resource}))
    made = plan(seen)
    (changed,) = (item for item in made.of(TableStep) if item.action == "replace")
    forged = changed.model_copy(update={"losing": 1})
    steps = tuple(forged if item is changed else item for item in made.steps)
    left = resumed(made.model_copy(update={"steps": steps}), Origin(manifest()), {"tables": seen})
    text = text_of(plan_document(left, now=POINT))
    assert "REPLACES 7 ROWS THAT ARE THERE" in text
