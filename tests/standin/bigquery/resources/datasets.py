"""Datasets: created, read, changed, deleted, brought back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.standin.bigquery.call import Call, merged_labels, page
from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.measures import stamped
from tests.standin.bigquery.engine.tables import drop_table
from tests.standin.bigquery.errors import BigQueryError, duplicate, invalid, not_found
from tests.standin.bigquery.resources.access import shown, written
from tests.standin.bigquery.shared import Shared

_OUTPUT_ONLY = ("kind", "id", "selfLink", "etag", "creationTime", "lastModifiedTime", "type")
_FIXED = ("datasetReference", "location")
_DEFAULT_ACCESS = (
    {"role": "WRITER", "specialGroup": "projectWriters"},
    {"role": "OWNER", "specialGroup": "projectOwners"},
    {"role": "OWNER", "userByEmail": "stand-in@example.com"},
    {"role": "READER", "specialGroup": "projectReaders"},
)
_LOCK = "\0dataset"


def lock_of(project: str, dataset_id: str) -> tuple[str, str, str]:
    """Return the key whose write lock guards a dataset's own resource."""
    return project, dataset_id, _LOCK


def insert_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.insert."""
    dataset_id = call.body.get("datasetReference", {}).get("datasetId")
    if not dataset_id:
        raise invalid("Required parameter is missing: datasetReference.datasetId")
    version = _version(call)
    entry = create_dataset(service, call.project, dataset_id, call.body, version=version)
    return shown(entry.resource, version)


def _version(call: Call) -> str:
    return call.query.get("accessPolicyVersion", "")


def create_dataset(
    service: Shared, project: str, dataset_id: str, body: Resource, *, version: str = ""
) -> Entry:
    """Create a dataset.

    Raises:
        BigQueryError: There is one of that name.
    """
    with service.database.writing([lock_of(project, dataset_id)]) as write:
        if write.catalog.find("dataset", (project, dataset_id)):
            raise duplicate("Dataset", f"{project}:{dataset_id}")
        resource = {
            "location": service.settings.location,
            "maxTimeTravelHours": "168",
            **{key: value for key, value in body.items() if value is not None},
            "kind": "bigquery#dataset",
            "id": f"{project}:{dataset_id}",
            "selfLink": f"/bigquery/v2/projects/{project}/datasets/{dataset_id}",
            "datasetReference": {"projectId": project, "datasetId": dataset_id},
            "creationTime": str(write.stamp // 1000),
            "type": "DEFAULT",
        }
        entry = Entry(
            kind="dataset",
            key=(project, dataset_id),
            number=write.catalog.new_number(),
            resource={**_normalised(resource), "access": []},
        )
        access = body.get("access") or list(_DEFAULT_ACCESS)
        entry = stamped(written(write.catalog, entry, access, version), write.stamp)
        write.save(entry)
    return entry


def _normalised(resource: Resource) -> Resource:
    # int64 fields are strings in BigQuery's JSON, whatever form they were sent in.
    changed = dict(resource)
    for name in ("defaultTableExpirationMs", "defaultPartitionExpirationMs", "maxTimeTravelHours"):
        if name in changed:
            changed[name] = str(changed[name])
    return changed


def get_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.get."""
    entry = service.database.catalog.require_dataset(*call.dataset_key)
    return shown(entry.resource, _version(call))


def list_datasets(service: Shared, call: Call) -> Resource:
    """Answer datasets.list, with the filter `labels.NAME[:VALUE]`."""
    wanted = [part for part in call.query.get("filter", "").split(" ") if part]
    items = [
        {
            "kind": "bigquery#dataset",
            **{
                key: entry.resource[key]
                for key in ("id", "datasetReference", "labels", "friendlyName", "location", "type")
                if key in entry.resource
            },
        }
        for entry in service.database.catalog.below("dataset", call.project)
        if all(_has_label(entry.resource, part) for part in wanted)
    ]
    return page(call, items, "datasets", kind="bigquery#datasetList")


def _has_label(resource: Resource, term: str) -> bool:
    name, _, value = term.removeprefix("labels.").partition(":")
    labels = resource.get("labels", {})
    return name in labels and value in ("", labels[name])


