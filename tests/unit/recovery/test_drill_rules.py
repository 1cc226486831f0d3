"""What a drill may do and what it came to: each lie that drills tell has a verdict that is not pass."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from manifests.catalog_drills import DrillRule
from manifests.catalog_objectives import Objective
from manifests.catalog_writers import FenceRule
from manifests.drill_layout import drill_id
from manifests.errors import ReboundError, RefusedError, UsageError
from manifests.model.drill import Control
from manifests.signing import Trust
from recovery.drill.controls.planting import control
from recovery.drill.damage import planted_in
from recovery.drill.model import (
    Criteria,
    DrillBegun,
    DrilledPart,
    DrillRecord,
    Kept,
    Phase,
    PhaseName,
)
from recovery.drill.parts import not_looked_at
from recovery.drill.phases import Stopwatch
from recovery.drill.rules import (
    NEEDED,
    check_not_protected,
    check_sandbox,
    criteria_of,
    expected_controls,
    measured,
    read_criteria,
    schedule_pattern,
    verdict,
)
from recovery.drill.under_way import refuse_under_way
from recovery.kinds.places import DRILL_LABEL, labelled
from tests.unit.drills import BEGUN, CAUGHT, NOW, PART, PHASES
from tests.unit.samples import catalog

_UNPLANTED = {"is_planted": False, "is_caught": False}


def phases(**changed: Any) -> tuple[Phase, ...]:  # noqa: ANN401 - fields of a phase
    """Return phases of which the restoring is another."""
    return tuple(
        item.model_copy(update=changed) if item.name == "RESTORING" else item for item in PHASES
    )


def ended(
    gone_through: Sequence[Phase] = PHASES,
    parts: Sequence[DrilledPart] = (PART,),
    controls: Sequence[Control] = (CAUGHT,),
    begun: DrillBegun = BEGUN,
) -> tuple[str, str]:
    """Return what a drill came to."""
    results = list(measured(begun, gone_through, parts))
    return verdict(begun.criteria, gone_through, parts, controls, results)


def test_as_many_damages_have_to_be_planted_as_the_kinds_have():
    """Ten of a drill of everything; what the catalog names no schedule for has none."""
    rule = FenceRule.model_validate(
        {
            "locations": ["us-west2"],
            "writers": [{"type": "scheduler/job", "names": ["a", "load-*"], "writes": ["*"]}],
        }
    )
    everything = ("foundations", "tables", "buckets", "databases", "resources")
    assert len(set(expected_controls(planted_in(everything), rule))) == 10
    assert len(expected_controls(planted_in(("buckets", "buckets")), None)) == 4
    assert (schedule_pattern(rule), schedule_pattern(None)) == ("load-*", "")


def test_a_drill_in_which_everything_holds_passes():
    """The verdict says how many damages were told of."""
    assert ended() == ("pass", "1 part proven, 1 of 1 planted damages caught")


_HIDDEN = not_looked_at("database (default)", "no permission")


@pytest.mark.parametrize(
    ("found", "word", "why"),
    [
        (
            ended(controls=[CAUGHT, CAUGHT.model_copy(update={"is_caught": False})]),
            "void",
            "no check",
        ),
        (ended(controls=[]), "void", "0 damages planted, 1 had to be"),
        (
            ended(controls=[CAUGHT, CAUGHT.model_copy(update=_UNPLANTED)]),
            "void",
            "it could not be planted, so that no check told of it: a changed row: y",
        ),
        (ended(phases(seconds=0)), "void", "the clock does not go"),
        (ended(phases(state="FAILED", what="no answer", exit_code=9)), "incomplete", "no answer"),
        (ended(phases(state="FAILED", what="damaged", exit_code=4)), "fail", "damaged"),
        (ended(PHASES[:3]), "incomplete", "it did not come to PROVING"),
        (
            ended(parts=[PART.model_copy(update={"state": "NOT EQUAL"})]),
            "fail",
            "not proven: table",
        ),
        (
            ended(parts=[PART, _HIDDEN], controls=[]),
            "incomplete",
            "not drilled, because it could not be looked at: database (default)",
        ),
        (
            ended(parts=[PART.model_copy(update={"state": "NOT EQUAL"}), _HIDDEN]),
            "fail",
            "not proven: table",
        ),
        (ended(parts=[]), "fail", "nothing was restored"),
        (ended(phases(seconds=70)), "fail", "not met: RTO"),
        (ended(parts=[PART.model_copy(update={"lost_seconds": 90000})]), "fail", "not met: RPO"),
        (
            ended(begun=BEGUN.model_copy(update={"is_newest": False})),
            "fail",
            "not met: newest point",
        ),
    ],
)
def test_a_drill_that_shows_nothing_or_less_does_not_pass(
    found: tuple[str, str], word: str, why: str
):
    """Never failed, restored nothing, an old point, a clock at zero: none of them is a pass."""
    assert found[0] == word
    assert why in found[1]


def test_controls_take_no_time_of_a_recovery():
    """What counts for the objective ends when everything is proven."""
    slow = tuple(
        item.model_copy(update={"seconds": 500}) if item.name == "PROVING" else item
        for item in PHASES
    )
    assert ended(slow)[0] == "pass"


def test_phases_have_no_gaps():
    """Together they take as long as the drill, and each begins when the one before ended."""
    ticks = iter((10.0, 11.5, 12.0, 12.25))
    watch = Stopwatch(NOW, lambda: next(ticks))
    names: tuple[PhaseName, ...] = ("PREPARING", "FENCING", "RESTORING")
    for name in names:
        watch.end(name)
    assert [item.seconds for item in watch.phases] == [1.5, 0.5, 0.25]
    assert watch.phases[1].began_at == NOW + timedelta(seconds=1.5)


def test_no_drill_goes_where_it_must_not():
    """By project, by label, and by rights that are missing."""
    guarded = catalog(protected_projects=["live-platform"])
    for names in (("live-platform",), ("own-project",), ("own-project", "4711")):
        with pytest.raises(RefusedError, match="never writes"):
            check_not_protected(names, guarded, "own-project")
    check_not_protected(("a-sandbox", "4712"), guarded, "own-project")
    with pytest.raises(RefusedError, match="no label"):
        check_sandbox("a-sandbox", {"rebound-sandbox": "yes"}, NEEDED)
    with pytest.raises(RefusedError, match="datasets"):
        check_sandbox("a-sandbox", {"rebound-sandbox": "true"}, set(NEEDED[2:]))
    check_sandbox("a-sandbox", {"rebound-sandbox": "true"}, NEEDED)


def kept(hours_ago: float, mark: str, *, has_ended: bool = False) -> Kept:
    """Return what is known of a drill."""
    name = drill_id("sample", NOW - timedelta(hours=hours_ago), mark)
    record = DrillRecord(
        begun=BEGUN,
        verdict="fail",
        why="",
        ended_at=NOW,
        seconds=1,
        phases=PHASES,
        measured=(),
        parts=(PART,),
        controls=(CAUGHT,),
        recoveries=(),
        deviations=(),
        made=(),
        left=(),
        next_due_at=NOW,
    )
    return Kept(drill_id=name, record=record if has_ended else None)


def test_what_a_drill_uses_is_not_removed():
    """One without a record may be at work for a day, and so may one that nobody here knows."""
    ended, young, old = kept(1, "aaaaaa", has_ended=True), kept(1, "bbbbbb"), kept(25, "cccccc")
    known = (ended, young, old)
    made = {"aaaaaa": ["bucket a"], "cccccc": ["bucket c"]}
    refuse_under_way(made, known, now=NOW, stopped=())
    for mark, names, why in (
        ("bbbbbb", ("bbbbbb", young.drill_id), "may be under way: it began 1 h ago"),
        ("dddddd", ("dddddd",), "no record here tells of the drill that made bucket x"),
    ):
        for stopped in ((), ("aaaaaa",)):
            with pytest.raises(RefusedError, match=why) as caught:
                refuse_under_way({**made, mark: ["bucket x"]}, known, now=NOW, stopped=stopped)
            assert f"`--stopped {names[-1]}`" in caught.value.hint
        for name in names:
            refuse_under_way({**made, mark: ["bucket x"]}, known, now=NOW, stopped=(name,))
    doubted = ended.model_copy(update={"trust": Trust(state="untrusted")})
    with pytest.raises(RefusedError, match="may be under way"):
        refuse_under_way(made, (doubted, young, old), now=NOW, stopped=())


def test_what_has_as_many_labels_as_there_may_be_gets_none_of_a_drill():
    """An API refuses the 65th; one that has a label of an earlier drill gets this one's."""
    full = {"labels": {f"key-{number}": "" for number in range(64)}}
    assert labelled(full, "abc123") == full
    drilled = {"labels": {**dict(list(full["labels"].items())[1:]), DRILL_LABEL: "123abc"}}
    assert labelled(drilled, "abc123")["labels"][DRILL_LABEL] == "abc123"
    assert len(labelled({}, "abc123")["labels"]) == 1


