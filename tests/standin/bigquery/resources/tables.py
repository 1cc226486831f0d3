"""Tables and views: created, read, listed, changed, deleted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.standin.bigquery.call import Call, merged_labels, page
from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.expiration import under_its_rule
from tests.standin.bigquery.engine.measures import stamped
from tests.standin.bigquery.engine.tables import (
    check_partitioning,
    drop_table,
    new_table,
    with_schema,
)
from tests.standin.bigquery.engine.types import Field, canonical
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.googlesql.judge import check_defaults
from tests.standin.bigquery.resources.summary import SUMMARY, summary_table
from tests.standin.bigquery.resources.views import (
    check_materialized_change,
    create_view,
    refreshed,
    view_schema,
)
from tests.standin.bigquery.shared import Shared

_OUTPUT_ONLY = (
    "cloneDefinition",
    "creationTime",
    "etag",
    "id",
    "kind",
    "lastModifiedTime",
    "location",
    "numActiveLogicalBytes",
    "numBytes",
    "numLongTermBytes",
    "numLongTermLogicalBytes",
    "numRows",
    "numTotalLogicalBytes",
    "selfLink",
    "snapshotDefinition",
    "streamingBuffer",
    "tableReference",
    "type",
)
_LISTED = (
    "id",
    "tableReference",
    "type",
    "friendlyName",
    "labels",
    "timePartitioning",
    "rangePartitioning",
    "clustering",
    "requirePartitionFilter",
    "creationTime",
    "expirationTime",
)
_INTEGERS = ("expirationTime",)


def insert_table(service: Shared, call: Call) -> Resource:
    """Answer tables.insert."""
    table_id = call.body.get("tableReference", {}).get("tableId")
    if not table_id:
        raise invalid("Required parameter is missing: tableReference.tableId")
    key = (*call.dataset_key, table_id)
    body = {name: value for name, value in call.body.items() if name not in _OUTPUT_ONLY}
    if "view" in body or "materializedView" in body:
        return create_view(service, key, body).resource
    body.setdefault("schema", {"fields": []})
    check_defaults(canonical(body["schema"].get("fields", [])))
    with service.database.writing([key]) as write:
        service.quotas.take_update(key, body, write.stamp)
        entry = new_table(write, key, _normalised(body))
    return entry.resource


def _normalised(body: Resource) -> Resource:
    changed = dict(body)
    if changed.get("timePartitioning"):
        given = changed["timePartitioning"].items()
        changed["timePartitioning"] = {key: value for key, value in given if value is not None}
    for name in _INTEGERS:
        if changed.get(name) is not None:
            changed[name] = str(changed[name])
    return changed


def get_table(service: Shared, call: Call) -> Resource:
    """Answer tables.get."""
    project, dataset_id, name = call.table_key
    if name.endswith(f"${SUMMARY}"):
        key = (project, dataset_id, name.removesuffix(f"${SUMMARY}"))
        return summary_table(service.database.catalog.require_table(key))
    entry = service.database.catalog.require_table(call.table_key)
    shown = dict(refreshed(service, entry))
    if "encryptionConfiguration" in shown:
        # A key is answered with the version that encrypts (Terraform's `kms_key_version`).
        key = shown["encryptionConfiguration"]["kmsKeyName"]
        shown["encryptionConfiguration"] = {"kmsKeyName": f"{key}/cryptoKeyVersions/1"}
    name = ".".join(entry.key)
    if name in service.settings.row_counts:
        shown["numRows"] = str(service.settings.row_counts[name])
    buffered = service.settings.streaming_buffers.get(name)
    if buffered is not None:
        shown["streamingBuffer"] = {
            "estimatedRows": str(buffered),
            "estimatedBytes": str(buffered * 100),
            "oldestEntryTime": entry.resource["lastModifiedTime"],
        }
    return _selected(shown, call.query.get("selectedFields"))


def _selected(resource: Resource, names: str | None) -> Resource:
    if not names or "schema" not in resource:
        return resource
    wanted = {name.split(".")[0].lower() for name in names.split(",")}
    fields = [item for item in resource["schema"]["fields"] if item["name"].lower() in wanted]
    return {**resource, "schema": {**resource["schema"], "fields": fields}}


def test_permissions(service: Shared, call: Call) -> Resource:
    """Answer tables.testIamPermissions: all but what is lacking, and nothing without the table.

    Lists in the list are taken for what is in them, as Google's parser takes them for any repeated field:
    a system test of google-cloud-bigquery sends one (test_test_iam_permissions).
    """
    asked = list(_flat(call.body.get("permissions", [])))
    is_there = service.database.catalog.table(call.table_key) is not None
    granted = [it for it in asked if it not in service.settings.lacking] if is_there else []
    return {"permissions": granted} if granted else {}


def get_access(service: Shared, call: Call) -> Resource:
    """Answer tables.getIamPolicy."""
    entry = service.database.catalog.require_table(call.table_key)
    service.check_permissions(entry.full_name, "bigquery.tables.getIamPolicy")
    return {"version": 1, "etag": "ACAB", **entry.access}


def set_access(service: Shared, call: Call) -> Resource:
    """Answer tables.setIamPolicy."""
    with service.database.writing([call.table_key]) as write:
        entry = service.database.catalog.require_table(call.table_key)
        service.check_permissions(entry.full_name, "bigquery.tables.setIamPolicy")
        access = {**call.body["policy"], "etag": f"B{write.stamp}"}
        write.save(replace(entry, access=access))
    return access


def _flat(items: list[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield str(item)


def list_tables(service: Shared, call: Call) -> Resource:
    """Answer tables.list."""
    catalog = service.database.catalog
    catalog.require_dataset(*call.dataset_key)
    found = catalog.below("table", *call.dataset_key)
    items = [
        {
            "kind": "bigquery#table",
            **{key: entry.resource[key] for key in _LISTED if key in entry.resource},
            **({"view": {"useLegacySql": False}} if "view" in entry.resource else {}),
        }
        for entry in found
    ]
    return page(call, items, "tables", kind="bigquery#tableList", totalItems=len(items))


def patch_table(service: Shared, call: Call) -> Resource:
    """Answer tables.patch: only what is named changes, null removes."""
    body = dict(call.body)
    if body.get("timePartitioning"):
        # What is not named of it stays: an expiration goes by an explicit null.
        current = service.database.catalog.require_table(call.table_key).resource
        body["timePartitioning"] = {
            **(current.get("timePartitioning") or {}),
            **body["timePartitioning"],
        }
    return change_table(service, call, body)


def update_table(service: Shared, call: Call) -> Resource:
    """Answer tables.update: what is not named goes."""
    current = service.database.catalog.require_table(call.table_key).resource
    kept = (*_OUTPUT_ONLY, "schema", "timePartitioning", "rangePartitioning")
    gone = {key: None for key in current if key not in kept}
    labels = {**dict.fromkeys(current.get("labels", {})), **(call.body.get("labels") or {})}
    return change_table(service, call, {**gone, **call.body, "labels": labels})


def change_table(service: Shared, call: Call, body: Resource) -> Resource:
    """Change a table's properties, if it still is what the caller read."""
    changes = {key: value for key, value in body.items() if key not in _OUTPUT_ONLY}
    with service.database.writing([call.table_key]) as write:
        entry = write.catalog.require_table(call.table_key)
        call.check_etag(entry.resource)
        service.quotas.take_update(entry.table_key, entry.resource, write.stamp)
        entry = under_its_rule(write, entry, _changed(service, write, entry, _normalised(changes)))
        entry = stamped(entry, write.stamp)
        write.save(entry)
    return entry.resource


