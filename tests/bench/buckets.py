"""Restoring small damaged objects: beside other tools, from each source, and at each size.

One bucket of 50,000 objects is backed up, then damaged and restored again and again, wholly or
below a prefix. Damaged means overwritten with garbage of another size. What is timed is the whole
command, from its plan to its proof; a tool is timed as it restores the same objects from a plain
copy of them, on the same stand-in.

The vault is the source where the bucket kept what was overwritten only for some days, which are
over. From every source the same rate is wanted: that of the faster tool, and five times that of the
slower. Of two rounds the better one counts, on every side.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.objects import Lake
from tests.bench.peaks import function_peak_mib, measured
from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.bench.rivals import gcloud_environment, not_measured, rclone_environment, seconds_of
from tests.harness import LOCATION, Rebound, of_kind, whole_minute
from tests.integration.lake import write_catalog
from tests.served import serving

SCENARIO = "gcs-bucket-corruption"
ALL, MANY, FEW = 50_000, 10_000, 1_000
ROUNDS = 2
MOST_MIB = 250
_KEPT_DAYS = 7
_DAY_SECONDS = 86_400


@dataclass
class Times:
    """Seconds of each thing that was measured, and the peaks of memory."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    command_mib: float = 0.0
    function_mib: float = 0.0

    def add(self, what: str, seconds: float) -> None:
        """Take one measurement."""
        self.seconds.setdefault(what, []).append(seconds)

    def best(self, what: str) -> float:
        """Return the best measurement."""
        return min(self.seconds[what])


def measure(folder: Path) -> list[Ratio]:
    """Measure restores from every source, at every size, and the tools beside them."""
    with rebound_on_cloud(folder) as rebound:
        bench = _Bench(rebound, folder)
        bench.fill()
        bench.from_vault("all", range(ALL), "part-")
        for _ in range(ROUNDS):
            bench.from_vault("vault", range(MANY), "part-0/")
            bench.by_rclone()
            bench.from_soft_deleted()
            bench.from_vault("few", range(FEW), "part-0/0/")
        bench.by_gcloud()
        for number in range(ROUNDS):
            bench.from_noncurrent(part=1 + number)
    return list(_ratios(bench.times))


