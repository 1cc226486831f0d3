"""Google's own analyzer reads every monitoring query, against the real types of the tables."""

import json
from pathlib import Path

import pytest

from recovery.ops.monitoring import Kind, monitoring_queries, monitoring_query
from tests.standin.bigquery.engine.types import canonical
from tests.standin.bigquery.googlesql.library import GoogleSqlError
from tests.standin.bigquery.googlesql.requests import Table, analyze, table_paths
from tests.standin.bigquery.googlesql.shape import spaced

_FOLDER = Path(__file__).parents[1] / "data" / "tables"
_API: dict[Kind, str] = {"DATE": "DATE", "INT64": "INTEGER", "STRING": "STRING"}


def judged(sql: str, name: str) -> None:
    """Let Google's analyzer read a statement of a query.

    Raises:
        GoogleSqlError: A table, a column, a parameter or a type is not right.
    """
    tables = []
    for path in table_paths(spaced(sql)):
        definition = json.loads((_FOLDER / f"{'.'.join(path)}.json").read_text())
        tables.append(Table(path, canonical(definition["schema"])))
    parameters = [
        {"name": item.name, "type": _API[item.kind]} for item in monitoring_query(name).parameters
    ]
    analyze(spaced(sql), tables, parameters)


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


def test_missing_table_has_no_definition():
    """A table that is not the platform's is not taken for one."""
    with pytest.raises(FileNotFoundError):
        judged("SELECT 1 FROM nba_analytics.player_games", "freshness")
