"""Frozen copies of every layout, rows that expire by a table's own rule, versions that were replaced."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from google.cloud import bigquery

from tests.cloud.probes.asking import answered, only, rows, value
from tests.cloud.sandbox import Sandbox

_DATES = "DATE '1900-06-01', DATE '1959-12-31', DATE '2024-05-01', DATE '2159-12-31', DATE '9999-12-31', NULL"
_LAYOUTS: Mapping[str, tuple[str, str]] = {
    "day": ("d DATE", "PARTITION BY d CLUSTER BY n OPTIONS(require_partition_filter = TRUE)"),
    "month": ("d DATE", "PARTITION BY DATE_TRUNC(d, MONTH)"),
    "hour": ("d TIMESTAMP", "PARTITION BY TIMESTAMP_TRUNC(d, HOUR)"),
    "range": ("d INT64", "PARTITION BY RANGE_BUCKET(d, GENERATE_ARRAY(0, 100, 10))"),
    "ingestion": ("d DATE", "PARTITION BY _PARTITIONDATE"),
    "none": ("d DATE", ""),
}
_VALUES = {
    "d DATE": f"[{_DATES}]",
    "d TIMESTAMP": f"ARRAY(SELECT TIMESTAMP(x) FROM UNNEST([{_DATES}]) AS x)",
    "d INT64": "[-1, 0, 99, 100, NULL]",
}
_APART_SECONDS = 1
_SHAPE = ("timePartitioning", "rangePartitioning", "clustering", "requirePartitionFilter", "labels")


def clones(sandbox: Sandbox) -> object:
    """Return layout, counts and partitions of a clone of each layout."""
    return _clones(sandbox, sandbox.dataset("clones"), sandbox.dataset("scratch"))


def clones_where_partitions_expire(sandbox: Sandbox) -> object:
    """Return the same for a scratch dataset with a default partition expiration."""
    scratch = sandbox.dataset("expiring_scratch", default_partition_expiration_ms=86_400_000)
    return _clones(sandbox, sandbox.dataset("clones_again"), scratch)


def _clones(sandbox: Sandbox, dataset: str, scratch: str) -> dict[str, object]:
    return {
        layout: answered(lambda layout=layout: _clone(sandbox, dataset, scratch, layout))
        for layout in _LAYOUTS
    }


def _clone(sandbox: Sandbox, dataset: str, scratch: str, layout: str) -> object:
    column, rest = _LAYOUTS[layout]
    source, clone = f"`{dataset}.{layout}`", f"`{scratch}.{layout}`"
    rows(sandbox, f"CREATE TABLE {source} ({column}, n INT64) {rest}")
    rows(sandbox, f"INSERT INTO {source} (d, n) SELECT x, 1 FROM UNNEST({_VALUES[column]}) AS x")
    at = value(sandbox, "SELECT CAST(CURRENT_TIMESTAMP() AS STRING)")
    when = f"FOR SYSTEM_TIME AS OF TIMESTAMP '{at}'"
    expires = "expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)"
    rows(sandbox, f"CREATE TABLE {clone} CLONE {source} {when} OPTIONS({expires})")
    where = "WHERE d IS NULL OR d IS NOT NULL"
    resource = sandbox.bigquery_client.get_table(
        f"{sandbox.project}.{scratch}.{layout}"
    ).to_api_repr()
    return {
        **only(resource, *_SHAPE, "numRows"),
        "counted": value(sandbox, f"SELECT COUNT(*) FROM {clone} {where}"),
        "source counted": value(sandbox, f"SELECT COUNT(*) FROM {source} {when} {where}"),
        "partitions": _partitions(sandbox, scratch, layout),
    }


def _partitions(sandbox: Sandbox, dataset: str, table: str) -> list[list[Any]]:
    found = rows(
        sandbox,
        f"SELECT partition_id, total_rows FROM `{dataset}.INFORMATION_SCHEMA.PARTITIONS` "
        f"WHERE table_name = '{table}' ORDER BY partition_id",
    )
    # The partition of an ingestion-time table is the hour or day of this run.
    return [["TODAY" if table == "ingestion" else name, count] for name, count in found]


def expired_rows(sandbox: Sandbox) -> object:
    """Return what is there of rows that are older than their table keeps them."""
    dataset = sandbox.dataset("expired")
    table = f"`{dataset}.t`"
    rows(
        sandbox,
        f"CREATE TABLE {table} (d DATE) PARTITION BY d OPTIONS(partition_expiration_days = 1)",
    )
    rows(
        sandbox,
        f"INSERT INTO {table} SELECT x FROM UNNEST([DATE '2024-01-01', CURRENT_DATE()]) AS x",
    )
    rows(sandbox, f"CREATE TABLE `{dataset}.kept` (d DATE) PARTITION BY d")
    rows(sandbox, f"INSERT INTO `{dataset}.kept` VALUES (DATE '2024-01-01')")
    project = sandbox.project
    config = bigquery.CopyJobConfig(write_disposition="WRITE_APPEND")
    sandbox.bigquery_client.copy_table(
        f"{project}.{dataset}.kept", f"{project}.{dataset}.t", job_config=config
    ).result()
    return {
        "counted": value(sandbox, f"SELECT COUNT(*) FROM {table}"),
        "numRows": sandbox.bigquery_client.get_table(f"{project}.{dataset}.t").num_rows,
        "partitions": len(_partitions(sandbox, dataset, "t")),
    }


def replaced_by_a_clone(sandbox: Sandbox) -> object:
    """Return what is read of the version of a table that a clone of another shape took the place of.

    As of the beginning of the statement, and of the last millisecond before the table was made that is
    there now: an undo looks there for rows that were written while it replaced a table.
    """
    dataset = sandbox.dataset("replaced")
    live, kept, late = (f"`{dataset}.{name}`" for name in ("live", "kept", "late"))
    rows(sandbox, f"CREATE TABLE {live} AS SELECT 1 AS a")
    rows(sandbox, f"CREATE SNAPSHOT TABLE {kept} CLONE {live}")
    rows(sandbox, f"CREATE OR REPLACE TABLE {live} AS SELECT 'x' AS b")
    rows(sandbox, f"INSERT INTO {live} VALUES ('y')")
    time.sleep(_APART_SECONDS)
    client = sandbox.bigquery_client
    job = client.query(f"CREATE OR REPLACE TABLE {live} CLONE {kept}", job_retry=None)
    job.result(job_retry=None)
    made_at = client.get_table(f"{sandbox.project}.{dataset}.live").created
    last = made_at - timedelta(milliseconds=1)
    keep = f"CREATE SNAPSHOT TABLE {late} CLONE {live} {_as_of(last)}"
    return {
        "now": rows(sandbox, f"SELECT * FROM {live}"),
        "as it began": answered(lambda: _rows_then(sandbox, live, job.started)),
        "the last moment": answered(lambda: _rows_then(sandbox, live, last)),
        "is made after it began": made_at >= job.started,
        "kept": answered(lambda: rows(sandbox, keep)),
        "has kept": answered(lambda: rows(sandbox, f"SELECT b FROM {late} ORDER BY b")),
    }


def _rows_then(sandbox: Sandbox, table: str, at: datetime) -> list[list[Any]]:
    return rows(sandbox, f"SELECT b FROM {table} {_as_of(at)} ORDER BY b")


def _as_of(at: datetime) -> str:
    return f"FOR SYSTEM_TIME AS OF TIMESTAMP '{at.isoformat()}'"


def renamed(sandbox: Sandbox) -> object:
    """Return what a table keeps under another name, and whether one gets it that rows stream into.

    An undo sets a table aside before it deletes it, so that no row is deleted that nobody looked at, and
    what was there before takes its name.
    """
    dataset = sandbox.dataset("renamed")
    live, other = (f"`{dataset}.{name}`" for name in ("live", "other"))
    client = sandbox.bigquery_client
    rows(sandbox, f"CREATE TABLE {live} (a INT64) OPTIONS (description = 'told')")
    rows(sandbox, f"INSERT INTO {live} VALUES (1)")
    was = client.get_table(f"{sandbox.project}.{dataset}.live")
    rows(sandbox, f"ALTER TABLE {live} RENAME TO `aside-1`")
    now = client.get_table(f"{sandbox.project}.{dataset}.aside-1")
    rows(sandbox, f"CREATE TABLE {other} (a INT64)")
    before = client.get_table(f"{sandbox.project}.{dataset}.other").etag
    client.insert_rows_json(f"{sandbox.project}.{dataset}.other", [{"a": 1}])
    after = client.get_table(f"{sandbox.project}.{dataset}.other").etag
    return {
        "is as old": now.created == was.created,
        "description": now.description,
        "rows": rows(sandbox, f"SELECT a FROM `{dataset}.aside-1`"),
        "its name is free": answered(
            lambda: rows(sandbox, f"CREATE TABLE {live} CLONE `{dataset}.aside-1`")
        ),
        "streamed rows move the etag": before != after,
        "streamed into": answered(lambda: rows(sandbox, f"ALTER TABLE {other} RENAME TO streamed")),
    }


PROBES = (clones, clones_where_partitions_expire, expired_rows, replaced_by_a_clone, renamed)
