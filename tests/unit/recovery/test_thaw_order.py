"""In which order writers are resumed, and what they do then."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from pytest_mock import MockerFixture

from manifests.catalog_writers import CatalogWriter, FenceRule, FlowCheck, Wave
from manifests.errors import NotEqualError
from recovery.fence.due import due
from recovery.fence.flow import run_flow_check
from recovery.fence.model import ThawStep
from recovery.fence.quiet import FenceLooks, Looked
from recovery.fence.waves import in_waves
from recovery.fence.work import Fencing

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
WRITER = CatalogWriter(type="scheduler/job", names=("*",), writes=("*",))


def test_writers_are_resumed_in_the_waves_of_the_catalog():
    """A writer is of the first wave that names it; what none names comes last."""
    waves = (Wave(name="A", names=("a-*",)), Wave(name="S", type="pubsub/subscription"))
    steps = [
        ThawStep(type="scheduler/job", name="jobs/z", action="resume"),
        ThawStep(type="pubsub/subscription", name="subscriptions/a-s", action="resume"),
        ThawStep(type="pubsub/subscription", name="subscriptions/s", action="resume"),
    ]
    found = [(name, [step.name for step in of_it]) for name, of_it in in_waves(waves, steps)]
    assert found == [
        ("A", ["subscriptions/a-s"]),
        ("S", ["subscriptions/s"]),
        ("the rest", ["jobs/z"]),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"schedule": "*/30 * * * *"}, ["09:30", "10:00"]),
        ({"schedule": "15 4 * * *", "timeZone": "America/New_York"}, ["09:15"]),
        ({"schedule": "15 9 * * 7"}, ["09:15"]),
        ({"schedule": "0 9 * * *"}, []),
        ({"schedule": "every 5 minutes"}, None),
        ({"schedule": "* * * * *", "timeZone": "Mars/Base"}, None),
    ],
)
def test_what_fires_in_the_next_hour_is_told(fields: dict[str, str], expected: list[str] | None):
    """In the job's own zone; a schedule in words is unknown."""
    found = due("scheduler/job", {"name": "x", "schedule": "0 6 * * *", **fields}, now=NOW).times
    assert (None if found is None else [f"{time:%H:%M}" for time in found]) == expected


@pytest.mark.parametrize(
    "flow_check", [None, {"schedule": "s", "after": "B", "produces": "table d.t"}]
)
def test_a_catalog_with_waves_that_contradict_each_other_is_refused(
    flow_check: dict[str, str] | None,
):
    """Two waves of one name, and a check after a wave that there is not."""
    waves = [{"name": "A"}, *([{"name": "A"}] if flow_check is None else [])]
    fields = {"locations": ["us-west2"], "writers": (WRITER,), "flow_check": flow_check}
    with pytest.raises(ValidationError):
        FenceRule.model_validate({**fields, "waves": waves})


def test_a_flow_check_tells_how_much_time_has_passed(mocker: MockerFixture):
    """Every half minute; then that nothing came of it, and what stays paused."""
    fencing = mocker.Mock(spec=Fencing)
    fencing.resource.return_value = {"name": "jobs/s"}
    looking = mocker.Mock(spec=FenceLooks)
    looking.look.return_value = Looked({}, {})
    check = FlowCheck(schedule="s", after="A", produces="table d.t", within_seconds=110)
    rule = FenceRule(locations=("us-west2",), writers=(WRITER,))
    told: list[str] = []
    with pytest.raises(NotEqualError, match="nothing was written") as failed:
        run_flow_check(
            fencing,
            looking,
            rule,
            check,
            project="p",
            tell=told.append,
            sleep=lambda _seconds: None,
        )
    assert len(told) == 3
    assert told[0].endswith("of at most 1 min 50 s passed, nothing written yet")
    assert "later waves stay paused" in failed.value.hint
