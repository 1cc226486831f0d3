"""Tables whose partitions expire by their own rule: backed up whole, recovered as far as it keeps."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Rebound, of_kind
from tests.integration import lake
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"
BY_DAY, BY_ARRIVAL = f"{lake.DATASET}.by_day", f"{lake.DATASET}.by_arrival"
TABLES = (BY_DAY, BY_ARRIVAL)
# Two days later, the days three and two days ago have expired.
STATEMENTS = """
CREATE TABLE `{lake}.by_day` (d DATE, n INT64, note STRING) PARTITION BY d
  OPTIONS(partition_expiration_days = 3);
INSERT `{lake}.by_day` (d, n, note)
  SELECT DATE_SUB(CURRENT_DATE(), INTERVAL DIV(n, 10) DAY), n, IF(MOD(n, 3) = 0, NULL, 'Dončić')
  FROM UNNEST(GENERATE_ARRAY(0, 39)) AS n;
INSERT `{lake}.by_day` (d, n) VALUES (NULL, -1), (NULL, -1), (DATE '9999-12-31', -2);
CREATE TABLE `{lake}.by_arrival` (n INT64) PARTITION BY _PARTITIONDATE
  OPTIONS(partition_expiration_days = 3);
INSERT `{lake}.by_arrival` (_PARTITIONTIME, n)
  SELECT TIMESTAMP_TRUNC(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL DIV(n, 10) DAY), DAY), n
  FROM UNNEST(GENERATE_ARRAY(0, 39)) AS n
"""
KEPT = {BY_DAY: [-2, -1, -1, *range(20)], BY_ARRIVAL: [*range(20)]}


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform of two such tables."""
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, TABLES))
    lake.fill_with(made, STATEMENTS)
    return made


def numbers(rebound: Rebound, table: str) -> list[int]:
    """Return what is in a table."""
    found = rebound.query(f"SELECT n FROM `{rebound.project}.{table}`")
    return sorted(row["n"] for row in found)


def two_days_later(rebound: Rebound) -> AbstractContextManager[None]:
    """Let two days have passed."""
    return rebound.cloud.minutes_ago(-2 * 24 * 60)


def change(rebound: Rebound, *statements: str) -> None:
    """Run statements on the small lake."""
    for statement in statements:
        rebound.query(statement.format(lake=f"{rebound.project}.{lake.DATASET}"))


def recovered(rebound: Rebound, *words: str) -> dict[str, Any]:
    """Recover, insist that all is proven, and return how each table ended.

    The run is named: without its name a point of two days ago would miss the objective.
    """
    report = rebound.json("recover", SCENARIO, "--run", "night", *words, "--yes")
    assert {name: numbers(rebound, name) for name in TABLES} == KEPT
    for table in of_kind(report, "table"):
        assert (len(table["expired"]["partitions"]), table["expired"]["rows"]) == (2, 20)
        assert not table["findings"]
        assert not table["failure"]
    return {table["name"]: table for table in of_kind(report, "table")}


def test_what_expired_by_its_own_rule_is_neither_missing_nor_damage(
    rebound: Rebound, function: Function
):
    """Alone, beside real damage, and when the table is gone; the plan and the report count it."""
    function.complete("night")
    with two_days_later(rebound):
        assert {name: numbers(rebound, name) for name in TABLES} == KEPT
        shown = rebound.run("plan", SCENARIO).stdout
        assert shown.count("2 partitions (20 rows) expired by the table's own rule") == 2
        assert {table["action"] for table in recovered(rebound).values()} == {"leave"}

        change(
            rebound,
            "DELETE FROM `{lake}.by_day` WHERE n BETWEEN 3 AND 12",
            "DELETE FROM `{lake}.by_arrival` WHERE n BETWEEN 10 AND 19",
        )
        tables = recovered(rebound, "--overwrite", BY_DAY)
        assert {table["action"] for table in tables.values()} == {"replace partitions"}

        change(rebound, "DROP TABLE `{lake}.by_day`", "DROP TABLE `{lake}.by_arrival`")
        shown = rebound.run("recover", SCENARIO, "--run", "night", "--yes").stdout
        # In the plan and in the report, of each table: the plan judges by the services' time, too.
        assert shown.count("2 partitions (20 rows) expired by the table's own rule") == 4
        recovered(rebound)


