"""`rebound ops quick` ends within five seconds where each query takes one."""

import time
from pathlib import Path

from tests.bench.platform import rebound_of_everything
from tests.bench.ratio import Ratio
from tests.harness import Rebound

QUERY_SECONDS = 1.0
WITHIN_SECONDS = 5.0
ROUNDS = 3
SCALE = 0.002


def measure(folder: Path) -> list[Ratio]:
    """Measure the command with queries that are answered at once, and with such that take a second."""
    with rebound_of_everything(folder, scale=SCALE) as rebound:
        at_once = min(_seconds(rebound) for _ in range(ROUNDS))
        rebound.cloud.order("bigquery", "latency", seconds=QUERY_SECONDS)
        late = min(_seconds(rebound) for _ in range(ROUNDS))
    told = f"{late:.2f} s; {at_once:.2f} s where they take no time"
    return [
        Ratio(
            "ops quick, queries of 1 s / five seconds", late / WITHIN_SECONDS, "at most", 1.0, told
        )
    ]


def _seconds(rebound: Rebound) -> float:
    """Return how long the installed command takes, with its start, as an operator waits for it."""
    began = time.monotonic()
    process = rebound.begin_installed("ops", "quick")
    out, err = process.communicate()
    assert process.returncode == 10, err
    assert "could not be read" not in out, out
    return time.monotonic() - began
