"""Which missed dates a backup holds, and in which partitions of which tables. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date

from manifests.catalog_processors import Processors
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.values import Value
from recovery.kinds.processors.rules.plan import ProcessorPlan


class TableDates(Value):
    """What a backup holds of the dates that one table lacks.

    Attributes:
        table: The table, `dataset.table`.
        held: The partitions with rows of these dates, by date.
        lacked: Dates of which the backup has no rows.
        why: Why it holds none of them at all; empty where it can.
    """

    table: str
    held: Mapping[date, str] = {}
    lacked: tuple[date, ...] = ()
    why: str = ""


def held_dates(plan: ProcessorPlan, rules: Processors, manifest: Manifest) -> Iterator[TableDates]:
    """Yield for each table that lacks dates what a backup holds of them.

    Args:
        plan: Which dates are to be brought back.
        rules: The catalog's processors.
        manifest: The backup.
    """
    tables = {table.name: table for table in manifest.tables}
    for processor in rules.processors:
        wanted = plan.step(processor.name).runs
        if not wanted:
            continue
        table = tables.get(processor.table)
        if table is None:
            why = "the run holds no backup of the table"
        elif not _is_by_date(table, processor.date_column):
            why = f"the table is not partitioned by the day of {processor.date_column}"
        else:
            yield _held(table, wanted)
            continue
        yield TableDates(table=processor.table, lacked=wanted, why=why)


def _is_by_date(table: TableBackup, column: str) -> bool:
    by_time = table.resource.get("timePartitioning") or {}
    return by_time.get("type") == "DAY" and by_time.get("field") == column


def _held(table: TableBackup, wanted: tuple[date, ...]) -> TableDates:
    known = {item.partition_id for item in table.partitions if item.fingerprint.row_count}
    ids = {day: f"{day:%Y%m%d}" for day in wanted}
    return TableDates(
        table=table.name,
        held={day: name for day, name in ids.items() if name in known},
        lacked=tuple(day for day, name in ids.items() if name not in known),
    )
