"""Which runs are read for the newest point of each part: as few as tell it."""

from collections.abc import Collection
from datetime import timedelta

from manifests.catalog_decisions import LeftOut
from manifests.model.run import Manifest, PartFailure, Unprotected
from manifests.values import RunId
from recovery.health import Health
from recovery.status.held import left_out, unprotected_findings
from recovery.status.model import PartName
from recovery.status.points import MOST_READ, StoredRun, newest_points, protected_parts
from tests.unit.platforms import whole_manifest
from tests.unit.recovery.test_status import GAMES
from tests.unit.samples import POINT, catalog, manifest


class Runs:
    """Some runs, and which of them were read."""

    def __init__(self, *manifests: Manifest) -> None:
        self._manifests = {item.run_id: item for item in manifests}
        self.read: list[RunId] = []

    def stored(self) -> list[StoredRun]:
        """Return when each was written."""
        return [StoredRun(item.finished_at, item.run_id) for item in self._manifests.values()]

    def __call__(self, run_id: RunId) -> Manifest | str:
        """Read one."""
        self.read.append(run_id)
        found = self._manifests[run_id]
        return found if found.project == "platform" else "it is a run of another"


def run(days_ago: int, **changes: object) -> Manifest:
    """Return a run that ended some days ago, two minutes after its recovery point."""
    before = timedelta(days=days_ago)
    return manifest(
        **{
            "run_id": RunId(f"nightly-{days_ago:03d}"),
            "recovery_point": POINT - before,
            "finished_at": POINT - before + timedelta(minutes=2),
            **changes,
        }
    )


def no_damage(_: Manifest) -> Collection[str]:
    """Say that nothing leans on what is damaged."""
    return ()


def test_only_the_newest_run_is_read_where_it_holds_everything():
    """Of 400 runs one tells everything."""
    runs = Runs(*(run(number) for number in range(400)))
    found = newest_points(runs.stored(), catalog(), runs, no_damage)
    assert runs.read == [RunId("nightly-000")]
    assert found.of[GAMES].recovery_point == POINT


def test_a_late_retry_hides_no_newer_point():
    """The manifest that was written last need not have the newest point."""
    late = run(3, run_id=RunId("late"), finished_at=POINT + timedelta(hours=1))
    runs = Runs(late, run(0), run(1))
    found = newest_points(runs.stored(), catalog(), runs, no_damage)
    assert found.of[GAMES].run_id == "nightly-000"
    assert found.newest is not None
    assert found.newest.run_id == "nightly-000"
    assert runs.read == ["late", "nightly-000"]


def test_what_no_new_run_holds_is_looked_for_in_some_older_ones():
    """Not in all of them."""
    runs = Runs(*(run(number) for number in range(400)))
    wanted = catalog(buckets=[{"bucket": "raw"}])
    found = newest_points(runs.stored(), wanted, runs, no_damage)
    assert PartName("buckets", "raw") not in found.of
    assert len(runs.read) == MOST_READ


def test_what_the_newest_run_lacks_stands_at_an_older_point():
    """A run that is complete without a part of best effort is no new point of it, and is told."""
    why = PartFailure(part="nba.arrivals", message="does not exist", retryable=True)
    tables = tuple(item for item in manifest().tables if item.name != why.part)
    runs = Runs(run(0, tables=tables, lacking=(why,)), run(1))
    named = [{"table": name, "group": "phase3"} for name in ("nba.games", why.part)]
    found = newest_points(runs.stored(), catalog(tables=named), runs, no_damage)
    assert found.of[GAMES].run_id == "nightly-000"
    assert found.of[PartName("tables", why.part)].recovery_point == POINT - timedelta(days=1)
    (told,) = unprotected_findings(found.newest, (), POINT.date())
    assert (told.subject, told.health) == (why.part, Health.WARNING)
    assert told.what == "run nightly-000 lacks it: does not exist"


def test_a_run_that_is_no_backup_is_named_and_passed_over():
    """The next older one is the newest point."""
    runs = Runs(run(0, project="elsewhere"), run(1))
    found = newest_points(runs.stored(), catalog(), runs, no_damage)
    assert found.of[GAMES].run_id == "nightly-001"
    assert found.unusable == ((RunId("nightly-000"), "it is a run of another"),)


def test_a_part_that_leans_on_damage_says_so():
    """What `verify` found is part of the point."""
    runs = Runs(run(0))
    found = newest_points(runs.stored(), catalog(), runs, lambda _: ("nba.games",))
    assert found.of[GAMES].is_leaning


