"""What is asked of a table again is answered from before, until something of the table changes."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract import real
from tests.standin.bigquery.app import create_service
from tests.standin.bigquery.call import Call
from tests.standin.bigquery.jobs import query
from tests.standin.bigquery.resources.rows import insert_rows
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.settings import Hidden, Settings

pytestmark = real.local_only(real.CODE)

type Ask = Callable[[str], list[str]]
_SUM = "SELECT SUM(a) AS s FROM `p.d.{0}`"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a BigQuery in this process."""
    made = create_service(tmp_path_factory.mktemp("standin"), Settings())
    yield made
    made.jobs.close()
    made.workers.close()
    made.database.close()


@pytest.fixture
def ask(service: Service) -> Ask:
    """Return what runs a query job and gives the first column of its rows."""

    def rows(sql: str) -> list[str]:
        job = service.jobs.insert("p", {"configuration": {"query": {"query": sql}}})
        assert job.finished.wait(60)
        assert job.error is None, job.error
        return [row["f"][0]["v"] for row in service.rows.get(job.key, 0, 100)]

    rows("CREATE SCHEMA IF NOT EXISTS d")
    return rows


def test_it_is_run_once(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    """The second time nothing is read; of another table it is."""
    ask("CREATE TABLE d.once AS SELECT 1 AS a; CREATE TABLE d.other AS SELECT 2 AS a")
    assert ask(_SUM.format("once")) == ["1"]
    monkeypatch.delattr(query, "json_rows")
    assert ask(_SUM.format("once")) == ["1"]
    with pytest.raises(AssertionError, match="json_rows"):
        ask(_SUM.format("other"))


@pytest.mark.parametrize(
    ("change", "then"),
    [
        ("INSERT INTO d.t (a) VALUES (5)", ["7"]),
        ("UPDATE d.t SET a = 9 WHERE TRUE", ["9"]),
        ("DELETE FROM d.t WHERE TRUE", [None]),
        ("TRUNCATE TABLE d.t", [None]),
        ("MERGE d.t USING (SELECT 4 AS b) AS s ON a = b WHEN NOT MATCHED THEN INSERT (a) VALUES (b)", ["6"]),
        ("CREATE OR REPLACE TABLE d.t AS SELECT 3 AS a", ["3"]),
        ("DROP TABLE d.t; CREATE TABLE d.t AS SELECT 8 AS a", ["8"]),
        ("BEGIN TRANSACTION; INSERT INTO d.t (a) VALUES (1); COMMIT TRANSACTION", ["3"]),
    ],
)  # fmt: skip
def test_what_was_written_is_seen(ask: Ask, change: str, then: list[str]):
    """Whatever writes a table, it is read anew."""
    ask("CREATE OR REPLACE TABLE d.t AS SELECT 2 AS a")
    assert ask(_SUM.format("t")) == ask(_SUM.format("t")) == ["2"]
    ask(change)
    assert ask(_SUM.format("t")) == then


def test_what_was_streamed_and_hidden_is_seen(ask: Ask, service: Service):
    """Streamed rows are there at once, and what is hidden from now on is not."""
    ask("CREATE TABLE d.streamed AS SELECT 2 AS a")
    assert ask(_SUM.format("streamed")) == ask(_SUM.format("streamed")) == ["2"]
    path = {"projectId": "p", "datasetId": "d", "tableId": "streamed"}
    call = Call(path=path, query={}, headers={}, body={"rows": [{"json": {"a": 5}}]}, raw=b"")
    assert "insertErrors" not in insert_rows(service, call)
    assert ask(_SUM.format("streamed")) == ask(_SUM.format("streamed")) == ["7"]
    service.settings.hidden["p.d.streamed"] = Hidden(rows="a = 5")
    assert ask(_SUM.format("streamed")) == ["2"]


@pytest.mark.parametrize("moment", ["CURRENT_TIMESTAMP()", "GENERATE_UUID()", "RAND()"])
def test_what_is_of_the_moment_is_asked_each_time(ask: Ask, moment: str):
    """The clock and chance answer otherwise each time."""
    ask("CREATE OR REPLACE TABLE d.m AS SELECT 2 AS a")
    sql = f"SELECT CAST({moment} AS STRING) AS s FROM `p.d.m`"
    assert ask(sql) != ask(sql)


def test_an_expired_partition_is_gone_by_the_clock(ask: Ask, service: Service):
    """Nothing is written when a partition expires, and its rows are gone."""
    ask(
        "CREATE TABLE d.expiring (a INT64, day DATE) PARTITION BY day "
        "OPTIONS(partition_expiration_days=30);"
        "INSERT INTO d.expiring VALUES (2, CURRENT_DATE())"
    )
    assert ask(_SUM.format("expiring")) == ["2"]
    service.database.move_clock(90 * 86_400)
    try:
        assert ask(_SUM.format("expiring")) == [None]
    finally:
        service.database.move_clock(0)
