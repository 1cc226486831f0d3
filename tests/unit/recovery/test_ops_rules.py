"""What is read of a platform turns into health: each rule, seen good and seen bad."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from manifests.catalog_operations import Bands
from manifests.errors import BackupDamagedError
from manifests.model.run import VerdictRecord
from manifests.selection import RunSummary
from manifests.store.bounded import FoundRecord
from manifests.values import RunId
from recovery.fence.model import FenceRecord
from recovery.health import Health, HealthFinding, worst
from recovery.kinds.processors.rules.calendar import ScheduledGames
from recovery.lapsing import DECISIONS
from recovery.ops.checks import CHECKS, findings_of
from recovery.ops.facts import Backups, Execution, Frame, Logged, Unread, graded
from recovery.status.held import PROTECTED
from tests.unit.looks import CATALOG, NOW, SUMMER, TABLES, answer, day, frame, games, run, status


def health(source: str, fact: Any, light: Frame | None = None, **others: Any) -> Health:  # noqa: ANN401 - facts
    """Return the worst of what is found of one source."""
    found = findings_of({**others, source: fact}, light or frame())
    assert all(item.mend for item in found if item.health is not Health.HEALTHY)
    return worst(item.health for item in found)


NOTHING = dict.fromkeys(TABLES, 0)


def test_bands_know_their_direction():
    """A bound that is reached from below is bad at once, one from above only when it is passed."""
    high, low = Bands(warning=2, critical=8), Bands(warning=0.8, critical=0.5)
    assert [graded(it, high).value for it in (1, 2, 7, 8)] == [
        "healthy", "warning", "warning", "critical",
    ]  # fmt: skip
    assert [graded(it, low).value for it in (1, 0.8, 0.79, 0.5, 0.49)] == [
        "healthy", "healthy", "warning", "warning", "critical",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="a warning comes before"):
        Bands(warning=1, critical=1)


@pytest.mark.parametrize(
    ("counts", "schedule", "expected"),
    [
        ({}, games(8), Health.HEALTHY),
        ({"player_daily_cache": 0}, games(8), Health.WARNING),
        (dict.fromkeys(list(TABLES)[:5], 0), games(8), Health.CRITICAL),
        (NOTHING, games(8), Health.CRITICAL),
        (NOTHING, {}, Health.HEALTHY),
        (NOTHING, Unread("no such table"), Health.UNKNOWN),
        (NOTHING, games(0, unknown=3), Health.UNKNOWN),
    ],
    ids=["all", "one", "most", "none", "no games", "no schedule", "put off"],
)
def test_day(counts: dict[str, int], schedule: Any, expected: Health):  # noqa: ANN401 - a fact
    """What lacks on a day with games is told; that there were none is known, not believed."""
    assert health("daily-completeness", day(**counts), games=schedule) is expected


def test_first_days_of_a_season_lack_phase_4():
    """Phase 4 has nothing to lean on yet; phase 3 has."""
    early = frame(datetime(2026, 10, 25, 20, tzinfo=UTC))
    phase4 = {item.table.split(".")[1] for item in CATALOG.processors.processors if item.service == "phase4"}  # type: ignore[union-attr]  # fmt: skip
    without = dict.fromkeys(sorted(phase4 & set(TABLES)), 0)
    assert health("daily-completeness", day(**without), early) is Health.HEALTHY
    without["player_game_summary"] = 0
    assert health("daily-completeness", day(**without), early) is Health.WARNING


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        (NOW, date(2026, 12, 3), Health.HEALTHY),
        (NOW, date(2026, 12, 2), Health.HEALTHY),
        (NOW, date(2026, 12, 1), Health.WARNING),
        (NOW, date(2026, 11, 20), Health.CRITICAL),
        (NOW, None, Health.CRITICAL),
        (SUMMER, date(2026, 6, 29), Health.HEALTHY),
        (datetime(2026, 10, 22, 20, tzinfo=UTC), date(2026, 6, 30), Health.HEALTHY),
    ],
    ids=["now", "a day", "two", "a fortnight", "empty", "summer", "opening night"],
)
def test_freshness(now: datetime, last: date | None, expected: Health):
    """Days are counted on which there can have been games: a summer makes nothing stale."""
    behind = None if last is None else (frame(now).day - last).days
    rows = {"table_name": "player_game_summary", "last_date": last, "days_behind": behind}
    assert health("freshness", answer(rows), frame(now)) is expected


@pytest.mark.parametrize(
    ("present", "expected"), [(96, Health.HEALTHY), (94, Health.WARNING), (70, Health.CRITICAL)]
)
def test_features(present: int, expected: Health):
    """The share that lacks is judged; nobody having played is no good news."""
    row = {"feature": "minutes_played", "records": 100, "present": present}
    assert health("feature-completeness", answer(row)) is expected
    none = answer({"feature": "minutes_played", "records": 0, "present": 0})
    assert health("feature-completeness", none) is Health.UNKNOWN
    assert health("feature-completeness", none, frame(SUMMER)) is Health.HEALTHY


def test_validations():
    """Errors are counted since yesterday; a critical one, and silence, are told."""
    row = {"found_on": date(2026, 12, 3), "validations": 9, "errors": 0, "criticals": 0}
    assert health("validation-counts", answer(row)) is Health.HEALTHY
    assert health("validation-counts", answer({**row, "errors": 1})) is Health.WARNING
    assert (
        health("validation-counts", answer({**row, "errors": 1, "criticals": 1})) is Health.CRITICAL
    )
    old = {**row, "found_on": date(2026, 12, 1)}
    assert health("validation-counts", answer(old)) is Health.WARNING
    assert health("validation-counts", answer(), frame(SUMMER)) is Health.HEALTHY


def test_missed_dates_and_seasons():
    """Dates without phase 4 and seasons that are not done; the oldest date is where to begin."""
    assert health("missing-phase4", answer()) is Health.HEALTHY
    rows = [{"game_date": date(2026, 12, 1) - timedelta(days=number)} for number in range(8)]
    assert health("missing-phase4", answer(*rows[:2])) is Health.WARNING
    assert health("missing-phase4", answer(*rows)) is Health.CRITICAL
    (found,) = findings_of({"missing-phase4": answer(*rows[:2])}, frame())
    assert found.mend == "rebound plan processor-failure --since 2026-11-30"


SEASONS = ("2021-22", "2022-23", "2023-24", "2024-25", "2025-26", "2026-27")


def seasons(**changed: dict[str, Any] | None) -> Any:  # noqa: ANN401 - an answer
    """Return what the query tells of each season, all done but for what is changed or left out."""
    done = {"phase3_dates": 160, "phase4_dates": 150, "due_dates": 150, "percent": 100.0}
    rows = {name: {"season": name, **done} for name in SEASONS}
    for name, fields in changed.items():
        label = name.removeprefix("of_").replace("_", "-")
        rows[label] = {**rows[label], **(fields or {})}
        if fields is None:
            del rows[label]
    return answer(*rows.values())


def test_seasons_are_judged_by_their_rows_where_no_schedule_is():
    """What of a season is left says how much phase 4 lacks; one that is not there at all is lost."""
    for percent, expected in ((95, Health.HEALTHY), (94, Health.WARNING), (40, Health.CRITICAL)):
        rows = seasons(of_2025_26={"percent": percent})
        assert health("season-coverage", rows) is expected
    assert health("season-coverage", seasons(of_2026_27={"percent": None})) is Health.HEALTHY
    assert health("season-coverage", seasons(of_2023_24=None)) is Health.CRITICAL
    assert health("season-coverage", answer()) is Health.CRITICAL
    # Nothing of a season that begins tomorrow is missed.
    opening = frame(datetime(2026, 10, 21, 20, tzinfo=UTC))
    assert health("season-coverage", seasons(of_2026_27=None), opening) is Health.HEALTHY


def test_seasons_are_judged_by_the_schedule():
    """Rows that both phases lost are missed all the same; a pause and games put off are not due."""
    first = date(2025, 10, 21)
    played = {first + timedelta(days=number): ScheduledGames(final=5) for number in range(160)}
    played |= {date(2026, 5, 1): ScheduledGames(final=0, open=2)}
    pause = [date(2026, 2, 13) + timedelta(days=number) for number in range(6)]
    due = len(played) - len(pause) - 1
    rows = seasons(of_2025_26={"phase3_dates": due, "phase4_dates": due - 14})
    assert health("season-coverage", rows, games=played) is Health.HEALTHY
    half = seasons(
        of_2025_26={"phase3_dates": due // 2, "phase4_dates": due // 2, "percent": 100.0}
    )
    assert health("season-coverage", half, games=played) is Health.CRITICAL
    found = findings_of({"season-coverage": seasons(of_2025_26=None), "games": played}, frame())
    lost = [item for item in found if item.subject == "2025-26"]
    assert [item.health for item in lost] == [Health.CRITICAL, Health.CRITICAL]
    assert lost[0].what == f"0 % of {due} dates with games have phase 3"
    assert lost[0].mend == "rebound plan bigquery-dataset-loss"


def test_days_without_games_make_nothing_stale():
    """The schedule says that nobody played; where nobody knows, each day of the season counts."""
    last = date(2026, 11, 24)
    rows = {"table_name": "player_game_summary", "last_date": last, "days_behind": 9}
    schedule = {date(2026, 12, 3): ScheduledGames(final=4), last: ScheduledGames(final=7)}
    assert health("freshness", answer(rows), games=schedule) is Health.HEALTHY
    assert health("freshness", answer(rows), games={}) is Health.CRITICAL
    stopped = {last: ScheduledGames(final=7)}
    assert health("freshness", answer(rows), games=stopped) is Health.CRITICAL
    assert health("freshness", answer(rows), games=Unread("403")) is Health.CRITICAL
    again = {**rows, "last_date": date(2026, 2, 12)}
    after = frame(datetime(2026, 2, 19, 20, tzinfo=UTC))
    assert health("freshness", answer(again), after) is Health.HEALTHY


def job(name: str, state: str = "ENABLED", code: int = 0) -> dict[str, Any]:
    """Return a schedule as the list has it."""
    return {"name": f"projects/p/locations/r/jobs/{name}", "state": state, "status": {"code": code}}


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([job("a"), job("b", "PAUSED", 7)], Health.HEALTHY),
        ([*(job(f"{number}") for number in range(9)), job("b", code=7)], Health.WARNING),
        ([job("a"), job("b", code=7)], Health.CRITICAL),
        ([job("a"), job("b", "DISABLED")], Health.CRITICAL),
        ([], Health.HEALTHY),
    ],
    ids=["paused", "one of ten", "one of two", "disabled", "none"],
)
def test_schedules(jobs: list[dict[str, Any]], expected: Health):
    """The last call counts of those that call; what the service stopped is critical."""
    assert health("schedules", jobs) is expected


def test_workflows():
    """The last execution of each counts, and that one ended well lately."""
    lately, long_ago = NOW - timedelta(hours=1), NOW - timedelta(hours=7)
    good = [Execution(f"w{number}", "SUCCEEDED", lately, lately) for number in range(3)]
    assert health("workflows", good) is Health.HEALTHY
    bad = Execution("bad", "FAILED", lately, long_ago)
    assert health("workflows", [*good, bad]) is Health.WARNING
    assert health("workflows", [good[0], bad]) is Health.CRITICAL
    assert health("workflows", [*good, Execution("never")]) is Health.UNKNOWN
    told = findings_of({"workflows": [Execution("a"), Execution("b")]}, frame())
    assert told[0].what == "never executed: a, b", "one line for all"
    stale = [Execution("w", "SUCCEEDED", long_ago, long_ago)]
    assert health("workflows", stale) is Health.WARNING
    assert health("workflows", stale, frame(SUMMER)) is Health.HEALTHY


def test_errors():
    """None is good; that there are more than were counted is told."""
    assert health("errors", Logged({})) is Health.HEALTHY
    assert health("errors", Logged({"scrapers": 3})) is Health.WARNING
    (found,) = findings_of({"errors": Logged({"a": 900, "b": 100}, is_whole=False)}, frame())
    assert found.health is Health.CRITICAL
    assert found.what == "at least 1,000 errors in 24 h: a 900, b 100"


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([run("a", 16)], Health.HEALTHY),
        ([run("a", 26)], Health.WARNING),
        ([run("a", 50)], Health.CRITICAL),
        ([run("a", 1, "partial")], Health.CRITICAL),
        ([], Health.CRITICAL),
        ([run("a", 16), run("b", 1, "partial")], Health.HEALTHY),
        ([run("a", 16), run("b", 4, "partial")], Health.WARNING),
        ([run("a", 16), run("b", 40, "partial")], Health.HEALTHY),
        ([run("a", 16), run("b", 90, "damaged")], Health.CRITICAL),
    ],
    ids=["fresh", "late", "old", "partial", "none", "under way", "failed", "made good", "damaged"],
)
def test_backups(runs: list[RunSummary], expected: Health):
    """The newest complete run counts; a run since that is none is told, one before is not."""
    assert health("backups", Backups(tuple(runs))) is expected


def test_what_verify_found():
    """A verdict about files makes a run damaged."""
    verdict = VerdictRecord(run_id=RunId("a"), verified_at=NOW, damaged=("tables/x.avro",))
    assert health("backups", Backups((run("a", 1),), verdicts=(verdict,))) is Health.CRITICAL


def test_what_status_tells_and_fences():
    """The answer is that of `rebound status`; a fence that is forgotten is critical."""
    for part, expected in ((Health.HEALTHY, Health.HEALTHY), (Health.UNKNOWN, Health.UNKNOWN)):
        (proof, held) = findings_of({"proof": status(part)}, frame())
        assert (proof.health, proof.what) == (expected, f"of 1 part: 1 {expected}")
        assert (held.check, held.health) == (PROTECTED, Health.HEALTHY)
    told = "1 bucket: logs: logs alone; the decision of ada until 2026-12-31"
    decided = status(Health.HEALTHY).model_copy(update={"left_out": (told,)})
    (_, held) = findings_of({"proof": decided}, frame())
    assert (held.health, held.what) == (Health.HEALTHY, f"in no backup: {told}")
    lacks = HealthFinding(PROTECTED, "nba.odds", Health.WARNING, "run x lacks it", mend="name it")
    assert health("proof", status(Health.HEALTHY, lacks)) is Health.WARNING
    lapses = HealthFinding(DECISIONS, "", Health.WARNING, "it lapses", mend="decide again")
    assert health("proof", status(Health.HEALTHY, lapses)) is Health.WARNING
    never = status(Health.HEALTHY).model_copy(update={"parts": ()})
    assert health("proof", never) is Health.UNKNOWN, "nothing was ever shown"
    other = HealthFinding("fence", "fence-1", Health.CRITICAL, "told elsewhere", mend="thaw")
    assert health("proof", status(Health.HEALTHY, other)) is Health.HEALTHY
    assert health("fences", ()) is Health.HEALTHY
    for hours, expected in ((1, Health.WARNING), (13, Health.CRITICAL)):
        stands = FenceRecord(
            fence_id="fence-1", project="p", fenced_at=NOW - timedelta(hours=hours), why="drill",
            things=("dataset x",), writers=(),
        )  # fmt: skip
        assert health("fences", (FoundRecord("fence-1", stands),)) is expected
    unread = FoundRecord("fence-2", None, BackupDamagedError("it is not whole"))
    assert health("fences", (unread,)) is Health.UNKNOWN


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.rules])
def test_what_cannot_be_read_is_unknown(name: str):
    """Not one source is taken for healthy, and the reason and the hint are told."""
    (found,) = findings_of({name: Unread("answered 403", "grant the identity x")}, frame())
    assert found.health is Health.UNKNOWN
    assert "answered 403" in found.what
    assert found.mend == "grant the identity x"
