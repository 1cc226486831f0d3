from typing import Any

import pytest

from manifests.errors import SourceUnreadableError
from manifests.partitions import (
    in_partitions,
    is_ingestion_time,
    partition_expression,
    partition_filter,
    partition_time,
)
from tests.unit.manifests.test_fingerprint import BY_RANGE, by_time, column, table
from tests.unit.samples import ARRIVALS


@pytest.mark.parametrize(
    ("kind", "unit", "text", "first", "after"),
    [
        ("DATE", "DAY", "FORMAT_DATE('%Y%m%d', {0})", "DATE '1960-01-01'", "DATE '2160-01-01'"),
        ("DATE", None, "FORMAT_DATE('%Y%m%d', {0})", "DATE '1960-01-01'", "DATE '2160-01-01'"),
        (
            "DATETIME",
            "HOUR",
            "FORMAT_DATETIME('%Y%m%d%H', {0})",
            "DATETIME '1960-01-01 00:00:00'",
            "DATETIME '2160-01-01 00:00:00'",
        ),
        (
            "TIMESTAMP",
            "MONTH",
            "FORMAT_TIMESTAMP('%Y%m', {0}, 'UTC')",
            "TIMESTAMP '1960-01-01 00:00:00+00:00'",
            "TIMESTAMP '2160-01-01 00:00:00+00:00'",
        ),
    ],
)
def test_partitions_by_a_column(kind: str, unit: str | None, text: str, first: str, after: str):
    """A row's partition id is BigQuery's, in UTC; its column may be written in another case."""
    column_ = "row_.`At`"
    assert partition_expression(by_time(kind, unit)) == (
        f"CASE WHEN {column_} IS NULL THEN '__NULL__' "
        f"WHEN {column_} < {first} OR {column_} >= {after} THEN '__UNPARTITIONED__' "
        f"ELSE {text.format(column_)} END"
    )


def test_partitions_by_arrival():
    """Rows that are still in the streaming buffer have no partition yet."""
    resource = table(column("a"), timePartitioning={"type": "DAY"})
    assert partition_expression(resource) == (
        "IFNULL(FORMAT_TIMESTAMP('%Y%m%d', row_.`_PARTITIONTIME`, 'UTC'), '__UNPARTITIONED__')"
    )
    assert is_ingestion_time(resource)
    assert not is_ingestion_time(by_time("DATE", "DAY"))
    assert not is_ingestion_time(table(column("a")))
    assert partition_time(resource, "20250101") == "TIMESTAMP '2025-01-01 00:00:00+00:00'"
    assert partition_time(resource, "__UNPARTITIONED__") == "CAST(NULL AS TIMESTAMP)"


def test_partitions_by_a_range():
    """Rows without a value and outside the range have partitions of their own."""
    assert partition_expression(BY_RANGE) == (
        "CASE WHEN row_.`n` IS NULL THEN '__NULL__' "
        "WHEN row_.`n` < -10 OR row_.`n` >= 100 THEN '__UNPARTITIONED__' "
        "ELSE CAST(-10 + DIV(row_.`n` - -10, 10) * 10 AS STRING) END"
    )


def test_a_range_that_is_no_number_is_refused():
    """The bounds of a range become numbers or nothing."""
    partitioning = {"field": "n", "range": {"start": "0); --", "end": "1", "interval": "1"}}
    with pytest.raises(ValueError, match="invalid literal"):
        partition_expression(table(column("n", "INTEGER"), rangePartitioning=partitioning))


