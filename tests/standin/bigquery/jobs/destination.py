"""The table that a query or load writes to, under its create and write disposition."""

from dataclasses import dataclass, replace

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import Change, TableKey
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.partitions import (
    arrival_time,
    belongs,
    check_partition,
    check_spread,
    partition_time,
)
from tests.standin.bigquery.engine.rows import (
    FROM,
    IS_LIVE,
    append,
    end_rows,
    replaced,
)
from tests.standin.bigquery.engine.tables import (
    check_partitioning,
    new_table,
    stored_form,
    with_schema,
)
from tests.standin.bigquery.engine.types import (
    Field,
    canonical,
    duckdb_type,
    is_repeated,
    is_required,
    quoted,
)
from tests.standin.bigquery.errors import duplicate, invalid, not_found
from tests.standin.bigquery.sql.insert import coerced

_LAYOUT = ("timePartitioning", "rangePartitioning", "clustering")
_LOST_ON_TRUNCATE = ("tableConstraints", "encryptionConfiguration")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """New rows for a table.

    Attributes:
        fields: Their columns.
        select: Them, in DuckDB's SQL, each column in the type of its field.
    """

    fields: list[Field]
    select: str


def key_of(reference: Resource) -> tuple[TableKey, str | None]:
    """Return the name and the partition that a table reference means."""
    table_id, _, partition_id = reference["tableId"].partition("$")
    return (reference["projectId"], reference["datasetId"], table_id), partition_id or None


def changes_of(reference: Resource, disposition: str) -> dict[TableKey, Change]:
    """Return what a job does to its destination, if that does not only get more rows."""
    key, partition_id = key_of(reference)
    truncates = disposition.startswith("WRITE_TRUNCATE") and partition_id is None
    return {key: Change.TRUNCATES} if truncates else {}


def check_present(entry: Entry | None, key: TableKey, configuration: Resource) -> None:
    """Refuse a missing table that must not be created, and one that must be empty and is not.

    Raises:
        BigQueryError: It is so.
    """
    if entry is None and configuration.get("createDisposition") == "CREATE_NEVER":
        raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}")
    if entry is None:
        return
    if entry.resource["type"] != "TABLE":
        raise invalid(f"Cannot write to {entry.full_name}: it is a {entry.resource['type']}")


def write_rows(
    write: Write,
    entry: Entry | None,
    rows: Rows,
    configuration: Resource,
    *,
    disposition: str,
) -> int:
    """Write rows to the destination of a job and return how many there are.

    Args:
        write: The change.
        entry: The table as it is; None when there is none.
        rows: The rows.
        configuration: The job's configuration, with `destinationTable`.
        disposition: WRITE_APPEND, WRITE_EMPTY, WRITE_TRUNCATE or WRITE_TRUNCATE_DATA.

    Raises:
        BigQueryError: The rows do not fit.
    """
    key, partition_id = key_of(configuration["destinationTable"])
    check_present(entry, key, configuration)
    if entry is None:
        entry = _created(write, key, rows, configuration)
    if partition_id is not None:
        check_partition(entry.resource, partition_id, entry.full_name)
    if disposition == "WRITE_EMPTY" and int(entry.resource["numRows"]):
        raise duplicate("Table", entry.full_name)
    if disposition == "WRITE_TRUNCATE" and partition_id is None:
        entry = _truncated(write, entry, rows, configuration)
    elif disposition in ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA"):
        end_rows(write, entry.rows, belongs(entry, partition_id) if partition_id else "TRUE")
    entry = _updated_schema(write, entry, rows, configuration)
    count = _append(write, entry, rows, partition_id)
    write.save(measured(entry, write))
    return count


def _created(write: Write, key: TableKey, rows: Rows, configuration: Resource) -> Entry:
    resource: Resource = {part: configuration[part] for part in _LAYOUT if part in configuration}
    properties = configuration.get("destinationTableProperties") or {}
    for name in ("description", "friendlyName", "labels", "expirationTime"):
        if properties.get(name):
            resource[name] = properties[name]
    encryption = configuration.get("destinationEncryptionConfiguration")
    if encryption:
        resource["encryptionConfiguration"] = encryption
    schema = configuration.get("schema") or {"fields": rows.fields}
    return new_table(write, key, {**resource, "schema": schema})


