"""Google's own analyzer reads the statements that Rebound writes, against the tables' real types."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from manifests import statements
from manifests.catalog import load_catalog
from manifests.control_statements import (
    changeable_column,
    only_if,
    renamed,
    row_changed,
    row_doubled,
    row_dropped,
    rows_since,
)
from manifests.encoding import decode_sql, encode_sql, stored_fields
from manifests.erasure_statements import counted_rows, erased_rows, removed_rows
from manifests.erasures import digest_of, table_scope
from manifests.fingerprint import fingerprint_sql, unchanged_sql
from manifests.values import Fingerprint
from recovery.compare.difference import Sides
from tests.judges.answers import google
from tests.standin.bigquery.engine.types import canonical
from tests.standin.bigquery.googlesql.library import GoogleSqlError
from tests.standin.bigquery.googlesql.requests import Table, analyze
from tests.standin.bigquery.googlesql.shape import spaced
from tests.standin.seed.odd import odd_tables, odd_types_fields

FULL_ID = "nba-props-platform.nba.games"
PATH = ("nba-props-platform", "nba", "games")
PARTITION_TIME = {"name": "_PARTITIONTIME", "type": "TIMESTAMP"}
REAL = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "data" / "tables").glob("*.json"))
}


def resource(fields: list[dict[str, Any]], **layout: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a table's resource, as BigQuery's API gives it."""
    return {"schema": {"fields": canonical(fields)}, **layout}


def by_time(kind: str, unit: str) -> dict[str, Any]:
    """Return a table that is partitioned by a column named like a keyword."""
    partitioning = {"timePartitioning": {"type": unit, "field": "at"}}
    return resource([{"name": "at", "type": kind}], **partitioning, requirePartitionFilter=True)


TABLES = {
    **{
        name: resource(
            table["schema"],
            **{key: table[key] for key in ("timePartitioning", "requirePartitionFilter")},
        )
        for name, table in REAL.items()
    },
    **{table.name: resource(list(table.fields), **table.layout) for table in odd_tables()},
    "odd types": resource(odd_types_fields()),
    **{
        f"by {kind} {unit}": by_time(kind, unit)
        for kind in ("DATE", "DATETIME", "TIMESTAMP")
        for unit in ("HOUR", "DAY", "MONTH", "YEAR")
        if (kind, unit) != ("DATE", "HOUR")
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_what_measures_and_carries_a_table_is_googlesql(name: str):
    """The statements that fingerprint, encode, decode and compare parse and have the right types."""
    table = TABLES[name]
    fields = table["schema"]["fields"]
    there = Table(PATH, fields, [PARTITION_TIME])
    stored = Table(PATH, stored_fields(fields))
    analyze(spaced(fingerprint_sql(FULL_ID, table)), [there])
    analyze(spaced(rows_since(FULL_ID, FULL_ID, table)), [there])
    analyze(spaced(encode_sql(FULL_ID, table)), [there])
    analyze(spaced(decode_sql(FULL_ID, table)), [stored])
    sides = Sides(live=FULL_ID, stored=FULL_ID, resource=table, partitions=("__NULL__",))
    analyze(spaced(sides.totals_sql()), [there])
    analyze(spaced(sides.samples_sql(going=True, most=5)), [there])
    analyze(spaced(sides.columns_sql([fields[0]["name"]])), [there])
    _, looked_at, *_ = only_if_unchanged(table).split("; ")
    analyze(spaced(looked_at), [there])


def only_if_unchanged(table: dict[str, Any]) -> str:
    """Return a script that does nothing, and only where nobody wrote since."""
    seen = Fingerprint(row_count=3, xor=-(2**63), low_sum=2**70, high_sum=0)
    parted = {"timePartitioning", "rangePartitioning"} & table.keys()
    some = ["__UNPARTITIONED__"] if parted else ["__ALL__"]
    unchanged = unchanged_sql(FULL_ID, table, some, seen, version=2, refusal="it is new")
    return only_if(unchanged, "BEGIN TRANSACTION; COMMIT TRANSACTION;", FULL_ID, table, some)


@pytest.mark.parametrize("name", sorted(REAL))
def test_what_plants_a_damage_is_googlesql(name: str):
    """The statements of a drill fit the columns of the platform's real tables."""
    table = TABLES[name]
    column = changeable_column(table)
    assert column is not None
    there = Table(PATH, table["schema"]["fields"], [PARTITION_TIME])
    for sql in (
        row_changed(FULL_ID, table, column),
        row_dropped(FULL_ID, column),
        row_doubled(FULL_ID, table, column),
    ):
        analyze(spaced(sql), [there])


@pytest.mark.parametrize("kind", ["STRING", "INTEGER"])
def test_what_stays_erased_is_googlesql(kind: str):
    """Google computes the digest of a key that the ledger has; what removes and counts rows fits a table."""
    key, fields = "17", canonical([{"name": "ID", "type": kind}])
    table = {"schema": {"fields": fields}}
    digests = frozenset({digest_of(table_scope("nba.games", "ID"), key)})
    (condition,) = erased_rows("nba.games", table, {"id": digests})
    there = Table(PATH, fields)
    (counted,) = counted_rows(FULL_ID, table, [condition])
    analyze(spaced(removed_rows(FULL_ID, table, condition)), [there])
    analyze(spaced(counted), [there])
    rows = " UNION ALL ".join(f"SELECT CAST({item} AS {kind}) AS ID" for item in ("'17'", "'18'"))
    rows = rows.replace("INTEGER", "INT64")
    asked = f"SELECT {condition} FROM ({rows} UNION ALL SELECT NULL) AS row_ ORDER BY ID"
    assert google(asked) == [(False,), (True,), (False,)]


def test_another_name_is_googlesql():
    """An undo sets a table aside under a name with dashes."""
    analyze(renamed(FULL_ID, "aside-bigquery-dataset-loss-20261124T090000Z-1f2e"), [])


def test_what_looks_at_dates_is_googlesql():
    """The statements about each processor of the catalog fit the columns of its real table."""
    rules = load_catalog().processors
    assert rules is not None
    assert rules.schedule is not None
    known = [item for item in rules.processors if item.table in REAL]
    assert len(known) == 9
    for item in known:
        sql = statements.rows_of_dates(
            FULL_ID,
            item.date_column,
            date(2024, 10, 22),
            date(2025, 6, 22),
            key=item.key,
            game=item.game_column,
            filled=item.most_empty,
        )
        analyze(spaced(sql), [Table(PATH, canonical(REAL[item.table]["schema"]))])
    schedule = rules.schedule
    fields = {
        schedule.date_column: "DATE",
        schedule.game_column: "STRING",
        schedule.status_column: "INTEGER",
    }
    sql = statements.games_of_dates(
        FULL_ID,
        schedule.date_column,
        date.min,
        date.max,
        game=schedule.game_column,
        status=schedule.status_column,
        final=schedule.final,
        prefixes=schedule.prefixes,
    )
    there = Table(PATH, [{"name": name, "type": kind} for name, kind in fields.items()])
    analyze(spaced(sql), [there])


def test_the_analyzer_knows_the_columns():
    """A column that is not there and a comparison of two types are refused."""
    table = Table(("p", "d", "t"), [{"name": "a", "type": "INTEGER"}])
    analyze("SELECT a FROM p.d.t", [table])
    for sql in ("SELECT b FROM p.d.t", "SELECT a = 'x' FROM p.d.t", "SELECT 1 FROM p.d.u"):
        with pytest.raises(GoogleSqlError):
            analyze(sql, [table])
