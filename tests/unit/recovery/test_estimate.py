"""What a recovery will take: as it was measured, and not faster than the limits allow."""

import json
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest

from manifests.errors import RefusedError
from manifests.kinds.tables.model import TableBackup
from manifests.model.proof import ProofHow, ProofRecord, ProvenPart
from recovery.compare.documents import CollectionState, DatabaseState
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.demand import object_seconds
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.demand import Demand, StepDemand
from recovery.kinds.tables.rules.demand import tables_demand
from recovery.kinds.tables.rules.sources import Source
from recovery.limits import limit, price
from recovery.plan.estimate import takes
from recovery.plan.takes import Takes
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.unseen import Unseen
from tests.unit.platforms import whole_manifest
from tests.unit.samples import POINT, RUN, games, manifest
from tests.unit.worlds import GONE, bucket_step, plan, request, world

VAULT = Source(name="vault", why="it is gone")


def proof(
    hours_ago: float = 1, seconds: float = 10, how: ProofHow = "drill", size_bytes: int = 100
) -> ProofRecord:
    """Return a recovery of so many bytes that took so long."""
    part = ProvenPart(
        kind="tables",
        name="nba.games",
        run_id=RUN,
        recovery_point=POINT,
        restored=3,
        held=6,
        size_bytes=size_bytes,
    )
    return ProofRecord(
        recovery_id=f"r-{hours_ago:g}",
        scenario="bigquery-dataset-loss",
        how=how,
        proven_at=POINT - timedelta(hours=hours_ago),
        seconds=seconds,
        parts=(part,),
    )


def planned(**changes: Any) -> Any:  # noqa: ANN401 - a plan
    """Return a plan that loads the games, with fields of its step changed."""
    made = plan(world(games=GONE))
    steps = tuple(
        step.model_copy(update={"source": VAULT, "stored_bytes": 200, **changes})
        if step.name == "nba.games"
        else step
        for step in made.steps
    )
    return made.model_copy(update={"steps": steps})


def test_it_takes_as_long_as_it_was_measured_to_take():
    """By bytes, from the newest recovery or drill of the scenario; a sample tells nothing of it."""
    found = takes(planned(), manifest(), [proof(9, 99), proof(1, 10), proof(0.5, 1, "sample")])
    assert (found.measured_seconds, found.measured_by) == (40, "r-1")
    assert found.moved_bytes == 200
    assert takes(planned(), manifest(), []).measured_seconds is None


def test_jobs_and_scans_are_counted():
    """A load of each extract that is needed, or a query of time travel; and what publishes, one job."""
    found = takes(planned(), manifest(), [])
    assert found.jobs == 3
    some = tuple(item.partition_id for item in games().partitions[:1])
    assert takes(planned(partitions=some), manifest(), []).jobs == 2
    travelled = Source(name="time travel", why="it is as it was")
    assert takes(planned(source=travelled), manifest(), []).jobs == 2
    many = tuple(f"2023{number:04d}" for number in range(4001))
    assert takes(planned(partitions=(*some, *many)), manifest(), []).jobs == 2


def test_only_loads_and_copies_use_their_quotas():
    """Chosen partitions, and more than a job may write, are published by DML, rows of time travel come by it."""
    travelled = Source(name="time travel", why="it is as it was")
    one = tuple(item.partition_id for item in games().partitions[:1])
    (few,) = (item for item in manifest().tables if item.name == "nba.games")
    many = few.model_copy(update={"partitions": few.partitions * 4001})

    def used(table: TableBackup, **changes: Any) -> tuple[int, ...]:  # noqa: ANN401 - fields of a step
        steps = [it for it in planned(**changes).steps if it.name == "nba.games"]
        found = tables_demand(steps, manifest().model_copy(update={"tables": (table,)}))
        return (*(item.used for item in found.quotas), len(found.steps[0].quotas))

    assert used(few) == (2, 1, 1)
    assert used(few, source=travelled) == (0, 1, 1)
    assert used(few, partitions=one) == (1, 0, 0)
    assert used(few, partitions=one, source=travelled) == (0, 0, 0)
    assert used(many) == (2, 0, 0)