def _changed(service: Shared, write: Write, entry: Entry, changes: dict[str, Any]) -> Entry:
    if "labels" in changes:
        changes["labels"] = merged_labels(entry.resource.get("labels"), changes["labels"])
    schema = changes.pop("schema", None)
    if schema:
        schema = {**schema, "fields": _tagged(schema.get("fields", []), entry.fields)}
        check_defaults(canonical(schema["fields"]))
    _check_fixed(entry, changes)
    check_materialized_change(entry, changes)
    if changes.get("view"):
        fields, _ = view_schema(service, entry.table_key, changes["view"]["query"])
        changes["schema"] = {"fields": fields}
    entry = entry.with_resource(**changes)
    if schema and entry.is_table:
        entry = with_schema(write, entry, schema.get("fields", []))
    elif schema:
        entry = _with_view_schema(entry, schema)
    check_partitioning(entry.resource, entry.fields)
    return entry


def _tagged(fields: list[Field], present: list[Field]) -> list[Field]:
    """Return columns with the policy tags they have where a change names none.

    Tags go by an empty list (googleapis/python-bigquery issue 981, dbt-labs/dbt-bigquery issue 349),
    and nothing of them is left (that repository's `test_unset_table_schema_attributes`).
    """
    old = {field["name"].lower(): field for field in present}
    tagged = []
    for field in fields:
        found = old.get(field["name"].lower(), {})
        changed = dict(field)
        if "policyTags" not in field and "policyTags" in found:
            changed["policyTags"] = found["policyTags"]
        elif "policyTags" in field and not (field["policyTags"] or {}).get("names"):
            del changed["policyTags"]
        if field.get("fields"):
            changed["fields"] = _tagged(field["fields"], found.get("fields", []))
        tagged.append(changed)
    return tagged


def _with_view_schema(entry: Entry, schema: Resource) -> Entry:
    """Return a view with descriptions and tags of its columns, which stay its query's."""
    shapes = [
        [(field["name"], field["type"]) for field in canonical(fields)]
        for fields in (schema["fields"], entry.fields)
    ]
    if shapes[0] != shapes[1]:
        raise invalid(f"Provided Schema does not match the query of view {entry.full_name}")
    return entry.with_resource(schema=schema)


def _check_fixed(entry: Entry, changes: dict[str, Any]) -> None:
    for name in ("timePartitioning", "rangePartitioning"):
        if name not in changes or not entry.is_table:
            continue
        if _layout(changes[name]) != _layout(entry.resource.get(name)):
            raise invalid(
                f"Cannot change the partitioning of table {entry.full_name}: {name} is fixed"
            )


def _layout(part: Resource | None) -> Resource:
    variable = ("expirationMs", "requirePartitionFilter")
    shown = {key: value for key, value in (part or {}).items() if key not in variable}
    return shown | {"type": part.get("type", "DAY")} if part and "range" not in part else shown


def delete_table(service: Shared, call: Call) -> Resource:
    """Answer tables.delete."""
    with service.database.writing([call.table_key]) as write:
        entry = write.catalog.require_table(call.table_key)
        call.check_etag(entry.resource)
        drop_table(write, entry)
    return {}


def list_models(service: Shared, call: Call) -> Resource:
    """Answer models.list: there are none."""
    service.database.catalog.require_dataset(*call.dataset_key)
    return page(call, [], "models")
