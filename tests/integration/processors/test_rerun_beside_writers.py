"""Rows that writers may have written beside a recovery of dates do not go back with it."""

from tests.integration.configuration import enable, make_job, states, with_fence
from tests.integration.processors import platform
from tests.integration.processors.platform import GAME_DAYS
from tests.integration.processors.services import Phases
from tests.integration.processors.test_rerun import SCENARIO, platform_of, recovered


def test_rows_that_others_wrote_beside_a_recovery_do_not_go_back(phases: Phases):
    """They are among what it left, where it ran beside them or was thawed between two attempts."""
    league, (day, other) = platform_of(phases), GAME_DAYS[:2]
    jobs = {"type": "scheduler/job", "names": ["gap-detector"], "writes": ["*"]}
    with_fence(league.env["REBOUND_CATALOG"], writers=[jobs])
    enable(league, "cloudscheduler.googleapis.com")
    make_job(league, "gap-detector")
    platform.lose(league, "players", day)
    phases.plant("players", day, "nothing")
    league.run("recover", SCENARIO, "--yes", code=7)
    assert phases.fired == ["nothing"]
    (first,) = league.recoveries
    (fence,) = {it.name.split("/")[1] for it in league.landing.list_blobs(prefix="fences/")}
    league.run("thaw", fence, "--yes")
    assert states(league) == {"gap-detector": "ENABLED"}
    league.run("resume", first, "--yes")
    platform.lose(league, "players", other)
    second = recovered(phases, "--no-fence")["recovery_id"]
    found = platform.counts(league, "players")
    for recovery, why in ((first, "between its attempts"), (second, "writers ran meanwhile")):
        assert why in league.run("undo", recovery, "--yes", code=5).stdout
        assert platform.counts(league, "players") == found
