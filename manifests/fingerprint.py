"""Which statement measures a table's content, and how its answers are compared.

One statement counts and fingerprints every partition of a table or of a frozen copy of it. The same
statement on equal rows gives the same values in the same SQL engine; values of different engines
are never compared.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from manifests.errors import SourceUnreadableError
from manifests.model import WHOLE_TABLE, Fingerprint, Resource

NULL_PARTITION = "__NULL__"
OUTSIDE_PARTITION = "__UNPARTITIONED__"

_LOW_MASK = 0xFFFFFFFF
_TIME_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
_FORMATTERS = {
    "DATE": "FORMAT_DATE",
    "DATETIME": "FORMAT_DATETIME",
    "TIMESTAMP": "FORMAT_TIMESTAMP",
}
_EARLIEST = {
    "DATE": "DATE '0001-01-01'",
    "DATETIME": "DATETIME '0001-01-01 00:00:00'",
    "TIMESTAMP": "TIMESTAMP '0001-01-01 00:00:00+00'",
}
EMPTY = Fingerprint(row_count=0, xor=0, low_sum=0, high_sum=0)


def quoted(name: str) -> str:
    """Quote an identifier for GoogleSQL.

    Raises:
        SourceUnreadableError: The name holds a character that could end the quotation.
    """
    if "`" in name or "\\" in name or "\n" in name:
        raise SourceUnreadableError("cannot be quoted in a statement", subject=repr(name))
    return f"`{name}`"


def fingerprint_sql(reference: str, resource: Resource) -> str:
    """Write the statement that counts and fingerprints every partition.

    Args:
        reference: Full table id, `project.dataset.table`.
        resource: The table's resource; its schema and partitioning shape the statement.

    Returns:
        A SELECT with the columns partition_id, row_count, xor, low_sum and high_sum.
    """
    fields = sorted(resource["schema"]["fields"], key=lambda field: str(field["name"]))
    # No column can be called row_ and shadow the row: BigQuery refuses nothing here, so the check
    # would shrink to that column without a word.
    columns = ", ".join(
        f"{_comparable('row_.' + quoted(field['name']), field)} AS {quoted(field['name'])}"
        for field in fields
    )
    return (
        "SELECT partition_id, COUNT(*) AS row_count, BIT_XOR(row_hash) AS `xor`, "
        f"SUM(row_hash & {_LOW_MASK}) AS low_sum, SUM((row_hash >> 32) & {_LOW_MASK}) AS high_sum "
        f"FROM (SELECT {partition_expression(resource)} AS partition_id, "
        f"FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({columns}))) AS row_hash "
        f"FROM {quoted(reference)} AS row_{partition_filter(resource)}) GROUP BY partition_id"
    )


def partition_expression(resource: Resource) -> str:
    """Return the expression that gives a row's partition id, as BigQuery names partitions."""
    if by_time := resource.get("timePartitioning"):
        return _time_partition(by_time, resource)
    if by_range := resource.get("rangePartitioning"):
        column = f"row_.{quoted(by_range['field'])}"
        start, end = int(by_range["range"]["start"]), int(by_range["range"]["end"])
        width = int(by_range["range"]["interval"])
        return (
            f"CASE WHEN {column} IS NULL THEN '{NULL_PARTITION}' "
            f"WHEN {column} < {start} OR {column} >= {end} THEN '{OUTSIDE_PARTITION}' "
            f"ELSE CAST({start} + DIV({column} - {start}, {width}) * {width} AS STRING) END"
        )
    return f"'{WHOLE_TABLE}'"


def partition_time(resource: Resource, partition_id: str) -> str:
    """Return the expression for `_PARTITIONTIME` of the rows of one partition."""
    if partition_id == OUTSIDE_PARTITION:
        return "CAST(NULL AS TIMESTAMP)"
    layout = _TIME_FORMATS[resource["timePartitioning"].get("type", "DAY")]
    return f"PARSE_TIMESTAMP('{layout}', '{partition_id}', 'UTC')"


