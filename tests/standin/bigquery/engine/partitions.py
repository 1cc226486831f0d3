"""Partitions: their ids, and which rows belong to one."""

import datetime as dt
import re

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.rows import IS_LIVE, PARTITION_TIME
from tests.standin.bigquery.engine.types import duckdb_type, literal, quoted
from tests.standin.bigquery.errors import invalid, invalid_query

NULL = "__NULL__"
OUTSIDE = "__UNPARTITIONED__"
MOST_PARTITIONS = 4000
_MOST_OF_A_TABLE = 10_000
_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
_FIRST_YEAR, _LAST_YEAR = 1960, 2159
_DIGITS = {"HOUR": 10, "DAY": 8, "MONTH": 6, "YEAR": 4}


def is_partitioned(resource: Resource) -> bool:
    """Whether a table has partitions."""
    return bool(resource.get("timePartitioning") or resource.get("rangePartitioning"))


def unit_of(resource: Resource) -> str:
    """Return the length of a time partition: HOUR, DAY, MONTH or YEAR."""
    return str(resource["timePartitioning"].get("type", "DAY"))


def partition_column(entry: Entry) -> tuple[str, str]:
    """Return the column that decides a row's partition, quoted, and its DuckDB type."""
    by = entry.resource.get("timePartitioning") or entry.resource["rangePartitioning"]
    if not by.get("field"):
        return PARTITION_TIME, "TIMESTAMP WITH TIME ZONE"
    field = next(it for it in entry.fields if it["name"].lower() == by["field"].lower())
    return quoted(field["name"]), duckdb_type(field)


def partition_expression(entry: Entry) -> str:
    """Return the DuckDB expression of a row's partition id; NULL where there are none."""
    resource = entry.resource
    if by_time := resource.get("timePartitioning"):
        column = quoted(by_time["field"]) if by_time.get("field") else PARTITION_TIME
        missing = NULL if by_time.get("field") else OUTSIDE
        # What is earlier or later has no partition of its own (Introduction to partitioned tables).
        return (
            f"CASE WHEN {column} IS NULL THEN {literal(missing)} "
            f"WHEN year({column}) < {_FIRST_YEAR} OR year({column}) > {_LAST_YEAR} "
            f"THEN {literal(OUTSIDE)} "
            f"ELSE strftime({column}, {literal(_FORMATS[unit_of(resource)])}) END"
        )
    if by_range := resource.get("rangePartitioning"):
        start, end, width = (int(by_range["range"][name]) for name in ("start", "end", "interval"))
        column = quoted(by_range["field"])
        return (
            f"CASE WHEN {column} IS NULL THEN '{NULL}' "
            f"WHEN {column} < {start} OR {column} >= {end} THEN '{OUTSIDE}' "
            f"ELSE ({start} + ({column} - {start}) // {width} * {width})::VARCHAR END"
        )
    return "NULL::VARCHAR"


def check_partition(resource: Resource, partition_id: str, subject: str) -> None:
    """Refuse an id that names no partition of a table.

    Raises:
        BigQueryError: The table is not partitioned, or the id is not in its form.
    """
    if not is_partitioned(resource):
        raise invalid(f"Cannot use a partition decorator: table {subject} is not partitioned")
    if partition_id in (NULL, OUTSIDE):
        return
    by_range = resource.get("rangePartitioning")
    if not (_is_range(by_range, partition_id) if by_range else _is_time(resource, partition_id)):
        raise invalid(f"Invalid partition id {partition_id} for table {subject}")


def _is_range(by_range: Resource, partition_id: str) -> bool:
    """Whether an id is the start of a range, in the form that BigQuery writes it."""
    start, end, width = (int(by_range["range"][name]) for name in ("start", "end", "interval"))
    if not re.fullmatch(r"-?\d+", partition_id) or str(int(partition_id)) != partition_id:
        return False
    return start <= int(partition_id) < end and (int(partition_id) - start) % width == 0


def _is_time(resource: Resource, partition_id: str) -> bool:
    """Whether an id is a date that has a partition, with as many digits as it takes."""
    unit = unit_of(resource)
    if not re.fullmatch(rf"\d{{{_DIGITS[unit]}}}", partition_id):
        return False
    try:
        found = dt.datetime.strptime(partition_id, _FORMATS[unit])  # noqa: DTZ007 - only its year
    except ValueError:
        return False
    return _FIRST_YEAR <= found.year <= _LAST_YEAR


def check_spread(
    write: Write, entry: Entry, select: str, columns: str, rows: int = MOST_PARTITIONS + 1
) -> None:
    """Refuse a job that changes more partitions than one may, or that a table has.

    The limits are in Quotas and limits, Partitioned tables; the words of the second are a guess.

    Args:
        write: The change.
        entry: The table.
        select: The rows, in DuckDB's SQL.
        columns: The names of its columns.
        rows: How many there are, written already; few rows need no look.

    Raises:
        BigQueryError: There are too many.
    """
    if not is_partitioned(entry.resource):
        return
    if int(entry.resource.get("numRows", 0)) + rows > _MOST_OF_A_TABLE:
        _check_partitions(write, entry)
    if rows <= MOST_PARTITIONS:
        return
    counted = (
        f"SELECT count(DISTINCT {partition_expression(entry)}) FROM ({select}) AS new({columns})"
    )
    ((found,),) = write.execute(counted)
    if found > MOST_PARTITIONS:
        raise invalid_query(
            f"Too many partitions produced by query, allowed {MOST_PARTITIONS}, query produces at "
            f"least {found} partitions"
        )


def _check_partitions(write: Write, entry: Entry) -> None:
    ((found,),) = write.execute(
        f"SELECT count(DISTINCT {partition_expression(entry)}) FROM {entry.rows.name} WHERE {IS_LIVE}"
    )
    if found > _MOST_OF_A_TABLE:
        raise invalid(
            f"Table {entry.full_name} would have {found} partitions, more than {_MOST_OF_A_TABLE}"
        )


def belongs(entry: Entry, partition_id: str) -> str:
    """Return the condition of the rows of a partition."""
    return f"{partition_expression(entry)} = {literal(partition_id)}"


def partition_time(resource: Resource, partition_id: str) -> str:
    """Return the `_PARTITIONTIME` of the rows of a partition, in DuckDB's SQL."""
    if partition_id in (NULL, OUTSIDE):
        return "NULL::TIMESTAMPTZ"
    layout = _FORMATS[unit_of(resource)]
    return f"strptime({literal(partition_id)}, {literal(layout)})::TIMESTAMPTZ"


def arrival_time(resource: Resource, stamp: int) -> str:
    """Return the `_PARTITIONTIME` of rows that arrive at an instant (us)."""
    return f"date_trunc({literal(unit_of(resource))}, make_timestamptz({stamp}))"