def test_a_rule_that_was_shortened_is_given_back_before_the_rows(
    rebound: Rebound, function: Function
):
    """Otherwise it would eat what the recovery brings."""
    function.complete("night")
    with two_days_later(rebound):
        change(
            rebound, "ALTER TABLE `{lake}.by_day` SET OPTIONS(partition_expiration_days = 1 / 24)"
        )
        assert numbers(rebound, BY_DAY) == [-2, -1, -1]
        assert recovered(rebound)[BY_DAY]["action"] == "replace partitions"


def test_a_default_of_the_dataset_takes_no_rows_of_a_table_without_a_rule(
    rebound: Rebound, function: Function
):
    """The table is made with the default, which goes before the first row comes."""
    client = rebound.bigquery_client
    dataset = client.get_dataset(lake.DATASET)
    dataset.default_partition_expiration_ms = 24 * 3600 * 1000
    client.update_dataset(dataset, ["default_partition_expiration_ms"])
    change(rebound, "ALTER TABLE `{lake}.by_day` SET OPTIONS(partition_expiration_days = NULL)")
    function.complete("night")
    change(rebound, "DROP TABLE `{lake}.by_day`")
    rebound.json("recover", SCENARIO, "--yes")
    assert numbers(rebound, BY_DAY) == [-2, -1, -1, *range(40)]
    assert client.get_table(BY_DAY).time_partitioning.expiration_ms is None


def test_giving_a_rule_back_that_would_drop_rows_needs_a_word(rebound: Rebound, function: Function):
    """The table holds old rows, because somebody took its rule away."""
    function.complete("night")
    change(rebound, "ALTER TABLE `{lake}.by_day` SET OPTIONS(partition_expiration_days = NULL)")
    with two_days_later(rebound):
        refused = rebound.run("recover", SCENARIO, "--yes", code=5)
        assert f"--overwrite {BY_DAY}" in refused.stderr
        undo = recovered(rebound, "--overwrite", BY_DAY)[BY_DAY]["undo"]
        kept = rebound.query(f"SELECT COUNT(*) AS n FROM `{undo}` WHERE n BETWEEN 20 AND 39")
        assert kept == [{"n": 20}]


def test_what_expired_by_its_own_time_comes_back(rebound: Rebound, function: Function):
    """A table and a view that are gone for good by now come back without that time, or with another."""
    soon = datetime.now(UTC) + timedelta(days=1)
    options = f"OPTIONS(expiration_timestamp = TIMESTAMP '{soon:%Y-%m-%d %H:%M:%S+00}')"
    change(
        rebound,
        f"ALTER TABLE `{{lake}}.by_day` SET {options}",
        f"CREATE VIEW `{{lake}}.days` {options} AS SELECT d FROM `{{lake}}.by_day`",
    )
    function.complete("night")
    client = rebound.bigquery_client
    names = (BY_DAY, f"{lake.DATASET}.days")
    with two_days_later(rebound):
        there = {item.table_id for item in client.list_tables(lake.DATASET)}
        assert not there & {"by_day", "days"}
        for words, expected in (((), None), (("--expire-at", "2099-01-01T00:00Z"), 2099)):
            of_night = (SCENARIO, "--run", "night", *words)
            planned = rebound.run("plan", *of_night).stdout
            assert planned.count("UTC by its own time: it comes back and") == len(names)
            done = rebound.run("recover", *of_night, "--yes").stdout
            assert done.count("by its own time: it comes back") == 2 * len(names)
            for name in names:
                expires = client.get_table(name).expires
                assert (expires and expires.year) == expected
            assert numbers(rebound, BY_DAY) == KEPT[BY_DAY]
            change(rebound, "DROP VIEW `{lake}.days`", "DROP TABLE `{lake}.by_day`")
    rebound.run("plan", SCENARIO, "--expire-at", "2020-01-01T00:00Z", code=2)
