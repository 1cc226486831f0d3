"""How parts stand: what is not known is never healthy, and as little is read as tells it."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from manifests.catalog_drills import DrillRule
from manifests.model.proof import ProofHow, ProofRecord, ProvenPart
from manifests.model.run import Manifest, Unprotected
from manifests.values import RunId
from recovery.health import Health
from recovery.report.html import page_of
from recovery.report.text import text_of
from recovery.status.document import status_document
from recovery.status.model import Facts, PartName, PartStatus, Point, Status
from recovery.status.points import MOST_READ, StoredRun, newest_points, protected_parts
from recovery.status.rules import (
    answer_of,
    part_status,
    scenario_of,
    shown_of,
    unprotected_findings,
)
from tests.unit.platforms import whole_manifest
from tests.unit.samples import BASE_RUN, POINT, RUN, catalog, manifest

RULE = DrillRule(every_days=30, proof_days=60)
NOW = POINT + timedelta(hours=8)
GAMES = PartName("tables", "nba.games")
POINT_OF_GAMES = Point(RUN, POINT, things=6, size_bytes=100)


def proof(
    days_ago: float = 1, restored: int = 6, *, seconds: float = 60, how: ProofHow = "drill"
) -> ProofRecord:
    """Return that the games came back."""
    part = ProvenPart(
        kind="tables",
        name="nba.games",
        run_id=BASE_RUN,
        recovery_point=POINT - timedelta(days=1),
        restored=restored,
        held=6,
        size_bytes=50,
    )
    return ProofRecord(
        recovery_id="x",
        scenario="bigquery-dataset-loss",
        how=how,
        proven_at=NOW - timedelta(days=days_ago),
        seconds=seconds,
        parts=(part,),
    )


def stands(
    *proofs: ProofRecord,
    newest: Point | None = POINT_OF_GAMES,
    is_required: bool = True,
    later: timedelta = timedelta(),
) -> PartStatus:
    """Return how the games stand."""
    facts = Facts(
        part=GAMES,
        label="nba.games",
        is_required=is_required,
        newest=newest,
        whole=shown_of(GAMES, proofs, whole=True),
        some=shown_of(GAMES, proofs, whole=False),
    )
    return part_status(facts, RULE, now=NOW + later)


def test_a_part_with_a_new_point_and_a_new_proof_is_healthy():
    """It says which point, when it was proven, how, and how long it took, as it grew since."""
    found = stands(proof())
    assert (found.health, found.what, found.mend) == (Health.HEALTHY, "", "")
    assert (found.recovery_point, found.proven_point) == (POINT, POINT - timedelta(days=1))
    assert (found.how, found.estimated_seconds) == ("drill", 120)


@pytest.mark.parametrize(
    ("found", "health", "what"),
    [
        (stands(), Health.UNKNOWN, "was not shown to restore within 60 d"),
        (stands(proof(restored=2)), Health.WARNING, "only 2 of 6 in it"),
        (stands(proof(days_ago=31)), Health.WARNING, "last shown to restore 31 d ago"),
        (stands(proof(seconds=3 * 3600)), Health.WARNING, "takes about 6 h"),
        (stands(proof(), newest=None), Health.CRITICAL, "no run of those that were read holds"),
        (stands(proof(), newest=None, is_required=False), Health.WARNING, "no run of those"),
        (
            stands(proof(), newest=POINT_OF_GAMES._replace(is_leaning=True)),
            Health.CRITICAL,
            f"damaged file of run {RUN}",
        ),
        (stands(proof(), later=timedelta(hours=17)), Health.WARNING, "is 1 d old"),
        (stands(proof(), later=timedelta(hours=41)), Health.CRITICAL, "is 2 d old"),
    ],
)
def test_what_is_wrong_with_a_part_is_told(found: PartStatus, health: Health, what: str):
    """The worst counts, and something mends it."""
    assert found.health is health
    assert what in found.what
    assert found.mend


def test_nothing_can_be_shown_of_a_type_without_resources():
    """A table without rows can: it has columns, and properties."""
    empty = POINT_OF_GAMES._replace(things=0)
    assert stands(newest=empty).health is Health.UNKNOWN
    topics = PartName("resources", "pubsub/topic")
    facts = Facts(topics, "topics", is_required=True, newest=empty, whole=None, some=None)
    assert part_status(facts, RULE, now=NOW).health is Health.HEALTHY


def test_what_no_drill_restores_is_shown_by_a_recovery():
    """A hint names no drill that would not show it."""
    assert "rebound drill bigquery-dataset-loss" in stands().mend
    topics = PartName("resources", "pubsub/topic")
    facts = Facts(topics, "topics", is_required=True, newest=POINT_OF_GAMES, whole=None, some=None)
    found = part_status(facts, RULE, now=NOW)
    assert (found.health, "rebound drill" in found.mend) == (Health.UNKNOWN, False)
    assert "rebound recover complete-outage --into-project" in found.mend


def test_the_newest_proof_counts():
    """The newest proof of the whole part, whatever came back of it since."""
    old, new, sample = proof(days_ago=9), proof(days_ago=5), proof(days_ago=1, restored=1)
    found = shown_of(GAMES, (old, new, sample), whole=True)
    assert found is not None
    assert found.proof == new
    some = shown_of(GAMES, (old, new, sample), whole=False)
    assert some is not None
    assert some.proof == sample
    assert shown_of(PartName("buckets", "nba.games"), (old,), whole=True) is None


def test_each_kind_has_the_scenario_that_brings_least_back():
    """Only resources need the one that brings everything back."""
    assert scenario_of("databases").name == "firestore-state-loss"
    assert scenario_of("resources").name == "complete-outage"


@pytest.mark.parametrize(
    ("parts", "answer"),
    [
        ((), "Nobody knows: nothing is protected."),
        ((stands(proof()),), "Yes: of 1 part the oldest recovery point is of 8 h ago"),
        ((stands(proof(days_ago=31)),), "1 of them need attention: nba.games."),
        ((stands(proof()), stands()), "Nobody knows: 1 of 2 parts were not shown to restore"),
        ((stands(), stands(newest=None)), "No: 1 of 2 parts cannot come back"),
    ],
)
def test_the_answer_is_one_sentence(parts: Sequence[PartStatus], answer: str):
    """What is bad comes before what is unknown."""
    assert answer in answer_of(parts, now=NOW)


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


def test_tables_of_a_whole_dataset_are_parts():
    """They are not listed, and the newest run names them."""
    wanted = catalog(tables=[], datasets=[{"dataset": "nba", "group": "x", "tables": "all"}])
    names = [item.name for item in protected_parts(wanted, manifest())]
    assert names == ["nba.games", "nba.arrivals"]


def test_what_no_run_holds_is_told():
    """What could not be listed is unknown."""
    listed = Unprotected(kind="bucket", count=2, names=("a", "b"))
    unread = Unprotected(kind="database", unknown="no right")
    run_with = whole_manifest().model_copy(
        update={"unprotected": (listed, unread, Unprotected(kind="dataset"))}
    )
    found = list(unprotected_findings(run_with))
    assert [(item.subject, item.health) for item in found] == [
        ("buckets", Health.WARNING),
        ("databases", Health.UNKNOWN),
    ]
    assert list(unprotected_findings(None)) == []


def test_one_screen_and_one_page_tell_it():
    """The answer comes first; every state is a word; the hint is what mends the worst."""
    status = Status(
        project="platform",
        platform="basketball",
        looked_at=NOW,
        answer="Nobody knows.",
        parts=(stands(proof()), stands()),
        others=(),
    )
    document = status_document(status)
    text = text_of(document)
    assert text.splitlines()[:2] == [
        "basketball in platform, 2026-11-24 16:01 UTC",
        "Nobody knows.",
    ]
    assert "8 h ago" in text
    assert "UNKNOWN" in text
    assert status.health is Health.UNKNOWN
    assert document.conclusion is not None
    assert document.conclusion.state == "UNKNOWN"
    assert '<b class="good">healthy</b>' in page_of(document)
