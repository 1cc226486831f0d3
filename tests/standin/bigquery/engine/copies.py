"""What copies, clones and snapshots keep and lose."""

import time

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.rows import append, column_list, generation_at, select_rows

_ALWAYS_KEPT = (
    "schema",
    "timePartitioning",
    "rangePartitioning",
    "clustering",
    "requirePartitionFilter",
    "tableConstraints",
    "description",
    "friendlyName",
    "labels",
    "resourceTags",
    "encryptionConfiguration",
    "defaultCollation",
    "defaultRoundingMode",
    "maxStaleness",
)


def copied_resource(source: Entry, operation: str, instant: int) -> Resource:
    """Return the resource of a copy of a table.

    Args:
        source: The table.
        operation: COPY, CLONE, SNAPSHOT, RESTORE or LIKE.
        instant: The instant (us) of the rows.
    """
    kept = {key: source.resource[key] for key in _ALWAYS_KEPT if key in source.resource}
    reference = source.resource["tableReference"]
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant // 1_000_000))
    moment += f".{instant % 1_000_000 // 1000:03d}Z"
    if operation == "COPY":
        # A copy takes the key that its job names, or its own dataset's (Customer-managed keys).
        kept.pop("encryptionConfiguration", None)
    if operation == "SNAPSHOT":
        # A snapshot does not retain partition expiration (BigQuery, Table snapshots).
        if "timePartitioning" in kept:
            by_time = dict(kept["timePartitioning"])
            by_time.pop("expirationMs", None)
            kept["timePartitioning"] = by_time
        kept["snapshotDefinition"] = {"baseTableReference": reference, "snapshotTime": moment}
    elif operation == "CLONE" and source.resource["type"] != "SNAPSHOT":
        kept["cloneDefinition"] = {"baseTableReference": reference, "cloneTime": moment}
    return kept


def copy_rows(write: Write, source: Entry, target: Entry, *, instant: int | None = None) -> Entry:
    """Copy all rows of a table, as they were at an instant (us), into a new table of its shape."""
    generation = source.rows if instant is None else generation_at(source, instant)
    hidden = generation.ingestion and target.rows.ingestion
    present = {field["name"].lower() for field in generation.fields}
    fields = [field for field in target.rows.fields if field["name"].lower() in present]
    columns = column_list(fields, ingestion=hidden)
    rows = select_rows(generation, instant=instant, hidden=hidden)
    append(write, target.rows, f"SELECT {columns} FROM ({rows})", columns)
    entry = measured(target, write)
    write.save(entry)
    return entry
