"""What became of each recovery that was begun: one word, everywhere. Pure: text from values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from manifests.errors import NotEqualError, PartialError
from manifests.model import UtcTime, Value
from recovery.grid import Row, grid
from recovery.outcome import (
    AbandonedRecovery,
    DatabaseOutcome,
    PlannedRecovery,
    RecoveryReport,
    TableOutcome,
)
from recovery.report import outcome_error
from recovery.units import age, as_text, counted, duration, printable, shown

RecoveryState = Literal[
    "under way", "partial", "not equal", "proven", "late", "abandoned", "damaged"
]
"""What became of a recovery.

    under way  no attempt at it has ended: somebody is at it, or it was interrupted
    partial    something could not be recovered; `rebound resume` continues it
    not equal  recovered, and not equal to the recovery point
    proven     everything is proven
    late       everything is proven, and an objective was missed
    abandoned  an operator closed it
    damaged    its journal cannot be read
"""

_HEADER = Row("recovery", ("state", "begun (UTC)", "age"))


class Standing(Value):
    """What became of one recovery.

    Attributes:
        detail: What is told of the state: what failed, what differs, why it was abandoned.
    """

    recovery_id: str
    started_at: UtcTime
    state: RecoveryState
    detail: str = ""

    @property
    def is_open(self) -> bool:
        """Whether `rebound resume` continues it."""
        return self.state in ("under way", "partial", "not equal")


class DoneSoFar(Value):
    """What the journal of a recovery tells while it is under way."""

    tables: tuple[TableOutcome, ...] = ()
    databases: tuple[DatabaseOutcome, ...] = ()
    restored_objects: Mapping[str, int] = {}


def state_of(
    ended: RecoveryReport | None, abandoned: AbandonedRecovery | None
) -> tuple[RecoveryState, str]:
    """Return what became of a recovery, and what is told of that.

    Args:
        ended: The report, or that of the last attempt; None when no attempt has ended.
        abandoned: Who closed it is told in why.
    """
    error = None if ended is None else outcome_error(ended)
    if ended is not None and ended.is_proven:
        return ("proven", "") if error is None else ("late", error.message)
    if abandoned is not None:
        return "abandoned", abandoned.why
    if isinstance(error, NotEqualError):
        return "not equal", error.message
    return ("partial", error.message) if isinstance(error, PartialError) else ("under way", "")


def standings_text(standings: Sequence[Standing], *, now: datetime, columns: int | None) -> str:
    """Write a table of recoveries.

    Args:
        standings: The recoveries, in order.
        now: The present instant.
        columns: The width of the terminal; None for any.
    """
    rows = [
        Row(
            item.recovery_id,
            (
                item.state,
                f"{item.started_at:%Y-%m-%d %H:%M}",
                age((now - item.started_at).total_seconds()),
            ),
            shown(item.detail),
        )
        for item in standings
    ]
    return as_text(grid(_HEADER, rows, columns=columns))


def progress_text(
    planned: PlannedRecovery, done: DoneSoFar, *, now: datetime, is_closed: bool = False
) -> str:
    """Write how far a recovery is that no attempt has ended.

    Args:
        planned: What was said yes to.
        done: What its journal tells.
        now: The present instant.
        is_closed: Whether somebody closed it before it had ended.
    """
    plan = planned.plan
    since = duration((now - planned.started_at).total_seconds())
    state = "abandoned" if is_closed else "under way"
    tables = {item.table: item for item in done.tables}
    databases = {item.into for item in done.databases}
    lines = [
        f"recovery {planned.recovery_id}: {plan.request.scenario}, {state}",
        f"begun {planned.started_at:%Y-%m-%d %H:%M:%S} UTC, {since} ago",
        "",
    ]
    for step in plan.tables:
        item = tables.get(step.table)
        if item is not None:
            lines.append(f"  published  {step.table}  ({item.action}, {counted(item.rows, 'row')})")
        elif step.action != "leave":
            lines.append(f"  waiting    {step.table}  ({step.action})")
    lines += [
        f"  restored   bucket {step.target}  "
        f"({counted(done.restored_objects.get(step.bucket, 0), 'object')} so far)"
        for step in plan.buckets
    ]
    lines += [
        f"  {'proven' if step.into in databases else 'waiting':<9}  database {step.into}"
        for step in plan.databases
    ]
    return as_text(lines)


def abandoned_text(abandoned: AbandonedRecovery) -> str:
    """Write that a recovery was closed, and why."""
    return f"abandoned {abandoned.abandoned_at:%Y-%m-%d %H:%M} UTC: {printable(abandoned.why)}"
