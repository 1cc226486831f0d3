"""One word for what became of a recovery, and how far one is that is under way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from manifests.errors import PartialError
from recovery.compare.documents import DatabaseState
from recovery.compare.findings import Finding
from recovery.fence.model import StandingFence
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.outcomes import RangeOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.resources.rules.steps import FoundationOutcome, FoundationStep, ResourceStep
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep
from recovery.kinds.told import SoFar
from recovery.outcome import AbandonedRecovery, PlannedRecovery, RecoveryReport
from recovery.report.conclusion import state_of
from recovery.report.html import page_of
from recovery.report.recoveries import (
    Standing,
    progress_document,
    so_far_of,
    standings_document,
)
from recovery.report.text import text_of
from tests.unit.samples import POINT
from tests.unit.worlds import GONE, bucket_step, plan, world

NAME = "bigquery-dataset-loss-20261124T090000Z-0a1b"
BEGUN = POINT + timedelta(hours=1)
CLOSED = AbandonedRecovery(recovery_id=NAME, abandoned_at=BEGUN, why="the wrong night")


def report(*outcomes: TableOutcome, hours: float = 0.5) -> RecoveryReport:
    """Return how an attempt ended."""
    return RecoveryReport(
        recovery_id=NAME,
        plan=plan(world()),
        started_at=BEGUN,
        finished_at=BEGUN + timedelta(hours=hours),
        outcomes=outcomes,
    )


PROVEN = TableOutcome(name="nba.games", into="nba.games", action="create", rows=6)
UNEQUAL = PROVEN.model_copy(
    update={"findings": (Finding(subject="x", aspect="rows", expected="6", actual="5"),)}
)
FAILED = PROVEN.model_copy(
    update={"failure": Failure(message="denied", exit_code=PartialError.exit_code)}
)


@pytest.mark.parametrize(
    ("ended", "abandoned", "state"),
    [
        (None, None, "under way"),
        (None, CLOSED, "abandoned"),
        (report(FAILED), None, "partial"),
        (report(FAILED), CLOSED, "abandoned"),
        (report(FAILED, UNEQUAL), None, "not equal"),
        (report(PROVEN), None, "proven"),
        (report(PROVEN), CLOSED, "proven"),
        (report(PROVEN, hours=5), None, "late"),
    ],
)
def test_one_word(ended: RecoveryReport | None, abandoned: AbandonedRecovery | None, state: str):
    """What is proven stays so; what is not is open until it is closed."""
    word, detail = state_of(ended, abandoned)
    assert word == state
    assert bool(detail) == (state not in ("proven", "under way"))
    standing = Standing(recovery_id=NAME, started_at=BEGUN, state=word, detail=detail)
    assert standing.is_open == (state in ("under way", "partial", "not equal"))
    now = BEGUN + timedelta(minutes=5)
    line = text_of(standings_document([standing], now=now)).splitlines()[1]
    assert line.startswith(f"{NAME}  ")
    assert f"{state}  2026-11-24 09:01  5 min" in line
    if state == "under way":
        dated = standing.model_copy(update={"wrote_at": BEGUN + timedelta(minutes=2)})
        (_, line) = text_of(standings_document([dated], now=now)).splitlines()
        assert "or interrupted: it wrote something down last 3 min ago; `rebound report" in line


def so_far(planned: PlannedRecovery, **written: Sequence[Outcome | RangeOutcome]) -> list[SoFar]:
    """Return how far a recovery is whose journal has these entries, by the end of their folder."""
    return list(so_far_of(planned, lambda name, _: written.get(name.rpartition("/")[2], ())))


def test_how_far_it_is():
    """What is published is told with what was done, and what waits with what will be."""
    planned = PlannedRecovery(recovery_id=NAME, started_at=BEGUN, plan=plan(world(games=GONE)))
    waiting = [step.name for step in planned.plan.of(TableStep) if step.action != "leave"]
    assert waiting
    document = progress_document(planned, so_far(planned), now=BEGUN, abandoned=CLOSED)
    assert document.conclusion is not None, "a page tells it first"
    assert (document.conclusion.state, document.conclusion.hint) == ("abandoned", "")
    text = text_of(document)
    assert text.splitlines()[0].endswith(", abandoned")
    later = BEGUN + timedelta(minutes=5)
    page = page_of(progress_document(planned, so_far(planned), now=later))
    assert f"<code>rebound resume {NAME}" in page, "a page says how to go on"
    text = text_of(progress_document(planned, so_far(planned), now=later))
    assert "under way or interrupted" in text.splitlines()[0]
    assert "begun 2026-11-24 09:01:00 UTC, 5 min ago; nobody knows when" in text
    text = text_of(progress_document(planned, so_far(planned), now=later, wrote_at=BEGUN))
    assert "5 min ago; it wrote something down last 5 min ago" in text
    assert all(f"waiting    {name}" in text for name in waiting)
    done = PROVEN.model_copy(update={"name": waiting[0]})
    text = text_of(progress_document(planned, so_far(planned, tables=(done,)), now=BEGUN))
    assert f"published  {waiting[0]}  (create, 6 rows)" in text


def test_what_was_closed_says_that_its_fence_stands():
    """Nothing else ends it; of one that is under way it is not said, as nobody is to end it meanwhile."""
    planned = PlannedRecovery(recovery_id=NAME, started_at=BEGUN, plan=plan(world(games=GONE)))
    fence = StandingFence(fence_id="fence-20261124T090000Z-1f2e", is_made=False, writers=3)
    told = progress_document(planned, (), now=BEGUN, abandoned=CLOSED, fences=(fence,))
    assert "STILL FENCED: rebound thaw fence-20261124T090000Z-1f2e, 3 writers" in text_of(told)
    assert "thaw" not in text_of(progress_document(planned, (), now=BEGUN, fences=(fence,)))


def test_every_kind_tells_how_far_it_is():
    """Objects are counted; a database, and a resource that is made, ended or waits."""
    steps = (
        bucket_step(),
        DatabaseStep(
            name="state", into="state", action="restore", state=DatabaseState(exists=True)
        ),
        FoundationStep(type="iam/role", name="r/a", into="r/a", action="create"),
        ResourceStep(type="pubsub/topic", name="t/b", into="t/b", action="create"),
        ResourceStep(type="pubsub/topic", name="t/equal", into="t/equal", action="leave"),
        CompletionsStep(
            name="state", into="state", history="nba.runs", since=POINT.date(), documents=()
        ),
    )
    asked = plan(world()).model_copy(update={"steps": steps})
    planned = PlannedRecovery(recovery_id=NAME, started_at=BEGUN, plan=asked)
    count = ObjectCount(damage="missing", source="vault", objects=3, size_bytes=5)
    made = FoundationOutcome(type="iam/role", name="r/a", into="r/a", action="create")
    found = so_far(
        planned,
        databases=(DatabaseOutcome(name="state", into="state", action="restore"),),
        resources=(made,),
        **{"raw-files": (RangeOutcome(number=0, restored=(count,)),)},
    )
    assert [(row.state, row.text) for item in found for row in item.rows] == [
        ("restored", "bucket raw-files  (3 objects so far)"),
        ("proven", "database state"),
        ("waiting", "rebuild of state"),
        ("proven", "iam/role a"),
        ("waiting", "pubsub/topic b"),
    ]
    values = {name: value for item in found for name, value in item.values.items()}
    assert values.pop("restored_objects") == {"raw-files": 3}
    made = {name for name, value in values.items() if value}
    assert made == {"databases", "foundations"}
