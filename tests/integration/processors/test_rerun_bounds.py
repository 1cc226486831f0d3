"""What a recovery of dates may take is bounded by the catalog: in requests, in time, in money."""

from collections.abc import Callable
from pathlib import Path

from tests.integration.processors import platform
from tests.integration.processors.platform import GAME_DAYS
from tests.integration.processors.services import Phases
from tests.integration.processors.test_rerun import SCENARIO, ends, platform_of, recovered


def test_it_stays_within_its_bounds(serve: Callable[..., Phases]):
    """More dates than requests are refused; what repeats use up is not run, and told as partial."""
    bounds = {"requests": 3, "seconds": 600, "query_bytes": 10**10}
    phases = serve(bounds=bounds)
    league = platform_of(phases)
    platform.lose(league, "teams", *GAME_DAYS[:4])
    refused = league.run("recover", SCENARIO, "--yes", code=5)
    assert "--since" in refused.stderr
    assert not phases.calls
    phases.plant("teams", GAME_DAYS[0], "unavailable", "unavailable", "unavailable")
    words = [word for day in GAME_DAYS[:3] for word in ("--date", str(day))]
    report = recovered(phases, *words, code=6)
    assert len(phases.calls) == report["requests"] == 3
    assert "not run" in {state for state, _ in ends(report).values()}
    phases.calls.clear()
    section = platform.processors(phases.url, bounds={**bounds, "requests": 100, "usd": 1.0})
    section["services"] = [{**it, "usd_a_request": 0.5} for it in section["services"]]
    platform.write_catalog(Path(league.env["REBOUND_CATALOG"]).parent, section)
    platform.lose(league, "teams", *GAME_DAYS[4:6])
    refused = league.run("recover", SCENARIO, "--yes", "--anew", code=5)
    assert "and the catalog allows $1.00" in refused.stderr
    assert not phases.calls
    phases.plant("teams", GAME_DAYS[3], "unavailable", "unavailable", "unavailable")
    report = recovered(phases, "--anew", "--date", str(GAME_DAYS[3]), code=6)
    assert len(phases.calls) == report["requests"] == 2


def test_no_request_is_begun_when_the_time_is_over(serve: Callable[..., Phases]):
    """What is in flight ends; nothing follows it."""
    phases = serve(bounds={"requests": 100, "seconds": 1, "query_bytes": 10**10})
    platform.lose(platform_of(phases), "teams", *GAME_DAYS[:12])
    for day in GAME_DAYS[:12]:
        phases.plant("teams", day, "slow")
    report = recovered(phases, code=6)
    assert 0 < len(phases.calls) < 12
    assert "not run" in {state for state, _ in ends(report).values()}
