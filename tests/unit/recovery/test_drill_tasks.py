"""What a drill restores and what its things are called."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from manifests import drill_layout
from manifests.errors import UsageError
from manifests.kinds.resources.model import ResourceEntry
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.model.run import Manifest
from manifests.parts import KindName
from manifests.selection import RunSummary
from manifests.values import RunId
from recovery.drill.due import due_scenario
from recovery.drill.rules import drawn, of_any_age
from recovery.drill.tasks import drilled, out_of_scope, sample_tasks, whole_tasks
from recovery.kinds.places import mark_of_bucket, mark_of_database, mark_of_dataset
from recovery.status.model import PartFacts, PartName, PartStatus, Point, ScenarioStatus, Shown
from recovery.status.rules import NEVER, part_status
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
    resources = "resources: pubsub/topic"
    assert names_of(covers) == ["tables", "bucket raw", "database (default)", resources]
    for task in whole_tasks(covers, whole_manifest(), catalog(), "a-sandbox", PLACES):
        target = task.request.target
        assert target.project == "a-sandbox"
        assert target.prefix or target.bucket or target.database or target.answering
        assert task.request.from_vault
    with pytest.raises(UsageError, match="the platform's own code"):
        drilled("processor-failure")


def configured(*types: str) -> Manifest:
    """Return the sample run with some resources of these types, and none of what each project has."""
    run = whole_manifest()
    (topics,) = run.resources
    own = ResourceEntry(name="projects/p/sinks/_Default", sha256="0" * 64)
    resources = [topics.model_copy(update={"type": name}) for name in types]
    sinks = topics.model_copy(update={"type": "logging/sink", "entries": (own,)})
    return run.model_copy(update={"resources": (*resources, sinks)})


def test_what_no_sandbox_takes_is_named_and_not_restored():
    """Each type is restored or says why not; nobody is granted anything, nothing calls the platform."""
    run = configured("serviceusage/service", "iam/service-account", "run/service", "scheduler/job")
    covers = drilled("complete-outage").covers
    tasks = list(whole_tasks(covers, run, catalog(), "a-sandbox", PLACES))
    asked = [task.request for task in tasks if task.request.types]
    assert [it.types for it in asked] == [("iam/service-account",), ("scheduler/job",)]
    assert [it.kinds for it in asked] == [("foundations",), ("resources",)]
    assert {it.target.answering for it in asked} == {PLACES.answering}
    assert all(it.grants_nothing for it in asked)
    told = [item.partition(":")[0] for item in out_of_scope(covers, run)]
    assert {"serviceusage/service", "run/service"} <= set(told)
    assert not {"iam/service-account", "scheduler/job"} & set(told)


def test_a_sample_has_the_type_that_was_not_shown_for_longest_with_what_it_needs():
    """A schedule is made only behind the topic that it calls."""
    run = configured("iam/service-account", "logging/metric", "pubsub/topic", "scheduler/job")

    def types(*shown: str) -> list[str]:
        tasks = sample_tasks(
            run,
            catalog(),
            "a-sandbox",
            PLACES,
            lambda part: NOW if part.name in shown else None,
        )
        return [name for task in tasks for name in task.request.types]

    assert types("iam/service-account", "logging/metric", "pubsub/topic") == [
        "iam/service-account",
        "pubsub/topic",
        "scheduler/job",
    ]
    assert types("iam/service-account", "pubsub/topic", "scheduler/job") == [
        "iam/service-account",
        "logging/metric",
    ]


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


def stands(name: str, days_ago: float | None) -> PartStatus:
    """Return how a bucket, or a type of resources, stands that was shown some days ago, or never."""
    kind: KindName = "resources" if "/" in name else "buckets"
    proven_at = NOW - timedelta(days=days_ago or 0)
    part = ProvenPart(
        kind=kind, name=name, run_id=RunId("r"), recovery_point=NOW, restored=1, held=1
    )
    record = ProofRecord(
        recovery_id="r", scenario="s", how="drill", proven_at=proven_at, seconds=1, parts=(part,)
    )
    facts = PartFacts(
        PartName(kind, name),
        name,
        is_required=True,
        newest=Point(RunId("r"), NOW, things=1, size_bytes=1),
        whole=None if days_ago is None else Shown(record, part),
        some=None,
    )
    return part_status(facts, catalog().drills, now=NOW)


def outage(days_ago: float | None) -> ScenarioStatus:
    """Return how a complete outage stands that was drilled some days ago, or never."""
    days = catalog().drills.every_days
    due_at = NEVER if days_ago is None else NOW + timedelta(days=days - days_ago)
    return ScenarioStatus(scenario="complete-outage", of=3, drill_due_at=due_at)


def test_due_is_what_was_not_shown_for_longest():
    """A part, or a whole scenario; what no drill restores is never due."""
    never, shown = stands("raw", None), stands("raw", 9)
    assert due_scenario([never], [outage(1)]) == "gcs-bucket-corruption"
    assert due_scenario([shown], [outage(1)]) == "gcs-bucket-corruption"
    assert due_scenario([shown], [outage(10)]) == "complete-outage"
    assert due_scenario([shown], [outage(None)]) == "complete-outage"
    # All of it at once shows each.
    assert due_scenario([never], [outage(None)]) == "complete-outage"
    assert due_scenario([shown, stands("pubsub/topic", 30)], []) == "complete-outage"
    with pytest.raises(UsageError):
        due_scenario([stands("run/service", None)], [])


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
