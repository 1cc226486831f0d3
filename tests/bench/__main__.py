"""Measure backup and recovery side by side on this machine: `make bench`, or some by name.

    python -m tests.bench [latency] [memory] [verify] [calls] [buckets] [documents] [status] [ops]
                          [fingerprints] [functions]

Only ratios of one run are worth quoting: they compare two things measured on the same machine in
the same minutes. Each line says what is wanted and whether it was met; the exit code is 1 when one
was not.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    buckets,
    calls,
    documents,
    fingerprints,
    functions,
    latency,
    memory,
    ops,
    status,
    verify,
)
from tests.bench.ratio import Ratio

BENCHES: dict[str, Callable[[Path], list[Ratio]]] = {
    "latency": latency.measure,
    "memory": memory.measure,
    "verify": verify.measure,
    "calls": calls.measure,
    "buckets": buckets.measure,
    "documents": documents.measure,
    "status": status.measure,
    "ops": ops.measure,
    "fingerprints": fingerprints.measure,
    "functions": functions.measure,
}


def main() -> None:
    """Run the benchmarks named on the command line, or all, and print their ratios."""
    names = sys.argv[1:] or list(BENCHES)
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{memory_gib:.0f} GiB"
    )
    ratios = []
    for name in names:
        print(f"\n{name}")
        with tempfile.TemporaryDirectory(prefix=f"rebound-bench-{name}-") as folder:
            measured = BENCHES[name](Path(folder))
        for ratio in measured:
            print(f"  {ratio}")
        ratios += measured
    sys.exit(0 if all(ratio.is_met for ratio in ratios) else 1)


if __name__ == "__main__":
    main()
