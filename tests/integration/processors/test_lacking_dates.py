"""Which dates lack, by the season, the schedule and the rows: `rebound plan processor-failure`."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.harness import Rebound
from tests.integration.configuration import enable, make_job, states, with_fence
from tests.integration.processors import platform
from tests.integration.processors.platform import ALL, GAME_DAYS, PHASE4_DAYS, TABLES

SCENARIO = "processor-failure"


def planned(rebound: Rebound, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return the steps of a plan, by processor."""
    plan = rebound.json("plan", SCENARIO, *words, code=code)
    return {step["processor"]: step for step in plan["steps"]}


def texts(*dates: date) -> list[str]:
    """Return dates as JSON has them."""
    return [str(day) for day in dates]


def test_a_whole_season_lacks_nothing(league: Rebound):
    """No date without games, of the off-season, of a pause or of the first days is a gap."""
    steps = planned(league)
    assert list(steps) == list(ALL)
    assert all(not step["runs"] for step in steps.values())
    assert [step["due"] for step in steps.values()] == [
        len(GAME_DAYS),
        len(GAME_DAYS),
        len(PHASE4_DAYS),
        len(PHASE4_DAYS),
    ]
    assert "0 requests" in league.run("plan", SCENARIO).stdout


def test_each_lost_date_is_shown_by_processor(league: Rebound):
    """A date that lost its rows lacks, in each table that lost it and in no other."""
    lost = (GAME_DAYS[0], GAME_DAYS[3], PHASE4_DAYS[0], PHASE4_DAYS[-1])
    platform.lose(league, "players", *lost)
    platform.lose(league, "features", PHASE4_DAYS[0])
    steps = planned(league)
    assert steps["players"]["missing"] == steps["players"]["runs"] == texts(*lost)
    assert steps["features"]["missing"] == texts(PHASE4_DAYS[0])
    assert not steps["teams"]["missing"]
    assert not steps["zones"]["missing"]
    shown = league.run("plan", SCENARIO).stdout
    assert all(str(day) in shown for day in lost)
    assert "5 requests" in shown


def test_what_is_asked_for_narrows_the_plan(league: Rebound):
    """`--processor`, `--since` and `--date` leave the rest out, and name why nothing is due."""
    platform.lose(league, "teams", GAME_DAYS[0], GAME_DAYS[8])
    platform.lose(league, "players", GAME_DAYS[8])
    assert list(planned(league, "--processor", "players")) == ["players"]
    since = planned(league, "--since", str(GAME_DAYS[1]))
    assert since["teams"]["missing"] == texts(GAME_DAYS[8])
    named = planned(league, "--date", str(GAME_DAYS[0]), "--date", str(platform.REST[1]))
    assert named["teams"]["runs"] == texts(GAME_DAYS[0])
    assert not named["players"]["runs"]
    idle = {item["day"]: item["why"] for item in named["zones"]["idle"]}
    assert idle == {
        str(GAME_DAYS[0]): "one of the first 14 days of 2024-25",
        str(platform.REST[1]): "no games",
    }
    waits = league.run("plan", SCENARIO, "--processor", "players").stdout
    assert f"for teams, which nobody runs: {GAME_DAYS[8]}" in waits


def test_rows_that_do_not_pass_are_no_complete_date(league: Rebound):
    """Half of a date, a game too few, doubled keys and empty columns are told, and left."""
    half, fewer, doubled, empty = GAME_DAYS[1:5]
    platform.lose(league, "players", half, fewer)
    league.query(platform.written("players", [half], rows_a_game=3))
    league.query(platform.written("players", [fewer], games=1, rows_a_game=12))
    league.query(platform.written("players", [doubled]))
    league.query(f"UPDATE {TABLES['players']} SET minutes = NULL WHERE day = '{empty}'")
    found = {item["day"]: item for item in planned(league)["players"]["faulty"]}
    assert list(found) == texts(half, fewer, doubled, empty)
    aspects = {day: [f["aspect"] for f in item["findings"]] for day, item in found.items()}
    assert list(aspects.values()) == [
        ["count of rows"],
        ["count of games"],
        ["count of rows whose game, who is doubled"],
        ["share of rows without minutes"],
    ]
    assert not planned(league)["players"]["runs"]
    allowed = planned(league, "--overwrite", TABLES["players"])["players"]
    assert allowed["runs"] == texts(half, fewer, doubled, empty)
    assert f"--overwrite {TABLES['players']}" in league.run("plan", SCENARIO).stdout


def test_a_game_that_was_put_off_is_decided_by_the_rows_of_others(league: Rebound):
    """Where the schedule never learned of a game's end, rows of another processor tell of it."""
    played, unknown = GAME_DAYS[2], GAME_DAYS[6]
    days = f"(DATE '{played}', DATE '{unknown}')"
    league.query(f"UPDATE raw.schedule SET game_status = 1 WHERE game_date IN {days}")
    platform.lose(league, "players", played, unknown)
    platform.lose(league, "teams", unknown)
    steps = planned(league)
    assert steps["players"]["missing"] == texts(played)
    assert steps["players"]["undecided"] == steps["teams"]["undecided"] == texts(unknown)
    assert not steps["teams"]["runs"]
    assert planned(league, "--date", str(unknown))["teams"]["runs"] == texts(unknown)


