"""What is left of a plan that was begun, where the world is not as simple as when it was made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from manifests.errors import ManifestAlteredError
from recovery.compare.documents import DatabaseState
from recovery.compare.findings import finding
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.decision import Origin
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep, is_done
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import PlannedRecovery, RecoveryReport, contradiction
from recovery.plan.model import Plan
from recovery.plan.resumed import resumed
from recovery.unseen import Unseen
from tests.unit.recovery.test_resumed import (
    BUCKETS,
    DATABASES,
    ORIGIN,
    OVERWRITTEN,
    begun,
    database_step,
)
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import EQUAL, GONE, OTHER, bucket_step, now, plan, world

RECOVERY = "bigquery-dataset-loss-20261124T090000Z-abcd"


def left_where_unseen(name: str) -> tuple[Plan, Plan]:
    """Return a plan that was begun, and what is left of it where one thing cannot be looked at now."""
    made, seen = plan(world()), world()
    own, dataset = name, name.removeprefix("dataset ")
    hidden = {"unseen": (Unseen(name=name, why="403 denied"),)}
    for field in ("tables", "definitions", "datasets"):
        found = getattr(seen, field)
        hidden[field] = {key: item for key, item in found.items() if key not in (own, dataset)}
    return made, resumed(made, Origin(manifest()), {"tables": seen.model_copy(update=hidden)})


@pytest.mark.parametrize("name", ["nba.games", "nba.latest games", "dataset nba"])
def test_what_cannot_be_looked_at_now_is_left(name: str):
    """It is named as in a plan, with all that is in it; nobody is told that the plan was altered."""
    made, left = left_where_unseen(name)
    assert [item.name for item in left.unseen] == [name]
    mine = name.removeprefix("dataset ")
    gone = {(it.kind, it.name) for it in made.steps} - {(it.kind, it.name) for it in left.steps}
    assert gone
    assert all(mine in (it, it.partition(".")[0]) for _, it in gone)
    assert left.of(TableStep) or left.of(DatasetStep) or left.of(DefinitionStep)
    planned = PlannedRecovery(recovery_id=RECOVERY, started_at=POINT, plan=made)
    report = RecoveryReport(
        recovery_id=RECOVERY,
        plan=left,
        started_at=POINT,
        finished_at=POINT + timedelta(minutes=5),
        outcomes=tuple(
            {"kind": it.kind, "name": it.name, "into": it.into, "action": "leave"}
            for it in left.steps
            if it.is_told
        ),
    )
    assert not contradiction(planned, report, POINT + timedelta(minutes=5))
    assert not report.is_proven


def test_what_no_run_holds_is_still_refused():
    """A journal that names a view which the run has not is no look that failed."""
    made = plan(world())
    (view, *_) = made.of(DefinitionStep)
    forged = made.model_copy(
        update={"steps": (*made.steps, view.model_copy(update={"name": "nba.x"}))}
    )
    with pytest.raises(ManifestAlteredError, match="not in its run"):
        resumed(forged, Origin(manifest()), {"tables": world()})


def test_a_table_of_which_only_what_is_missing_was_asked_for_is_looked_at_again():
    """It was gone and is there by now, with rows of somebody: a plan would leave it, and this one tells."""
    made = plan(world(games=GONE), only_missing=True)
    seen = world(games=now({**EQUAL, "20250101": OTHER}))
    left = resumed(made, Origin(manifest()), {"tables": seen})
    (step,) = (item for item in left.of(TableStep) if item.name == "nba.games")
    assert step.action == "create"
    assert "WHAT CAME SINCE THE PLAN STAYS" in step.by_now


def test_rows_that_expired_do_not_come_back_when_a_recovery_is_resumed():
    """How many come back is counted as in a plan: without what the table's own rule has let expire."""
    later = datetime(2034, 12, 30, tzinfo=UTC)
    seen = world(games=GONE.model_copy(update={"read_at": later}))
    made = plan(seen)
    left = resumed(made, Origin(manifest()), {"tables": seen})
    (was,) = (item for item in made.of(TableStep) if item.name == "nba.games")
    (step,) = (item for item in left.of(TableStep) if item.name == "nba.games")
    assert was.expired.rows
    assert (step.rows, step.stored_bytes, step.expired) == (was.rows, was.stored_bytes, was.expired)


@pytest.mark.parametrize("begun_as", [{"action": "undelete", "undelete": 7}, {"action": "create"}])
def test_a_bucket_that_is_older_is_not_set_by_what_a_journal_says(begun_as: dict[str, Any]):
    """It may be what the recovery undeleted: a plan says that this is unknown."""
    differs = finding("bucket raw-files", "lifecycle", "none", "deletes all")
    found = OVERWRITTEN.model_copy(update={"configuration": (differs,)})
    older = BucketsSeen(buckets={"raw-files": found}, older=frozenset({"raw-files"}))
    made = begun(BUCKETS, bucket_step(**begun_as))
    (step,) = resumed(made, ORIGIN, {"buckets": older}).of(BucketStep)
    assert (step.create, step.sets, step.perhaps_undeleted) == (False, False, True)


def test_what_differs_of_a_database_that_no_attempt_made_is_told():
    """A journal that says that it was made hides nothing of what it is set to be."""
    asked = DATABASES.model_copy(update={"settings": True})
    made = begun(asked, database_step(DatabaseState(exists=False)))
    there = DatabaseState(exists=True, settings={"deleteProtectionState": "X"})
    seen = DatabasesSeen(databases={"(default)": there}, older=frozenset({"(default)"}))
    (step,) = resumed(made, ORIGIN, {"databases": seen}).of(DatabaseStep)
    assert (step.create, step.sets) == (False, False)
    assert [item.aspect for item in step.since] == ["deleteProtectionState"]


@pytest.mark.parametrize(("made_at", "is_left"), [("2000", True), ("1000", False), ("500", False)])
def test_a_materialized_view_is_done_where_it_is_younger_than_its_tables(
    made_at: str, *, is_left: bool
):
    """One that an attempt made again is equal; so is one that ends with a table that was made since."""
    view = {
        "tableReference": {},
        "type": "MATERIALIZED_VIEW",
        "materializedView": {"query": "SELECT 1"},
    }
    table = {"lastModifiedTime": "1000"}
    found = {**view, "creationTime": made_at}
    assert is_done("make again", view, found, [table]) is is_left
    assert not is_done("make again", view, found, [table, None])
    assert not is_done("make again", {**view, "materializedView": {"query": "2"}}, found, [])
    assert is_done("create", view, found, [table])
    assert not is_done("create", view, None, [])


@pytest.mark.parametrize("is_created", [False, True])
def test_a_left_dataset_that_is_gone_by_now_is_told(*, is_created: bool):
    """It is created where a plan would do that; where a plan would undelete it nothing takes its place."""
    made = plan(world(), create_datasets=is_created)
    gone = world().model_copy(update={"datasets": {**world().datasets, "nba": None}})
    left = resumed(made, Origin(manifest()), {"tables": gone})
    (step,) = (item for item in left.of(DatasetStep) if item.name == "nba")
    assert step.action == ("create" if is_created else "leave")
    assert [item.actual for item in step.findings] == ["gone"]
    assert step.is_told
