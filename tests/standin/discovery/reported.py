"""Where what does not fit a discovery document is reported: across processes, to the test that runs.

The test process names a file in its environment, every stand-in it starts appends to it, and after
each test it is read. Without that variable, reports go to standard error.
"""

import os
import sys
from pathlib import Path

VARIABLE = "STANDIN_REPORTS"


def report(line: str) -> None:
    """Report what does not fit."""
    name = os.environ.get(VARIABLE)
    if name is None:
        sys.stderr.write(f"discovery: {line}\n")
        return
    with Path(name).open("a") as reports:
        reports.write(f"{line}\n")


def taken(reports: Path) -> list[str]:
    """Return what was reported, each once, and forget it."""
    try:
        lines = reports.read_text().splitlines()
    except FileNotFoundError:
        return []
    reports.unlink()
    return list(dict.fromkeys(lines))