def test_without_a_schedule_rows_of_others_tell_of_games(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """A date of which nobody has rows is not known to have had games; one of another's rows is."""
    made = new_rebound(REBOUND_CATALOG=platform.write_catalog(tmp_path))
    platform.create(made, schedule=False)
    platform.lose(made, "teams", GAME_DAYS[4])
    steps = planned(made)
    assert steps["teams"]["missing"] == texts(GAME_DAYS[4])
    assert steps["teams"]["undecided"] == texts(*platform.REST)
    assert "no schedule says" in made.run("plan", SCENARIO).stdout


def test_a_table_that_is_gone_is_not_looked_at(league: Rebound):
    """It is no gap of dates; what is known of the others is told all the same."""
    league.query(f"DROP TABLE {TABLES['zones']}")
    platform.lose(league, "teams", GAME_DAYS[4])
    steps = planned(league, code=5)
    assert steps["zones"]["unread"]["why"] == "there is no such table"
    assert steps["teams"]["missing"] == texts(GAME_DAYS[4])
    refused = league.ended("plan", SCENARIO).stderr
    assert f"a table that is not there: {TABLES['zones']}" in refused
    assert "bigquery-dataset-loss" in refused
    path = Path(league.env["REBOUND_CATALOG"])
    catalog = json.loads(path.read_text())
    catalog["tables"] = [it for it in catalog["tables"] if it["table"] != TABLES["zones"]]
    path.write_text(json.dumps(catalog))
    refused = league.run("plan", SCENARIO, code=5).stderr
    assert "the catalog does not protect it, so that no backup holds it" in refused
    assert "bigquery-dataset-loss" not in refused


def test_rows_that_are_hidden_are_not_missing(league: Rebound):
    """A row access policy that hides dates is told, not mended by running them."""
    league.query(
        f"CREATE ROW ACCESS POLICY later_ones ON {TABLES['teams']} "
        f"GRANT TO ('allAuthenticatedUsers') FILTER USING (day > '{GAME_DAYS[3]}')"
    )
    # The local cloud asks nobody who they are, so what they may see is told beside the policy.
    rows = f"day <= DATE '{GAME_DAYS[3]}'"
    table = f"{league.project}.{TABLES['teams']}"
    league.cloud.order("bigquery", "hidden", table=table, rows=rows)
    steps = planned(league, code=9)
    assert "rows can be read" in steps["teams"]["unread"]["why"]
    assert not steps["teams"]["runs"]


def test_queries_are_bounded(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Reading that would cost more than the catalog allows ends before it is paid for."""
    bounds = {"requests": 100, "seconds": 600, "query_bytes": 25 * 1024**2}
    section = platform.processors(bounds=bounds)
    made = new_rebound(REBOUND_CATALOG=platform.write_catalog(tmp_path, section))
    platform.create(made)
    failed = made.run("plan", SCENARIO, code=9)
    assert "exceeded limit for bytes billed" in failed.stderr
    assert "query_bytes" in failed.stderr


def test_what_names_nothing_is_refused(league: Rebound):
    """Words of other scenarios, unknown processors and what is no date are usage errors."""
    for words in (
        ("--processor", "nobody"),
        ("--date", "yesterday"),
        ("--since", "2024-13-01"),
        ("--bucket", "some-bucket"),
        ("--overwrite", "stats.others"),
        ("--since", "2024-11-01", "--date", "2024-11-02"),
    ):
        assert league.run("plan", SCENARIO, *words, code=2).stderr
    other = league.run("plan", "firestore-state-loss", "--date", "2024-11-02", code=2)
    assert "runs no processor again" in other.stderr


def test_dates_are_due_once_they_ended(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A season that is under way ends, for the plan, with the last date that is due."""
    section = platform.processors()
    far = date.today() + timedelta(days=30)  # noqa: DTZ011 - any date far ahead
    section["seasons"][0]["last"] = str(far)
    made = new_rebound(REBOUND_CATALOG=platform.write_catalog(tmp_path, section))
    platform.create(made)
    plan = made.json("plan", SCENARIO, "--date", str(far))
    assert plan["steps"][0]["idle"][0]["why"] == "not due yet"
    assert date.fromisoformat(plan["until"]) < far


def test_what_runs_dates_by_itself_is_fenced(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """What writes the tables of processors is paused, and no more; by hand, too."""
    catalog = platform.write_catalog(tmp_path)
    writes = {"gap-detector": "dataset stats", "scraper": "dataset raw"}
    with_fence(
        catalog,
        writers=[
            {"type": "scheduler/job", "names": [name], "writes": [thing]}
            for name, thing in writes.items()
        ],
    )
    made = new_rebound(REBOUND_CATALOG=catalog)
    platform.create(made)
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    for name in writes:
        make_job(made, name)
    platform.lose(made, "teams", GAME_DAYS[0])
    planned = made.run("plan", SCENARIO).stdout
    assert "pause                scheduler/job gap-detector  writes dataset stats" in planned
    assert "scraper" not in planned
    assert "NOT FENCED" in made.run("plan", SCENARIO, "--no-fence").stdout
    made.run("fence", SCENARIO, "--yes")
    assert states(made) == {"gap-detector": "PAUSED", "scraper": "ENABLED"}
