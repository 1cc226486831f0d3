"""Peak memory of the function and of the command stays flat when the data grows.

The function reads eight files of extracts at once, each in pieces of 2 MiB, so that it grows until eight files are as
large. On the local cloud, whose files have 3.8 MB at most, most are smaller at a scale of 0.1 (117 MiB), and
dozens are as large at 0.6 (134 MiB). So the smaller platform is one whose files fill these pieces.
"""

from pathlib import Path

from tests.bench.peaks import function_peak_mib, measured
from tests.bench.platform import protect_tables_only, rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.served import serving

SMALL, LARGE = 0.4, 1.0
SCENARIO = "bigquery-dataset-loss"


def measure(folder: Path) -> list[Ratio]:
    """Measure both peaks at both scales."""
    small, large = (_peaks(folder / str(scale), scale) for scale in (SMALL, LARGE))
    return [
        Ratio(
            f"peak memory of {what}, scale {LARGE:g} / scale {SMALL:g}",
            large[what] / small[what],
            "at most",
            1.2,
            f"{large[what]:.0f} MiB / {small[what]:.0f} MiB",
        )
        for what in small
    ]


def _peaks(folder: Path, scale: float) -> dict[str, float]:
    """Return the peak memory, in MiB, of one backup and one restore of a platform."""
    folder.mkdir()
    with rebound_on_cloud(folder, scale=scale) as rebound:
        protect_tables_only(rebound)
        with serving(rebound) as function:
            function.complete("all", full=True)
            function_mib = function_peak_mib(function)
        command = measured(rebound, "recover", SCENARIO, "--into-prefix", "bench_", "--yes")
    return {"the function": function_mib, "the command": command.peak_mib}
