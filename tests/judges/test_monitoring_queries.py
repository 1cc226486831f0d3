"""Google's own analyzer reads every monitoring query, against the real types of the tables."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recovery.ops.histories import definitions
from recovery.ops.monitoring import Kind, monitoring_queries, monitoring_query
from tests.standin.bigquery.engine.types import Field, canonical
from tests.standin.bigquery.googlesql.library import GoogleSqlError
from tests.standin.bigquery.googlesql.requests import Table, analyze, statement_kinds, table_paths
from tests.standin.bigquery.googlesql.shape import spaced

_FOLDER = Path(__file__).parents[1] / "data" / "tables"
_API: dict[Kind, str] = {
    "DATE": "DATE",
    "INT64": "INTEGER",
    "STRING": "STRING",
    "TIMESTAMP": "TIMESTAMP",
}
_HISTORIES = definitions(("runs", "drills"), "some-landing")


def judged(sql: str, name: str) -> None:
    """Let Google's analyzer read a statement of a query.

    Raises:
        GoogleSqlError: A table, a column, a parameter or a type is not right.
    """
    tables = [Table(path, canonical(_fields(".".join(path)))) for path in table_paths(spaced(sql))]
    parameters = [
        {"name": item.name, "type": _API[item.kind]} for item in monitoring_query(name).parameters
    ]
    analyze(spaced(sql), tables, parameters)


def _fields(name: str) -> list[Field]:
    if name in _HISTORIES:
        return list(_HISTORIES[name]["schema"]["fields"])
    return list(json.loads((_FOLDER / f"{name}.json").read_text())["schema"])


@pytest.mark.parametrize("name", monitoring_queries())
def test_query_is_googlesql(name: str):
    """Every table, column, parameter and type holds."""
    judged(monitoring_query(name).sql, name)


@pytest.mark.parametrize("name", ["feature-completeness", "top-players", "daily-statistics"])
def test_misspelt_column_is_refused(name: str):
    """What the first version of these queries had: columns that no table has."""
    sql = monitoring_query(name).sql
    with pytest.raises(GoogleSqlError, match="true_shooting_pct"):
        judged(sql.replace("minutes_played", "true_shooting_pct", 1), name)


def test_what_is_pasted_is_googlesql():
    """The tables of a history are made first; then the query, with its values, reads them."""
    query = monitoring_query("drill-history")
    values = query.values({}, now=datetime(2026, 1, 1, tzinfo=UTC))
    script = query.pasted(values, bucket="some-landing", dataset="scratch")
    assert statement_kinds(script) == ("create_external_table", "query")
    judged(script.partition(";\n")[2].replace("scratch.history", "history"), "drill-history")


def test_missing_table_has_no_definition():
    """A table that is not the platform's is not taken for one."""
    with pytest.raises(FileNotFoundError):
        judged("SELECT 1 FROM nba_analytics.player_games", "freshness")
