"""How tables come, change shape and go."""

import sys
from collections.abc import Iterable
from dataclasses import replace

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Generation, Resource
from tests.standin.bigquery.engine.expiration import expiry_of
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import measured, stamped
from tests.standin.bigquery.engine.rows import (
    append,
    column_list,
    new_generation,
    replaced,
    select_rows,
)
from tests.standin.bigquery.engine.types import (
    Field,
    canonical,
    duckdb_type,
    is_repeated,
    is_required,
    quoted,
)
from tests.standin.bigquery.errors import duplicate, invalid

_PARTITION_TYPES = ("DATE", "DATETIME", "TIMESTAMP")


def is_ingestion_time(resource: Resource) -> bool:
    """Whether a table is partitioned by arrival."""
    by_time = resource.get("timePartitioning")
    return by_time is not None and not by_time.get("field")


def stored_form(write: Write, resource: Resource, fields: list[Field]) -> Generation:
    """Create the stored form of the rows of a new or newly shaped table."""
    return new_generation(
        write, fields, ingestion=is_ingestion_time(resource), expiry=expiry_of(resource)
    )


def new_table(write: Write, key: TableKey, resource: Resource, *, kind: str = "TABLE") -> Entry:
    """Create an empty table, clone or snapshot and save it.

    Args:
        write: The change it belongs to.
        key: Its name.
        resource: What the caller wants it to be.
        kind: `TABLE`, or `SNAPSHOT`.

    Raises:
        BigQueryError: The name is taken, the dataset is missing or the resource is not valid.
    """
    entry = described(write, key, resource, kind=kind)
    fields = entry.fields
    check_partitioning(entry.resource, fields)
    generation = stored_form(write, entry.resource, fields)
    entry = measured(replace(entry, generations=(generation,)), write)
    write.save(entry)
    return entry


