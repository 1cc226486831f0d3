"""Dates come back by running processors again, and the rows alone say that they did."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.harness import RUN_SECONDS, Rebound, await_that
from tests.integration.configuration import enable, make_job, states, with_fence
from tests.integration.forged_runs import undone
from tests.integration.processors import platform
from tests.integration.processors.platform import ALL, GAME_DAYS, PHASE4_DAYS, TABLES
from tests.integration.processors.services import KEY, Phases

SCENARIO = "processor-failure"
NO_KEY = "PHASE3_KEY"


def platform_of(phases: Phases) -> Rebound:
    """Return the platform of the services."""
    assert phases.rebound is not None
    return phases.rebound


def recovered(phases: Phases, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a recovery to its end and return its report."""
    report: dict[str, Any] = platform_of(phases).json(
        "recover", SCENARIO, "--yes", *words, code=code
    )
    return report


def ends(report: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return how each date ended and what was said of it."""
    return {
        (item["processor"], item["day"]): (item["state"], item["said"]) for item in report["dates"]
    }


def test_missed_dates_come_back_in_the_order_of_phases(phases: Phases):
    """Each date is asked for once, after those that it reads, and everything is there again."""
    league, days = platform_of(phases), (PHASE4_DAYS[1], PHASE4_DAYS[2])
    gaps = {"type": "scheduler/job", "names": ["gap-detector"], "writes": ["*"]}
    with_fence(league.env["REBOUND_CATALOG"], writers=[gaps])
    enable(league, "cloudscheduler.googleapis.com")
    make_job(league, "gap-detector")
    before = {name: platform.counts(league, name) for name in ALL}
    for name in ALL:
        platform.lose(league, name, *days)
    platform.lose(league, "teams", GAME_DAYS[0])
    without = {name: platform.counts(league, name) for name in ALL}
    report = recovered(phases, "--reason", "a night without games")
    assert {name: platform.counts(league, name) for name in ALL} == before
    lost = [(name, day) for name in ALL for day in days]
    assert phases.asked == sorted([*lost, ("teams", GAME_DAYS[0])])
    assert {state for state, _ in ends(report).values()} == {"proven"}
    assert report["requests"] == len(phases.calls)
    for earlier, later in pairwise(ALL):
        ended = max(call.ended for call in phases.calls if call.processor == earlier)
        assert ended <= min(call.began for call in phases.calls if call.processor == later)
    (recovery,) = league.recoveries
    assert league.json("report", recovery)["dates"] == report["dates"]
    assert [item["state"] for item in league.json("report")] == ["proven"]
    assert "thawed" in league.run("report", recovery).stdout
    assert_told_who(league, report)
    assert states(league) == {"gap-detector": "ENABLED"}
    # What is whole is not run again.
    again = recovered(phases)
    assert not again["dates"]
    assert len(phases.calls) == report["requests"]
    check_undo(league, recovery, lost=without, found=before)


def check_undo(
    league: Rebound, recovery: str, *, lost: dict[str, Any], found: dict[str, Any]
) -> None:
    """See that the tables go back to what they were, but for one that somebody wrote since."""
    day, table = PHASE4_DAYS[1], f"`{league.project}.{TABLES['teams']}`"
    league.query(f"INSERT INTO {table} SELECT * FROM {table} WHERE day = DATE '{day}' LIMIT 1")
    told = league.run("undo", recovery, "--yes", code=6).stdout
    assert "written since" in told
    again = (
        f"to recover again: rebound recover processor-failure --confirm-project {league.project}"
    )
    assert again in told
    now = {name: platform.counts(league, name) for name in ALL}
    assert now["teams"][day] == found["teams"][day] + 1
    others = [name for name in ALL if name != "teams"]
    assert {name: now[name] for name in others} == {name: lost[name] for name in others}
    assert "it was undone" in league.run("undo", recovery, code=5).stdout


def assert_told_who(league: Rebound, report: dict[str, Any]) -> None:
    """Insist that plan, report and incident say who began a recovery of dates, and why."""
    recovery, operator = report["recovery_id"], report["operator"]
    assert (operator["command"][0], operator["reason"]) == ("recover", "a night without games")
    plan = json.loads(league.landing.blob(f"recoveries/{recovery}/plan.json").download_as_bytes())
    assert plan["document"]["operator"] == operator
    told = " ".join(league.run("report", recovery).stdout.split())
    assert f"{operator['login']}: a night without games" in told
    incident = league.json("report", recovery, "--incident")
    assert incident["reason"] == operator["reason"]
    assert operator["login"] in incident["begun_by"]


def test_an_answer_is_no_proof(phases: Phases):
    """200 with nothing, with a failure inside, with half and with doubles all still lack: 7."""
    league = platform_of(phases)
    kinds = ("nothing", "failed", "unknown", "half", "twice")
    days = dict(zip(kinds, GAME_DAYS, strict=False))
    platform.lose(league, "players", *days.values())
    for kind, day in days.items():
        phases.plant("players", day, kind)
    failed = league.run("recover", SCENARIO, "--yes", code=7)
    assert sorted(phases.fired) == sorted(kinds)
    (recovery,) = league.recoveries
    report = league.json("report", recovery, code=7)
    said = {kind: ends(report)["players", str(day)] for kind, day in days.items()}
    assert {state for state, _ in said.values()} == {"lacks"}
    assert said["nothing"][1] == "success"
    assert said["failed"][1] == "exception: upstream data is stale"
    assert said["unknown"][1] == "answered 200, and ran no PlayersProcessor"
    left = next(step for step in report["left"]["steps"] if step["processor"] == "players")
    assert left["missing"] == [str(days[kind]) for kind in ("nothing", "failed", "unknown")]
    assert [item["day"] for item in left["faulty"]] == [str(days["half"]), str(days["twice"])]
    assert "dates still lack: players 5" in failed.stderr
    assert all(str(day) in failed.stdout for day in days.values())
    assert [item["state"] for item in league.json("report")] == ["not equal"]
    # What has no rows is asked for again; what has some is only replaced when that is allowed.
    asked = len(phases.calls)
    league.run("resume", recovery, "--yes", code=7)
    assert len(phases.calls) == asked + 3
    report = recovered(phases, "--overwrite", TABLES["players"])
    assert len(phases.calls) == asked + 5
    undo = report["dates"][0]["undo"]
    doubled = f"SELECT COUNT(*) AS n FROM `{undo}` WHERE day = DATE '{days['twice']}'"
    assert league.query(doubled) == [{"n": 4 * platform.PLAYERS_A_GAME}]
    assert platform.counts(league, "players")[days["twice"]] == 2 * platform.PLAYERS_A_GAME


def test_rows_that_are_there_are_proof(phases: Phases):
    """A failure that wrote, an answer that was lost and one that came late are no second request."""
    league = platform_of(phases)
    kinds = ("written but failed", "lost", "late")
    platform.lose(league, "teams", *GAME_DAYS[:3])
    for kind, day in zip(kinds, GAME_DAYS, strict=False):
        phases.plant("teams", day, kind)
    recovered(phases)
    assert sorted(phases.fired) == sorted(kinds)
    assert phases.asked == [("teams", day) for day in GAME_DAYS[:3]]


def test_a_service_that_is_not_available_is_asked_again(phases: Phases):
    """Answers that pass are waited out, and count as requests."""
    platform.lose(platform_of(phases), "teams", GAME_DAYS[0])
    phases.plant("teams", GAME_DAYS[0], "unavailable", "broken")
    report = recovered(phases)
    assert phases.fired == ["unavailable", "broken", "written"]
    assert report["requests"] == 3


def test_nobody_else_is_told_a_key(phases: Phases):
    """A service that has moved is not followed to where it says it is."""
    platform.lose(platform_of(phases), "teams", GAME_DAYS[0])
    phases.plant("teams", GAME_DAYS[0], "moved")
    report = recovered(phases, code=7)
    assert phases.fired == ["moved"]
    assert "answered 307" in ends(report)["teams", str(GAME_DAYS[0])][1]


def test_a_service_that_refuses_ends_it(phases: Phases):
    """Nothing else is asked of it, and the error says what it needs."""
    league = platform_of(phases)
    platform.lose(league, "teams", *GAME_DAYS[:20])
    for day in GAME_DAYS[:20]:
        phases.plant("teams", day, "refused")
    refused = league.run("recover", SCENARIO, "--yes", code=9)
    assert "roles/run.invoker" in refused.stderr
    assert "rebound resume" in refused.stderr
    assert len(phases.calls) < 12


def test_what_reads_a_date_that_lacks_waits(phases: Phases):
    """Phase 4 is not run on half of phase 3; other dates are."""
    league = platform_of(phases)
    bad, good = PHASE4_DAYS[:2]
    for name in ALL:
        platform.lose(league, name, bad, good)
    phases.plant("players", bad, "nothing")
    report = recovered(phases, code=7)
    found = ends(report)
    assert found["zones", str(bad)] == ("waits", "players lacks the date")
    assert found["features", str(bad)] == ("waits", "zones lacks the date")
    assert found["features", str(good)][0] == "proven"
    assert not {("zones", bad), ("features", bad)} & set(phases.asked)


def test_a_killed_recovery_resumes_and_runs_only_what_lacks(phases: Phases):
    """A request that is still at work is waited for, and what is whole is not asked for."""
    league, days = platform_of(phases), GAME_DAYS[:6]
    platform.lose(league, "teams", *days)
    phases.plant("teams", days[1], "held")
    process = league.begin("recover", SCENARIO, "--yes")
    phases.arrived.wait()
    await_that(lambda: len(phases.calls) >= 2)
    done = {call.day for call in phases.calls}
    process.kill()
    process.communicate(RUN_SECONDS)
    phases.held.set()
    (recovery,) = league.recoveries
    report = league.json("resume", recovery, "--yes")
    assert all(phases.asked.count(("teams", day)) == 1 for day in (days[1], *done))
    assert set(platform.counts(league, "teams")) == set(GAME_DAYS)
    assert {state for state, _ in ends(report).values()} == {"proven"}
    assert "already" in league.run("resume", recovery, "--yes").stderr


def test_each_word_it_needs(phases: Phases):
    """Nobody to say yes, a key that is not set and a person's credentials change nothing."""
    league = platform_of(phases)
    platform.lose(league, "teams", GAME_DAYS[0])
    league.run("recover", SCENARIO, code=5)
    unset = league.run("recover", SCENARIO, "--yes", code=2, PHASE3_KEY="")
    assert NO_KEY in unset.stderr
    # Before anybody is asked, who would say yes to what then cannot begin.
    assert NO_KEY in league.run("recover", SCENARIO, code=2, PHASE3_KEY="").stderr
    person = league.cloud.env["GOOGLE_APPLICATION_CREDENTIALS"]
    words = ("recover", SCENARIO, "--yes")
    refused = league.run(*words, code=9, GOOGLE_APPLICATION_CREDENTIALS=person, NO_GCE_CHECK="true")
    assert "--impersonate-service-account" in refused.stderr
    assert not phases.calls
    assert not league.recoveries


def test_a_key_is_never_told(phases: Phases):
    """Not even where the service tells it: not in text, nor in the journal."""
    league = platform_of(phases)
    platform.lose(league, "teams", GAME_DAYS[0])
    wrong = "wr0ng-k3y"
    told = league.run("recover", SCENARIO, "--yes", code=9, PHASE3_KEY=wrong)
    assert "not with the key ..." in told.stderr
    league.run("recover", SCENARIO, "--yes", "--anew")
    kept = [blob.download_as_bytes().decode() for blob in league.landing.list_blobs()]
    texts = [told.stdout, told.stderr, *kept]
    assert kept
    assert not [text for text in texts if wrong in text or KEY in text]


def test_a_protected_project_needs_a_second_word(phases: Phases):
    """Running processors writes to it."""
    league = platform_of(phases)
    platform.lose(league, "teams", GAME_DAYS[0])
    path = Path(league.env["REBOUND_CATALOG"])
    protected = {"protected_projects": [league.project]}
    path.write_text(json.dumps(json.loads(path.read_text()) | protected))
    refused = league.run("recover", SCENARIO, "--yes", code=5)
    assert f"--confirm-project {league.project}" in refused.stderr
    recovered(phases, "--confirm-project", league.project)


def test_one_recovery_at_a_time(phases: Phases, tmp_path: Path):
    """One that has not ended is in the way of another, until it is continued or abandoned."""
    league = platform_of(phases)
    platform.lose(league, "teams", GAME_DAYS[0])
    phases.plant("teams", GAME_DAYS[0], "held")
    process = league.begin("recover", SCENARIO, "--yes")
    phases.arrived.wait()
    process.kill()
    process.communicate(RUN_SECONDS)
    (recovery,) = league.recoveries
    assert "rebound resume" in league.run("recover", SCENARIO, "--yes", code=5).stderr
    page = tmp_path / "page.html"
    assert "under way" in league.run("report", recovery, "--html", str(page)).stdout
    assert f"<code>rebound resume {recovery}" in page.read_text(encoding="utf-8")
    with undone(league, recovery, TABLES["teams"]):
        assert "it was undone" in league.run("resume", recovery, "--yes", code=5).stderr
    league.run("abandon", recovery, "--why", "a test")
    assert [item["state"] for item in league.json("report")] == ["abandoned"]
    league.run("resume", recovery, "--yes", code=5)
    told = league.run("report", recovery, "--html", str(page))
    assert "a test" in told.stdout
    assert "interrupted" not in told.stdout + told.stderr
    assert "<strong>abandoned" in page.read_text(encoding="utf-8")
    phases.held.set()
    recovered(phases)