def test_each_step_has_its_own_estimate():
    """Its share of the time, by bytes; what it reads, scans, stores and costs; the limit that is closest."""
    held = manifest()
    tables = tuple(
        item.model_copy(update={"resource": {**item.resource, "numBytes": str(2**40)}})
        for item in held.tables
    )
    made = planned()
    found = takes(made, held.model_copy(update={"tables": tables}), [proof(1, 10)])
    (step,) = found.steps
    assert (step.name, step.moved_bytes, step.jobs) == ("nba.games", 200, 3)
    assert (step.measured_seconds, step.scanned_bytes) == (found.measured_seconds, 3 * 2**40)
    assert step.usd == pytest.approx(found.scanned_usd)
    assert step.usd_per_month == pytest.approx(found.stored_usd)
    assert step.quota is not None
    days = len(games().partitions)
    assert step.quota.told == f"{days} of 30,000 partitions of it written in a day"
    told = text_of(plan_document(made.model_copy(update={"takes": found}), now=POINT))
    (line,) = (line for line in told.splitlines() if f"{days} of 30,000" in line)
    assert line.split()[0] == "nba.games"
    assert {"$18.75", "$20.48", "40.0"} <= set(line.split())


def test_a_table_without_partitions_is_bound_by_jobs_that_write_it():
    """Of which a day allows so many, whatever writes it."""
    whole = tuple(
        item.model_copy(update={"partition_id": "__ALL__"}) for item in games().partitions[:1]
    )
    held = manifest()
    tables = tuple(
        item.model_copy(update={"partitions": whole}) if item.name == "nba.games" else item
        for item in held.tables
    )
    (step,) = takes(planned(), held.model_copy(update={"tables": tables}), []).steps
    assert step.quota is not None
    assert step.quota.told == "1 of 1,500 jobs that write it in a day"
    over = step.quota.model_copy(update={"used": 1501})
    demand = Demand(
        steps=(StepDemand(name="nba.games", quotas=(over,)),), quotas=(step.quota, over)
    )
    assert len(demand.impossible) == 2
    assert demand.impossible[0].startswith(
        "nba.games: 1,501 of 1,500 jobs that write it in a day ("
    )


def test_documents_are_bound_by_the_ramp_of_their_collection():
    """500 writes a second, half as many more after each five minutes; they are billed each."""
    missing = CollectionState(collection_id="done", missing=200_000)
    state = DatabaseState(exists=True, collections=(missing,))
    step = DatabaseStep(
        name="(default)", into="(default)", action="restore", state=state, stored_bytes=5
    )
    asked = request(scenario="firestore-state-loss")
    made = plan(world()).model_copy(update={"request": asked, "steps": (step,)})
    found = takes(made, whole_manifest(), [])
    assert found.at_least_seconds == pytest.approx(300 + 50_000 / 750)
    assert found.binding == limit("document_writes_per_second").document
    assert found.documents_usd == pytest.approx(0.36)
    (told,) = found.steps
    assert (told.documents, told.binding) == (200_000, found.binding)
    text = text_of(plan_document(made.model_copy(update={"takes": found}), now=POINT))
    assert "$0.36 to write documents" in text
    assert "documents as in nam5" in text
    held = whole_manifest()
    near = held.databases[0].model_copy(update={"resource": {"locationId": "us-west2"}})
    told_there = takes(made, held.model_copy(update={"databases": (near,)}), [])
    assert (told_there.documents_usd, told_there.documents_in) == (pytest.approx(0.216), "us-west2")
    assert "at least 6 min 6 s: Firestore, Best practices, Ramping up traffic" in text


def test_each_limit_has_its_document_and_the_day_it_was_read():
    """A number without them cannot be looked up again."""
    names = json.loads((files("recovery") / "limits.json").read_text())
    assert all(limit(name).document and date.fromisoformat(limit(name).as_of) for name in names)


def test_a_scan_has_the_price_of_where_the_tables_are():
    """One that was not looked up has that of a location that is not dear, and is told to be so."""
    for location, told, usd in (("us-west2", "us-west2", 8.44), ("us", "US", 6.25)):
        held = manifest()
        tables = tuple(
            item.model_copy(
                update={"resource": {**item.resource, "numBytes": str(2**40), "location": location}}
            )
            for item in held.tables
        )
        found = takes(planned(), held.model_copy(update={"tables": tables}), [])
        assert found.priced_in == told
        assert found.scanned_usd == pytest.approx(3 * usd)
    assert price("table_usd_per_gib_month", "us-west2").location == "US"