def _truncated(write: Write, entry: Entry, rows: Rows, configuration: Resource) -> Entry:
    """Return a table without rows, with the schema of what comes; what that destroys is gone."""
    given = configuration.get("schema")
    fields = canonical(given["fields"]) if given else rows.fields
    lost = dict.fromkeys(_LOST_ON_TRUNCATE)
    layout = {part: configuration[part] for part in _LAYOUT if part in configuration}
    encryption = configuration.get("destinationEncryptionConfiguration")
    named = {} if encryption is None else {"encryptionConfiguration": encryption}
    bare = entry.with_resource(**{**lost, **layout, **named})
    return replace(_with_columns(write, bare, fields), policies={})


def _with_columns(write: Write, entry: Entry, fields: list[Field]) -> Entry:
    """Return a table that starts anew with these columns."""
    changed = entry.with_resource(schema={"fields": fields})
    check_partitioning(changed.resource, fields)
    return replaced(changed, write, stored_form(write, changed.resource, fields))


def _updated_schema(write: Write, entry: Entry, rows: Rows, configuration: Resource) -> Entry:
    if not entry.fields:
        return _with_columns(write, entry, rows.fields)
    options = configuration.get("schemaUpdateOptions") or []
    known = {field["name"].lower() for field in entry.fields}
    added = [field for field in rows.fields if field["name"].lower() not in known]
    if added and "ALLOW_FIELD_ADDITION" not in options:
        raise invalid(
            f"Provided Schema does not match Table {entry.full_name}. "
            f"Cannot add fields (field: {added[0]['name']})"
        )
    for field in rows.fields:
        if field["name"].lower() in known:
            _check_type(entry, field, configuration)
    fields = [*entry.fields, *added]
    if "ALLOW_FIELD_RELAXATION" in options:
        loose = {it["name"].lower() for it in rows.fields if it.get("mode") != "REQUIRED"}
        fields = [
            {**field, "mode": "NULLABLE"}
            if field.get("mode") == "REQUIRED" and field["name"].lower() in loose
            else field
            for field in fields
        ]
    if fields == entry.fields:
        return entry
    return with_schema(write, entry, fields)


def _check_type(entry: Entry, field: Field, configuration: Resource) -> None:
    old = next(it for it in entry.fields if it["name"].lower() == field["name"].lower())
    subject = f"Provided Schema does not match Table {entry.full_name}. Field {old['name']} has "
    if (old["type"], is_repeated(old)) != (field["type"], is_repeated(field)):
        raise invalid(f"{subject}changed type from {old['type']} to {field['type']}")
    relaxed = "ALLOW_FIELD_RELAXATION" in (configuration.get("schemaUpdateOptions") or [])
    explicit = "schema" in configuration
    if explicit and is_required(old) and not is_required(field) and not relaxed:
        raise invalid(f"{subject}changed mode from REQUIRED to NULLABLE")


def _append(write: Write, entry: Entry, rows: Rows, partition_id: str | None) -> int:
    given = {field["name"].lower(): field for field in rows.fields}
    columns, values = [], []
    if entry.rows.ingestion:
        columns.append("_PARTITIONTIME")
        values.append(
            arrival_time(entry.resource, write.stamp)
            if partition_id is None
            else partition_time(entry.resource, partition_id)
        )
    for field in entry.fields:
        source = given.get(field["name"].lower())
        columns.append(quoted(field["name"]))
        if source is not None:
            values.append(coerced(quoted(source["name"]), source, field))
        else:
            missing = "[]" if is_repeated(field) else "NULL"
            values.append(f"{missing}::{duckdb_type(field)}")
    select = f"SELECT {', '.join(values)} FROM ({rows.select})"
    count = append(write, entry.rows, select, ", ".join(columns))
    check_spread(write, entry, select, ", ".join(columns), count)
    if partition_id is not None and not entry.rows.ingestion:
        _check_partition_rows(write, entry, partition_id)
    return count


def _check_partition_rows(write: Write, entry: Entry, partition_id: str) -> None:
    strangers = write.execute(
        f"SELECT 1 FROM {entry.rows.name} WHERE {FROM} = {write.stamp} AND {IS_LIVE} "
        f"AND NOT ({belongs(entry, partition_id)}) LIMIT 1"
    )
    if strangers:
        raise invalid(
            "Some rows belong to different partitions rather than destination partition "
            f"{entry.key[-1]}${partition_id}"
        )