def described(write: Write, key: TableKey, resource: Resource, *, kind: str) -> Entry:
    """Return the entry of a new table or view, without rows, unsaved."""
    dataset = write.catalog.require_dataset(key[0], key[1])
    if write.table(key) is not None:
        raise duplicate("Table", f"{key[0]}:{key[1]}.{key[2]}")
    project, dataset_id, table_id = key
    body = {name: value for name, value in resource.items() if value is not None}
    if "schema" in body:
        body["schema"] = {**body["schema"], "fields": canonical(body["schema"].get("fields", []))}
    body |= {
        "kind": "bigquery#table",
        "id": f"{project}:{dataset_id}.{table_id}",
        "selfLink": f"/bigquery/v2/projects/{project}/datasets/{dataset_id}/tables/{table_id}",
        "tableReference": {"projectId": project, "datasetId": dataset_id, "tableId": table_id},
        "type": kind,
        "location": dataset.resource["location"],
        "creationTime": str(write.stamp // 1000),
    }
    entry = Entry(
        kind="table", key=key, number=write.catalog.new_number(), resource=body
    ).with_resource(**_inherited(dataset.resource, body, write.stamp))
    return stamped(entry, write.stamp)


def _inherited(dataset: Resource, body: Resource, stamp: int) -> Resource:
    changes: Resource = {}
    key = dataset.get("defaultEncryptionConfiguration")
    if key and "encryptionConfiguration" not in body and body["type"] != "VIEW":
        changes["encryptionConfiguration"] = key
    partition_life = dataset.get("defaultPartitionExpirationMs")
    by_time = body.get("timePartitioning")
    if partition_life and by_time:
        # The one takes the place of the other (BigQuery REST, Dataset). A rule that is set to
        # nothing is not set (python-bigquery issue 2403).
        if not by_time.get("expirationMs"):
            changes["timePartitioning"] = {**by_time, "expirationMs": str(partition_life)}
        return changes
    table_life = dataset.get("defaultTableExpirationMs")
    if table_life and "expirationTime" not in body and body["type"] != "VIEW":
        changes["expirationTime"] = str(stamp // 1000 + int(table_life))
    return changes


def check_partitioning(resource: Resource, fields: list[Field]) -> None:
    """Refuse partitioning or clustering by a column that cannot serve.

    Raises:
        BigQueryError: The column is missing or of another type.
    """
    by_name = {field["name"].lower(): field for field in fields}
    by_time = resource.get("timePartitioning") or {}
    by_range = resource.get("rangePartitioning") or {}
    for part, kinds in ((by_time, _PARTITION_TYPES), (by_range, ("INTEGER",))):
        name = part.get("field")
        if not name:
            continue
        field = by_name.get(name.lower())
        if field is None:
            raise invalid(
                f"The field specified for partitioning cannot be found in the schema: {name}"
            )
        if field["type"] not in kinds or is_repeated(field):
            raise invalid(
                f"The field specified for partitioning is of type {field['type']}, which is not "
                f"supported: {name}"
            )
    for name in (resource.get("clustering") or {}).get("fields", []):
        if name.lower() not in by_name:
            raise invalid(f"The field specified for clustering is not in the schema: {name}")


def drop_table(write: Write, entry: Entry) -> None:
    """Delete a table or view; its rows stay for time travel and undelete."""
    write.save(replace(entry, deleted=write.stamp))


def with_schema(write: Write, entry: Entry, fields: list[Field]) -> Entry:
    """Return a table with a changed schema, its rows kept; unsaved.

    Raises:
        BigQueryError: A column would be dropped, change its type or become stricter.
    """
    wanted = canonical(fields)
    check_change(entry.fields, wanted, entry.full_name)
    schema = {**entry.resource.get("schema", {}), "fields": wanted}
    changed = entry.with_resource(schema=schema)
    if [_shape(item) for item in entry.fields] == [_shape(item) for item in wanted]:
        same = replace(entry.rows, fields=wanted)
        return replace(changed, generations=(*entry.generations[:-1], same))
    return _widened(write, entry, changed)


def _widened(write: Write, entry: Entry, changed: Entry) -> Entry:
    present = {field["name"].lower() for field in entry.fields}
    values = [
        f"CAST({quoted(field['name'])} AS {duckdb_type(field)})"
        if field["name"].lower() in present
        else ("[]" if is_repeated(field) else "NULL") + f"::{duckdb_type(field)}"
        for field in changed.fields
    ]
    hidden = ["_PARTITIONTIME"] if entry.rows.ingestion else []
    rows = select_rows(entry.rows, hidden=True)
    generation = stored_form(write, changed.resource, changed.fields)
    append(
        write,
        generation,
        f"SELECT {', '.join([*hidden, *values])} FROM ({rows})",
        column_list(changed.fields, ingestion=entry.rows.ingestion),
    )
    return replaced(changed, write, generation)


def check_change(old: Iterable[Field], new: Iterable[Field], subject: str) -> None:
    """Refuse what BigQuery refuses in a schema change.

    Raises:
        BigQueryError: A column would be dropped, change its type or become stricter.
    """
    wanted = {field["name"].lower(): field for field in new}
    present = {field["name"].lower(): field for field in old}
    for name, field in present.items():
        if name not in wanted:
            raise invalid(
                f"Provided Schema does not match Table {subject}. "
                f"Field {field['name']} is missing in new schema"
            )
        _check_field(field, wanted[name], subject)
    for name, field in wanted.items():
        if name not in present and is_required(field):
            raise invalid(
                f"Provided Schema does not match Table {subject}. "
                f"Cannot add required fields to an existing schema. (field: {field['name']})"
            )


def _check_field(old: Field, new: Field, subject: str) -> None:
    name = old["name"]
    if (old["type"], is_repeated(old)) != (new["type"], is_repeated(new)):
        raise invalid(
            f"Provided Schema does not match Table {subject}. "
            f"Field {name} has changed type from {old['type']} to {new['type']}"
        )
    if _is_narrower(old, new):
        raise invalid(
            f"Provided Schema does not match Table {subject}. "
            f"Field {name} has changed its type parameters to hold less"
        )
    if is_required(new) and not is_required(old):
        raise invalid(
            f"Provided Schema does not match Table {subject}. "
            f"Field {name} has changed mode from NULLABLE to REQUIRED"
        )
    if old["type"] == "RECORD":
        check_change(old["fields"], new["fields"], subject)


def _is_narrower(old: Field, new: Field) -> bool:
    """Whether a type's parameters hold less than before (Modifying table schemas)."""
    if "maxLength" in new:
        return int(new["maxLength"]) < int(old.get("maxLength", sys.maxsize))
    if "precision" not in new:
        return False
    if "precision" not in old:
        return True
    digits, earlier = (
        (int(it["precision"]) - int(it.get("scale", 0)), int(it.get("scale", 0)))
        for it in (new, old)
    )
    return digits[0] < earlier[0] or digits[1] < earlier[1]


def _shape(field: Field) -> tuple[str, str]:
    return field["name"].lower(), duckdb_type(field)