def test_bytes_are_priced_as_published():
    """What proving scans, once; what comes back, a month: with the day on which the prices were looked up."""
    held = manifest()
    tables = tuple(
        item.model_copy(update={"resource": {**item.resource, "numBytes": str(2**40)}})
        for item in held.tables
    )
    found = takes(planned(), held.model_copy(update={"tables": tables}), [])
    assert found.scanned_usd == pytest.approx(3 * price("scanned_usd_per_tib").value)
    assert found.stored_usd == pytest.approx(1024 * price("table_usd_per_gib_month").value)
    text = text_of(plan_document(planned().model_copy(update={"takes": found}), now=POINT))
    told = " ".join(text.split())
    assert "costs about $18.75 to scan, $20.48 a month to store what comes back" in told
    assert f"as of {found.priced_on}: to scan in US, to store in the US" in told
    cheap = takes(planned(), held, [])
    assert "costs about" not in text_of(
        plan_document(planned().model_copy(update={"takes": cheap}), now=POINT)
    )


def test_what_no_day_allows_is_impossible():
    """More jobs than may load in a day: one takes 10,000 files."""
    held = manifest()
    (table,) = (item for item in held.tables if item.name == "nba.games")
    exports = tuple(it.model_copy(update={"objects": range(10**9)}) for it in table.exports)
    large = table.model_copy(update={"exports": exports})
    (told,) = takes(planned(), held.model_copy(update={"tables": (large,)}), []).impossible
    assert "200,000 of 100,000 load jobs of the project in a day" in told
    assert takes(planned(), held, []).impossible == ()


def test_what_is_impossible_is_refused_before_anything_begins():
    """With what can be done instead; what can be done is told in the plan."""
    made = plan(world(games=GONE))
    told = Takes(impossible=("nba.games: too many partitions",), jobs=3, measured_seconds=90)
    with pytest.raises(RefusedError, match="cannot be done in one day"):
        check_plan(
            made.model_copy(update={"takes": told}),
            protected=(),
            confirmed_projects=(),
            access=True,
        )
    text = text_of(plan_document(made.model_copy(update={"takes": told}), now=POINT))
    assert "takes about 1 min 30 s" in text
    assert "IMPOSSIBLE in one day" in text
    assert "to read, 3 jobs of BigQuery" in text


@pytest.mark.parametrize(("seconds", "is_told"), [(0.2, False), (120, True)])
def test_a_limit_that_holds_nothing_up_is_not_told(seconds: float, *, is_told: bool):
    """Nor are jobs and scans where there are none."""
    told = Takes(at_least_seconds=seconds, binding="Firestore, Best practices", moved_bytes=180)
    made = plan(world(games=GONE)).model_copy(update={"takes": told})
    lines = text_of(plan_document(made, now=POINT)).splitlines()
    assert "180 B to read" in lines
    limit = "takes at least 2 min, by a limit of Google Cloud: Firestore, Best practices"
    assert (limit in lines) == is_told
    assert is_told or not any("takes" in line for line in lines)


def test_a_plan_that_changes_nothing_says_so():
    """It costs nothing, and what could not be looked at is not called equal."""
    told = text_of(plan_document(plan(world()), now=POINT))
    assert "nothing to recover: what was asked for is equal, or stays as it is" in told
    assert "to load" not in told
    unseen = Unseen(name="bucket raw", why="answered 403", hint="")
    blind = plan(world()).model_copy(update={"unseen": (unseen,)})
    for made in (blind, plan(world(games=GONE))):
        assert "nothing to recover" not in text_of(plan_document(made, now=POINT))


@pytest.mark.parametrize(
    ("writes", "seconds"), [(1000, 1), (1_200_000, 1200), (1_202_000, 1201), (3_600_000, 2400)]
)
def test_writes_of_objects_ramp_up(writes: int, seconds: float):
    """A thousand a second at first, twice as many after twenty minutes."""
    assert object_seconds(writes) == pytest.approx(seconds)


def test_the_binding_limit_is_named():
    """With where it is written."""
    counts = (ObjectCount(damage="missing", source="vault", objects=2000, size_bytes=5),)
    made = plan(world()).model_copy(
        update={
            "request": request(scenario="gcs-bucket-corruption"),
            "steps": (bucket_step(action="restore", counts=counts, objects=2000),),
        }
    )
    found = takes(made, whole_manifest(), [])
    assert (found.at_least_seconds, found.binding) == (
        2,
        limit("object_writes_per_second").document,
    )


def test_what_was_measured_is_told_as_a_range():
    """Of a small recovery most of the time did not grow with its bytes: many more may take no longer."""
    assert Takes(measured_seconds=416, measured_least_seconds=6.7).told == "6.7 s to 6 min 56 s"
    assert Takes(measured_seconds=90, measured_least_seconds=80).told == "1 min 30 s"
    assert Takes(measured_seconds=90).told == "1 min 30 s"
