"""What each function takes of memory, processor and time, against what Terraform gives it.

    python -m tests.bench functions            measures, and says whether what is given is enough
    python -m tests.bench.functions            measures, and writes functions.json anew

Each is served from its bundle in a process of its own, as Cloud Run starts it. Memory hardly grows with
the data (`make bench ARGS=memory`); time does. So each is measured on two platforms of different size, and what it
takes of one as large as the real one follows from both, by a line. On the larger one each is also called twice at
once in one instance, as would happen if an instance answered more than one call.

The cold import of each is measured as well, in an interpreter that has its bundle's requirements alone: the best
of five, because the first one compiles and what runs beside one makes it slower.
"""

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from functions.bundle import DRILL, FUNCTIONS
from tests.bench.peaks import function_cpu_seconds, function_peak_mib
from tests.bench.platform import rebound_of_everything
from tests.bench.ratio import Ratio
from tests.deployed import ROOT, own_bundle, python_of
from tests.harness import Rebound
from tests.integration.drills import sandbox
from tests.served import Function, serving_bundle

RECORD = Path(__file__).with_name("functions.json")
SMALL, LARGE, WHOLE = 0.05, 0.25, 1.0
"""Parts of the real platform's rows: what is measured, and what is told of."""
NIGHTLY = ("backup", "verify", "expire", "tick")
AT_ONCE = 2
"""So many calls one instance is seen to answer at once."""
ROOM = 2.0
"""So many times the measured peak a function has to have of memory."""
TIME = 4.0
"""So many times what the whole platform takes a function may take: the platform grows, and a cloud has bad nights."""
_ROW = re.compile(
    r'^    (\w+) = \{\n +timeout_seconds = (\d+).*\n +memory += "(\d+)Gi"\n +cpu += "(\d+)"$',
    re.MULTILINE,
)

IMPORTS, IMPORT_SECONDS = 5, 1.5
"""How often each import is measured, and what its best may take of the processor."""
_IMPORT = """
import sys, time
sys.path.insert(0, ".")
began = time.process_time()
import main
main.{name}
print(time.process_time() - began)
"""
_CONCURRENCY = re.compile(r"max_instance_request_concurrency = (\d+)")

type Taken = dict[str, dict[str, float]]
"""Of each function: its peak in MiB, its processor time and its time, both in seconds."""


def given() -> Taken:
    """Return what Terraform gives each function."""
    text = (ROOT / "terraform" / "functions.tf").read_text()
    (at_once,) = _CONCURRENCY.findall(text)
    return {
        name: {
            "at_once": int(at_once),
            "timeout_seconds": float(seconds),
            "memory_mib": 1024.0 * int(memory),
            "cpu": int(cpu),
        }
        for name, seconds, memory, cpu in _ROW.findall(text)
    }


def measured(folder: Path, scale: float = SMALL, at_once: tuple[int, ...] = (1,)) -> list[Taken]:
    """Call each function on a platform with everything that the shipped catalog names.

    Args:
        folder: Where the local cloud keeps it.
        scale: How large the platform is, as a part of the real one.
        at_once: How many calls one instance answers at once, each time it is measured.

    Returns:
        What each function takes, for each of those numbers.
    """
    with rebound_of_everything(folder, scale=scale) as rebound:
        found = [{name: _taken(rebound, name, calls) for name in NIGHTLY} for calls in at_once]
        place = sandbox(rebound)
        for taken, calls in zip(found, at_once, strict=True):
            taken["drill"] = _taken(rebound, "drill", calls, REBOUND_SANDBOX=place)
    return found


def _taken(rebound: Rebound, name: str, at_once: int, **env: str) -> dict[str, float]:
    with (
        serving_bundle(_source(name), rebound, name, REBOUND_VERIFY_NIGHTS="1", **env) as function,
        ThreadPoolExecutor(at_once) as callers,
    ):
        began, idle = time.monotonic(), function_cpu_seconds(function)
        calls = [
            callers.submit(_answer, function, name, f"measured-{at_once}-{number}")
            for number in range(at_once)
        ]
        answers = [call.result() for call in calls]
        took = time.monotonic() - began
        for answer in answers:
            if answer.status_code != requests.codes.ok:
                raise RuntimeError(f"{name} answered {answer.status_code}: {answer.text}")
        return {
            "peak_mib": round(function_peak_mib(function)),
            "cpu_seconds": round(function_cpu_seconds(function) - idle, 1),
            "seconds": round(took, 1),
        }


def _source(name: str) -> Path:
    """Return the folder with the bundle of a function."""
    return own_bundle(DRILL if name == "drill" else FUNCTIONS)


