"""Judges by runs, proofs and fences whether we can recover now. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from manifests.selection import FIRST_BACKUP
from manifests.store.bounded import FoundRecord
from recovery.fence.model import FenceRecord
from recovery.fence.text import is_late
from recovery.health import Health, HealthFinding
from recovery.lapsing import DECISIONS
from recovery.ops.facts import Backups, Facts, Frame, graded
from recovery.status.held import held_findings
from recovery.status.model import NOT_SHOWN, Status, stands
from recovery.units import age, counted, listed

_HOUR_SECONDS = 3600
_UNDER_WAY = timedelta(hours=3)
"""For so long after its recovery point a run without a manifest may still be being written."""


def backup_findings(found: Backups, frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge the age of the newest complete run, and tell of runs that are not complete."""
    complete = found.complete
    newest = complete[-1] if complete else None
    if newest is None or newest.recovery_point is None:
        what = "no run can be restored: none is complete"
        mend = "rebound list" if found.runs else FIRST_BACKUP
        yield replace(_missed(Health.CRITICAL, what), mend=mend)
    else:
        seconds = (frame.now - newest.recovery_point).total_seconds()
        health = graded(seconds / _HOUR_SECONDS, frame.operations.backup_hours)
        what = f"the newest complete run is of {_minute(newest.recovery_point)}, {age(seconds)} old"
        yield _missed(health, what, newest.run_id)
    yield from _damaged(found)
    yield from _unfinished(found, frame, newest.recovery_point if newest else None)


def status_findings(status: Status, _: Frame, __: Facts) -> Iterator[HealthFinding]:
    """Tell what `rebound status` says: whether everything was shown to restore, and what is not held."""
    health = status.health_of_parts
    bad = health is not Health.HEALTHY
    mend, page = ("rebound status", "runbooks/README.md") if bad else ("", "")
    stand = Counter(map(stands, status.parts))
    counts = ", ".join(f"{stand[it]:,} {it}" for it in (*reversed(Health), NOT_SHOWN) if stand[it])
    what = f"of {counted(len(status.parts), 'part')}: {counts}" if counts else status.answer
    yield HealthFinding("proof", "", health, what, mend=mend, page=page)
    yield from held_findings(status)
    yield from (item for item in status.others if item.check == DECISIONS)


def fence_findings(
    standing: Sequence[FoundRecord[FenceRecord]], frame: Frame, _: Facts
) -> Iterator[HealthFinding]:
    """Judge the fences that stand: while one does, its writers are stopped."""
    for fence in standing:
        record = fence.record
        if record is None:
            yield HealthFinding(
                "fences",
                fence.name,
                Health.UNKNOWN,
                str(fence.error),
                mend="rebound fence --status",
            )
            continue
        late = is_late(record, frame.now, frame.most_fence_hours)
        seconds = (frame.now - record.fenced_at).total_seconds()
        yield HealthFinding(
            "fences",
            record.fence_id,
            Health.CRITICAL if late else Health.WARNING,
            f"{counted(len(record.writers), 'writer')} stopped for {age(seconds)}: {record.why}",
            mend=f"rebound thaw {record.fence_id}",
            page="runbooks/scenarios/complete-outage.md",
        )
    if not standing:
        yield HealthFinding("fences", "", Health.HEALTHY, "no fence stands")


def _missed(health: Health, what: str, run_id: str = "") -> HealthFinding:
    if health is Health.HEALTHY:
        return HealthFinding("backup", run_id, health, what)
    page = "runbooks/alerts/missed-backup.md"
    return HealthFinding("backup", run_id, health, what, mend="rebound list", page=page)


def _damaged(found: Backups) -> Iterator[HealthFinding]:
    reasons = {
        run.run_id: run.reason for run in found.runs if run.state in ("damaged", "untrusted")
    }
    reasons |= {
        item.run_id: f"files are damaged: {listed(item.damaged)}"
        for item in found.verdicts
        if item.damaged
    }
    for run_id, reason in sorted(reasons.items()):
        yield HealthFinding(
            "runs",
            run_id,
            Health.CRITICAL,
            reason,
            mend=f"rebound verify {run_id}",
            page="runbooks/alerts/damaged-backup.md",
        )


def _unfinished(found: Backups, frame: Frame, newest: datetime | None) -> Iterator[HealthFinding]:
    """Tell of runs since the newest complete one that are not complete."""
    for run in found.runs:
        point = run.recovery_point
        if run.state != "partial" or point is None or (newest is not None and point <= newest):
            continue
        if frame.now - point < _UNDER_WAY and not run.failures:
            continue
        yield HealthFinding(
            "runs",
            run.run_id,
            Health.WARNING,
            run.reason,
            mend=f"rebound show {run.run_id}",
            page="runbooks/alerts/backup-failed.md",
        )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
