"""Peak memory, and the time, of the function and of the command, as the kernel counts them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.harness import Rebound
from tests.served import Function

# Runs the command as a child and tells its seconds and its peak memory on the last line.
_MEASURED = (
    "import resource, subprocess, sys, time; began = time.monotonic(); "
    "code = subprocess.call(sys.argv[1:]); seconds = time.monotonic() - began; "
    "print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


@dataclass(frozen=True)
class Measured:
    """One run of the command.

    Attributes:
        seconds: From its start to its end.
        peak_mib: Its peak resident memory.
        output: What it printed.
    """

    seconds: float
    peak_mib: float
    output: str


def measured(rebound: Rebound, *words: str) -> Measured:
    """Run `rebound` with these words.

    Raises:
        RuntimeError: It did not end with 0.
    """
    command = [Path(sys.executable).with_name("rebound"), *words]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command],
        env=rebound.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    output, _, numbers = done.stdout.rstrip().rpartition("\n")
    seconds, peak_kib = numbers.split()
    return Measured(float(seconds), int(peak_kib) / 1024, output)


def function_peak_mib(function: Function) -> float:
    """Return the largest peak of the server and its workers, which are still running."""
    return max(map(_peak_kib, _group(function.process.pid))) / 1024


def function_cpu_seconds(function: Function) -> float:
    """Return the processor time that the server and its workers have taken, which are still running."""
    return sum(map(_cpu_seconds, _group(function.process.pid)))


def _cpu_seconds(pid: int) -> float:
    """Return what a process has taken (proc(5), /proc/pid/stat: utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _group(leader: int) -> list[int]:
    """Return the processes of a process group."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _is_in(pid, leader)]


def _is_in(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def _peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