def patch_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.patch: only what is named changes, null removes."""
    return _change(service, call, call.body)


def update_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.update: what is not named goes."""
    current = service.database.catalog.require_dataset(*call.dataset_key).resource
    kept = (*_OUTPUT_ONLY, *_FIXED, "access", "maxTimeTravelHours")
    gone = {key: None for key in current if key not in kept}
    labels = {**dict.fromkeys(current.get("labels", {})), **(call.body.get("labels") or {})}
    return _change(service, call, {**gone, **call.body, "labels": labels})


def _change(service: Shared, call: Call, body: Resource) -> Resource:
    with service.database.writing([lock_of(*call.dataset_key)]) as write:
        entry = write.catalog.require_dataset(*call.dataset_key)
        call.check_etag(entry.resource)
        changes: dict[str, Any] = {
            key: value for key, value in body.items() if key not in (*_OUTPUT_ONLY, *_FIXED)
        }
        if "labels" in changes:
            changes["labels"] = merged_labels(entry.resource.get("labels"), changes["labels"])
        access = changes.pop("access", None)
        entry = entry.with_resource(**changes)
        if access is not None:
            entry = written(write.catalog, entry, access, _version(call))
        entry = stamped(replace(entry, resource=_normalised(entry.resource)), write.stamp)
        write.save(entry)
    return shown(entry.resource, _version(call))


def delete_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.delete."""
    remove_dataset(service, *call.dataset_key, contents=call.flag("deleteContents"))
    return {}


def remove_dataset(service: Shared, project: str, dataset_id: str, *, contents: bool) -> None:
    """Delete a dataset, with everything in it when told so.

    Raises:
        BigQueryError: It is missing, or not empty.
    """
    catalog = service.database.catalog
    catalog.require_dataset(project, dataset_id)
    tables = catalog.below("table", project, dataset_id)
    keys = [lock_of(project, dataset_id), *(item.table_key for item in tables)]
    with service.database.writing(keys) as write:
        entry = write.catalog.require_dataset(project, dataset_id)
        inside = [
            *write.catalog.below("table", project, dataset_id),
            *write.catalog.below("routine", project, dataset_id),
        ]
        if inside and not contents:
            raise BigQueryError("resourceInUse", f"Dataset {project}:{dataset_id} is still in use")
        for item in inside:
            drop_table(write, item)
        write.save(replace(entry, deleted=write.stamp))


def undelete_dataset(service: Shared, call: Call) -> Resource:
    """Answer datasets.undelete."""
    return restore_dataset(service, *call.dataset_key).resource


def restore_dataset(service: Shared, project: str, dataset_id: str) -> Entry:
    """Bring the most recently deleted dataset of a name back, with what was in it.

    Raises:
        BigQueryError: There is a dataset of that name, or none was deleted within its own window.
    """
    with service.database.writing([lock_of(project, dataset_id)]) as write:
        if write.catalog.find("dataset", (project, dataset_id)):
            raise duplicate("Dataset", f"{project}:{dataset_id}")
        earlier = write.catalog.incarnations("dataset", (project, dataset_id))
        if not earlier or _is_past(earlier[-1], write.stamp):
            raise not_found("Dataset", f"{project}:{dataset_id}")
        entry = earlier[-1]
        _restore_contents(write, entry)
        back = replace(entry, deleted=None, number=write.catalog.new_number())
        entry = stamped(back, write.stamp)
        write.save(entry)
    return entry


def _is_past(deleted: Entry, now_micros: int) -> bool:
    window = timedelta(hours=int(deleted.resource["maxTimeTravelHours"]))
    return timedelta(microseconds=now_micros - (deleted.deleted or 0)) > window


def _restore_contents(write: Write, dataset: Entry) -> None:
    for item in write.catalog.deleted_with(dataset):
        back = replace(item, deleted=None)
        # Views and routines have to be authorized again (BigQuery, Restore deleted datasets).
        write.save(back if item.generations else stamped(back, write.stamp))


def list_projects(service: Shared, call: Call) -> Resource:
    """Answer projects.list: the projects that have a dataset."""
    items = [
        {
            "kind": "bigquery#project",
            "id": name,
            "numericId": str(number),
            "projectReference": {"projectId": name},
            "friendlyName": name,
        }
        for number, name in enumerate(service.database.catalog.projects(), start=1)
    ]
    return page(call, items, "projects", kind="bigquery#projectList", totalItems=len(items))
