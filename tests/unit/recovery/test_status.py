"""How parts stand: what is not known is never healthy, and as little is read as tells it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from manifests.catalog import load_catalog
from manifests.catalog_decisions import NotShown
from manifests.catalog_drills import DrillRule
from manifests.model.proof import ProofHow, ProofRecord, ProvenPart
from recovery.health import Health
from recovery.report.html import page_of
from recovery.report.text import text_of
from recovery.status.document import status_document
from recovery.status.model import PartFacts, PartName, PartStatus, Point, Shown, Status
from recovery.status.rules import (
    answer_of,
    part_status,
    scenario_of,
    shown_of,
)
from tests.unit.samples import BASE_RUN, POINT, RUN

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
    facts = PartFacts(
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
    facts = PartFacts(topics, "topics", is_required=True, newest=empty, whole=None, some=None)
    assert part_status(facts, RULE, now=NOW).health is Health.HEALTHY


@pytest.mark.parametrize("counts", [Health.UNKNOWN, Health.WARNING])
def test_what_no_drill_restores_is_shown_by_a_recovery(counts: Health):
    """A hint names no drill that would not show it; it counts as the catalog says, never as healthy."""
    assert "rebound drill bigquery-dataset-loss" in stands().mend

    def stand(name: str) -> PartStatus:
        part = PartName("resources", name)
        facts = PartFacts(
            part, name, is_required=True, newest=POINT_OF_GAMES, whole=None, some=None
        )
        rule = RULE.model_copy(update={"not_drilled": counts.value})
        return part_status(facts, rule, now=NOW)

    services, topics = stand("run/service"), stand("pubsub/topic")
    assert (services.health, "rebound drill" in services.mend) == (counts, False)
    assert "no drill can show it: it runs images" in services.what
    assert "rebound recover complete-outage --into-project" in services.mend
    assert (topics.health, "rebound drill complete-outage" in topics.mend) == (Health.UNKNOWN, True)
    answer = answer_of((stands(proof()), services), now=NOW)
    assert ("1 were not shown to restore: run/service" in answer) is (counts is Health.WARNING)


def decision(*parts: str, days: int = 30) -> NotShown:
    """Return that somebody lives with what no drill shows, for some days."""
    on = NOW.date()
    return NotShown(
        parts=parts, decided_by="ada", decided_on=on, until=on + timedelta(days=days), why="read"
    )


def half_shown(label: str, rule: DrillRule) -> PartStatus:
    """Return how what no drill shows stands, of which a recovery brought half back."""
    some = shown_of(GAMES, (proof(restored=3),), whole=False)
    facts = PartFacts(
        PartName("resources", "run/service"),
        label,
        is_required=True,
        newest=POINT_OF_GAMES,
        whole=None,
        some=some,
    )
    return part_status(facts, rule, now=NOW)


def test_what_no_drill_restores_is_lived_with_by_decision():
    """It counts in no exit code until the decision ends, is named each time, and is never called healthy."""
    part, label = PartName("resources", "run/service"), "resources run/service"
    rule = RULE.model_copy(update={"not_shown": (decision(label),)})

    def stand(
        shown: Shown | None = None, days: int = 0, newest: Point | None = None
    ) -> tuple[PartStatus, Status]:
        now = NOW + timedelta(days=days)
        point = newest or POINT_OF_GAMES._replace(recovery_point=POINT + timedelta(days=days))
        facts = PartFacts(part, label, is_required=True, newest=point, whole=shown, some=None)
        found = part_status(facts, rule, now=now)
        parts = (stands(proof()), found)
        answer = answer_of(parts, now=now)
        return found, Status(
            project="p", platform="b", looked_at=now, answer=answer, parts=parts, others=()
        )

    found, status = stand()
    until = f"{NOW + timedelta(days=30):%Y-%m-%d}"
    assert (found.health, status.health) == (Health.HEALTHY, Health.HEALTHY)
    text = " ".join(text_of(status_document(status)).split())
    assert f"1 are shown by no drill, by decision: {label}." in text
    assert f"the decision of ada until {until}" in text
    assert f"{label} not shown 8 h ago - never" in text
    ended, _ = stand(days=31)
    assert (ended.health, ended.not_shown) == (Health.UNKNOWN, "")
    assert f"the decision of ada until {until} does not hold" in ended.what
    late, _ = stand(newest=POINT_OF_GAMES._replace(recovery_point=POINT - timedelta(days=3)))
    assert late.health is Health.CRITICAL
    old, new = (
        shown_of(GAMES, (proof(days_ago=ago, how="recovery"),), whole=True) for ago in (40, 1)
    )
    assert [stand(item)[0].health for item in (old, new)] == [Health.HEALTHY] * 2
    assert [bool(stand(item)[0].not_shown) for item in (old, new)] == [True, False]
    part_of_it = half_shown(label, rule)
    assert (part_of_it.health, part_of_it.not_shown) == (Health.WARNING, "")
    assert part_of_it.what == "only 3 of 6 in it were shown to restore"


def test_the_parts_of_the_shipped_catalog_can_be_healthy():
    """Everything is backed up, and what a drill can show was drilled: the rest is by decision."""
    catalog = load_catalog()
    decided = {item for it in catalog.drills.not_shown for item in it.parts}
    on = max(item.decided_on for item in catalog.drills.not_shown)
    now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    stood = []
    for kind, entry in catalog.parts:
        whole = None
        if not kind.why_not_drilled(entry.name):
            one = proof()
            part = one.parts[0].model_copy(update={"kind": kind.name, "name": entry.name})
            whole = Shown(one.model_copy(update={"proven_at": now, "parts": (part,)}), part)
        facts = PartFacts(
            part=PartName(kind.name, entry.name),
            label=kind.labelled(entry.name),
            is_required=True,
            newest=POINT_OF_GAMES._replace(recovery_point=now),
            whole=whole,
            some=None,
        )
        stood.append(part_status(facts, catalog.drills, now=now))
    ill = {item.label for item in stood if item.health is not Health.HEALTHY}
    assert not ill, "no drill shows it: a decision in `drills.not_shown` of catalog.json names each"
    assert {item.label for item in stood if item.not_shown} == decided
    assert answer_of(stood, now=now).startswith("Yes: ")


def test_when_a_drill_is_due_is_told():
    """With its day; what was never shown is due now."""

    def told(*parts: PartStatus) -> str:
        status = Status(
            project="p", platform="b", looked_at=NOW, answer="Yes.", parts=parts, others=()
        )
        return text_of(status_document(status))

    soon = told(stands(proof(days_ago=5)))
    day = f"{NOW + timedelta(days=25):%Y-%m-%d}"
    assert f"The next drill is due on {day}: 1 part (nba.games)." in soon
    assert soon.count(day) == 2
    assert "A drill is due now, of 1 part (nba.games)" in told(stands(proof(days_ago=31)))
    assert "A drill is due now, of 1 part (nba.games)" in told(stands())


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
        ((stands(proof(), newest=None, is_required=False),), "No: no run holds any of 1 part."),
        ((stands(), stands(newest=None)), "No: 1 of 2 parts cannot come back"),
    ],
)
def test_the_answer_is_one_sentence(parts: Sequence[PartStatus], answer: str):
    """What is bad comes before what is unknown."""
    assert answer in answer_of(parts, now=NOW)


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
