"""Peak memory of the function and of the command stays flat when the data grows tenfold."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.harness import ROOT, Rebound, serving

SMALL, LARGE = 0.1, 1.0
SCENARIO = "bigquery-dataset-loss"
# Runs the command as a child and tells its peak memory, which the kernel counts.
MEASURED = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=sys.stderr); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


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
        catalog = json.loads((ROOT / "manifests" / "catalog.json").read_text())
        path = folder / "tables.json"
        path.write_text(json.dumps({**catalog, "buckets": [], "databases": []}))
        rebound.env["REBOUND_CATALOG"] = str(path)
        with serving(rebound) as function:
            function.complete("all", full=True)
            function_kib = max(map(_peak_kib, _group(function.process.pid)))
        command_kib = _command_peak_kib(rebound)
    return {"the function": function_kib / 1024, "the command": command_kib / 1024}


def _group(leader: int) -> list[int]:
    """Return the processes of a process group: the server and its workers."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _is_in(pid, leader)]


def _is_in(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def _peak_kib(pid: int) -> int:
    """Return the peak resident memory of a process that is still running."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _command_peak_kib(rebound: Rebound) -> int:
    words = ["recover", SCENARIO, "--into-prefix", "bench_", "--yes"]
    command = [Path(sys.executable).with_name("rebound"), *words]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        env=rebound.env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return int(done.stdout)
