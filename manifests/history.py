"""What backups and drills there were, as lines that BigQuery reads as the rows of a table. Pure.

    history/runs.jsonl      each run of the vault, whatever its state
    history/drills.jsonl    each drill that was begun
    history/expiry.json     when it was last looked for runs past their retention, for the gauges alone

They lie in the landing bucket, which is where the tables are: BigQuery reads files of its own location
alone, the vault can be elsewhere, no SQL checks a signature, and a table over files of which there are
none is an error (Create Cloud Storage external tables). The first line tells when it was looked, and
nothing else: so no file is empty, and a history that nobody writes any more is known by its age.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from manifests.gauges import Watched
from manifests.model.drill import DrillEnd, DrillStart
from manifests.model.proof import ProofRecord
from manifests.selection import RunState, RunSummary
from manifests.values import UtcTime, Value

type HistoryName = Literal["runs", "drills"]

HISTORY_PREFIX = "history/"
EXPIRY_NAME = f"{HISTORY_PREFIX}expiry.json"


def history_name(name: HistoryName) -> str:
    """Return where the lines of a history lie in the landing bucket."""
    return f"{HISTORY_PREFIX}{name}.jsonl"


class RunLine(Value):
    """One run.

    Attributes:
        looked_at: When it was looked.
        run_id: None in the first line.
        reason: Why it is not complete, or what it lacks.
        proven_at: When something of it was last shown to restore.
        proven_parts: How many of its parts were, each of them whole.
    """

    looked_at: UtcTime
    run_id: str | None = None
    state: RunState | None = None
    recovery_point: UtcTime | None = None
    started_at: UtcTime | None = None
    finished_at: UtcTime | None = None
    parts: int | None = None
    files: int | None = None
    size_bytes: int | None = None
    reason: str | None = None
    proven_at: UtcTime | None = None
    proven_parts: int | None = None


class DrillLine(Value):
    """One drill.

    Attributes:
        looked_at: When it was looked.
        drill_id: None in the first line.
        verdict: What it came to; `no record` where nobody wrote, or nobody trusted, how it ended.
        planted: How many damages could be planted.
        caught: How many of them a check told of.
    """

    looked_at: UtcTime
    drill_id: str | None = None
    scenario: str | None = None
    is_sample: bool | None = None
    run_id: str | None = None
    recovery_point: UtcTime | None = None
    began_at: UtcTime | None = None
    ended_at: UtcTime | None = None
    seconds: float | None = None
    verdict: str | None = None
    why: str | None = None
    planted: int | None = None
    caught: int | None = None
    next_due_at: UtcTime | None = None


class SeenDrill(NamedTuple):
    """What is kept of a drill, as far as it is believed; how it ended says how it began, too."""

    drill_id: str
    began_at: datetime
    start: DrillStart | None
    end: DrillEnd | None


def run_lines(
    watched: Watched, others: Iterable[RunSummary], *, now: datetime
) -> Iterator[RunLine]:
    """Yield the lines of the runs.

    Args:
        watched: The complete runs, and what was proven.
        others: Those that are not complete.
        now: When it was looked.
    """
    proven = _proven(watched.proofs)
    yield RunLine(looked_at=now)
    for run in watched.complete:
        at, parts = proven.get(run.run_id, (None, 0))
        yield RunLine(
            looked_at=now,
            state="complete",
            reason=run.lacks or None,
            proven_at=at,
            proven_parts=parts,
            **{name: getattr(run, name) for name in _OF_RUNS},
        )
    for other in others:
        yield RunLine(
            looked_at=now,
            run_id=other.run_id,
            state=other.state,
            recovery_point=other.recovery_point,
            parts=other.parts,
            reason=other.reason,
        )


_OF_RUNS = (
    "run_id",
    "recovery_point",
    "started_at",
    "finished_at",
    "parts",
    "files",
    "size_bytes",
)


def _proven(proofs: Iterable[ProofRecord]) -> Mapping[str, tuple[datetime, int]]:
    """Return when something of each run was last proven, and how many parts of it were whole."""
    last: dict[str, datetime] = {}
    whole: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for proof in proofs:
        for part in proof.parts:
            last[part.run_id] = max(last.get(part.run_id, proof.proven_at), proof.proven_at)
            if part.is_whole:
                whole[part.run_id].add((part.kind, part.name))
    return {run_id: (at, len(whole[run_id])) for run_id, at in last.items()}


def drill_lines(drills: Iterable[SeenDrill], *, now: datetime) -> Iterator[DrillLine]:
    """Yield the lines of the drills.

    Args:
        drills: What is kept of each.
        now: When it was looked.
    """
    yield DrillLine(looked_at=now)
    for drill in drills:
        end, start = drill.end, drill.end.begun if drill.end else drill.start
        line = DrillLine(
            looked_at=now, drill_id=drill.drill_id, began_at=drill.began_at, verdict="no record"
        )
        if start is not None:
            told = {name: getattr(start, name) for name in _OF_STARTS}
            line = line.model_copy(update=told)
        if end is not None:
            told = {name: getattr(end, name) for name in _OF_ENDS}
            line = line.model_copy(update={**told, "planted": len(end.controls)})
        yield line


_OF_STARTS = ("scenario", "is_sample", "run_id", "recovery_point")
_OF_ENDS = ("ended_at", "seconds", "verdict", "why", "caught", "next_due_at")


def as_lines(rows: Iterable[Value]) -> bytes:
    """Write rows as newline-delimited JSON."""
    return "".join(f"{row.model_dump_json(exclude_none=True)}\n" for row in rows).encode()
