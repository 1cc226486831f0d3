"""Which writers a fence pauses and which a thaw resumes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from manifests.catalog import load_catalog
from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.kinds.resources.table import resource_type
from recovery.fence.addresses import addresses, strange_addresses
from recovery.fence.model import FenceRecord, ThawStep
from recovery.fence.quiet import Looked, Marks, changed
from recovery.fence.rules import fenced, held_by_others, planned_fence, planned_thaw
from recovery.fence.text import fence_lines, is_late, standing_lines, thaw_lines
from tests.unit.writers import job, subscription

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
JOB = resource_type("scheduler/job")
SUBSCRIPTION = resource_type("pubsub/subscription")
RULE = FenceRule(
    locations=("us-west2",),
    writers=(
        CatalogWriter(
            type="scheduler/job",
            targets=("https://nba-phase3-*",),
            writes=("dataset nba_analytics",),
        ),
        CatalogWriter(type="scheduler/job", names=("gap-detector-*",), writes=("*",)),
        CatalogWriter(
            type="pubsub/subscription", targets=("nba-phase2-raw-complete",), writes=("dataset *",)
        ),
    ),
)


def fence(*jobs: dict[str, Any], things: tuple[str, ...] = ("dataset nba_analytics",)):
    """Return the fence of some schedules."""
    return _planned({"scheduler/job": jobs}, things)


def _planned(found: dict[str, Any], things: tuple[str, ...]) -> FenceRecord:
    return planned_fence(RULE, things, found, fence_id="f", project="p", why="a drill", now=NOW)


def names(record: FenceRecord) -> list[str]:
    """Return the last part of the name of every writer that is paused."""
    return [item.name.rpartition("/")[2] for item in record.writers]


def test_writers_are_told_by_what_they_call_and_by_name():
    """Whoever calls the service that writes is a writer; so is who refills what is empty."""
    record = fence(
        job("overnight-6am-et", "https://nba-phase3-analytics.a.run.app/process-date-range"),
        job("gap-detector-30min"),
        job("morning-mail", "https://mail.a.run.app/"),
    )
    assert names(record) == ["overnight-6am-et", "gap-detector-30min"]
    assert record.writers[0].writes == ("dataset nba_analytics",)


def test_writers_of_other_things_are_left():
    """A fence of one bucket leaves the writers of a dataset running, but for those of everything."""
    calling = job("overnight-6am-et", "https://nba-phase3-analytics.a.run.app/")
    record = fence(calling, job("gap-detector-30min"), things=("bucket lake",))
    assert names(record) == ["gap-detector-30min"]


def test_what_was_paused_on_purpose_is_no_part_of_it():
    """It is told, and neither paused nor ever resumed."""
    record = fence(job("gap-detector-30min", state="PAUSED"))
    assert record.writers == ()
    assert record.idle == ("scheduler/job gap-detector-30min",)
    assert "leave  scheduler/job gap-detector-30min (it does not run)" in "\n".join(
        fence_lines(record)
    )


def test_only_pushing_subscriptions_write():
    """One that is pulled delivers nothing by itself."""
    found = {
        "pubsub/subscription": [
            subscription("pushed", "nba-phase2-raw-complete", pushEndpoint="https://a/"),
            subscription("pulled", "nba-phase2-raw-complete"),
            subscription("other", "news", pushEndpoint="https://a/"),
        ]
    }
    record = _planned(found, ("dataset nba_analytics",))
    assert names(record) == ["pushed"]
    assert record.writers[0].before == {"pushEndpoint": "https://a/"}


def thaw(record: FenceRecord, *, changed_too: bool = False, **present: Any) -> list[str]:  # noqa: ANN401
    """Return what a thaw does with each writer, given how each is now."""
    live = {item.name: present["now"] for item in record.writers}
    return [
        f"{step.action} {step.why} {step.is_over}"
        for step in planned_thaw(record, live, changed_too=changed_too)
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (job("gap-detector-30min", state="PAUSED"), "resume  True"),
        (job("gap-detector-30min"), "leave it runs already True"),
        (None, "leave it was deleted meanwhile True"),
        (
            job("gap-detector-30min", state="PAUSED", schedule="0 7 * * *"),
            "leave it was changed meanwhile and stays paused False",
        ),
        (
            job("gap-detector-30min", state="PAUSED", futureField=1),
            "leave it was changed meanwhile and stays paused False",
        ),
        (
            job("gap-detector-30min", state="PAUSED", lastAttemptTime="2026-11-29T08:59:00Z"),
            "resume  True",
        ),
    ],
)
def test_a_thaw_resumes_what_is_as_it_was(now: dict[str, Any] | None, expected: str):
    """Deleted, running and changed writers are left, each with why."""
    assert thaw(fence(job("gap-detector-30min")), now=now) == [expected]


def test_a_changed_writer_is_resumed_when_somebody_says_so():
    """The word is for those alone that wait for it."""
    now = job("gap-detector-30min", state="PAUSED", schedule="0 7 * * *")
    assert thaw(fence(job("gap-detector-30min")), changed_too=True, now=now) == ["resume  True"]


def test_the_prior_state_is_kept_as_it_was():
    """What a pause changes is kept, and everything else only as a digest."""
    pushed = subscription("s", "t", pushEndpoint="https://a/")
    kept = fenced(SUBSCRIPTION, pushed, ("dataset d",))
    assert kept.before == {"pushEndpoint": "https://a/"}
    paused = {**pushed, "pushConfig": {}}
    assert kept.sha256 == fenced(SUBSCRIPTION, paused, ()).sha256
    assert kept.sha256 != fenced(SUBSCRIPTION, {**pushed, "ackDeadlineSeconds": 20}, ()).sha256


def test_a_fence_that_stands_too_long_is_told():
    """The catalog says how long it may stand."""
    record = fence(job("gap-detector-30min"))
    assert not is_late(record, NOW + timedelta(hours=11), 12)
    assert is_late(record, NOW + timedelta(hours=13), 12)
    late = standing_lines([record], now=NOW + timedelta(hours=13), most_hours=12)
    assert "LONGER THAN 12 h" in late[0]
    assert standing_lines([], now=NOW, most_hours=12) == ["no fence stands"]


def test_a_thaw_says_what_it_leaves():
    """One line a writer."""
    record = fence(job("gap-detector-30min"))
    steps = planned_thaw(record, {record.writers[0].name: None}, changed_too=False)
    text = "\n".join(thaw_lines(record, steps))
    assert "leave   scheduler/job gap-detector-30min: it was deleted meanwhile" in text
    assert "0 writers to resume, 1 left as they are" in text


def test_a_table_that_is_written_made_or_dropped_is_not_quiet():
    """Each of the three is a change between two looks."""
    before: Marks = {"d.same": ("table", 1), "d.written": ("table", 1), "d.dropped": ("table", 1)}
    after: Marks = {"d.same": ("table", 1), "d.written": ("table", 2), "d.made": ("table", 1)}
    looks = (Looked({"dataset d": marks}, {}) for marks in (before, after))
    assert changed(*looks) == ("d.dropped", "d.made", "d.written")


def test_the_shipped_catalog_pauses_the_loops_of_the_platform():
    """The loops that refill emptied tables write to everything that is protected."""
    rule = load_catalog().fence
    assert rule is not None
    loops = [job(name) for name in ("gap-detector-30min", "phase-completion-reconciler-30min")]
    record = planned_fence(
        rule,
        ("dataset nba_precompute", "database (default)"),
        {"scheduler/job": loops},
        fence_id="f",
        project="p",
        why="",
        now=NOW,
    )
    assert {item.writes for item in record.writers} == {
        ("database (default)", "dataset nba_precompute")
    }


@pytest.mark.parametrize(
    ("address", "known", "kept", "said", "is_strange"),
    [
        ("https://a.run.app/x", ["https://a.run.app"], {}, (), False),
        ("https://A.run.app:443/x", ["https://a.run.app/other?q"], {}, (), False),
        ("https://a.run.app.evil.com/x", ["https://a.run.app"], {}, (), True),
        ("https://a.run.app@evil.com/x", ["https://a.run.app"], {}, (), True),
        ("https://evil.com\\@a.run.app/x", ["https://a.run.app"], {}, (), True),
        ("https://a.run.app/x", [], {"s": "https://a.run.app/x"}, (), False),
        ("https://a.run.app/x", [], {"s": "https://a.run.app/y"}, (), True),
        ("https://a.run.app/x", [], {"t": "https://a.run.app/x"}, (), True),
        ("https://a.run.app/x", [], {}, ("a.run.app",), False),
        ("https://a.run.app/x", [], {}, ("*",), False),
        ("", [], {}, (), False),
    ],
)
def test_an_address_of_a_thaw_is_borne_out_by_something_else(
    address: str, known: list[str], kept: dict[str, str], said: tuple[str, ...], *, is_strange: bool
):
    """By a service's own address, by what the last run kept, or by who says its host."""
    step = ThawStep(type="pubsub/subscription", name="s", action="resume", address=address)
    assert bool(strange_addresses([step], known, kept, said)) is is_strange


