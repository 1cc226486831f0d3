"""Decides which rows that processors wrote can go back: those that nobody else wrote. Pure.

What they left is measured when everything was run. Where what writes by itself was not paused from before
the first attempt until then, rows of others are among what was measured, and nothing goes back.
"""

from collections.abc import Collection, Iterable
from datetime import date

from manifests.catalog import Catalog
from manifests.kinds.tables.model import TableBackup
from manifests.shapes import inner
from manifests.values import Resource, UtcTime, Value
from recovery.kinds.processors.rules.plan import ProcessorPlan


class DatesAttempt(Value):
    """What was paused when an attempt began to run dates.

    Attributes:
        at: When it began.
        is_fenced: Whether it ran nothing, or everything was paused that the catalog says writes.
        fences: The ids of the recovery's fences that stood.
    """

    at: UtcTime
    is_fenced: bool
    fences: tuple[str, ...] = ()


class DatesLeft(Value):
    """What tables held when processors had run again.

    Attributes:
        at: When everything was run.
        fences: The ids of the recovery's fences that stood then.
    """

    at: UtcTime
    tables: tuple[TableBackup, ...]
    fences: tuple[str, ...] = ()


def is_fenced(plan: ProcessorPlan) -> bool:
    """Whether a plan runs nothing, or pauses everything first that the catalog says writes."""
    fence = plan.fence
    return not plan.written or not (fence is None or fence.is_left_out or fence.despite)


def mixed(
    plans: Iterable[ProcessorPlan], attempts: Collection[DatesAttempt], left: DatesLeft
) -> str:
    """Return why rows of others may be among what a recovery left; empty where they are not.

    The undo point is from before the first attempt. What is paused meanwhile stays so, unless a fence
    was thawed, or a writer was found that ran until then: the fences that stand are others then.

    Args:
        plans: What is known of what was run.
        attempts: Every attempt.
        left: What the last one left.
    """
    if not attempts:
        return "nothing says whether others could write meanwhile"
    if not all((*map(is_fenced, plans), *(it.is_fenced for it in attempts))):
        return "writers ran meanwhile, so that its rows cannot be told from theirs"
    if any(it.fences != left.fences for it in attempts):
        return "writers ran between its attempts, so that its rows cannot be told from theirs"
    return ""


def is_by_date(resource: Resource, table: str, catalog: Catalog) -> bool:
    """Whether the ids of a table's partitions are dates of what processors write there.

    Args:
        resource: The table.
        table: Its name, `dataset.table`.
        catalog: Says by which column each processor tells dates.
    """
    field = inner(resource, "timePartitioning").get("field")
    processors = catalog.processors.processors if catalog.processors else ()
    columns = {item.date_column for item in processors if item.table == table}
    return field is not None and columns == {field}


def may_hold(partition: str, days: Iterable[date]) -> bool:
    """Whether a partition may hold rows of some dates: what others wrote elsewhere is not undone.

    One of a day, an hour, a month or a year is told by its id (BigQuery, Introduction to partitioned
    tables); of any other nobody knows.

    Args:
        partition: Its id.
        days: The dates.
    """
    if not (partition.isdigit() and len(partition) in (4, 6, 8, 10)):
        return True
    return any(f"{day:%Y%m%d}".startswith(partition[:8]) for day in days)
