"""Writes the state of each recovery, and how far one is that has not ended. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from manifests.values import UtcTime, Value
from recovery.document import (
    Column,
    Conclusion,
    Document,
    FactLine,
    Paragraph,
    Rows,
    Section,
    Table,
)
from recovery.fence.model import StandingFence
from recovery.kinds.known import RULES
from recovery.kinds.told import SoFar
from recovery.outcome import AbandonedRecovery, PlannedRecovery
from recovery.plan.said import resuming
from recovery.report.conclusion import RecoveryState
from recovery.report.fenced import paused_section
from recovery.units import age, duration, printable, shown

_COLUMNS = (
    Column("recovery"),
    Column("state", "right"),
    Column("begun (UTC)", "right"),
    Column("age", "right"),
    Column(""),
)


class Standing(Value):
    """What became of one recovery.

    Attributes:
        recovery_id: Its id.
        started_at: When it began.
        state: Its state.
        detail: What failed, what differs, or why it was abandoned; empty where there is nothing to say.
        wrote_at: When its journal was last written; None where that was not looked up.
    """

    recovery_id: str
    started_at: UtcTime
    state: RecoveryState
    detail: str = ""
    wrote_at: UtcTime | None = None

    @property
    def is_open(self) -> bool:
        """Whether `rebound resume` continues it."""
        return self.state in ("under way", "partial", "not equal")


def standings_document(standings: Sequence[Standing], *, now: datetime) -> Document:
    """Tell of each recovery what became of it.

    Args:
        standings: The recoveries, in order.
        now: The present instant.
    """
    rows = tuple(
        (
            item.recovery_id,
            item.state,
            f"{item.started_at:%Y-%m-%d %H:%M}",
            age((now - item.started_at).total_seconds()),
            shown(item.detail) if item.detail or not item.wrote_at else _silent(item, now),
        )
        for item in standings
    )
    return Document((Section((Table(_COLUMNS, rows),), "Recoveries"),))


def _silent(item: Standing, now: datetime) -> str:
    told = since_text(item.wrote_at, now=now)
    return f"or interrupted: {told}; `rebound report {item.recovery_id}` says how to go on"


def since_text(wrote_at: datetime | None, *, now: datetime) -> str:
    """Say how long ago a journal was last written: only that tells whether somebody is at a recovery."""
    if wrote_at is None:
        return "nobody knows when it wrote something down last"
    return f"it wrote something down last {duration((now - wrote_at).total_seconds())} ago"


def so_far_of(
    planned: PlannedRecovery, entries: Callable[[str, type[Any]], Sequence[Any]]
) -> tuple[SoFar, ...]:
    """Tell of every kind how far its recovery is, by the entries of the journal.

    Args:
        planned: The plan that the operator agreed to.
        entries: Reads the entries of a folder of its journal.
    """
    told = []
    for rules in RULES:
        steps = rules.of(planned.plan.steps)
        folders = rules.journalled(steps)
        told.append(rules.so_far(steps, {name: entries(name, folders[name]) for name in folders}))
    return tuple(told)


def progress_document(
    planned: PlannedRecovery,
    so_far: Sequence[SoFar],
    *,
    now: datetime,
    abandoned: AbandonedRecovery | None = None,
    wrote_at: datetime | None = None,
    fences: Sequence[StandingFence] = (),
) -> Document:
    """Tell how far a recovery is that no attempt has ended.

    Args:
        planned: The plan that the operator agreed to.
        so_far: How far each kind is.
        now: The present instant.
        abandoned: The record that somebody closed it; None when nobody did.
        wrote_at: When its journal was last written; None where nobody knows.
        fences: The fences of the recovery: of one that was closed, nothing else ends those that stand.
    """
    since = duration((now - planned.started_at).total_seconds())
    state = "under way or interrupted" if abandoned is None else "abandoned"
    told = f"{planned.started_at:%Y-%m-%d %H:%M:%S} UTC, {since} ago"
    if abandoned is None:
        told += f"; {since_text(wrote_at, now=now)}"
    begun = FactLine((("begun", told),))
    closed = () if abandoned is None else (Paragraph(abandoned_text(abandoned)),)
    rows = tuple(row for item in so_far for row in item.rows)
    return Document(
        title=f"recovery {planned.recovery_id}: {planned.plan.request.scenario}, {state}",
        conclusion=Conclusion(state, hint="" if abandoned else _going_on(planned)),
        sections=(
            Section((begun,)),
            Section((Rows(rows, "so far"), *closed), "How far it is"),
            *(paused_section(planned.plan.fence, fences) if abandoned else ()),
        ),
    )


def _going_on(planned: PlannedRecovery) -> str:
    """Say how to go on with a recovery that may be under way, and how to close it."""
    name = planned.recovery_id
    return (
        f"if nobody is at it any more, it was interrupted: `{resuming(name, planned.plan)}` goes on, "
        f"`rebound abandon {name} --why ...` closes it"
    )


def abandoned_text(abandoned: AbandonedRecovery) -> str:
    """Write that a recovery was closed, and why."""
    return f"abandoned {abandoned.abandoned_at:%Y-%m-%d %H:%M} UTC: {printable(abandoned.why)}"
