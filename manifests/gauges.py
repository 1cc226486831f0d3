"""The numbers by which a deployment is watched: each is read every hour. Pure.

An age counts from 1970 where there is nothing yet, so that an alert on an age also fires where
nothing ever was. To a scraper it is infinite: an alert on it fires too, and nobody reads it as years.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest
from manifests.protected import PartId
from manifests.values import RunId
from manifests.verification import files_of

NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
COMPARED = timedelta(days=7)
"""How long before the newest run the run lies that it is compared with."""
_SMALL_BYTES = 10 * 2**30
"""A vault that is smaller costs cents, and may hold more records than data."""


class Gauge(NamedTuple):
    """One number.

    Attributes:
        name: With its unit.
        value: The number.
        help: What it is, one sentence.
        is_never: Whether it is the age of what never was.
    """

    name: str
    value: float
    help: str
    is_never: bool = False


class WatchedRun(NamedTuple):
    """What is watched of one complete run: a vault can have more manifests than fit into memory.

    Attributes:
        lacks: The parts that it is complete without.
    """

    recovery_point: datetime
    run_id: RunId
    started_at: datetime
    finished_at: datetime
    parts: int
    files: int
    size_bytes: int
    lacks: str = ""

    @classmethod
    def of(cls, run: Manifest) -> Self:
        """Return what is watched of a run."""
        return cls(
            run.recovery_point,
            run.run_id,
            run.started_at,
            run.finished_at,
            parts=sum(1 for _ in run.every_part),
            files=sum(1 for _ in files_of(run)),
            size_bytes=run.size_bytes,
            lacks=", ".join(item.part for item in run.lacking),
        )


class Added(NamedTuple):
    """How many bytes were written to the vault, and are there still.

    Attributes:
        last: In the last week.
        before: In the week before that.
    """

    last: int = 0
    before: int = 0


class Watched(NamedTuple):
    """What the numbers are made of.

    Attributes:
        complete: The complete runs, in order of their recovery points.
        proofs: What recoveries and drills have proven.
        verified: When a share of the vault was read.
        damaged: How many objects are known to be damaged.
        fenced: Since when each fence stands that was not thawed.
        files: How many objects are in the vault.
        size_bytes: What they take.
        owed: The parts that have to be shown to restore, by kind and name.
        others: The runs that are not complete, or not believed, in order of their ids.
        looked: When it was last looked for runs past their retention.
        added: What the vault grew by.
    """

    complete: Sequence[WatchedRun]
    proofs: Sequence[ProofRecord]
    verified: Sequence[datetime]
    damaged: int
    fenced: Sequence[datetime]
    files: int
    size_bytes: int
    others: Sequence[RunId] = ()
    owed: Collection[PartId] = ()
    looked: Sequence[datetime] = ()
    added: Added = Added()


def gauges(watched: Watched, *, now: datetime) -> Iterator[Gauge]:
    """Yield every number.

    Args:
        watched: What they are made of.
        now: The present instant.
    """
    points = [run.recovery_point for run in watched.complete]
    drills = [proof for proof in watched.proofs if proof.how != "recovery" and proof.passed]
    whole = (proof for proof in drills if proof.how == "drill")
    passed = [proof.proven_at for proof in drills]
    for name, instants, what in (
        ("age_of_newest_point_seconds", points, "Age of the newest complete recovery point"),
        (
            "age_of_drill_seconds",
            [_drilled(watched.owed, whole)],
            "Since a drill passed that restored parts of a kind, of the kind with the oldest",
        ),
        ("age_of_sample_seconds", passed, "Since a drill passed, of single parts too"),
        (
            "age_of_expiry_seconds",
            watched.looked,
            "Since runs past their retention were looked for",
        ),
        (
            "age_of_verification_seconds",
            watched.verified,
            "Since the function verify last read a share of what is stored; not by hand",
        ),
        (
            "age_of_proven_point_seconds",
            [proven_point(watched.owed, watched.proofs)],
            "Age of the newest recovery point that was shown to restore, of the part with the oldest",
        ),
    ):
        yield _age(name, max(instants, default=NOTHING_YET), what, now)
    standing = (now - min(watched.fenced, default=now)).total_seconds()
    yield Gauge("age_of_fence_seconds", standing, "Age of the oldest fence that stands; 0 for none")
    yield Gauge("damaged_objects", watched.damaged, "Stored objects known to be damaged")
    yield Gauge("vault_objects", watched.files, "Objects in the vault")
    yield Gauge("vault_bytes", watched.size_bytes, "Bytes in the vault")
    grown = _grown_percent(watched.added.last, watched.added.before)
    text = "Bytes written to the vault in a week against the week before, in percent"
    yield Gauge("vault_growth_percent", grown, text)
    text = "Bytes in the vault for each byte of the newest complete run that has any; 0 where few"
    yield Gauge("vault_times", _times_of_newest(watched), text)
    yield from _of_newest(watched.complete)


def _times_of_newest(watched: Watched) -> float:
    """Return how many times as much as the newest complete run with content the vault holds.

    A run of empty tables, or of none, says nothing of what a night writes.

    The number levels off once expiry deletes as much as nights add. While nothing is ever deleted it grows
    for ever.
    """
    held = next((run.size_bytes for run in reversed(watched.complete) if run.size_bytes), 0)
    if not held or watched.size_bytes < _SMALL_BYTES:
        return 0.0
    return round(watched.size_bytes / held, 1)


def _age(name: str, instant: datetime, what: str, now: datetime) -> Gauge:
    seconds = (now - instant).total_seconds()
    return Gauge(name, seconds, f"{what}; +Inf for never", is_never=instant == NOTHING_YET)


def proven_point(owed: Collection[PartId], proofs: Sequence[ProofRecord]) -> datetime:
    """Return the oldest of the newest points of all parts at which each came back whole.

    What is proven of one part says nothing of another: a nightly sample shows one table.

    Args:
        owed: The parts that have to be shown to restore.
        proofs: What was shown.

    Returns:
        The point; 1970 where a part was never shown, or none is owed.
    """
    newest: dict[PartId, datetime] = dict.fromkeys(owed, NOTHING_YET)
    for part in (part for proof in proofs for part in proof.parts if part.is_whole):
        if (name := (part.kind, part.name)) in newest:
            newest[name] = max(newest[name], part.recovery_point)
    return min(newest.values(), default=NOTHING_YET)


def _drilled(owed: Collection[PartId], drills: Iterable[ProofRecord]) -> datetime:
    """Return when a drill last passed of the kind whose last one is the oldest.

    Each kind counts by itself, so that one that is drilled each month does not hide one that never was. A
    drill of `complete-outage` counts for every kind.

    Args:
        owed: The parts that have to be shown to restore.
        drills: What drills of scenarios showed that passed.
    """
    newest = {kind: NOTHING_YET for kind, _ in owed}
    last = NOTHING_YET
    for proof in drills:
        last = max(last, proof.proven_at)
        for kind in newest.keys() & {part.kind for part in proof.parts}:
            newest[kind] = max(newest[kind], proof.proven_at)
    return min(newest.values(), default=last)


def _of_newest(complete: Sequence[WatchedRun]) -> Iterator[Gauge]:
    """Yield how large the newest run is, and how much larger than one of a week before."""
    newest = _sizes(complete[-1]) if complete else {}
    before = _sizes(_compared(complete)) if complete else {}
    for name, what in (("parts", "Parts"), ("files", "Files"), ("bytes", "Bytes")):
        value = newest.get(name, 0)
        yield Gauge(f"run_{name}", value, f"{what} of the newest complete run")
        grown = _grown_percent(value, before.get(name, 0))
        text = f"{what} of the newest complete run against one of a week before, in percent"
        yield Gauge(f"growth_of_{name}_percent", grown, text)


def _grown_percent(value: float, before: float) -> float:
    """Return by how much more something is than before; nothing where there was nothing."""
    return round(100 * (value / before - 1), 1) if before else 0.0


def _compared(complete: Sequence[WatchedRun]) -> WatchedRun:
    """Return the newest run that is a week older than the newest, or the oldest there is."""
    last = complete[-1].recovery_point - COMPARED
    older = [run for run in complete if run.recovery_point <= last]
    return older[-1] if older else complete[0]


def _sizes(run: WatchedRun) -> dict[str, float]:
    return {"parts": run.parts, "files": run.files, "bytes": run.size_bytes}


def prometheus(found: Iterator[Gauge] | Sequence[Gauge], *, platform: str) -> str:
    """Write numbers in the text form of Prometheus (Exposition formats, Text-based format).

    Args:
        found: The numbers.
        platform: The catalog's name of the platform: letters, digits and dashes.
    """
    lines: list[str] = []
    for item in found:
        name = f"rebound_{item.name}"
        lines += [f"# HELP {name} {item.help}", f"# TYPE {name} gauge"]
        value = "+Inf" if item.is_never else f"{item.value:.15g}"
        lines.append(f'{name}{{platform="{platform}"}} {value}')
    return "\n".join([*lines, ""])
