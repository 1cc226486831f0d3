from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from manifests.errors import SourceUnreadableError
from manifests.fingerprint import (
    EMPTY,
    combined,
    fingerprint_sql,
    partitions_of,
)
from manifests.sql import quoted
from manifests.values import Fingerprint
from tests.unit.samples import GAMES, fingerprint_of

REFERENCE = "my-project.nba.games"


def table(*fields: dict[str, Any], **resource: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a table's resource."""
    return {"schema": {"fields": list(fields)}, **resource}


def column(name: str, kind: str = "STRING", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a field of a schema."""
    return {"name": name, "type": kind, **more}


def by_time(kind: str, unit: str | None) -> dict[str, Any]:
    """Return a table that is partitioned by a column."""
    partitioning = {"field": "At"} | ({"type": unit} if unit else {})
    return table(column("at", kind), timePartitioning=partitioning)


BY_RANGE = table(
    column("n", "INTEGER"),
    rangePartitioning={"field": "n", "range": {"start": "-10", "end": "100", "interval": "10"}},
)


def test_the_statement():
    """One statement counts and fingerprints every partition, over sorted columns."""
    resource = table(column("b"), column("a", "INTEGER"))
    assert fingerprint_sql(REFERENCE, resource) == (
        "SELECT partition_id, COUNT(*) AS row_count, BIT_XOR(row_hash) AS `xor`, "
        "SUM(CAST(row_hash & 4294967295 AS NUMERIC)) AS low_sum, "
        "SUM(CAST((row_hash >> 32) & 4294967295 AS NUMERIC)) AS high_sum "
        "FROM (SELECT '__ALL__' AS partition_id, "
        "FARM_FINGERPRINT(TO_JSON_STRING(STRUCT(row_.`a` AS `a`, row_.`b` AS `b`))) AS row_hash "
        "FROM `my-project.nba.games` AS row_) GROUP BY partition_id"
    )


def test_the_order_of_columns_does_not_matter():
    """A schema whose columns come in another order is measured by the same statement."""
    fields = [column("b"), column("a"), column("C")]
    assert fingerprint_sql(REFERENCE, table(*fields)) == fingerprint_sql(
        REFERENCE, table(*fields[::-1])
    )


@pytest.mark.parametrize(
    "name", ["row_", "item_", "hash", "partition_id", "xor", "row_count", "at_", "select", "é a"]
)
def test_no_column_can_shadow_the_row(name: str):
    """Whatever a column is called, every column is read from the row, quoted."""
    place = column(name, "RECORD", mode="REPEATED", fields=[column("g", "GEOGRAPHY")])
    for field in (column(name), place):
        sql = fingerprint_sql(REFERENCE, table(field, column("other")))
        inner = sqlglot.parse_one(sql, dialect="bigquery").find(exp.Subquery)
        assert inner is not None
        assert f"row_.`{name}`" in sql
        roots = [item.parts[0].name for item in inner.find_all(exp.Column)]
        assert roots.count("row_") == 2
        assert set(roots) <= {"row_", "item_", "at_"}


@pytest.mark.parametrize("name", ["a`b", "a\\b", "a\nb", "`", "x` FROM y --"])
def test_a_name_that_would_end_its_quotation_is_refused(name: str):
    """No name of a schema or table becomes SQL."""
    with pytest.raises(SourceUnreadableError):
        fingerprint_sql(REFERENCE, table(column(name)))
    with pytest.raises(SourceUnreadableError):
        fingerprint_sql(name, table(column("a")))
    assert quoted("a b-c.d") == "`a b-c.d`"


def test_json_is_compared_as_text():
    """A JSON null is a value: its text is told from no text; earlier measures did not tell them."""
    resource = table(column("j", "JSON"), column("r", "RECORD", fields=[column("j", "JSON")]))
    text = "IF(row_.`j` IS NULL, NULL, TO_JSON_STRING(row_.`j`)) AS `j`"
    inside = "IF(row_.`r`.`j` IS NULL, NULL, TO_JSON_STRING(row_.`r`.`j`)) AS `j`"
    sql = fingerprint_sql(REFERENCE, resource)
    assert text in sql
    assert f"IF(row_.`r` IS NULL, NULL, STRUCT({inside})) AS `r`" in sql
    assert "STRUCT(row_.`j` AS `j`, row_.`r` AS `r`)" in fingerprint_sql(REFERENCE, resource, 1)


def test_geography_is_compared_as_text():
    """GEOGRAPHY has no JSON text: it is compared as WKT, also inside arrays and records."""
    point = column("p", "GEOGRAPHY")
    points = column("ps", "GEOGRAPHY", mode="REPEATED")
    place = column("place", "RECORD", fields=[column("n"), point])
    tour = column("tour", "STRUCT", mode="REPEATED", fields=[points])
    sql = fingerprint_sql(REFERENCE, table(point, points, place, tour))
    assert "ST_ASTEXT(row_.`p`) AS `p`" in sql
    assert (
        "ARRAY(SELECT ST_ASTEXT(item_) FROM UNNEST(row_.`ps`) AS item_ WITH OFFSET AS at_ "
        "ORDER BY at_) AS `ps`"
    ) in sql
    assert (
        "IF(row_.`place` IS NULL, NULL, STRUCT(row_.`place`.`n` AS `n`, "
        "ST_ASTEXT(row_.`place`.`p`) AS `p`)) AS `place`"
    ) in sql
    assert (
        "ARRAY(SELECT IF(item_ IS NULL, NULL, STRUCT(ARRAY(SELECT ST_ASTEXT(item_) FROM "
        "UNNEST(item_.`ps`) AS item_ WITH OFFSET AS at_ ORDER BY at_) AS `ps`)) FROM "
        "UNNEST(row_.`tour`) AS item_ WITH OFFSET AS at_ ORDER BY at_) AS `tour`"
    ) in sql


@pytest.mark.parametrize("resource", [GAMES, BY_RANGE, by_time("TIMESTAMP", "HOUR")])
def test_the_statement_is_sql(resource: dict[str, Any]):
    """A parser of BigQuery's SQL reads the statement."""
    parsed = sqlglot.parse_one(fingerprint_sql(REFERENCE, resource), dialect="bigquery")
    assert isinstance(parsed, exp.Select)
    assert parsed.named_selects == ["partition_id", "row_count", "xor", "low_sum", "high_sum"]


def test_the_answer_is_read():
    """The statement's rows become fingerprints; a NULL sum is zero."""
    rows = [
        {"partition_id": "20250101", "row_count": 2, "xor": -5, "low_sum": 7, "high_sum": 8},
        {"partition_id": "x", "row_count": 0, "xor": None, "low_sum": None, "high_sum": None},
    ]
    assert partitions_of(rows) == {
        "20250101": Fingerprint(row_count=2, xor=-5, low_sum=7, high_sum=8),
        "x": EMPTY,
    }


ROWS = st.lists(st.text(max_size=5), max_size=8)


@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_a_fingerprint_knows_no_order(rows: list[str], order: Any):  # noqa: ANN401 - a Random
    """The same rows in any order are the same content."""
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert fingerprint_of(shuffled) == fingerprint_of(rows)


@given(first=ROWS, second=ROWS, third=ROWS)
def test_fingerprints_of_parts_add_up(first: list[str], second: list[str], third: list[str]):
    """However rows are divided into sets, the sets together are the whole."""
    parts = [fingerprint_of(rows) for rows in (first, second, third)]
    assert combined(parts) == fingerprint_of([*first, *second, *third])
    assert combined([combined(parts[:2]), parts[2]]) == combined(parts)
    assert combined([parts[0], combined(parts[1:])]) == combined(parts)
    assert combined([*parts, EMPTY]) == combined(parts)
    assert combined([]) == EMPTY


def test_equal_rows_do_not_cancel():
    """XOR alone would not see a pair of equal rows come or go, nor be swapped for another pair."""
    plain, doubled = fingerprint_of(["a"]), fingerprint_of(["a", "b", "b"])
    other = fingerprint_of(["a", "c", "c"])
    assert plain.xor == doubled.xor == other.xor
    assert doubled.row_count == other.row_count
    assert plain != doubled
    assert doubled != other


@given(rows=ROWS.filter(bool), new=st.text(max_size=5))
def test_a_changed_row_shows(rows: list[str], new: str):
    """One row with other content makes another fingerprint."""
    if new != rows[0]:
        assert fingerprint_of([new, *rows[1:]]) != fingerprint_of(rows)


def test_what_is_measured_besides_does_not_count():
    """A measure that a later version adds makes equal content no different."""
    plain = fingerprint_of(["a"])
    later = Fingerprint.model_validate({**plain.model_dump(), "sha256": "x"})
    assert later == plain
    assert hash(later) == hash(plain)
    assert plain != plain.model_dump()
