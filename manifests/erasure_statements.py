"""Statements about the rows that stay erased: which they are, how they go, how many there are. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

from manifests.erasures import MOST_KEYS, table_scope
from manifests.errors import RefusedError
from manifests.partitions import every_partition, partition_filter
from manifests.shapes import inner
from manifests.sql import literal, quoted
from manifests.values import Resource

# A statement has at most 1,024k characters, of which these are the conditions (BigQuery, Quotas).
_MOST_CHARACTERS = 900_000
_COLUMN_TYPES = ("STRING", "INTEGER", "INT64")


def erased_rows(
    table: str, resource: Resource, erased: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Return conditions on rows, of `row_`: for each row that stays erased one of them holds.

    Args:
        table: The table's name at the recovery point, `dataset.table`.
        resource: Its resource then.
        erased: Digests by the column of the key.

    Raises:
        RefusedError: Its columns do not tell which rows these are.
    """
    for column in erased:
        key_column(table, resource, column)
    return named_rows(table, erased)


def named_rows(table: str, erased: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the same conditions of a table whose columns nobody looked at."""
    return tuple(
        _condition(table, column, some)
        for column in sorted(erased)
        for some in batched(sorted(erased[column]), MOST_KEYS, strict=False)
    )


def removed_rows(reference: str, resource: Resource, condition: str) -> str:
    """Remove rows from a table.

    Args:
        reference: Its full id.
        resource: Its resource: it can demand a filter, and would refuse what has none.
        condition: Of `erased_rows`.
    """
    every = every_partition(resource)
    where = f"({every}) AND {condition}" if every else condition
    return f"DELETE FROM {quoted(reference)} AS row_ WHERE {where}"


def counted_rows(reference: str, resource: Resource, conditions: Sequence[str]) -> Iterator[str]:
    """Yield what counts the rows for which a condition holds: they are the sum of what is answered.

    The answers' column is row_count. A row for which two conditions hold counts once where one
    statement has both: conditions of one column never hold together.

    Args:
        reference: The full id of the table.
        resource: Its resource.
        conditions: Of `erased_rows`.
    """
    for some in _fitting(conditions):
        yield (
            f"SELECT COUNTIF({' OR '.join(some)}) AS row_count "
            f"FROM {quoted(reference)} AS row_{partition_filter(resource)}"
        )


def key_column(table: str, resource: Resource, column: str) -> Resource:
    """Return the column that a key is in, as the schema has it.

    Raises:
        RefusedError: It has no such column, or the column is neither a STRING nor an INTEGER.
    """
    fields = inner(resource, "schema").get("fields", ())
    found = next((item for item in fields if str(item["name"]).lower() == column.lower()), None)
    is_key = found is not None and found["type"] in _COLUMN_TYPES
    if found is None or not is_key or found.get("mode") == "REPEATED":
        mode = "REPEATED " if found and found.get("mode") == "REPEATED" else ""
        what = f"it is a {mode}{found['type']}" if found else "there is no such column"
        raise RefusedError(
            f"which rows stay erased cannot be told by its column {column}: {what}",
            subject=table,
            hint="a STRING or INTEGER can be a key; `rebound erasures` lists what was written down",
        )
    return dict(found)


def _fitting(conditions: Sequence[str]) -> Iterator[list[str]]:
    """Yield as many together as one statement takes."""
    some, characters = list[str](), 0
    for condition in conditions:
        if some and characters + len(condition) > _MOST_CHARACTERS:
            yield some
            some, characters = [], 0
        some.append(condition)
        characters += len(condition)
    if some:
        yield some


def _condition(table: str, column: str, digests: Sequence[str]) -> str:
    # Names of columns have no case (BigQuery, Schemas).
    scope = literal(f"{table_scope(table, column)}=")
    value = f"CAST(row_.{quoted(column)} AS STRING)"
    listed = ", ".join(map(literal, digests))
    # A row without a value has no digest, and stays.
    return f"IFNULL(TO_HEX(SHA256(CONCAT({scope}, {value}))) IN ({listed}), FALSE)"
