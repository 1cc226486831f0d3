"""Which statement measures a table's content, and how its answers are compared.

One statement counts and fingerprints every partition of a table or of a frozen copy of it. The same
statement on equal rows gives the same values in the same SQL engine; values of different engines
are never compared.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from manifests.partitions import in_partitions, partition_expression, partition_filter
from manifests.sql import literal, moment, quoted
from manifests.values import Fingerprint, Resource

FINGERPRINT_VERSION = 2
"""How content is measured. Version 1 did not tell the JSON value null from no value."""

_LOW_MASK = 0xFFFFFFFF
# GEOGRAPHY has no documented JSON text, so its WKT is compared; a JSON null and no value have the
# same text, so the text of a JSON value is itself written as text (BigQuery, JSON encodings).
_AS_TEXT = {
    "GEOGRAPHY": "ST_ASTEXT({0})",
    "JSON": "IF({0} IS NULL, NULL, TO_JSON_STRING({0}))",
}
# Sums of INT64 overflow at four thousand million rows; no alias may be a reserved word.
_LOW = f"SUM(CAST(row_hash & {_LOW_MASK} AS NUMERIC))"
_HIGH = f"SUM(CAST((row_hash >> 32) & {_LOW_MASK} AS NUMERIC))"
EMPTY = Fingerprint(row_count=0, xor=0, low_sum=0, high_sum=0)


def fingerprint_sql(
    reference: str,
    resource: Resource,
    version: int = FINGERPRINT_VERSION,
    *,
    at: datetime | None = None,
) -> str:
    """Write the statement that counts and fingerprints every partition.

    Args:
        reference: Full table id, `project.dataset.table`.
        resource: The table's resource; its schema and partitioning shape the statement.
        version: How the content was measured that the answers are compared with.
        at: The instant of which the rows are; the present when None.

    Returns:
        A SELECT with the columns partition_id, row_count, xor, low_sum and high_sum.
    """
    then = "" if at is None else f" FOR SYSTEM_TIME AS OF {moment('TIMESTAMP', at)}"
    return (
        f"SELECT partition_id, COUNT(*) AS row_count, BIT_XOR(row_hash) AS `xor`, "
        f"{_LOW} AS low_sum, {_HIGH} AS high_sum "
        f"FROM (SELECT {partition_expression(resource)} AS partition_id, "
        f"{_row_hash(resource, version)} "
        f"FROM {quoted(reference)} AS row_{then}{partition_filter(resource)}) GROUP BY partition_id"
    )


def unchanged_sql(
    reference: str,
    resource: Resource,
    partitions: Iterable[str],
    expected: Fingerprint,
    *,
    version: int,
    refusal: str,
) -> str:
    """Write a condition that holds while partitions hold what was seen, and else fails its statement.

    Args:
        reference: Full table id.
        resource: The table's resource.
        partitions: The partitions.
        expected: What was seen in all of them together.
        version: How that was measured.
        refusal: What the failure says.
    """
    holds = (
        f"COUNT(*) = {expected.row_count} AND IFNULL(BIT_XOR(row_hash), 0) = {expected.xor} "
        f"AND IFNULL({_LOW}, 0) = NUMERIC '{expected.low_sum}' "
        f"AND IFNULL({_HIGH}, 0) = NUMERIC '{expected.high_sum}'"
    )
    return (
        f"(SELECT IF({holds}, TRUE, ERROR({literal(refusal)})) "
        f"FROM (SELECT {_row_hash(resource, version)} FROM {quoted(reference)} AS row_ "
        f"WHERE {in_partitions(resource, partitions)}))"
    )


def _row_hash(resource: Resource, version: int) -> str:
    columns = ", ".join(compared_columns(resource, version).values())
    return f"FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({columns}))) AS row_hash"


def compared_columns(resource: Resource, version: int = FINGERPRINT_VERSION) -> dict[str, str]:
    """Return how each column of `row_` is compared, `expression AS name`, by its name."""
    fields = sorted(resource["schema"]["fields"], key=lambda field: str(field["name"]))
    as_text = _AS_TEXT if version > 1 else {"GEOGRAPHY": _AS_TEXT["GEOGRAPHY"]}
    # A column called row_ would hide the row's alias. BigQuery would not refuse that, and only that
    # column would be compared.
    return {
        str(field["name"]): (
            f"{_comparable('row_.' + quoted(field['name']), field, as_text)} "
            f"AS {quoted(field['name'])}"
        )
        for field in fields
    }


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


def combined(disjoint: Iterable[Fingerprint]) -> Fingerprint:
    """Return the fingerprint of all the rows of several disjoint sets together."""
    total = EMPTY
    for item in disjoint:
        total = Fingerprint(
            row_count=total.row_count + item.row_count,
            xor=total.xor ^ item.xor,
            low_sum=total.low_sum + item.low_sum,
            high_sum=total.high_sum + item.high_sum,
        )
    return total


def _comparable(expression: str, field: Resource, as_text: Mapping[str, str]) -> str:
    if not _holds(field, as_text):
        return expression
    if field.get("mode") == "REPEATED":
        item = _comparable("item_", {**field, "mode": "NULLABLE"}, as_text)
        return f"ARRAY(SELECT {item} FROM UNNEST({expression}) AS item_ WITH OFFSET AS at_ ORDER BY at_)"
    if field["type"] in as_text:
        return as_text[field["type"]].format(expression)
    inner = ", ".join(
        f"{_comparable(expression + '.' + quoted(child['name']), child, as_text)} "
        f"AS {quoted(child['name'])}"
        for child in field["fields"]
    )
    return f"IF({expression} IS NULL, NULL, STRUCT({inner}))"


def _holds(field: Resource, kinds: Mapping[str, str]) -> bool:
    return field["type"] in kinds or any(_holds(child, kinds) for child in field.get("fields", ()))