def test_a_partitioning_column_has_to_exist():
    """A resource that contradicts itself is told of."""
    resource = table(column("a"), timePartitioning={"field": "b"})
    with pytest.raises(SourceUnreadableError, match="the partitioning column b is no time"):
        partition_expression(resource)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (by_time("DATE", "DAY"), "row_.`At` IS NULL OR row_.`At` >= DATE '0001-01-01'"),
        (
            by_time("DATETIME", "DAY"),
            "row_.`At` IS NULL OR row_.`At` >= DATETIME '0001-01-01 00:00:00'",
        ),
        (
            by_time("TIMESTAMP", "HOUR"),
            "row_.`At` IS NULL OR row_.`At` >= TIMESTAMP '0001-01-01 00:00:00+00:00'",
        ),
        (
            table(column("a"), timePartitioning={"type": "DAY"}),
            (
                "row_.`_PARTITIONTIME` IS NULL OR "
                "row_.`_PARTITIONTIME` >= TIMESTAMP '0001-01-01 00:00:00+00:00'"
            ),
        ),
        (BY_RANGE, "row_.`n` IS NULL OR row_.`n` >= -9223372036854775808"),
    ],
)
def test_a_required_filter_reads_every_row(resource: dict[str, Any], expected: str):
    """Where a table demands a filter there is one, and no row is left out by it."""
    assert partition_filter(resource) == ""
    demanding = {**resource, "requirePartitionFilter": True}
    assert partition_filter(demanding) == f" WHERE {expected}"
    if "timePartitioning" in resource:
        inside = {**resource["timePartitioning"], "requirePartitionFilter": True}
        assert partition_filter({**resource, "timePartitioning": inside}) == f" WHERE {expected}"


@pytest.mark.parametrize(
    ("resource", "names", "bound"),
    [
        (
            by_time("DATE", "DAY"),
            ["20241231", "20240229"],
            "row_.`At` >= DATE '2024-02-29' AND row_.`At` < DATE '2025-01-01'",
        ),
        (
            by_time("DATE", "MONTH"),
            ["202412"],
            "row_.`At` >= DATE '2024-12-01' AND row_.`At` < DATE '2025-01-01'",
        ),
        (
            by_time("DATETIME", "YEAR"),
            ["2159"],
            (
                "row_.`At` >= DATETIME '2159-01-01 00:00:00' "
                "AND row_.`At` < DATETIME '2160-01-01 00:00:00'"
            ),
        ),
        (
            by_time("TIMESTAMP", "HOUR"),
            ["2024123123", "__NULL__"],
            (
                "row_.`At` >= TIMESTAMP '2024-12-31 23:00:00+00:00' "
                "AND row_.`At` < TIMESTAMP '2025-01-01 00:00:00+00:00' OR row_.`At` IS NULL"
            ),
        ),
        (
            by_time("DATE", "DAY"),
            ["__UNPARTITIONED__"],
            "row_.`At` < DATE '1960-01-01' OR row_.`At` >= DATE '2160-01-01'",
        ),
        (ARRIVALS, ["__UNPARTITIONED__"], "row_.`_PARTITIONTIME` IS NULL"),
        (BY_RANGE, ["-10", "20"], "row_.`n` >= -10 AND row_.`n` < 30"),
        (
            BY_RANGE,
            ["__NULL__", "__UNPARTITIONED__"],
            "row_.`n` IS NULL OR row_.`n` < -10 OR row_.`n` >= 100",
        ),
    ],
)
def test_a_choice_of_partitions_bounds_the_bare_column(
    resource: dict[str, Any], names: list[str], bound: str
):
    """Only a bound on the column itself makes BigQuery read less than the whole table."""
    listed = ", ".join(f"'{name}'" for name in names)
    expression = partition_expression(resource)
    assert in_partitions(resource, names) == f"({bound}) AND {expression} IN ({listed})"
    assert in_partitions(resource, names, negated=True) == f"{expression} NOT IN ({listed})"


def test_no_partitions_are_no_rows():
    """A list without a name is none in GoogleSQL."""
    assert in_partitions(BY_RANGE, []) == "FALSE"
    assert in_partitions(BY_RANGE, [], negated=True) == "TRUE"
    assert in_partitions(table(column("a")), ["__ALL__"]) == "'__ALL__' IN ('__ALL__')"


@pytest.mark.parametrize(
    ("resource", "name"),
    [(by_time("DATE", "DAY"), "20240230"), (by_time("DATE", "DAY"), "all"), (BY_RANGE, "1.5")],
)
def test_an_id_of_no_partition_is_refused(resource: dict[str, Any], name: str):
    """What names no partition becomes no condition."""
    with pytest.raises(SourceUnreadableError, match="not ids of its partitions"):
        in_partitions(resource, [name])
