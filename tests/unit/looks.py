"""Facts of a platform, for tests of what is made of them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from manifests.catalog import load_catalog
from manifests.selection import RunSummary
from manifests.values import RunId
from recovery.health import Health, HealthFinding
from recovery.kinds.processors.rules.calendar import ScheduledGames
from recovery.ops.facts import Frame, QueryResult
from recovery.status.model import PartStatus, Status

CATALOG = load_catalog()
NOW = datetime(2026, 12, 4, 20, tzinfo=UTC)
"""The third of December is the last day that is due."""
SUMMER = datetime(2026, 8, 15, 20, tzinfo=UTC)
TABLES = {item.table.split(".")[1]: 5 for item in CATALOG.processors.processors[:9]}  # type: ignore[union-attr]


def frame(now: datetime = NOW, **changes: Any) -> Frame:  # noqa: ANN401 - any field
    """Return the light in which the platform's catalog judges."""
    operations = CATALOG.operations.model_copy(update=changes)
    return Frame(now, operations, CATALOG.processors)


def answer(*rows: Mapping[str, Any]) -> QueryResult:
    """Return an answer of these rows."""
    return QueryResult(
        columns=tuple(rows[0]) if rows else (),
        rows=tuple(tuple(row.values()) for row in rows),
        processed_bytes=1,
        billed_bytes=2,
        most_bytes=3,
    )


def day(**counts: int) -> QueryResult:
    """Return how many rows each table has of the day."""
    rows = ({"table_name": name, "row_count": counts.get(name, 5)} for name in TABLES)
    return answer(*rows)


def games(final: int, *, unknown: int = 0) -> dict[date, ScheduledGames]:
    """Return what the schedule says of the day."""
    return {date(2026, 12, 3): ScheduledGames(final=final, open=unknown)}


def run(name: str, hours: float, state: Any = "complete", **more: Any) -> RunSummary:  # noqa: ANN401 - fields
    """Return a run whose recovery point is some hours old."""
    point = NOW - timedelta(hours=hours)
    return RunSummary(run_id=RunId(name), state=state, recovery_point=point, reason="x", **more)


def status(health: Health, *others: HealthFinding) -> Status:
    """Return what `rebound status` tells of one part that stands so."""
    part = PartStatus(
        label="table nba.games", scenario="bigquery-dataset-loss", rpo_seconds=1, rto_seconds=1,
        health=health, proven="all", proven_at=NOW,
    )  # fmt: skip
    return Status(
        project="p", platform="nba", looked_at=NOW, answer="Yes: of 1 part all is well.",
        parts=(part,), others=others,
    )  # fmt: skip