def test_criteria_are_those_of_the_catalog():
    """Of several scenarios the strictest; where it says nothing what holds for the scenario."""
    names = ("bigquery-dataset-loss", "firestore-state-loss")
    assert criteria_of(names, catalog()) == Criteria(rto_seconds=3600, rpo_seconds=86400)
    agreed = Objective(rto_seconds=60, rpo_seconds=90_000)
    rule = DrillRule(newest_point=False, fewest_controls=7)
    said = catalog().model_copy(
        update={"objectives": {"bigquery-dataset-loss": agreed}, "drills": rule}
    )
    assert criteria_of(names, said) == Criteria(
        rto_seconds=60, rpo_seconds=86400, newest_point=False, fewest_controls=7
    )


def test_criteria_are_read_from_a_file_or_refused():
    """A word that is misspelt would be no criterion."""
    read = read_criteria({"rto_seconds": 60, "rpo_seconds": 60}, subject="f")
    assert read.newest_point
    for content in ({}, "no", {"rto_seconds": 0, "rpo_seconds": 1}):
        with pytest.raises(UsageError):
            read_criteria(content, subject="f")
    with pytest.raises(UsageError, match="no criterion: rto"):
        read_criteria({"rto_seconds": 1, "rpo_seconds": 1, "rto": 5}, subject="f")


def look_at(*answers: Sequence[str] | ReboundError) -> Any:  # noqa: ANN401 - a function
    """Return a look that answers so, one after the other."""
    left = iter(answers)

    def look() -> Sequence[str]:
        answer = next(left)
        if isinstance(answer, ReboundError):
            raise answer
        return answer

    return look


def planted(*answers: Sequence[str] | ReboundError) -> Control:
    """Return the control of a look that answers so before and after."""
    return control("a", "b", "c", look=look_at(*answers), plant=lambda: None)


def test_a_damage_is_caught_when_the_check_tells_of_it_and_told_of_nothing_before():
    """A check that always tells of something, or never, catches nothing."""
    assert planted([], ["1 row"]).is_caught
    assert not planted([], []).is_caught
    always = planted(["noise"], ["noise"])
    assert (always.is_planted, always.is_caught) == (True, False)
    broken = planted([], UsageError("no answer"))
    assert (broken.is_planted, broken.is_caught) == (True, False)
    never = planted(UsageError("no answer"))
    assert (never.is_planted, never.is_caught) == (False, False)
