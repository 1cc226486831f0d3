"""SQL statements that work on a condition only, those of an undo, and those of a drill: of what it plants, and of what was written since. Pure."""

from collections.abc import Iterable

from manifests.fingerprint import compared_columns
from manifests.kinds.tables.model import generated_columns
from manifests.partitions import in_partitions, partition_filter
from manifests.sql import quoted
from manifests.values import Resource

_CHANGED = {
    "STRING": "CONCAT(IFNULL({0}, ''), '~')",
    "INTEGER": "IFNULL({0}, 0) + 1",
    "INT64": "IFNULL({0}, 0) + 1",
    "BOOLEAN": "NOT IFNULL({0}, FALSE)",
    "BOOL": "NOT IFNULL({0}, FALSE)",
}


def changeable_column(resource: Resource) -> str | None:
    """Return a column whose value can be changed to another without moving its row; None for none."""
    partitioned = (resource.get(key) or {} for key in ("timePartitioning", "rangePartitioning"))
    fixed = {*(item.get("field") for item in partitioned), *generated_columns(resource)}
    for field in resource["schema"]["fields"]:
        is_plain = field.get("mode") != "REPEATED" and not {"maxLength", "policyTags"} & set(field)
        if is_plain and field["type"] in _CHANGED and field["name"] not in fixed:
            return str(field["name"])
    return None


def copied(copy: str, table: str, *, over: bool = True) -> str:
    """Make a table a clone of another one, or of its undo point.

    Args:
        copy: Full id of the table.
        table: Full id of the other one.
        over: Whether it takes the place of what is there; else the statement fails where anything is.
    """
    how = "CREATE OR REPLACE TABLE" if over else "CREATE TABLE"
    return f"{how} {quoted(copy)} CLONE {quoted(table)}"


def renamed(table: str, name: str) -> str:
    """Give a table another name in its dataset (BigQuery, Manage tables).

    Args:
        table: Full id of the table.
        name: Its name from then on, without the dataset.
    """
    return f"ALTER TABLE {quoted(table)} RENAME TO {quoted(name)}"


def rows_since(table: str, before: str, resource: Resource) -> str:
    """Count the rows of a table that an earlier copy of it does not have; the answer's column is `more`.

    New rows count, and changed ones; where both have equal rows, how many more of them the table has. It
    reads a copy, because no query may read one table at two instants (BigQuery, Query syntax, FOR
    SYSTEM_TIME AS OF).

    Args:
        table: Full id of the table.
        before: Full id of a table that holds what it held.
        resource: Its resource; columns that it did not have then make the statement fail.
    """
    content = f"TO_JSON_STRING(STRUCT({', '.join(compared_columns(resource).values())})) AS content"
    chosen = partition_filter(resource)
    return (
        "SELECT IFNULL(SUM(GREATEST(now_rows - then_rows, 0)), 0) AS more FROM ("
        "SELECT COUNTIF(is_now) AS now_rows, COUNTIF(NOT is_now) AS then_rows FROM ("
        f"SELECT TRUE AS is_now, {content} FROM {quoted(table)} AS row_{chosen} UNION ALL "
        f"SELECT FALSE AS is_now, {content} FROM {quoted(before)} AS row_{chosen}) GROUP BY content)"
    )


def only_if(
    unchanged: str, script: str, table: str, resource: Resource, partitions: Iterable[str]
) -> str:
    """Write a script that does something to a table only while a condition holds, and fails else.

    The condition is looked at in the script's own transaction, which reads one state of the table;
    what somebody else changes meanwhile makes it fail, and what he adds stays (BigQuery,
    Multi-statement transactions).

    Args:
        unchanged: The condition, which fails by itself where it does not hold.
        script: A script of one transaction.
        table: Full id of the table.
        resource: Its resource.
        partitions: The partitions that the condition is about.
    """
    begin, where = "BEGIN TRANSACTION;", in_partitions(resource, partitions)
    looking = f"DELETE FROM {quoted(table)} AS row_ WHERE {where} AND NOT {unchanged};"
    return f"{begin} {looking}{script.removeprefix(begin)}"


def unfiltered(copy: str) -> str:
    """Let statements read a copy without a filter on its partitions."""
    return f"ALTER TABLE {quoted(copy)} SET OPTIONS(require_partition_filter = FALSE)"


def row_changed(copy: str, resource: Resource, column: str) -> str:
    """Change a value of one row, and of the rows that share it."""
    (kind,) = {field["type"] for field in resource["schema"]["fields"] if field["name"] == column}
    value, where = _CHANGED[kind].format(quoted(column)), _least(copy, column)
    return f"UPDATE {quoted(copy)} AS row_ SET {quoted(column)} = {value} WHERE {where}"


def row_dropped(copy: str, column: str) -> str:
    """Remove one row, and those that share its value."""
    return f"DELETE FROM {quoted(copy)} AS row_ WHERE {_least(copy, column)}"


def row_doubled(copy: str, resource: Resource, column: str) -> str:
    """Add a row that is there already, as a load that ran twice would."""
    columns = ", ".join(quoted(field["name"]) for field in resource["schema"]["fields"])
    select = f"SELECT {columns} FROM {quoted(copy)} AS row_ WHERE {_least(copy, column)} LIMIT 1"
    return f"INSERT INTO {quoted(copy)} ({columns}) {select}"


def _least(copy: str, column: str) -> str:
    """Return the condition of the rows that have the least value in a column, or none."""
    value = f"IFNULL(CAST({quoted(column)} AS STRING), '')"
    return f"{value} = (SELECT MIN({value}) FROM {quoted(copy)})"
