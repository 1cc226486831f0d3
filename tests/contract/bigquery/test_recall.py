"""What is asked of one table after another is read once, and answered for each by its own rows."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract import real
from tests.standin.bigquery.app import create_service
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.script import execute
from tests.standin.bigquery.script.execute import run_script
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.settings import Hidden, Settings
from tests.standin.bigquery.sql.results import json_rows

pytestmark = real.local_only(real.CODE)

type Ask = Callable[[str], list[tuple[object, ...]]]
_WHOLE = "SELECT a, TO_JSON_STRING(STRUCT(a)) AS text FROM `p.d.{0}` AS r ORDER BY a"


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Return what runs a script in this process and gives the rows of its last query."""
    service = create_service(tmp_path_factory.mktemp("standin"), Settings())
    service.settings.hidden["p.d.masked"] = Hidden(column="a")
    with service.database.reading() as connection:

        def rows(script: str) -> list[tuple[object, ...]]:
            session = Session(service=service, connection=connection, project="p")
            query = run_script(session, script)[-1].query
            found = [] if query is None else json_rows(connection, query.sql, query.fields)
            return [tuple(cell["v"] for cell in row["f"]) for row in found]

        rows(
            "CREATE SCHEMA d;"
            "CREATE TABLE d.one AS SELECT 1 AS a; CREATE TABLE d.two AS SELECT 2 AS a;"
            "CREATE TABLE d.words AS SELECT '1' AS a; CREATE TABLE d.masked AS SELECT 3 AS a;"
            "CREATE TABLE d.filtered (a INT64, day DATE) PARTITION BY day "
            "OPTIONS(require_partition_filter = TRUE);"
            "CREATE VIEW d.seen AS SELECT a + 1 AS a FROM d.one;"
            "CREATE FUNCTION d.more(a INT64) AS (a + 1)"
        )
        yield rows
    service.workers.close()
    service.database.close()


def test_each_table_answers_with_its_own(ask: Ask):
    """Other rows, other types, masked columns and views are not taken for those asked before."""
    assert ask(_WHOLE.format("one")) == [("1", '{"a":1}')]
    assert ask(_WHOLE.format("two")) == [("2", '{"a":2}')]
    assert ask(_WHOLE.format("words")) == [("1", '{"a":"1"}')]
    assert ask(_WHOLE.format("masked")) == [(None, '{"a":null}')]
    assert ask(_WHOLE.format("seen")) == [("2", '{"a":2}')]
    with pytest.raises(BigQueryError, match="Not found: Table"):
        ask(_WHOLE.format("absent"))
    with pytest.raises(BigQueryError, match="without a filter"):
        ask("SELECT a FROM `p.d.filtered`")
    assert not ask("SELECT a FROM `p.d.filtered` WHERE day IS NULL")


def test_a_table_answers_with_what_is_in_it_now(ask: Ask):
    """Rows that came since are there, and a function answers as it is defined now."""
    asked = "SELECT d.more(a) AS b FROM `p.d.changed` AS r ORDER BY b"
    ask("CREATE TABLE d.changed AS SELECT 1 AS a")
    assert ask(asked) == [("2",)]
    ask("INSERT INTO d.changed (a) VALUES (5)")
    ask("CREATE OR REPLACE FUNCTION d.more(a INT64) AS (a + 2)")
    assert ask(asked) == [("3",), ("7",)]
    ask("ALTER TABLE d.changed ADD COLUMN b STRING")
    assert ask("SELECT * FROM `p.d.changed` ORDER BY a") == [("1", None), ("5", None)]


def test_it_is_read_once(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    """A query of a second table with the same columns is not taken apart again."""
    asked = "SELECT a, a + 1 AS b FROM `p.d.{0}`"
    assert ask(asked.format("one")) == [("1", "2")]
    monkeypatch.delattr(execute, "split")
    assert ask(asked.format("two")) == [("2", "3")]
    with pytest.raises(NameError):
        ask(asked.format("words"))