def imports() -> Iterator[Ratio]:
    """Measure the cold import of each function, and yield how much less than the bound it takes."""
    for name in (*NIGHTLY, "drill"):
        source = _source(name)
        words = [python_of(source), "-I", "-c", _IMPORT.format(name=name)]
        took = min(
            float(subprocess.run(words, cwd=source, capture_output=True, check=True).stdout)
            for _ in range(IMPORTS)
        )
        told = f"{IMPORT_SECONDS:g} s / {took:.2f} s of processor"
        yield Ratio(f"import of {name}, most / taken", IMPORT_SECONDS / took, "at least", 1, told)


def _answer(function: Function, name: str, run: str) -> requests.Response:
    """Call a function; a backup takes nothing from an earlier run."""
    return function.manual(run, full=True) if name == "backup" else function.call()


def measure(folder: Path) -> list[Ratio]:
    """Measure, and compare with what is given."""
    (taken,) = measured(folder)
    return [*ratios(taken, given()), *imports()]


def ratios(taken: Taken, limits: Taken) -> Iterator[Ratio]:
    """Yield how much room each function has.

    Args:
        taken: What each takes.
        limits: What each is given.
    """
    for name, its in taken.items():
        # Requests that an instance answers at once share what it has.
        at_once = limits[name]["at_once"]
        memory, cpu = limits[name]["memory_mib"] / at_once, limits[name]["cpu"] / at_once
        told = f"{memory:.0f} MiB / {its['peak_mib']:.0f} MiB"
        yield Ratio(
            f"memory of {name}, given / taken", memory / its["peak_mib"], "at least", ROOM, told
        )
        used = its["cpu_seconds"] / its["seconds"]
        told = f"{cpu:.0f} / {its['cpu_seconds']:.1f} s of processor in {its['seconds']:.1f} s"
        yield Ratio(f"processors of {name}, given / kept busy", cpu / used, "at least", 1.0, told)


def together(pair: Taken, limits: Taken) -> Iterator[Ratio]:
    """Yield how much room an instance has for two calls at once, as were measured.

    Args:
        pair: What each function takes for two calls.
        limits: What each is given.
    """
    for name, its in pair.items():
        memory, cpu = limits[name]["memory_mib"], limits[name]["cpu"]
        told = f"{memory:.0f} MiB / {its['peak_mib']:.0f} MiB"
        what = f"memory of {name}, given / taken by {AT_ONCE} calls at once"
        yield Ratio(what, memory / its["peak_mib"], "at least", ROOM, told)
        used = its["cpu_seconds"] / its["seconds"]
        told = f"{cpu:.0f} / {its['cpu_seconds']:.1f} s of processor in {its['seconds']:.1f} s"
        what = f"processors of {name}, given / kept busy by {AT_ONCE} calls at once"
        yield Ratio(what, cpu / used, "at least", 1.0, told)


def timeouts(small: Taken, large: Taken, limits: Taken) -> Iterator[Ratio]:
    """Yield how much more time each function has than the whole platform takes it.

    Args:
        small: What each takes of a small platform.
        large: What each takes of a larger one.
        limits: What each is given.
    """
    for name, its in small.items():
        slope = (large[name]["seconds"] - its["seconds"]) / (LARGE - SMALL)
        most = max(its["seconds"], large[name]["seconds"])
        whole = most + max(0.0, slope) * (WHOLE - LARGE)
        seconds = limits[name]["timeout_seconds"]
        told = f"{seconds:.0f} s / {whole:.0f} s, by {its['seconds']:.1f} and {large[name]['seconds']:.1f} s"
        yield Ratio(f"time of {name}, given / taken", seconds / whole, "at least", TIME, told)


def main() -> None:
    """Measure, and write down what was."""
    record: dict[str, Any] = {}
    for name, scale, at_once in (("small", SMALL, (1,)), ("large", LARGE, (1, AT_ONCE))):
        with tempfile.TemporaryDirectory(prefix="rebound-bench-functions-") as folder:
            one, *pair = measured(Path(folder), scale, at_once)
        record[name] = {"scale": scale, "taken": one} | ({"at_once": pair[0]} if pair else {})
    RECORD.write_text(json.dumps(record, indent=2) + "\n")
    for ratio in recorded():
        print(f"  {ratio}")


def recorded() -> Iterator[Ratio]:
    """Yield every ratio of what was measured and written down."""
    record, limits = json.loads(RECORD.read_text()), given()
    small, large = (record[name]["taken"] for name in ("small", "large"))
    yield from ratios(small, limits)
    yield from ratios(large, limits)
    yield from timeouts(small, large, limits)
    yield from together(record["large"]["at_once"], limits)


if __name__ == "__main__":
    main()