class _Bench:
    """One bucket with its backup, and the ways it is damaged and restored."""

    def __init__(self, rebound: Rebound, folder: Path) -> None:
        self._rebound = rebound
        self._folder = folder
        url = rebound.cloud.urls["storage"]
        self._lake = Lake(url, f"{rebound.project}-raw")
        self._plain = Lake(url, f"{rebound.project}-plain")
        self.times = Times()

    def fill(self) -> None:
        """Write the objects, as if some minutes ago, and a plain copy of a part; back them up."""
        rebound = self._rebound
        rebound.env["REBOUND_CATALOG"] = write_catalog(
            self._folder, (), buckets=[{"bucket": self._lake.name}]
        )
        with rebound.cloud.minutes_ago(10):
            for lake, count in ((self._lake, ALL), (self._plain, MANY)):
                bucket = rebound.storage_client.bucket(lake.name)
                bucket.soft_delete_policy.retention_duration_seconds = _KEPT_DAYS * _DAY_SECONDS
                rebound.storage_client.create_bucket(bucket, location=LOCATION)
                lake.fill(range(count))
        with serving(rebound) as function:
            function.complete("night", recovery_point=f"{whole_minute():%Y-%m-%dT%H:%M:%SZ}")
            self.times.function_mib = function_peak_mib(function)

    def from_vault(self, what: str, numbers: Sequence[int], prefix: str) -> None:
        """Restore objects of which the bucket has no earlier version any more."""
        self._lake.damage(numbers)
        self._let_versions_expire()
        self._restore(what, numbers, prefix, source="vault")

    def from_soft_deleted(self) -> None:
        """Restore objects whose overwritten versions are soft-deleted, whatever was there before."""
        self._let_versions_expire()
        self._lake.fill(range(MANY))
        self._lake.damage(range(MANY))
        self._restore("soft-deleted", range(MANY), "part-0/", source="soft-deleted")

    def from_noncurrent(self, part: int) -> None:
        """Restore objects whose overwritten versions are noncurrent, of a part not yet used so."""
        numbers = range(part * MANY, (part + 1) * MANY)
        self._let_versions_expire()
        self._lake.configure(versioning={"enabled": True})
        self._lake.damage(numbers)
        self._restore("noncurrent", numbers, f"part-{part}/", source="noncurrent")

    def by_rclone(self) -> None:
        """Restore with rclone from the plain copy."""
        words = ["rclone", "sync", *(f"cloud:{name}/part-0" for name in self._from_to)]
        environment = rclone_environment(self._rebound.cloud, self._folder)
        self._by_tool(words, environment, range(MANY), "part-0/")

    def by_gcloud(self) -> None:
        """Restore with gcloud from the plain copy; fewer objects, because it takes so long."""
        places = (f"gs://{name}/part-0/0" for name in self._from_to)
        words = ["gcloud", "storage", "rsync", "--recursive", *places]
        environment = gcloud_environment(self._rebound.cloud, self._folder)
        self._by_tool(words, environment, range(FEW), "part-0/0/")

    @property
    def _from_to(self) -> tuple[str, str]:
        return self._plain.name, self._lake.name

    def _by_tool(
        self, words: list[str], environment: dict[str, str], numbers: Sequence[int], prefix: str
    ) -> None:
        self._let_versions_expire()
        self._lake.damage(numbers)
        seconds = seconds_of(words, environment)
        if seconds is not None:
            self._lake.check(prefix, numbers)
            self.times.add(words[0], seconds)

    def _let_versions_expire(self) -> None:
        self._lake.let_pass((_KEPT_DAYS + 1) * _DAY_SECONDS)

    def _restore(self, what: str, numbers: Sequence[int], prefix: str, *, source: str) -> None:
        """Restore with Rebound, and insist that it was all of them, from that source alone."""
        done = measured(
            self._rebound,
            *("recover", SCENARIO, "--prefix", prefix, "--overwrite", self._lake.name),
            *("--yes", "--json"),
        )
        (outcome,) = of_kind(json.loads(done.output), "bucket")
        restored = [(item["source"], item["objects"]) for item in outcome["restored"]]
        if restored != [(source, len(numbers))]:
            message = f"restored {restored}, not {len(numbers)} from {source}"
            raise RuntimeError(message)
        self._lake.check(prefix, numbers)
        self.times.add(what, done.seconds)
        self.times.command_mib = max(self.times.command_mib, done.peak_mib)


def _ratios(times: Times) -> Iterator[Ratio]:
    for source in ("vault", "noncurrent", "soft-deleted"):
        for tool, count, bound in (("gcloud storage rsync", FEW, 5), ("rclone sync", MANY, 1)):
            yield _beside(times, source, tool, count, bound)
    for what, count in (("few", FEW), ("vault", MANY)):
        each, many = (times.best(item) / n * 1000 for item, n in ((what, count), ("all", ALL)))
        yield Ratio(
            f"time per object of {ALL:,} / of {count:,}",
            many / each,
            "at most",
            1.2,
            f"{many:.2f} ms / {each:.2f} ms, the start of the command included",
        )
    for what, peak in (("function", times.function_mib), ("command", times.command_mib)):
        yield Ratio(
            f"peak memory of the {what} with {ALL:,} objects / {MOST_MIB} MiB",
            peak / MOST_MIB,
            "at most",
            1,
            f"{peak:.0f} MiB / {MOST_MIB} MiB",
        )


def _beside(times: Times, source: str, tool: str, count: int, bound: float) -> Ratio:
    name = tool.split(maxsplit=1)[0]
    what = f"objects a second, {source} / {tool}"
    seconds = times.seconds.get(name)
    if not seconds:
        return not_measured(what, "at least", bound, f"{name} is not installed")
    ours, theirs = MANY / times.best(source), count / min(seconds)
    detail = f"{ours:,.0f}/s of {MANY:,} / {theirs:,.0f}/s of {count:,}"
    return Ratio(what, ours / theirs, "at least", bound, detail)
