"""What became of each recovery that was begun: one word, everywhere. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from manifests.values import UtcTime, Value
from recovery.document import (
    Column,
    Document,
    Facts,
    Paragraph,
    Row,
    Rows,
    Section,
    Table,
)
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import AbandonedRecovery, PlannedRecovery
from recovery.report.conclusion import RecoveryState
from recovery.units import age, counted, duration, printable, shown

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
            shown(item.detail),
        )
        for item in standings
    )
    return Document((Section((Table(_COLUMNS, rows),)),))


def progress_document(
    planned: PlannedRecovery,
    done: DoneSoFar,
    *,
    now: datetime,
    abandoned: AbandonedRecovery | None = None,
) -> Document:
    """Tell how far a recovery is that no attempt has ended.

    Args:
        planned: What was said yes to.
        done: What its journal tells.
        now: The present instant.
        abandoned: That somebody closed it before it had ended; None when nobody did.
    """
    since = duration((now - planned.started_at).total_seconds())
    state = "under way" if abandoned is None else "abandoned"
    begun = Facts((("begun", f"{planned.started_at:%Y-%m-%d %H:%M:%S} UTC, {since} ago"),))
    closed = () if abandoned is None else (Paragraph(abandoned_text(abandoned)),)
    return Document(
        title=f"recovery {planned.recovery_id}: {planned.plan.request.scenario}, {state}",
        sections=(
            Section((begun,)),
            Section((Rows(tuple(_so_far(planned, done)), "so far"), *closed), "How far it is"),
        ),
    )


def _so_far(planned: PlannedRecovery, done: DoneSoFar) -> Iterator[Row]:
    plan = planned.plan
    tables = {item.name: item for item in done.tables}
    databases = {item.into for item in done.databases}
    for step in plan.of(TableStep):
        item = tables.get(step.name)
        if item is not None:
            rows = counted(item.rows, "row")
            yield Row(f"{step.name}  ({item.action}, {rows})", "published")
        elif step.action != "leave":
            yield Row(f"{step.name}  ({step.action})", "waiting")
    for bucket in plan.of(BucketStep):
        objects = counted(done.restored_objects.get(bucket.name, 0), "object")
        yield Row(f"bucket {bucket.into}  ({objects} so far)", "restored")
    for database in plan.of(DatabaseStep):
        word = "proven" if database.into in databases else "waiting"
        yield Row(f"database {database.into}", word)


def abandoned_text(abandoned: AbandonedRecovery) -> str:
    """Write that a recovery was closed, and why."""
    return f"abandoned {abandoned.abandoned_at:%Y-%m-%d %H:%M} UTC: {printable(abandoned.why)}"
