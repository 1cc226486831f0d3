"""A recovery of several kinds: what one of them cannot do stops no other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest

from manifests.cloud.objects import Bucket
from manifests.errors import CloudError
from manifests.layout import recovery_begun_at
from manifests.store.seal import Seal
from recovery.execute import carried_out
from recovery.journal import Journal
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.decision import Origin
from recovery.kinds.known import RULES
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.tables import TableStep
from recovery.kinds.work import Begun, Running, Work
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.report.conclusion import outcome_error
from recovery.request import Request
from recovery.scenarios import KindName, Scenario, scenario
from tests.unit.memory import MemoryBucket
from tests.unit.samples import manifest
from tests.unit.worlds import GONE, bucket_step, plan, world

RECOVERY = "bigquery-dataset-loss-20261124T080000Z-abcd"
DENIED = CloudError("403 denied", hint="ask", retryable=False)
MADE = plan(world(games=GONE))
PLANNED = PlannedRecovery(
    recovery_id=RECOVERY,
    started_at=recovery_begun_at(RECOVERY),
    plan=MADE.model_copy(update={"steps": (*MADE.steps, bucket_step(action="restore"))}),
)


class Working(Work[BucketsSeen]):
    """Ends every step well, or refuses after some of them."""

    def __init__(self, refuses_after: int | None = None) -> None:
        self._refuses_after = refuses_after

    def observe(self, origin: Origin, request: Request, begun: Begun | None = None) -> BucketsSeen:
        """See nothing: this is about what follows."""
        del origin, request, begun
        return BucketsSeen()

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Yield an outcome of each step."""
        del origin, running
        for number, step in enumerate(steps):
            if number == self._refuses_after:
                raise DENIED
            (rules,) = (rules for rules in RULES if rules.of((step,)))
            failed = rules.failed(step, Failure(message="it was not tried"))
            yield failed.model_copy(update={"failure": None})


@pytest.fixture(autouse=True)
def of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scenario bring back tables, and then buckets."""

    def both(name: str) -> Scenario:
        return scenario(name).model_copy(update={"covers": ("tables", "buckets")})

    monkeypatch.setattr("recovery.request.scenario", both)


def ended(works: Mapping[KindName, Work[Any]]) -> tuple[RecoveryReport, list[tuple[str, str]]]:
    """Return how the recovery ended, and what was told of it."""
    told: list[tuple[str, str]] = []
    report = carried_out(
        PLANNED,
        Origin(manifest()),
        lambda kind: works[kind],
        journal=Journal(cast("Bucket", MemoryBucket()), RECOVERY, Seal()),
        clock=lambda: PLANNED.started_at,
        progress=lambda name, stage, _share=0.0: told.append((name, stage)),
    )
    return report, told


def test_a_kind_that_is_refused_stops_no_other():
    """Everything of it that was not reached failed, what is equal too; the other kind is proven."""
    report, told = ended({"tables": Working(refuses_after=0), "buckets": Working()})
    assert [item.name for item in report.outcomes] == [step.name for step in PLANNED.plan.steps]
    assert {item.state for item in report.outcomes if item.kind != "bucket"} == {"FAILED"}
    assert [item.state for item in report.of(BucketOutcome)] == ["proven"]
    assert {item.hint for item in report.outcomes if item.failure} == {"ask"}
    assert told == [(step.name, "failed") for step in MADE.of(TableStep)]
    error = outcome_error(report)
    assert error is not None
    assert (error.exit_code, report.is_proven) == (6, False)
    assert "not recovered: dataset nba, dataset ref, nba.games" in error.message


def test_what_was_reached_before_a_refusal_counts():
    """The outcomes that there were stay, and only the others failed."""
    report, _ = ended({"tables": Working(refuses_after=2), "buckets": Working()})
    failed = [item.name for item in report.outcomes if item.failure]
    assert failed == [step.name for step in MADE.steps[2:]]


def test_when_every_kind_is_refused_the_first_says_why():
    """Then nothing was recovered, and there is no report."""
    with pytest.raises(CloudError, match="403 denied"):
        ended({"tables": Working(refuses_after=0), "buckets": Working(refuses_after=0)})