def test_what_every_project_has_is_no_thing_of_a_part():
    """No recovery makes it, so that a type of nothing else can never be shown to restore."""
    (topics,) = whole_manifest().resources
    given = topics.entries[0].model_copy(update={"name": "projects/platform/sinks/_Default"})
    sinks = topics.model_copy(update={"type": "logging/sink", "entries": (given,)})
    runs = Runs(run(0, resources=(topics, sinks)))
    found = newest_points(runs.stored(), catalog(), runs, no_damage)
    assert found.of[PartName("resources", "logging/sink")].things == 0
    assert found.of[PartName("resources", "pubsub/topic")].things == 2


def test_tables_of_a_whole_dataset_are_parts():
    """They are not listed, and the newest run names them."""
    wanted = catalog(tables=[], datasets=[{"dataset": "nba", "group": "x", "tables": "all"}])
    names = [item.name for item in protected_parts(wanted, manifest())]
    assert names == ["nba.games", "nba.arrivals"]


def test_where_only_whole_datasets_are_protected_runs_are_read():
    """Nothing is listed then, and something is protected."""
    wanted = catalog(tables=[], datasets=[{"dataset": "nba", "group": "x", "tables": "all"}])
    runs = Runs(run(0), run(1))
    found = newest_points(runs.stored(), wanted, runs, no_damage)
    assert runs.read == [RunId("nightly-000")]
    assert found.of[GAMES].run_id == "nightly-000"
    assert PartName("tables", "nba.arrivals") in found.of


def test_what_no_run_holds_is_told():
    """What could not be listed is unknown."""
    listed = Unprotected(kind="bucket", count=2, names=("a", "b"))
    unread = Unprotected(kind="database", unknown="no right")
    run_with = whole_manifest().model_copy(
        update={"unprotected": (listed, unread, Unprotected(kind="dataset"))}
    )
    day = POINT.date()
    found = list(unprotected_findings(run_with, (), day))
    assert [(item.subject, item.health) for item in found] == [
        ("buckets", Health.WARNING),
        ("databases", Health.UNKNOWN),
    ]
    assert list(unprotected_findings(None, (), day)) == []


def test_images_that_are_gone_are_told_where_runs_are():
    """What runs one cannot be made again: `status`, a list of runs and a plan say so, not `show` alone."""
    (topics,) = whole_manifest().resources
    services = topics.model_copy(update={"type": "run/service", "gone_images": ("r/b", "r/a")})
    run_with = whole_manifest().model_copy(update={"resources": (topics, services)})
    (found,) = unprotected_findings(run_with, (), POINT.date())
    assert (found.check, found.health) == ("images", Health.WARNING)
    assert found.what == "2 images gone, and what runs one cannot be made again: r/a, r/b"
    assert run_with.run_id in found.mend
    assert run_with.lacks == "2 images gone"
    assert whole_manifest().lacks == ""


def test_what_somebody_decided_to_leave_out_is_told_and_no_warning():
    """By names, while the decision holds; what has no name here, or is of another kind, is not left out."""
    decision = LeftOut(
        kind="bucket",
        names=("a*",),
        decided_by="ada",
        decided_on=POINT.date(),
        until=POINT.date() + timedelta(days=9),
        why="logs alone",
    )

    def told(*names: str, count: int = 0, days: int = 0, kind: str = "bucket") -> list[str]:
        item = Unprotected(kind=kind, count=count or len(names), names=names)
        held = whole_manifest().model_copy(update={"unprotected": (item,)})
        day = POINT.date() + timedelta(days=days)
        found = [*unprotected_findings(held, (decision,), day)]
        assert {it.health for it in found} <= {Health.WARNING}
        return [*(it.what for it in found), *left_out(held, (decision,), day)]

    until = f"{decision.until}"
    by_decision = f"2 buckets: a1, a2: logs alone; the decision of ada until {until}"
    assert told("a1", "a2") == [by_decision]
    other = "buckets of the project that are not in the catalog: b"
    assert told("a1", "a2", "b") == [other, by_decision]
    assert told("a1", "a2", count=5)[0].endswith("... 3 more")
    assert "a1, a2" in told("a1", "a2", days=10)[0]
    assert told("a1", kind="dataset") == ["datasets of the project that are not in the catalog: a1"]
    second = decision.model_copy(update={"names": ("*2", "b"), "decided_by": "ben"})
    item = Unprotected(kind="bucket", count=3, names=("a1", "a2", "b"))
    held = whole_manifest().model_copy(update={"unprotected": (item,)})
    twice = list(left_out(held, (decision, second), POINT.date()))
    assert twice == [
        by_decision,
        by_decision.replace("2 buckets: a1, a2", "1 bucket: b").replace("ada", "ben"),
    ]