def test_addresses_of_a_service_and_of_what_calls_one():
    """A service of Cloud Run has two; a topic's name is none."""
    service = {"name": "s", "uri": "https://s-1.a.run.app", "urls": ["https://s-2.run.app"]}
    assert set(addresses(resource_type("run/service"), service)) == {
        "https://s-1.a.run.app",
        "https://s-2.run.app",
    }
    pushed = subscription("s", "t", pushEndpoint="https://a/")
    assert list(addresses(SUBSCRIPTION, pushed)) == ["https://a/"]
    assert list(addresses(JOB, job("j", uri="https://b/"))) == ["https://b/"]


def test_who_fills_what_is_missing_is_told():
    """The catalog says which writers look for it by themselves."""
    loop = CatalogWriter(type="scheduler/job", names=("gap-*",), writes=("*",), refills=True)
    rule = FenceRule(locations=("us-west2",), writers=(*RULE.writers, loop))
    found = {"scheduler/job": [job("gap-detector-30min"), job("x", "https://nba-phase3-a/")]}
    record = planned_fence(
        rule, ("dataset nba_analytics",), found, fence_id="f", project="p", why="", now=NOW
    )
    assert [item.refills for item in record.writers] == [True, False]


def test_what_two_fences_hold_is_resumed_by_the_last():
    """A recovery that ends while another goes on leaves what that one needs paused."""
    first = fence(job("gap-detector-30min"))
    paused = job("gap-detector-30min", state="PAUSED")
    held = held_by_others(None, [first])
    second = planned_fence(
        RULE,
        ("dataset nba_analytics",),
        {"scheduler/job": [paused]},
        fence_id="g",
        project="p",
        why="",
        now=NOW,
        held=held,
    )
    assert second.writers == first.writers
    assert (second.idle, second.held_by) == ((), {paused["name"]: "f"})
    for record, others, expected in (
        (first, [first, second], "leave"),
        (second, [second], "resume"),
    ):
        by = {name: other for name, (other, _) in held_by_others(record, others).items()}
        (step,) = planned_thaw(record, {paused["name"]: paused}, changed_too=False, held=by)
        assert step.action == expected
        assert step.is_over


