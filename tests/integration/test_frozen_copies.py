"""Frozen copies and readings that are not what the table holds: nothing is concluded from them."""

from collections.abc import Iterator

import pytest

from manifests import layout
from manifests.kinds.tables.kind import TABLES
from tests.harness import Rebound
from tests.integration import lake
from tests.served import Function


@pytest.fixture(autouse=True)
def everything_is_shown(rebound: Rebound) -> Iterator[None]:
    """Take the orders of a test away, whatever became of it."""
    yield
    rebound.cloud.order("bigquery", "clones", lose=[])
    for name in (lake.GAMES, frozen(lake.GAMES)):
        hide(rebound, name)


def hide(rebound: Rebound, table: str, **what: str) -> None:
    """Hide rows or a column of `dataset.table` from every reader."""
    rebound.cloud.order("bigquery", "hidden", table=f"{rebound.project}.{table}", **what)


def frozen(table: str, run_id: str = "night") -> str:
    """Return a pattern of `dataset.table` of a run's frozen copy, whose name nobody knows before."""
    return f"rebound_scratch.{layout.work_id(f'{run_id}-*', table)}"


def protect(rebound: Rebound) -> None:
    """Give a table a policy that lets everybody read all rows."""
    rebound.query(
        f"CREATE ROW ACCESS POLICY open ON `{rebound.project}.{lake.GAMES}` "
        "GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)"
    )


def refusal(function: Function, run_id: str = "night") -> str:
    """Ask for a run that cannot be completed and return what is said."""
    answer = function.manual(run_id)
    assert not answer.ok, answer.text
    return answer.text


def test_a_copy_with_fewer_rows_than_the_table_had_is_no_backup(
    rebound: Rebound, function: Function
):
    """The table is counted at the recovery point, whatever the copy and its metadata say."""
    hide(rebound, frozen(lake.GAMES), rows="points < 10")
    assert "its frozen copy holds 201 of the 205 rows" in refusal(function)
    hide(rebound, frozen(lake.GAMES))
    function.complete("night")


def test_a_copy_that_somebody_made_before_is_not_the_runs(rebound: Rebound, function: Function):
    """Nobody knows a run's start, and so what its copies are called, before it has begun."""
    function.complete("first")
    predicted = f"{rebound.project}.rebound_scratch.{layout.work_id('night', lake.GAMES)}"
    games = f"{rebound.project}.{lake.GAMES}"
    rebound.query(f"CREATE TABLE `{predicted}` AS SELECT * REPLACE (1 AS points) FROM `{games}`")
    function.complete("night", full=True)
    first, night = (rebound.manifest(name).part(TABLES, lake.GAMES) for name in ("first", "night"))
    assert first is not None
    assert night is not None
    assert night.fingerprint == first.fingerprint
    assert {export.run_id for export in night.exports} == {"night"}


def test_a_copy_that_lost_its_partitions_is_exported_whole(rebound: Rebound, function: Function):
    """Where a column holds the partition; otherwise the rows could not be put back."""
    function.complete("first")
    games = f"`{rebound.project}.{lake.GAMES}`"
    rebound.query(f"UPDATE {games} SET points = 1 WHERE game_date = DATE '2024-01-02'")
    rebound.cloud.order("bigquery", "clones", lose=["timePartitioning", "requirePartitionFilter"])
    function.complete("night")
    table = rebound.manifest("night").part(TABLES, lake.GAMES)
    assert table is not None
    assert [export.partition_id for export in table.exports] == [None]
    assert len(table.partitions) > 9


def test_rows_by_arrival_cannot_lose_their_partitions(rebound: Rebound, function: Function):
    """No column holds the partition of a table that is partitioned by arrival: it is refused."""
    arrivals = f"{lake.DATASET}.arrivals"
    with rebound.cloud.minutes_ago(5):
        rebound.query(
            f"CREATE TABLE `{rebound.project}.{arrivals}` (n INT64) PARTITION BY _PARTITIONDATE"
        )
    lake.write_catalog(rebound.folder, (arrivals,))
    rebound.cloud.order("bigquery", "clones", lose=["timePartitioning"])
    assert "its frozen copy lost its partitions" in refusal(function)
    rebound.cloud.order("bigquery", "clones", lose=[])
    function.complete("night")


def test_rows_that_policies_hide_make_no_backup_and_no_plan(rebound: Rebound, function: Function):
    """A policy that hides nothing is no obstacle."""
    protect(rebound)
    function.complete("night")
    hide(rebound, lake.GAMES, rows="points < 10")
    assert "of 205 rows can be read" in refusal(function, "next")
    refused = rebound.run("plan", "bigquery-dataset-loss", code=9)
    assert "hint: grant this identity a row access policy" in refused.stderr


def test_masked_columns_make_no_backup_and_no_plan(rebound: Rebound, function: Function):
    """An operator who sees NULL for a name is not offered to overwrite the table with it."""
    function.complete("night")
    hide(rebound, lake.GAMES, column="home")
    assert "columns are masked for this identity" in refusal(function, "next")
    refused = rebound.run("plan", "bigquery-dataset-loss", code=9)
    assert "hint: grant it Fine-Grained Reader" in refused.stderr
