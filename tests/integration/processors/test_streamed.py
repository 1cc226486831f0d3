"""What processors write is kept as it was before they run again, with every row."""

from tests.integration.processors import platform
from tests.integration.processors.platform import PHASE4_DAYS, TABLES
from tests.integration.processors.services import Phases
from tests.integration.processors.test_rerun import SCENARIO, platform_of


def test_nothing_runs_while_rows_are_in_a_streaming_buffer(phases: Phases):
    """What keeps a table as it was leaves them out; what is streamed after it was kept is no obstacle."""
    league, day = platform_of(phases), PHASE4_DAYS[1]
    platform.lose(league, "features", day)
    buffer = {"table": f"{league.project}.{TABLES['features']}"}
    league.cloud.order("bigquery", "streaming-buffer", **buffer, estimatedRows=12)
    told = league.run("recover", SCENARIO, "--yes", code=6).stderr
    assert "90 minutes at most" in told
    assert not phases.calls
    league.cloud.order("bigquery", "streaming-buffer", **buffer, estimatedRows=None)
    (recovery,) = league.recoveries
    league.run("resume", recovery, "--yes")
    assert phases.asked == [("features", day)]
