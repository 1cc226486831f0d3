"""Google's own SQL library answers here, and condemns what BigQuery would."""

import re
import sys
from pathlib import Path

import pytest

from tests.standin.bigquery.googlesql.evaluate import evaluate
from tests.standin.bigquery.googlesql.library import GoogleSqlError, library
from tests.standin.cloud import running


def test_values_are_googles():
    """The example is Google's own (BigQuery, Hash functions), the year is not padded by `%Y`."""
    columns = "FARM_FINGERPRINT(CONCAT('1', 'foo', 'true')), FORMAT_DATE('%Y', DATE '0001-01-01')"
    assert evaluate(f"SELECT {columns}") == [(-1541654101129638711, "1")]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1 AS hash", "Syntax error: Unexpected keyword HASH [at 1:13]"),
        ("SELECT at FROM UNNEST([1]) AS at", "Syntax error: Unexpected keyword AT [at 1:8]"),
        ("SELECT DATE '2026-01-01' + '1'", "No matching signature for operator +"),
        ("SELECT 1 / 0", "division by zero: 1 / 0"),
    ],
)
def test_what_bigquery_refuses_is_refused(sql: str, message: str):
    """A reserved word, a type error and a value that cannot be computed, in Google's words."""
    with pytest.raises(GoogleSqlError, match=re.escape(message)):
        evaluate(sql)


def test_a_statement_reads_the_rows_it_is_given():
    """A WITH stands for a table, whose quoted full id is one name."""
    rows = evaluate(
        "WITH `p.d.t` AS (SELECT 1 AS a UNION ALL SELECT NULL) "
        "SELECT TO_JSON_STRING(row_), [row_.a IS NULL], STRUCT(row_.a) FROM `p.d.t` AS row_"
    )
    assert rows == [('{"a":1}', [False], (1,)), ('{"a":null}', [True], (None,))]


def test_a_library_that_was_started_anew_is_asked_as_before():
    """What it kept is gone with what broke, and is told it again."""
    assert evaluate("SELECT 3") == [(3,)]
    library()._start()  # noqa: SLF001 - as it does when a call broke
    assert evaluate("SELECT 3") == [(3,)]


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What needs it fails, is not skipped, and says which package it is and how to get it."""
    monkeypatch.delitem(sys.modules, "tests.standin.bigquery.googlesql")
    monkeypatch.setitem(sys.modules, "zetasql", None)
    said = "the package zetasql is not installed.*make setup"
    with pytest.raises(ModuleNotFoundError, match=said), running(tmp_path):
        pass
