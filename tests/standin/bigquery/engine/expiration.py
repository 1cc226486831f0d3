"""Partition expiration: when the partition of a row expires, and what a change of the rule does.

A partition expires its table's `expirationMs` after its end, in UTC; what is copied or inserted
into an expired partition is gone at once (BigQuery, Manage partitioned tables, Set the partition
expiration).
"""

from dataclasses import replace

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import LIVE, Entry, Resource
from tests.standin.bigquery.engine.rows import FROM, PARTITION_TIME, TO, replaced
from tests.standin.bigquery.engine.types import quoted

# No rule is longer than this, in milliseconds: enough for ever, and no overflow in microseconds.
_LONGEST_MS = 10**15


def expiry_of(resource: Resource) -> str:
    """Return the DuckDB expression of the instant (us) a row's partition expires; empty for never.

    Rows without a partition of their own never expire: those without a value, and those outside
    the years that have partitions.
    """
    by_time = resource.get("timePartitioning") or {}
    if not by_time.get("expirationMs"):
        return ""
    unit = by_time.get("type", "DAY").lower()
    column = quoted(by_time["field"]) if by_time.get("field") else PARTITION_TIME
    kept_micros = min(int(by_time["expirationMs"]), _LONGEST_MS) * 1000
    return (
        f"CASE WHEN year({column}) BETWEEN 1960 AND 2159 THEN "
        f"epoch_us(date_trunc('{unit}', {column}) + INTERVAL 1 {unit}) + {kept_micros} END"
    )


def under_its_rule(write: Write, before: Entry, after: Entry) -> Entry:
    """Return a table whose rule may have changed, with the rows of the new rule; unsaved.

    Rows that either rule has let expire by now stay gone, whatever becomes of the rule.
    """
    expiry = expiry_of(after.resource)
    if not after.is_table or expiry == before.rows.expiry:
        return after
    for rule in filter(None, (before.rows.expiry, expiry)):
        write.execute(
            f"UPDATE {after.rows.name} SET {TO} = greatest({FROM}, {write.stamp}) "
            f"WHERE {TO} = {LIVE} AND ({rule}) <= {write.stamp}"
        )
    return replaced(after, write, replace(after.rows, start=write.stamp, end=LIVE, expiry=expiry))