def demands_filter(resource: Resource) -> bool:
    """Whether the table refuses a query that does not filter its partitions."""
    by_time = resource.get("timePartitioning") or {}
    return bool(resource.get("requirePartitionFilter") or by_time.get("requirePartitionFilter"))


def partition_filter(resource: Resource) -> str:
    """Return a WHERE that reads every row where the table demands a filter, else nothing."""
    if not demands_filter(resource):
        return ""
    by_time = resource.get("timePartitioning") or {}
    if by_range := resource.get("rangePartitioning"):
        column = f"row_.{quoted(by_range['field'])}"
        return f" WHERE {column} IS NULL OR {column} >= -9223372036854775808"
    name = by_time.get("field")
    column = f"row_.{quoted(name or '_PARTITIONTIME')}"
    kind = _field_type(resource, name) if name else "TIMESTAMP"
    return f" WHERE {column} IS NULL OR {column} >= {_EARLIEST[kind]}"


def guarded(resource: Resource, condition: str) -> str:
    """Return a condition with what the table demands beside it, for a WHERE."""
    needed = partition_filter(resource).removeprefix(" WHERE ")
    return f"({needed}) AND {condition}" if needed else condition


def partitions_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Fingerprint]:
    """Read the statement's answer: a fingerprint for each partition id."""
    return {
        str(row["partition_id"]): Fingerprint(
            row_count=int(row["row_count"]),
            xor=int(row["xor"] or 0),
            low_sum=int(row["low_sum"] or 0),
            high_sum=int(row["high_sum"] or 0),
        )
        for row in rows
    }


def combined(parts: Iterable[Fingerprint]) -> Fingerprint:
    """Return the fingerprint of all the rows of several disjoint sets together."""
    total = EMPTY
    for part in parts:
        total = Fingerprint(
            row_count=total.row_count + part.row_count,
            xor=total.xor ^ part.xor,
            low_sum=total.low_sum + part.low_sum,
            high_sum=total.high_sum + part.high_sum,
        )
    return total


def is_ingestion_time(resource: Resource) -> bool:
    """Whether the table is partitioned by arrival, so that no column holds the partition."""
    by_time = resource.get("timePartitioning")
    return by_time is not None and not by_time.get("field")


def _time_partition(by_time: Resource, resource: Resource) -> str:
    layout = _TIME_FORMATS[by_time.get("type", "DAY")]
    name = by_time.get("field")
    if not name:
        return f"IFNULL(FORMAT_TIMESTAMP('{layout}', row_._PARTITIONTIME, 'UTC'), '{OUTSIDE_PARTITION}')"
    kind = _field_type(resource, name)
    zone = ", 'UTC'" if kind == "TIMESTAMP" else ""
    return f"IFNULL({_FORMATTERS[kind]}('{layout}', row_.{quoted(name)}{zone}), '{NULL_PARTITION}')"


def _field_type(resource: Resource, name: str) -> str:
    for field in resource["schema"]["fields"]:
        if field["name"].lower() == name.lower():
            return str(field["type"])
    raise SourceUnreadableError(f"the partitioning column {name} is not in the schema")


def _comparable(expression: str, field: Resource) -> str:
    # GEOGRAPHY has no documented JSON text, so its WKT is compared (BigQuery, JSON encodings).
    if not _holds_geography(field):
        return expression
    if field.get("mode") == "REPEATED":
        item = _comparable("item_", {**field, "mode": "NULLABLE"})
        return f"ARRAY(SELECT {item} FROM UNNEST({expression}) AS item_ WITH OFFSET AS at_ ORDER BY at_)"
    if field["type"] == "GEOGRAPHY":
        return f"ST_ASTEXT({expression})"
    inner = ", ".join(
        f"{_comparable(expression + '.' + quoted(child['name']), child)} AS {quoted(child['name'])}"
        for child in field["fields"]
    )
    return f"IF({expression} IS NULL, NULL, STRUCT({inner}))"


def _holds_geography(field: Resource) -> bool:
    return field["type"] == "GEOGRAPHY" or any(map(_holds_geography, field.get("fields", ())))
