"""`t$__PARTITIONS_SUMMARY__`: the partitions of a table as rows of a table (Partition metadata)."""

from tests.standin.bigquery.engine.entries import LIVE, Entry, Resource
from tests.standin.bigquery.engine.partitions import is_partitioned, partition_expression
from tests.standin.bigquery.engine.rows import validity
from tests.standin.bigquery.engine.types import Field, literal
from tests.standin.bigquery.errors import invalid

SUMMARY = "__PARTITIONS_SUMMARY__"
_TEXTS = ("project_id", "dataset_id", "table_id", "partition_id")
_INSTANTS = ("creation", "last_modified")
FIELDS: list[Field] = [{"name": name, "type": "STRING", "mode": "NULLABLE"} for name in _TEXTS] + [
    {"name": f"{name}_{suffix}", "type": kind, "mode": "NULLABLE"}
    for name in _INSTANTS
    for suffix, kind in (("time", "INTEGER"), ("timestamp", "TIMESTAMP"))
]


def summary_table(entry: Entry) -> Resource:
    """Return the resource of a table's summary.

    Raises:
        BigQueryError: The table has no partitions.
    """
    _check(entry)
    reference = entry.resource["tableReference"]
    shown = {name: entry.resource[name] for name in ("kind", "etag", "location", "creationTime")}
    return shown | {
        "type": "TABLE",
        "tableReference": {**reference, "tableId": f"{reference['tableId']}${SUMMARY}"},
        "schema": {"fields": FIELDS},
    }


def summary_rows(entry: Entry) -> str:
    """Return the SELECT of a table's summary; a partition was created with its first row.

    Raises:
        BigQueryError: The table has no partitions.
    """
    _check(entry)
    names = ", ".join(
        f"{literal(value)} AS {name}" for name, value in zip(_TEXTS, entry.key, strict=False)
    )
    changed = f"greatest(max(_rb_from), max(CASE WHEN _rb_to < {LIVE} THEN _rb_to ELSE 0 END))"
    instants = ", ".join(
        f"({value}) // 1000 AS {name}_time, make_timestamptz({value}) AS {name}_timestamp"
        for name, value in zip(_INSTANTS, ("min(_rb_from)", changed), strict=True)
    )
    return (
        f"SELECT {names}, {partition_expression(entry)} AS partition_id, {instants} "
        f"FROM {entry.rows.name} WHERE {validity(entry.rows)} GROUP BY ALL"
    )


def _check(entry: Entry) -> None:
    if not is_partitioned(entry.resource):
        raise invalid(f"{entry.full_name} is not a partitioned table")
