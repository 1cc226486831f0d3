"""What cannot be looked at is left and named, and everything else is planned and recovered."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.harness import LOCATION, Rebound, of_kind
from tests.integration import lake
from tests.integration.bucket_objects import content_of, fill
from tests.integration.orchestration import State, write_catalog
from tests.served import Function, serving


def test_table(rebound: Rebound, function: Function):
    """A table that cannot be read, or measured, does not stop the others; it is no success."""
    function.complete("night")
    before = lake.rows(rebound, lake.GAMES)
    rebound.query(f"DROP TABLE `{rebound.project}.{lake.GAMES}`")
    with rebound.cloud.fault("bigquery", "bigquery.jobs.insert", "status", status=403):
        measured = rebound.json("plan", "bigquery-dataset-loss", code=9)
    assert (len(measured["unseen"]), len(of_kind(measured, "table"))) == (1, 3)
    refused = {"status": 403, "match": rf"{rebound.project}.*/types\b", "times": None}
    with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
        planned = rebound.run("plan", "bigquery-dataset-loss", code=9)
        ended = rebound.run("recover", "bigquery-dataset-loss", "--yes", code=6)
    assert f"NOT LOOKED AT, left  {lake.TYPES}: " in planned.stdout
    assert f"create               {lake.GAMES}" in planned.stdout
    assert f"is left: {lake.TYPES}" in planned.stderr
    assert "3 of 3 tables proven equal" in ended.stdout
    assert f"not recovered: {lake.TYPES} (could not be looked at)" in ended.stderr
    assert lake.rows(rebound, lake.GAMES) == before
    assert rebound.json("report")[0]["state"] == "partial"
    assert "4 of 4 tables proven" in rebound.run("recover", "bigquery-dataset-loss", "--yes").stdout
    proven = next(it for it in rebound.json("report") if it["state"] == "proven")["recovery_id"]
    with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
        again = rebound.run("resume", proven, code=7)
    assert f"it is not so now: {lake.TYPES} (could not be looked at)" in again.stderr


def test_table_that_is_refused_for_good(rebound: Rebound, function: Function):
    """A table that BigQuery refuses to load, or to replace, is left and named; the others are proven."""
    function.complete("night")
    before = {table: lake.rows(rebound, table) for table in lake.TABLES}
    for job, destroyed in (
        ("games.*-load", "DROP TABLE `{}`"),
        ("games.*-replace-", "UPDATE `{}` SET points = 1 WHERE TRUE"),
    ):
        rebound.query(destroyed.format(f"{rebound.project}.{lake.GAMES}"))
        rebound.query(f"DROP TABLE `{rebound.project}.{lake.TYPES}`")
        damaged = games_now(rebound)
        fault = {"job": job, "reason": "accessDenied", "message": "refused for good", "times": 1}
        rebound.cloud.order("bigquery", "job-faults", **fault)
        words = ("--overwrite", "*", "--yes")
        ended = rebound.run("recover", "bigquery-dataset-loss", *words, code=6)
        assert f"FAILED    {lake.GAMES}" in ended.stdout
        assert "refused for good" in ended.stdout
        assert "3 of 4 tables proven equal" in ended.stdout
        assert lake.rows(rebound, lake.TYPES) == before[lake.TYPES]
        assert games_now(rebound) == damaged
        rebound.run("resume", max(rebound.recoveries), *words)
        assert {table: lake.rows(rebound, table) for table in lake.TABLES} == before


def games_now(rebound: Rebound) -> list[str]:
    """Return the rows of the games; none where there is no table."""
    tables = rebound.bigquery_client.list_tables(lake.DATASET)
    is_there = lake.GAMES in {f"{lake.DATASET}.{item.table_id}" for item in tables}
    return lake.rows(rebound, lake.GAMES) if is_there else []


def test_bucket(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A bucket that cannot be listed does not stop another."""
    rebound = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    names = [f"{rebound.project}-{name}" for name in ("raw", "other")]
    lake.write_catalog(tmp_path, (), buckets=[{"bucket": name} for name in names])
    with rebound.cloud.minutes_ago(10):
        raw, other = (
            rebound.storage_client.create_bucket(name, location=LOCATION) for name in names
        )
    for bucket in (raw, other):
        fill(rebound, bucket, ("a", "b"))
    with serving(rebound) as function:
        function.complete("night")
    for bucket in (raw, other):
        bucket.blob("a").delete()
    refused = {"status": 403, "match": f"{other.name}", "times": None}
    with rebound.cloud.fault("storage", "storage.objects.list", "status", **refused):
        planned = rebound.run("plan", "gcs-bucket-corruption", code=9)
        report = json.loads(
            rebound.run("recover", "gcs-bucket-corruption", "--yes", "--json", code=6).stdout
        )
    assert f"NOT LOOKED AT, left  bucket {other.name}: " in planned.stdout
    assert [item["into"] for item in of_kind(report, "bucket")] == [raw.name]
    assert raw.blob("a").download_as_bytes() == content_of("a")
    assert not other.blob("a").exists()

    raw.blob("b").delete()
    rebound.run("recover", "gcs-bucket-corruption", "--exclude", other.name, "--yes")
    assert raw.blob("b").exists()
    assert not other.blob("a").exists(), "it was excluded"


def test_database(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A database that cannot be read does not stop another."""
    names = ("(default)", "second")
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path, {name: {} for name in names}))
    whole, unread = (State(rebound, name) for name in names)
    kind = {"location_id": LOCATION, "type_": "FIRESTORE_NATIVE"}
    with rebound.cloud.minutes_ago(10):
        whole.admin.create_database(
            parent=f"projects/{rebound.project}", database_id="second", database=kind
        ).result()
    for database in (whole, unread):
        with rebound.cloud.minutes_ago(5):
            database.write({"done/one": {"n": 1}})
    with serving(rebound) as function:
        function.complete("night")
    for database in (whole, unread):
        database.lose("done/one")
    refused = {"reason": "PERMISSION_DENIED", "match": "databases/second", "times": None}
    with rebound.cloud.fault("firestore", "firestore.RunQuery", "status", **refused):
        planned = rebound.run("plan", "firestore-state-loss", code=9)
        ended = rebound.run("recover", "firestore-state-loss", "--yes", code=6)
    assert "NOT LOOKED AT, left  database second: " in planned.stdout
    assert "not recovered: database second (could not be looked at)" in ended.stderr
    assert (set(whole.content()), set(unread.content())) == ({"done/one"}, set())

    whole.lose("done/one")
    rebound.run("recover", "firestore-state-loss", "--exclude", "second", "--yes")
    assert (set(whole.content()), set(unread.content())) == ({"done/one"}, set()), "excluded"
