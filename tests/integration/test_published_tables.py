"""Publishing: under policies at every moment, once however often, in as many pieces as it takes."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import bigquery

from tests.harness import RUN_SECONDS, Rebound, of_kind
from tests.integration import lake
from tests.served import Function, serving

SCENARIO = "bigquery-dataset-loss"
SECRETS, MANY = f"{lake.DATASET}.secrets", f"{lake.DATASET}.many"
ROWS = 4100
OF_SECRETS = """
CREATE TABLE `{lake}.secrets` (n INT64, price NUMERIC(8, 3), box JSON);
INSERT `{lake}.secrets` VALUES (1, NUMERIC '1.125', JSON '{{"a": [1, null]}}'), (2, NULL, NULL);
CREATE ROW ACCESS POLICY few ON `{lake}.secrets`
  GRANT TO ('user:few@example.com') FILTER USING (n = 1)
"""
OF_MANY = f"""
CREATE TABLE `{{lake}}.many` (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 9000, 1));
INSERT `{{lake}}.many` SELECT n FROM UNNEST(GENERATE_ARRAY(1, {ROWS} - 2000)) AS n;
INSERT `{{lake}}.many` SELECT n FROM UNNEST(GENERATE_ARRAY({ROWS} - 1999, {ROWS})) AS n
"""


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with a table under a policy."""
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, (SECRETS,)))
    lake.fill_with(made, OF_SECRETS)
    return made


def seen(client: bigquery.Client) -> tuple[int, int]:
    """Return how many rows, and then how many policies, a reader finds on the table."""
    path = f"/projects/{client.project}/datasets/{lake.DATASET}/tables/secrets"
    found = [item.table_id for item in client.list_tables(lake.DATASET)]
    if "secrets" not in found:
        return 0, 0
    rows = int(client.get_table(SECRETS).num_rows or 0)
    answer = client._connection.api_request(method="GET", path=f"{path}/rowAccessPolicies")  # noqa: SLF001
    return rows, len(answer.get("rowAccessPolicies", []))


def test_rows_are_never_there_without_their_policies(rebound: Rebound, function: Function):
    """A reader looks all the while; the recovery is killed when the first rows are seen."""
    function.complete("night")
    client = rebound.bigquery_client
    rebound.query(f"DROP TABLE `{rebound.project}.{SECRETS}`")
    process = rebound.begin("recover", SCENARIO, "--yes")
    looks = 0
    while process.poll() is None:
        rows, policies = seen(client)
        looks += 1
        assert policies or not rows
        if rows:
            process.kill()
        time.sleep(0.01)
    process.communicate(RUN_SECONDS)
    assert looks > 1
    assert seen(client) == (2, 1)
    rebound.run("recover", SCENARIO, "--yes")
    assert seen(client) == (2, 1)


def test_a_copy_that_came_though_its_job_failed_is_not_made_twice(
    rebound: Rebound, function: Function
):
    """Its rows are looked at before another attempt."""
    function.complete("night")
    rebound.query(f"DROP TABLE `{rebound.project}.{SECRETS}`")
    rebound.cloud.order(
        "bigquery", "job-faults", job="-copy-", reason="backendError", times=1, after_commit=True
    )
    report = rebound.json("recover", SCENARIO, "--yes")
    assert not [
        table for table in of_kind(report, "table") if table["findings"] or table["failure"]
    ]
    assert seen(rebound.bigquery_client) == (2, 1)


def test_a_table_of_another_shape_is_never_lost(rebound: Rebound, function: Function):
    """Refused, then killed, between its deletion and the table that takes its place: both can be made."""
    function.complete("night")
    secrets = f"`{rebound.project}.{SECRETS}`"
    rebound.query(f"DROP TABLE {secrets}")
    rebound.query(f"CREATE TABLE {secrets} (day DATE) PARTITION BY day")
    rebound.query(f"INSERT {secrets} VALUES (DATE '2024-01-01')")
    agreed = ("--overwrite", SECRETS, "--access", "--yes")
    made = {"match": f"{rebound.project}/datasets/{lake.DATASET}/tables"}
    with rebound.cloud.fault("bigquery", "bigquery.tables.insert", "status", status=403, **made):
        told = " ".join(rebound.run("recover", SCENARIO, *agreed, code=6).stdout.split())
    assert seen(rebound.bigquery_client) == (0, 0)
    assert "what had another shape is deleted, and nothing is there now" in told
    (recovery,) = rebound.recoveries
    (undo,) = rebound.bigquery_client.list_tables("rebound_undo")
    assert f"what it held is in {rebound.project}.rebound_undo.{undo.table_id}" in told
    with rebound.cloud.held("bigquery", "bigquery.tables.insert", is_done=False, **made):
        killed = rebound.begin("resume", recovery, *agreed)
        rebound.cloud.await_fault("bigquery", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    assert seen(rebound.bigquery_client) == (0, 0)
    rebound.run("resume", recovery, *agreed)
    assert seen(rebound.bigquery_client) == (2, 1)
    rebound.run("undo", recovery, SECRETS, "--access", "--yes")
    assert rebound.query(f"SELECT CAST(day AS STRING) AS day FROM {secrets}") == [
        {"day": "2024-01-01"}
    ]


def test_more_partitions_than_a_job_may_change(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """The table is gone, then a part of it: both come back, and the backup said it would be slow."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, (MANY,)))
    lake.fill_with(rebound, OF_MANY)
    with serving(rebound) as function:
        function.complete("night")
        assert any(line.get("partitions") == ROWS for line in function.log_lines())
    many = f"`{rebound.project}.{MANY}`"
    rebound.query(f"DROP TABLE {many}")
    rebound.json("recover", SCENARIO, "--yes")
    for half in ("n <= 3000", "n > 3000"):
        rebound.query(f"UPDATE {many} SET n = n WHERE {half}")
        rebound.query(f"DELETE FROM {many} WHERE {half} AND n > 5")
    report = rebound.json("recover", SCENARIO, "--yes")
    actions = {table["name"]: table["action"] for table in of_kind(report, "table")}
    assert actions[MANY] == "replace partitions"
    found = rebound.query(f"SELECT COUNT(*) AS a, COUNT(DISTINCT n) AS b, MAX(n) AS c FROM {many}")
    assert found == [{"a": ROWS, "b": ROWS, "c": ROWS}]


def test_a_table_that_would_be_updated_too_fast_waits(rebound: Rebound, function: Function):
    """BigQuery updates a table's metadata so often in ten seconds, and refuses calls and jobs else."""
    function.complete("night")
    rebound.query(f"DROP TABLE `{rebound.project}.{SECRETS}`")
    rebound.cloud.order("bigquery", "quotas", updates=1)
    try:
        done = rebound.json("recover", SCENARIO, "--access", "--yes")
        assert rebound.cloud.order("bigquery", "quotas")["refusedUpdates"]
    finally:
        rebound.cloud.order("bigquery", "quotas", updates=0)
    assert not [table for table in of_kind(done, "table") if table["findings"] or table["failure"]]
    assert rebound.bigquery_client.get_table(SECRETS).num_rows == 2
