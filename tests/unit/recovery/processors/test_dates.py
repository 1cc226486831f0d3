"""Which dates are due, what their rows have to be, and what is run."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from manifests.catalog_objectives import Objective
from manifests.catalog_processors import Processors
from manifests.cloud.objects import Bucket
from manifests.errors import RefusedError
from manifests.journal_layout import JournalNames
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.kinds.processors.cloud.journal import DatesJournal
from recovery.kinds.processors.rules.agreed import check_plan, continued
from recovery.kinds.processors.rules.calendar import Games, ScheduledGames, last_due
from recovery.kinds.processors.rules.money import usd_left
from recovery.kinds.processors.rules.outcome import (
    BOUNDS,
    BoundName,
    DateOutcome,
    DatesReport,
    PlannedDates,
    outcome_error,
)
from recovery.kinds.processors.rules.plan import (
    ProcessorPlan,
    SeenTables,
    UnreadTable,
    make_plan,
)
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.kinds.processors.rules.rows import RowsOfDate, findings_of
from recovery.report.processors import dates_plan_document, dates_report_document, spans
from recovery.report.text import text_of
from tests.integration.processors.platform import ALL, GAME_DAYS, PHASE4_DAYS, processors
from tests.unit.memory import MemoryBucket

DATES = "processor-failure-20250105T000000Z-abcd"
RULES = Processors.model_validate(processors())
NOW = datetime(2025, 1, 5, tzinfo=UTC)
WHOLE = {
    "teams": RowsOfDate(rows=4, games=2),
    "players": RowsOfDate(rows=12, games=2),
    "zones": RowsOfDate(rows=2),
    "features": RowsOfDate(rows=6),
}


def seen(**changes: Any) -> SeenTables:  # noqa: ANN401 - any field
    """Return a world in which nothing lacks, but for what is changed."""
    rows = {
        name: dict.fromkeys(PHASE4_DAYS if name in ALL[2:] else GAME_DAYS, WHOLE[name])
        for name in ALL
    }
    schedule = dict.fromkeys(GAME_DAYS, ScheduledGames(final=2))
    return SeenTables(**{"observed_at": NOW, "schedule": schedule, "rows": rows} | changes)


def without(name: str, *days: date) -> dict[str, dict[date, RowsOfDate]]:
    """Return the rows of a whole world without some dates of one processor."""
    rows = {item: dict(dates) for item, dates in seen().rows.items()}
    for day in days:
        del rows[name][day]
    return rows


def planned(world: SeenTables, **asked: Any) -> ProcessorPlan:  # noqa: ANN401 - any field
    """Return the plan for a world."""
    return make_plan(RULES, world, DatesRequest(project="league-1", **asked))


@pytest.mark.parametrize(
    ("now", "last"),
    [
        # 23:59 of the 2nd in New York is 04:59 of the 3rd in UTC.
        (datetime(2025, 1, 3, 16, 59, tzinfo=UTC), date(2025, 1, 1)),
        (datetime(2025, 1, 3, 17, 0, tzinfo=UTC), date(2025, 1, 2)),
        (datetime(2025, 7, 3, 15, 59, tzinfo=UTC), date(2025, 7, 1)),
        (datetime(2025, 7, 3, 16, 0, tzinfo=UTC), date(2025, 7, 2)),
    ],
)
def test_a_date_is_due_twelve_hours_after_it_ended_where_it_is_played(now: datetime, last: date):
    """By the zone of the platform, in winter and in summer."""
    assert last_due(RULES, now) == last


def test_a_whole_world_needs_nothing():
    """Each date that is due has its rows."""
    plan = planned(seen())
    assert plan.is_complete
    assert plan.requests == 0
    assert [step.processor for step in plan.steps] == list(ALL)


def test_what_is_run_takes_its_time_by_waves():
    """Requests of one service are made as many at once as it allows."""
    lost = GAME_DAYS[:7]
    plan = planned(seen(rows=without("teams", *lost)))
    assert plan.step("teams").runs == lost
    assert (plan.requests, plan.seconds) == (7, 30)


@pytest.mark.parametrize(
    ("rows", "games", "wrong"),
    [
        (RowsOfDate(rows=8, games=2), Games(count=2, is_exact=True), []),
        (RowsOfDate(rows=7, games=2), Games(count=2, is_exact=True), ["count of rows"]),
        (RowsOfDate(rows=8, games=1), Games(count=2), ["count of games"]),
        (RowsOfDate(rows=4, games=1), Games(count=None), []),
        (RowsOfDate(rows=8, games=2, doubled=1), Games(count=2), ["doubled"]),
        (RowsOfDate(rows=10, games=2, empty={"minutes": 2}), Games(count=2), []),
        (RowsOfDate(rows=10, games=2, empty={"minutes": 3}), Games(count=2), ["without minutes"]),
    ],
)
def test_rows_of_a_date_are_checked(rows: RowsOfDate, games: Games, wrong: list[str]):
    """Too few rows, too few games, doubled keys, and too many empty cells are found."""
    found = findings_of(RULES.processors[1], GAME_DAYS[0], rows, games)
    assert len(found) == len(wrong)
    assert all(word in item.aspect for word, item in zip(wrong, found, strict=True))


def test_more_rows_than_can_be_are_found_where_the_games_are_known():
    """Nobody can say so of a date whose games were never counted."""
    rows = RowsOfDate(rows=5, games=2)
    exact = findings_of(RULES.processors[0], GAME_DAYS[0], rows, Games(count=2, is_exact=True))
    assert [item.expected for item in exact] == ["at most 4"]
    assert not findings_of(RULES.processors[0], GAME_DAYS[0], rows, Games(count=2))


def test_what_could_not_be_looked_at_is_not_complete():
    """Nothing of it is run, and what reads it waits."""
    plan = planned(seen(rows=without("players"), unread={"teams": UnreadTable(why="gone")}))
    assert not plan.is_complete
    assert not plan.step("teams").runs
    assert plan.waiting(RULES.processors[1], GAME_DAYS[0]) == ("teams",)


def test_a_resumed_plan_runs_only_what_was_agreed_to():
    """A date that was lost since is told, and left."""
    begun = planned(seen(rows=without("teams", *GAME_DAYS[:2])))
    now = planned(seen(rows=without("teams", *GAME_DAYS[1:3])))
    again = continued(now, begun, RULES, {})
    assert again.step("teams").runs == (GAME_DAYS[1],)
    assert again.step("teams").missing == GAME_DAYS[1:3]


def test_a_plan_over_the_bound_is_refused():
    """Before anything is sent."""
    rules = RULES.model_copy(update={"bounds": RULES.bounds.model_copy(update={"requests": 1})})
    check_plan(planned(seen(rows=without("teams", GAME_DAYS[0]))), rules)
    with pytest.raises(RefusedError, match="2 requests") as caught:
        check_plan(planned(seen(rows=without("teams", *GAME_DAYS[:2]))), rules)
    assert "--since" in caught.value.hint


@pytest.mark.parametrize(
    ("lost", "state", "minutes", "code"),
    [
        ((), "proven", 10, None),
        ((), "proven", 181, 8),
        (GAME_DAYS[:1], "lacks", 10, 7),
        (GAME_DAYS[:1], "not run", 10, 6),
        (GAME_DAYS[:2], "not run", 10, 7),
    ],
)
def test_how_a_recovery_ends(lost: tuple[date, ...], state: Any, minutes: int, code: int | None):  # noqa: ANN401
    """What lacks is 7, what a bound left is 6, what came late is 8."""
    report = DatesReport(
        recovery_id="processor-failure-20250105T000000Z-abcd",
        plan=planned(seen(rows=without("teams", GAME_DAYS[0]))),
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=minutes),
        left=planned(seen(rows=without("teams", *lost))),
        dates=(DateOutcome(processor="teams", day=GAME_DAYS[0], state=state, said="\x1b[2J"),),
        requests=1,
        billed_bytes=10**7,
    )
    error = outcome_error(report)
    assert (error and error.exit_code) == code
    assert "\x1b" not in text_of(dates_report_document(report))
    assert ("LACKS" in text_of(dates_report_document(report))) == bool(lost)


def test_dates_that_follow_each_other_are_one():
    """However many there are, few are written."""
    assert spans(GAME_DAYS[:3]) == "2024-10-22 to 2024-10-24"
    assert spans([GAME_DAYS[0], GAME_DAYS[2]]) == "2024-10-22, 2024-10-24"
    many = [date(2024, 1, 1) + timedelta(days=2 * n) for n in range(20)]
    assert spans(many).endswith(", ... 12 more")


def priced(bound: float | None, **usd: float | None) -> Processors:
    """Return the catalog's rules with a bound in money and what a request of each service costs."""
    section = processors()
    section["bounds"] |= {"usd": bound}
    section["services"] = [
        it | {"usd_a_request": usd.get(it["name"])} for it in section["services"]
    ]
    return Processors.model_validate(section)


