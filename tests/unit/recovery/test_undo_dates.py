"""Which partitions a recovery of dates may have written."""

from datetime import date
from typing import Any

import pytest

from recovery.fence.model import PlannedFence
from recovery.kinds.processors.rules.plan import ProcessorPlan, ProcessorStep
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.undo.date_rules import DatesAttempt, DatesLeft, is_by_date, is_fenced, may_hold, mixed
from tests.integration.processors.platform import processors
from tests.unit.samples import POINT, catalog

DAYS = (date(2026, 1, 31), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("partition", "holds"),
    [
        ("20260131", True),
        ("20260130", False),
        ("2026020103", True),
        ("2026020203", False),
        ("202601", True),
        ("202603", False),
        ("2026", True),
        ("2025", False),
        ("__NULL__", True),
        ("7", True),
    ],
)
def test_what_others_wrote_elsewhere_is_no_part_of_it(partition: str, *, holds: bool):
    """A day, an hour, a month, a year is told by its id; of any other nobody knows."""
    assert may_hold(partition, DAYS) is holds


FENCE = PlannedFence(things=("dataset nba",), writers=(), quiet_seconds=1)
ALONE = DatesAttempt(at=POINT, is_fenced=True, fences=("a",))
LEFT = DatesLeft(at=POINT, tables=(), fences=("a",))


def planned(fence: PlannedFence | None, *runs: date) -> ProcessorPlan:
    """Return a plan that runs some dates behind a fence."""
    return ProcessorPlan(
        request=DatesRequest(project="league-1"),
        observed_at=POINT,
        until=DAYS[1],
        has_schedule=True,
        steps=(ProcessorStep(processor="teams", table="nba.teams", runs=runs),),
        fence=fence,
    )


def test_what_runs_while_others_write_is_not_fenced():
    """Where nothing is paused, as somebody said or for want of a rule, or something runs on."""
    assert is_fenced(planned(FENCE, *DAYS))
    assert is_fenced(planned(None))
    assert not is_fenced(planned(None, *DAYS))
    assert not is_fenced(planned(FENCE.model_copy(update={"is_left_out": True}), *DAYS))
    assert not is_fenced(planned(FENCE.model_copy(update={"despite": ("job x",)}), *DAYS))


@pytest.mark.parametrize(
    ("attempts", "fences", "told"),
    [
        ([{}, {}], ("a",), ""),
        ([], ("a",), "nothing says"),
        ([{}, {"is_fenced": False}], ("a",), "writers ran meanwhile"),
        # Thawed behind the first attempt, and fenced again.
        ([{}, {"fences": ("b",)}], ("b",), "between its attempts"),
        # A writer that came meanwhile is paused by a fence of its own.
        ([{}, {"fences": ("a", "b")}], ("a", "b"), "between its attempts"),
        # Thawed while it ran.
        ([{}], (), "between its attempts"),
    ],
)
def test_rows_that_others_may_have_written_do_not_go_back(
    attempts: list[dict[str, object]], fences: tuple[str, ...], told: str
):
    """Everything has to be paused from before the first attempt until the last one is measured."""
    left = LEFT.model_copy(update={"fences": fences})
    why = mixed(
        (planned(FENCE, *DAYS),), [ALONE.model_copy(update=item) for item in attempts], left
    )
    assert told in why
    assert bool(why) is bool(told)
    assert mixed((planned(None, *DAYS),), [ALONE], LEFT)


@pytest.mark.parametrize(
    ("partitioning", "is_told"),
    [
        ({"timePartitioning": {"type": "DAY", "field": "day"}}, True),
        ({"timePartitioning": {"type": "DAY", "field": "loaded_on"}}, False),
        ({"timePartitioning": {"type": "DAY"}}, False),
        ({"rangePartitioning": {"field": "season"}}, False),
        ({}, False),
    ],
)
def test_an_id_is_a_date_of_the_processors_own_column_alone(
    partitioning: dict[str, Any], *, is_told: bool
):
    """When a row was loaded, or a season, is not the date that a processor ran for."""
    known = catalog(processors=processors())
    assert is_by_date(partitioning, "stats.teams", known) is is_told
    assert not is_by_date(partitioning, "stats.others", known)
    assert not is_by_date(partitioning, "stats.teams", catalog())
