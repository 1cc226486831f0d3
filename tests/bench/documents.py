"""Export and import of a Firestore database, beside raw messages and beside npm's tool.

One collection of 50,000 documents of about 500 bytes. The export is one whole call of the function;
the import is the whole `rebound recover` into an empty database, from its plan to its proof. What
they are compared with exchanges the same messages with as many threads and does nothing else: it
reads every document, and it writes every document and reads it back, as a proof has to. What
writing alone takes is told beside it. The tool keeps its documents in one file and in memory, and
is measured with fewer. Of two rounds the better one counts, on every side.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.messages import RawDatabase
from tests.bench.node import PACKAGE, NodeTool
from tests.bench.peaks import function_peak_mib, measured
from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.bench.rivals import not_measured
from tests.harness import Rebound
from tests.integration.orchestration import write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"
COUNT, FEW = 50_000, 2_000
ROUNDS = 2
MOST_MIB = 250
DATABASE = "state"


@dataclass
class Rates:
    """Documents a second of each thing that was measured, and the peaks of memory."""

    rates: dict[str, float] = field(default_factory=dict)
    peaks_mib: dict[str, float] = field(default_factory=dict)
    obstacle: str = ""

    def add(self, what: str, count: int, seconds: float) -> None:
        """Take one measurement; of several the best is kept."""
        self.rates[what] = max(self.rates.get(what, 0.0), count / seconds)

    def add_peak(self, what: str, peak_mib: float) -> None:
        """Take one peak; of several the highest is kept."""
        self.peaks_mib[what] = max(self.peaks_mib.get(what, 0.0), peak_mib)


def measure(folder: Path) -> list[Ratio]:
    """Measure both directions of Rebound, of raw messages and of the tool."""
    rates = Rates()
    with rebound_on_cloud(folder) as rebound:
        rebound.env["REBOUND_CATALOG"] = write_catalog(folder, {DATABASE: {}})
        _measure_tool(rebound, folder, rates)
        source = RawDatabase(rebound.project, DATABASE)
        with rebound.cloud.minutes_ago(10):
            source.write(source.writes(COUNT))
        for number in range(ROUNDS):
            _measure_raw(rebound, source, f"raw-{number}", rates)
            _measure_rebound(rebound, f"restored-{number}", f"night-{number}", rates)
    return list(_ratios(rates))


def _measure_raw(rebound: Rebound, source: RawDatabase, name: str, rates: Rates) -> None:
    copy = RawDatabase(rebound.project, name)
    writes = copy.writes(COUNT)
    rates.add("raw reading", COUNT, _seconds(lambda: _insist(source.read(COUNT))))
    written = _seconds(lambda: copy.write(writes))
    read = _seconds(lambda: _insist(copy.read(COUNT)))
    rates.add("raw writing", COUNT, written)
    rates.add("raw writing and reading back", COUNT, written + read)


def _measure_rebound(rebound: Rebound, name: str, run: str, rates: Rates) -> None:
    with serving(rebound) as function:
        rates.add("export", COUNT, _seconds(lambda: function.complete(run)))
        rates.add_peak("function", function_peak_mib(function))
    done = measured(
        rebound,
        *("recover", SCENARIO, "--run", run, "--into-database", name, "--unthrottled", "--yes"),
    )
    _insist(RawDatabase(rebound.project, name).read(COUNT))
    rates.add("import", COUNT, done.seconds)
    rates.add_peak("command", done.peak_mib)


def _measure_tool(rebound: Rebound, folder: Path, rates: Rates) -> None:
    project = f"{rebound.project}-few"
    tool = NodeTool(folder, rebound.cloud, project)
    rates.obstacle = tool.install()
    if not rates.obstacle:
        few = RawDatabase(project, "(default)")
        few.write(few.writes(FEW))
        try:
            rates.add("tool export", FEW, tool.export_seconds())
            rates.add("tool import", FEW, tool.import_seconds())
        except RuntimeError as error:
            # What else was measured is worth telling.
            rates.obstacle = f"it failed: {str(error)[-400:]}"


def _insist(count: int) -> None:
    if count != COUNT:
        message = f"{count} documents instead of {COUNT}: the benchmark measured nothing"
        raise RuntimeError(message)


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _ratios(rates: Rates) -> Iterator[Ratio]:
    writing = f"; {rates.rates['raw writing']:,.0f}/s without reading back"
    for way, raw, more in (
        ("export", "reading", ""),
        ("import", "writing and reading back", writing),
    ):
        ours, plain = rates.rates[way], rates.rates[f"raw {raw}"]
        detail = f"{ours:,.0f}/s / {plain:,.0f}/s of {COUNT:,} documents{more}"
        yield Ratio(f"{way} / {raw} raw messages", ours / plain, "at least", 0.6, detail)
    for way in ("export", "import"):
        what = f"{way} / {way} by {PACKAGE}"
        if rates.obstacle:
            yield not_measured(what, "at least", 1, rates.obstacle)
            continue
        ours, theirs = rates.rates[way], rates.rates[f"tool {way}"]
        detail = f"{ours:,.0f}/s of {COUNT:,} / {theirs:,.0f}/s of {FEW:,}"
        yield Ratio(what, ours / theirs, "at least", 1, detail)
    for what, peak_mib in rates.peaks_mib.items():
        yield Ratio(
            f"peak memory of the {what} with {COUNT:,} documents / {MOST_MIB} MiB",
            peak_mib / MOST_MIB,
            "at most",
            1,
            f"{peak_mib:.0f} MiB / {MOST_MIB} MiB",
        )