def test_what_requests_cost_is_told_and_what_nobody_prices_is_said_to_be_unbounded():
    """A plan tells what dates cost of which every service has a price; a bound needs all of them."""
    first, second = (item.name for item in RULES.services)
    lost = seen(rows=without("teams", *GAME_DAYS[:7]))
    at_once = "about $0.14 by the catalog when each succeeds at once"
    said = (
        (priced(None), "NOT BOUNDED IN MONEY: the catalog does not say what a request costs"),
        (priced(None, **{first: 0.02}), f"{at_once}; NOT BOUNDED IN MONEY: the catalog's `bounds`"),
        (priced(9.5, **{first: 0.02, second: 0.5}), f"{at_once}, $9.50 at most"),
    )
    for rules, told in said:
        plan = make_plan(rules, lost, DatesRequest(project="league-1"))
        assert told in " ".join(text_of(dates_plan_document(plan, rules)).split())
    with pytest.raises(ValueError, match=f"nobody says what a request costs: {second}"):
        priced(9.5, **{first: 0.02})


def test_what_was_spent_is_what_each_request_cost():
    """A resume counts each request sent at its own price, tells that, and says what helps where it is too much."""
    first, second = (item.name for item in RULES.services)
    rules = priced(1.0, **{first: 0.1, second: 0.9})
    (cheap,) = (item.name for item in rules.processors if item.name == "teams")
    assert rules.service(next(it for it in rules.processors if it.name == cheap)).name == first
    begun = make_plan(
        rules, seen(rows=without("teams", *GAME_DAYS[:3])), DatesRequest(project="league-1")
    )
    assert begun.usd == 0.3
    check_plan(begun, priced(0.3, **{first: 0.1, second: 0.9}))
    sent = {cheap: 7}
    assert usd_left(rules, sent) == Decimal("0.3")
    assert usd_left(rules, {"renamed since": 1}) == Decimal("0.1")
    again = continued(begun, begun, rules, sent)
    check_plan(again, rules)
    text = " ".join(text_of(dates_plan_document(again, rules)).split())
    assert (
        "$1.00 at most: no request is begun that would cost more; $0.70 of that were spent" in text
    )
    assert "7 requests of the bound were sent before" in text
    with pytest.raises(RefusedError, match=r"\$0.80 were spent before") as caught:
        check_plan(continued(begun, begun, rules, {cheap: 8}), rules)
    assert "raise `bounds.usd`" in caught.value.hint
    few = rules.model_copy(update={"bounds": rules.bounds.model_copy(update={"requests": 9})})
    with pytest.raises(RefusedError, match="7 were sent before") as caught:
        check_plan(again, few)
    assert "raise `bounds.requests`" in caught.value.hint