def test_two_fences_of_one_recovery_hold_nothing_against_each_other():
    """What an attempt had no time to pause is in the fence of the next, too."""
    first = fence(job("gap-detector-30min")).model_copy(update={"recovery_id": "r"})
    second = first.model_copy(update={"fence_id": "g"})
    assert held_by_others(first, [first, second]) == {}


def test_what_a_recovery_made_stopped_is_held_against_its_own_fence():
    """A resumed attempt takes it over, and would else resume it in no wave and without a flow check."""
    own = fence(job("gap-detector-30min")).model_copy(update={"recovery_id": "r"})
    made = own.model_copy(update={"fence_id": "g", "is_made": True})
    (writer,) = own.writers
    assert held_by_others(own, [own, made]) == {writer.name: ("g", writer)}
    assert held_by_others(made, [own, made]) == {}


def test_a_fence_that_says_something_else_of_a_writer_does_not_hold_it():
    """Who plants one in both buckets could have a writer stay paused for ever, as if it were held."""
    ours = fence(job("gap-detector-30min"))
    (writer,) = ours.writers
    paused = job("gap-detector-30min", state="PAUSED")
    for update in ({"before": "DISABLED"}, {"sha256": "0" * 64}, {"field": "pushConfig"}):
        planted = ours.model_copy(
            update={"fence_id": "g", "writers": (writer.model_copy(update=update),)}
        )
        assert held_by_others(ours, [ours, planted]) == {}
        assert writer.name in held_by_others(None, [planted])
    copied = ours.model_copy(update={"fence_id": "g"})
    by = {name: other for name, (other, _) in held_by_others(ours, [copied]).items()}
    (step,) = planned_thaw(
        ours, {writer.name: paused}, changed_too=False, held=by, is_checked=False
    )
    assert step.why == (
        "g holds it too, and resumes it; NOT CHECKED who wrote that: REBOUND_OPERATOR_KEYS is not set"
    )
