"""With a job latency of 3 s, 13 tables take hardly longer than their slowest, both ways.

Each table alone is measured with a catalog of that table: the slowest of them is what all of them
together are compared with, and their sum is what they take one after the other.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

from manifests.parts import PARTS
from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.deployed import ROOT
from tests.harness import Rebound
from tests.served import serving

LATENCY_SECONDS = 3.0
SCALE = 0.01
SCENARIO = "bigquery-dataset-loss"


def measure(folder: Path) -> list[Ratio]:
    """Measure the backup and the restore of all tables and of each alone."""
    with rebound_on_cloud(folder, scale=SCALE) as rebound:
        rebound.cloud.order("bigquery", "latency", seconds=LATENCY_SECONDS)
        catalog = json.loads((ROOT / "manifests" / "catalog.json").read_text())
        tables = [entry["table"] for entry in catalog["tables"]]
        together = _backup_seconds(rebound, folder, catalog, tables, "all")
        alone = [_backup_seconds(rebound, folder, catalog, [name], name) for name in tables]
        restore = _seconds(lambda: _restore(rebound, "all", *_prefix("all")))
        restores = [
            _seconds(lambda name=name: _restore(rebound, "all", *_prefix(name), "--table", name))
            for name in tables
        ]
    return [*_ratios("backup", together, alone), *_ratios("restore", restore, restores)]


def _ratios(what: str, together: float, alone: list[float]) -> list[Ratio]:
    slowest, summed = max(alone), sum(alone)
    return [
        Ratio(
            f"{what} of {len(alone)} tables / its slowest table",
            together / slowest,
            "at most",
            1.3,
            f"{together:.1f} s / {slowest:.1f} s",
        ),
        Ratio(
            f"{what} one after the other / at once",
            summed / together,
            "at least",
            5,
            f"{summed:.1f} s / {together:.1f} s",
        ),
    ]


def _backup_seconds(
    rebound: Rebound, folder: Path, catalog: dict[str, object], tables: list[str], name: str
) -> float:
    """Return how long one run of these tables takes."""
    path = folder / f"catalog-{name}.json"
    entries = [{"table": table, "group": "bench"} for table in tables]
    nothing = {kind.name: [] for kind in PARTS}
    path.write_text(json.dumps({**catalog, **nothing, "tables": entries}))
    run_id = name.replace(".", "-")
    with serving(rebound, REBOUND_CATALOG=str(path)) as function:
        return _seconds(lambda: function.complete(run_id, full=True))


def _prefix(name: str) -> tuple[str, str]:
    return "--into-prefix", f"{name.replace('.', '_')}_"


def _restore(rebound: Rebound, run: str, *words: str) -> None:
    confirm = ("--confirm-project", rebound.project)
    rebound.run("recover", SCENARIO, "--run", run, *words, *confirm, "--yes")


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