@pytest.mark.parametrize(
    ("bound", "helps"), [("usd", True), ("requests", True), ("seconds", False)]
)
def test_a_bound_that_is_reached_names_what_helps(bound: BoundName, *, helps: bool):
    """What was sent and spent stays so: to go on is no help, but where only the time was over."""
    lost = seen(rows=without("teams", GAME_DAYS[0]))
    report = DatesReport(
        recovery_id=DATES,
        plan=planned(lost),
        started_at=NOW,
        finished_at=NOW,
        left=planned(lost),
        dates=(DateOutcome(processor="teams", day=GAME_DAYS[0], state="not run", bound=bound),),
        requests=1,
        billed_bytes=0,
    )
    error = outcome_error(report)
    assert error is not None
    assert BOUNDS[bound] in error.message
    assert error.hint.startswith(f"raise `bounds.{bound}`") == helps
    assert "rebound resume" in error.hint


def test_a_journal_says_nothing_of_what_was_agreed():
    """Who writes there could have what came late look as if it were in time."""
    bucket = MemoryBucket()
    journal = DatesJournal(cast("Bucket", bucket), DATES, Seal())
    ever = Objective(rto_seconds=10**12, rpo_seconds=10**12)
    plan = planned(seen()).model_copy(update={"agreed": ever})
    journal.begin(PlannedDates(recovery_id=DATES, started_at=NOW, plan=plan))
    late = DatesReport(
        recovery_id=DATES,
        plan=plan,
        started_at=NOW,
        finished_at=NOW + timedelta(hours=5),
        left=plan,
        dates=(),
        requests=0,
        billed_bytes=0,
    )
    bucket.objects[JournalNames(DATES).report] = encode(late)
    assert journal.planned().plan.agreed is None
    for objectives, code in (({}, 8), ({"processor-failure": ever}, None)):
        found = DatesJournal(cast("Bucket", bucket), DATES, Seal(), objectives).last_report()
        assert found is not None
        error = outcome_error(found)
        assert (error and error.exit_code) == code
