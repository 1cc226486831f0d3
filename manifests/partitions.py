"""Partitions in statements: the id of a row's partition, and which rows partitions hold. Pure.

The ids are BigQuery's own (BigQuery, Introduction to partitioned tables). A condition that chooses
partitions also bounds the bare column, because only such a bound makes BigQuery read less than the
whole table (BigQuery, Query partitioned tables).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from manifests.errors import SourceUnreadableError
from manifests.sql import literal, moment, quoted
from manifests.values import Resource

WHOLE_TABLE = "__ALL__"
"""The partition id of a table without partitions."""
NULL_PARTITION = "__NULL__"
OUTSIDE_PARTITION = "__UNPARTITIONED__"

_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
# What is earlier or later has no partition of its own, so that a year always has four digits here;
# in GoogleSQL %Y does not pad.
_FIRST, _AFTER = datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_KINDS = ("DATE", "DATETIME", "TIMESTAMP")
_LONGEST_DAYS = {"MONTH": 31, "YEAR": 366}


def partition_expression(resource: Resource) -> str:
    """Return the expression that gives a row's partition id, as BigQuery names partitions."""
    if by_time := resource.get("timePartitioning"):
        return _time_expression(resource, _FORMATS[by_time.get("type", "DAY")])
    if by_range := resource.get("rangePartitioning"):
        column = _column(resource)
        start, _, width = _range(by_range)
        return (
            f"CASE WHEN {column} IS NULL THEN '{NULL_PARTITION}' "
            f"WHEN {_outside(resource)} THEN '{OUTSIDE_PARTITION}' "
            f"ELSE CAST({start} + DIV({column} - {start}, {width}) * {width} AS STRING) END"
        )
    return f"'{WHOLE_TABLE}'"


def in_partitions(resource: Resource, partitions: Iterable[str], *, negated: bool = False) -> str:
    """Return the condition that chooses the rows, of `row_`, of some partitions; or all others.

    It is filter enough for a table that demands one, unless it is negated.

    Raises:
        SourceUnreadableError: An id names no partition of the table.
    """
    names = tuple(partitions)
    if not names:
        return "TRUE" if negated else "FALSE"
    listed = ", ".join(map(literal, names))
    chosen = f"{partition_expression(resource)} {'NOT IN' if negated else 'IN'} ({listed})"
    bounds = "" if negated else " OR ".join(_bounds(resource, names))
    return f"({bounds}) AND {chosen}" if bounds else chosen


def partition_time(resource: Resource, partition_id: str) -> str:
    """Return the expression for `_PARTITIONTIME` of the rows of one partition."""
    if partition_id == OUTSIDE_PARTITION:
        return "CAST(NULL AS TIMESTAMP)"
    start, _ = period_of(resource["timePartitioning"], partition_id)
    return moment("TIMESTAMP", start)


def demands_filter(resource: Resource) -> bool:
    """Whether the table refuses a query that does not filter its partitions."""
    by_time = resource.get("timePartitioning") or {}
    return bool(resource.get("requirePartitionFilter") or by_time.get("requirePartitionFilter"))


def partition_filter(resource: Resource) -> str:
    """Return a WHERE that reads every row where the table demands a filter, else nothing."""
    condition = every_partition(resource)
    return f" WHERE {condition}" if condition else ""


def every_partition(resource: Resource) -> str:
    """Return a condition that holds for every row, of `row_`, where the table demands a filter, else nothing."""
    if not demands_filter(resource):
        return ""
    least = (
        "-9223372036854775808"
        if resource.get("rangePartitioning")
        else moment(_kind(resource), _EARLIEST)
    )
    column = _column(resource)
    return f"{column} IS NULL OR {column} >= {least}"


def is_ingestion_time(resource: Resource) -> bool:
    """Whether the table is partitioned by arrival, so that no column holds the partition."""
    by_time = resource.get("timePartitioning")
    return by_time is not None and not by_time.get("field")


