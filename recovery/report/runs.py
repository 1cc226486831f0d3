"""Writes stored runs, their manifests and verdicts as documents. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from manifests.model.run import Manifest
from manifests.selection import RunSummary
from manifests.signing import Trust
from manifests.values import RunId, Skew
from recovery.document import (
    Block,
    Column,
    Document,
    FactLine,
    Paragraph,
    Row,
    Rows,
    Section,
    Table,
)
from recovery.kinds.known import RULES
from recovery.plan.lost import unprotected_text
from recovery.units import age, counted, printable, shown, size
from recovery.verify import Verdict

_MOST_SKEWS = 6
"""Up to so many things of one sort that were read later have a line each."""

_RUNS = (
    Column("run"),
    Column("state", "right"),
    Column("recovery point (UTC)", "right"),
    Column("age", "right"),
    Column("parts", "right"),
    Column("size", "right"),
    Column(""),
)


def newest_runs(
    runs: Sequence[RunSummary], *, since: datetime | None, limit: int | None
) -> list[RunSummary]:
    """Choose the runs that are listed, the newest recovery point last.

    Args:
        runs: Every run.
        since: Runs with an earlier recovery point are left out, those without one are not; None for all.
        limit: How many at most; None for all.
    """
    chosen = [
        run
        for run in runs
        if since is None or run.recovery_point is None or run.recovery_point >= since
    ]
    ordered = sorted(chosen, key=lambda run: (str(run.recovery_point), run.run_id))
    return ordered if limit is None else ordered[max(0, len(ordered) - limit) :]


def runs_document(
    runs: Sequence[RunSummary],
    *,
    held: Collection[str],
    damaged: Mapping[RunId, Sequence[str]],
    now: datetime,
) -> Document:
    """Tell of each run its state, age and size.

    Args:
        runs: The runs, in order.
        held: Those that an operator holds.
        damaged: Of complete runs, the parts that lean on a file which `verify` found damaged.
        now: The present instant.
    """
    rows = tuple(_run_cells(run, held, damaged.get(run.run_id, ()), now) for run in runs)
    return Document((Section((Table(_RUNS, rows),)),))


def _run_cells(
    run: RunSummary, held: Collection[str], damaged: Sequence[str], now: datetime
) -> tuple[str, ...]:
    point = run.recovery_point
    leans = f"LEANS ON A DAMAGED FILE: {', '.join(map(printable, damaged))}" if damaged else ""
    notes = ("held" if run.run_id in held else "", leans, shown(run.reason))
    return (
        run.run_id,
        run.state,
        f"{point:%Y-%m-%d %H:%M}" if point else "unknown",
        age((now - point).total_seconds()) if point else "",
        f"{run.parts:,}",
        size(run.size_bytes) if run.size_bytes else "",
        "; ".join(filter(None, notes)),
    )


def unfinished_document(run: RunSummary, done: Sequence[str]) -> Document:
    """Tell what there is of a run without a manifest: what is done, and what failed and why."""
    point = f"{run.recovery_point:%Y-%m-%d %H:%M} UTC" if run.recovery_point else "unknown"
    parts = tuple(Row(name, "done") for name in done)
    failed = tuple(Row(f"{item.part}: {item.message}", "FAILED") for item in run.failures)
    why = () if run.failures else (Paragraph(run.reason),)
    return Document(
        title=f"run {run.run_id}: {run.state}",
        sections=(
            Section((FactLine((("recovery point", point),)),)),
            Section((Rows((*parts, *failed), "ended"), *why), "What there is of it"),
        ),
    )


def manifest_document(manifest: Manifest, trust: Trust) -> Document:
    """Tell what a run holds, and whether its manifest is trusted."""
    point = f"{manifest.recovery_point:%Y-%m-%d %H:%M} UTC"
    finished = f"{manifest.finished_at:%Y-%m-%d %H:%M:%S}"
    parts = counted(sum(1 for _ in manifest.every_part), "part")
    facts = (
        ("recovery point", point),
        ("finished", finished),
        ("size", f"{size(manifest.size_bytes)}, which is that of its {parts} together"),
    )
    return Document(
        title=f"run {manifest.run_id} of {manifest.platform}",
        sections=(
            Section((FactLine(facts), signed(trust))),
            Section(tuple(_held(manifest)), "What the run holds"),
        ),
    )


def _held(manifest: Manifest) -> Iterator[Block]:
    """Tell what the run holds of every kind, and then what it does not."""
    held = [rules.held(manifest) for rules in RULES]
    yield from (item.table for item in held if item.table is not None)
    notes = [
        *(gap for item in held for gap in item.gaps),
        *filter(None, map(unprotected_text, manifest.unprotected)),
        *(row for item in held for row in item.rows),
        *(f"LACKS {item.part}: {item.message}" for item in manifest.lacking),
        *skew_texts(manifest.skews),
    ]
    yield Rows(tuple(map(Row, notes)), "held")


def skew_texts(skews: Iterable[Skew]) -> Iterator[str]:
    """Say when what could not be pinned to the recovery point was read; many of one sort are told as one."""
    sorts: dict[str, list[Skew]] = {}
    for skew in skews:
        sorts.setdefault(skew.subject.partition(" ")[0], []).append(skew)
    for sort, found in sorts.items():
        if len(found) <= _MOST_SKEWS:
            yield from (f"{it.subject}: read {_later([it])}" for it in found)
        else:
            yield f"{sort}, {len(found)} of them: read {_later(found)}"


def _later(skews: Sequence[Skew]) -> str:
    seconds = sorted({f"{skew.skew_seconds:.0f}" for skew in skews}, key=int)
    return f"{' to '.join(dict.fromkeys((seconds[0], seconds[-1])))} s after the recovery point"


def signed(trust: Trust) -> Paragraph:
    """Tell whether a manifest is trusted, and why."""
    return Paragraph(f"manifest: {trust.problem or trust.told}")


def verdict_document(run_id: str, verdict: Verdict, trust: Trust, *, quick: bool) -> Document:
    """Tell that a run is whole, and how that was looked at: what was not read is said.

    Args:
        run_id: The run.
        verdict: A verdict without findings.
        trust: Whether its manifest is trusted.
        quick: Whether no file was read.
    """
    objects = counted(verdict.objects, "object")
    verb = "is" if verdict.objects == 1 else "are"
    how = _how_read(verdict, quick=quick)
    blocks = [Paragraph(f"{run_id}: {objects} {verb} what the manifest says ({how})")]
    if verdict.other_generations:
        same = counted(verdict.other_generations, "object")
        blocks.append(
            Paragraph(
                f"same content, other generation: {same}, as in a vault that was copied or restored"
            )
        )
    return Document((Section((*blocks, signed(trust))),))


def _how_read(verdict: Verdict, *, quick: bool) -> str:
    if quick:
        return "metadata compared, no file read"
    files, bytes_read = verdict.objects - verdict.contents, size(verdict.read_bytes)
    if not verdict.contents:
        return f"{bytes_read} read"
    contents = f"{verdict.contents_read:,} of {counted(verdict.contents, 'content')} of buckets"
    read = f"{counted(files, 'file')} and {contents} read, {bytes_read}"
    if verdict.contents_read == verdict.contents:
        return read
    return f"{read}; of the other contents size and crc32c compared, `--all-contents` reads them"
