"""What a drill restores and what its things are called."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from manifests import drill_layout
from manifests.errors import UsageError
from manifests.selection import RunSummary
from manifests.values import RunId
from recovery.drill.rules import drawn, due_scenario, of_any_age
from recovery.drill.tasks import drilled, out_of_scope, sample_tasks, whole_tasks
from recovery.kinds.places import mark_of_bucket, mark_of_database, mark_of_dataset
from recovery.status.model import Facts, PartName
from recovery.status.rules import part_status
from tests.unit.drills import CRITERIA, DRILL_ID, NOW, PLACES
from tests.unit.platforms import whole_manifest
from tests.unit.samples import catalog


def test_names_of_a_drill_are_its_own():
    """What a drill made is known by its name alone; what it did not make is not."""
    assert mark_of_dataset(f"{PLACES.prefix}nba") == PLACES.mark
    assert mark_of_dataset(PLACES.scratch_dataset) == PLACES.mark
    assert mark_of_bucket(PLACES.bucket(0)) == PLACES.mark
    assert mark_of_bucket(PLACES.planted_bucket) == PLACES.mark
    assert mark_of_database(PLACES.database(1)) == PLACES.mark
    for name in ("nba_raw", "rebound_drill_", "my_rebound_drill_ab12cd34_x", "rebound_scratch"):
        assert mark_of_dataset(name) is None
    assert mark_of_bucket("rebound-drill-notes") is None
    assert mark_of_database("(default)") is None


def test_ids_of_drills_are_parsed_back():
    """Only what is built here is parsed."""
    assert drill_layout.parse_drill_id(DRILL_ID) == DRILL_ID
    assert drill_layout.drill_of(f"drills/{DRILL_ID}/") == DRILL_ID
    assert drill_layout.drill_of("drills/other/") is None
    for text in ("drill-x", "../x", f"{DRILL_ID}/", "bigquery-dataset-loss-20261124T120000Z-ab12"):
        with pytest.raises(UsageError):
            drill_layout.parse_drill_id(text)


def names_of(covers: Sequence[str]) -> list[str]:
    """Return what a whole drill of some kinds restores."""
    tasks = whole_tasks(covers, whole_manifest(), catalog(), "a-sandbox", PLACES)
    return [task.name for task in tasks]


def test_a_drill_restores_each_kind_beside_the_platform():
    """Nothing has the name of what is protected."""
    covers = drilled("complete-outage").covers
    assert names_of(covers) == ["tables", "bucket raw", "database (default)"]
    # Each kind is restored, or says why not.
    assert len(names_of(covers)) + len(out_of_scope(covers)) == len(covers)
    for task in whole_tasks(covers, whole_manifest(), catalog(), "a-sandbox", PLACES):
        target = task.request.target
        assert target.project == "a-sandbox"
        assert target.prefix or target.bucket or target.database
        assert task.request.from_vault
    with pytest.raises(UsageError, match="nothing that a drill could compare"):
        drilled("processor-failure")


def test_a_sample_takes_what_was_not_shown_for_longest():
    """The table that was never shown comes before one that was, and that before a newer one."""
    shown = {"nba.games": NOW, "nba.arrivals": NOW - timedelta(days=9)}

    def tables(**proven: datetime) -> list[str]:
        known = {**shown, **proven}
        tasks = sample_tasks(
            whole_manifest(),
            catalog(),
            "a-sandbox",
            PLACES,
            lambda part: known.get(part.name) if part.kind == "tables" else None,
        )
        return [name for task in tasks for name in task.request.tables]

    assert tables() == ["nba.arrivals"]
    shown.pop("nba.games")
    assert tables() == ["nba.games"]


def test_a_sample_of_a_bucket_is_a_prefix():
    """And one of a database that holds nothing is none."""
    tasks = list(sample_tasks(whole_manifest(), catalog(), "a-sandbox", PLACES, lambda _: None))
    (bucket,) = (task.request for task in tasks if task.request.buckets)
    assert bucket.objects.prefix in ("a", "z")
    assert not [task for task in tasks if task.request.databases]


def test_due_is_what_was_never_shown():
    """Then what was shown longest ago."""
    part = part_status(
        Facts(
            PartName("buckets", "raw"),
            "bucket raw",
            is_required=True,
            newest=None,
            whole=None,
            some=None,
        ),
        catalog().drills,
        now=NOW,
    )
    old = part.model_copy(
        update={"scenario": "firestore-state-loss", "proven_at": NOW - timedelta(days=9)}
    )
    older = old.model_copy(
        update={"scenario": "bigquery-dataset-loss", "proven_at": NOW - timedelta(days=99)}
    )
    assert due_scenario([old, part]) == "gcs-bucket-corruption"
    assert due_scenario([old, older]) == "bigquery-dataset-loss"
    with pytest.raises(UsageError):
        due_scenario([part.model_copy(update={"scenario": "complete-outage"})])


def test_a_point_is_drawn_of_the_complete_runs():
    """It may be as old as any that is kept, and need not be the newest."""
    runs = [
        RunSummary(run_id=RunId(name), state=state)
        for name, state in (("one", "complete"), ("two", "partial"), ("three", "complete"))
    ]
    found = {drawn(f"{number:06x}", runs) for number in range(20)}
    assert found == {"one", "three"}
    assert drawn("000000", runs[1:2]) is None
    criteria = of_any_age(CRITERIA, catalog())
    assert (criteria.newest_point, criteria.rpo_seconds) == (False, 35 * 86400)
    assert criteria.rto_seconds == CRITERIA.rto_seconds