def period_of(by_time: Resource, partition_id: str) -> tuple[datetime, datetime]:
    """Return when a time partition begins, and when the next one does.

    Raises:
        OverflowError: The next one is beyond the last year that Python knows.
        ValueError: The id names no partition of that length.
    """
    unit = by_time.get("type", "DAY")
    start = datetime.strptime(partition_id, _FORMATS[unit]).replace(tzinfo=UTC)
    if unit in _LONGEST_DAYS:
        after = start + timedelta(days=_LONGEST_DAYS[unit])
        return start, after.replace(day=1) if unit == "MONTH" else after.replace(month=1, day=1)
    return start, start + (timedelta(hours=1) if unit == "HOUR" else timedelta(days=1))


def _time_expression(resource: Resource, layout: str) -> str:
    column, kind = _column(resource), _kind(resource)
    zone = ", 'UTC'" if kind == "TIMESTAMP" else ""
    text = f"FORMAT_{kind}('{layout}', {column}{zone})"
    if is_ingestion_time(resource):
        return f"IFNULL({text}, '{OUTSIDE_PARTITION}')"
    return (
        f"CASE WHEN {column} IS NULL THEN '{NULL_PARTITION}' "
        f"WHEN {_outside(resource)} THEN '{OUTSIDE_PARTITION}' ELSE {text} END"
    )


def _bounds(resource: Resource, names: tuple[str, ...]) -> Iterator[str]:
    """Yield conditions on the bare column, one of which every row of these partitions meets."""
    if not (resource.get("timePartitioning") or resource.get("rangePartitioning")):
        return
    column = _column(resource)
    addressable = [name for name in names if name not in (NULL_PARTITION, OUTSIDE_PARTITION)]
    if addressable:
        first, after = _extent(resource, addressable)
        yield f"{column} >= {first} AND {column} < {after}"
    if NULL_PARTITION in names or (OUTSIDE_PARTITION in names and is_ingestion_time(resource)):
        yield f"{column} IS NULL"
    if OUTSIDE_PARTITION in names and not is_ingestion_time(resource):
        yield _outside(resource)


def _extent(resource: Resource, names: list[str]) -> tuple[str, str]:
    try:
        if by_time := resource.get("timePartitioning"):
            periods = [period_of(by_time, name) for name in names]
            kind = _kind(resource)
            return moment(kind, min(periods)[0]), moment(kind, max(periods)[1])
        _, end, width = _range(resource["rangePartitioning"])
        # The last partition can be narrower; the next bound would be no 64-bit number.
        return str(min(map(int, names))), str(min(max(map(int, names)) + width, end))
    except (OverflowError, ValueError) as error:
        raise SourceUnreadableError(f"not ids of its partitions: {names}") from error


def _outside(resource: Resource) -> str:
    column = _column(resource)
    if by_range := resource.get("rangePartitioning"):
        start, end, _ = _range(by_range)
        return f"{column} < {start} OR {column} >= {end}"
    first, after = (moment(_kind(resource), at) for at in (_FIRST, _AFTER))
    return f"{column} < {first} OR {column} >= {after}"


def _range(by_range: Resource) -> tuple[int, int, int]:
    start, end, width = (int(by_range["range"][name]) for name in ("start", "end", "interval"))
    return start, end, width


def _column(resource: Resource) -> str:
    partitioning = resource.get("timePartitioning") or resource["rangePartitioning"]
    return f"row_.{quoted(partitioning.get('field') or '_PARTITIONTIME')}"


def _kind(resource: Resource) -> str:
    name = resource["timePartitioning"].get("field")
    if not name:
        return "TIMESTAMP"
    for field in resource["schema"]["fields"]:
        if field["name"].lower() == name.lower() and field["type"] in _KINDS:
            return str(field["type"])
    raise SourceUnreadableError(f"the partitioning column {name} is no time of the schema")
