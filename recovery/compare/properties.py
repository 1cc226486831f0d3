"""How the properties of resources of BigQuery are compared, and which patch makes them what they were. Pure."""

import json

from manifests.kinds.tables.properties import settings, sort_of
from manifests.shapes import inner
from manifests.values import Resource

_ROLES = {
    "roles/bigquery.dataOwner": "OWNER",
    "roles/bigquery.dataEditor": "WRITER",
    "roles/bigquery.dataViewer": "READER",
}
_AUTHORIZED = ("view", "routine", "dataset")


def comparable(resource: Resource) -> dict[str, object]:
    """Return what of a resource is compared, so that equal means equal.

    What is empty is absent, as the REST API sees it.
    """
    sort = sort_of(resource)
    found: dict[str, object] = {}
    for key, value in settings(resource).items():
        item = _access(value) if key == "access" else value
        if item not in (None, {}, [], "") and item != sort.defaults.get(key):
            found[key] = sorted(item) if key == "grantees" else item
    return found


def is_authorized(entry: Resource) -> bool:
    """Whether an entry of a dataset's access is a view, routine or dataset, and no person."""
    return any(key in entry for key in _AUTHORIZED)


def same_entry(one: Resource, other: Resource) -> bool:
    """Whether two entries of a dataset's access give the same."""
    return _spelled(one) == _spelled(other)


def changes(expected: Resource, actual: Resource) -> Resource:
    """Return the patch that makes a resource what is expected.

    Only what differs is in it, and what goes is named: what a patch does not name stays, also
    inside partitioning, labels and columns.
    """
    wanted, present = settings(expected), settings(actual)
    was, is_now = comparable(expected), comparable(actual)
    patch = {key: wanted.get(key) for key in was | is_now if was.get(key) != is_now.get(key)}
    if "labels" in patch:
        gone = dict.fromkeys(set(inner(present, "labels")) - set(inner(wanted, "labels")))
        patch["labels"] = {**gone, **inner(wanted, "labels")}
    if patch.get("timePartitioning"):
        patch["timePartitioning"] = {"expirationMs": None, **wanted["timePartitioning"]}
    if patch.get("schema"):
        old = inner(present, "schema").get("fields", [])
        fields = _patched_fields(wanted["schema"].get("fields", []), old)
        patch["schema"] = {**wanted["schema"], "fields": fields}
    return patch


def _patched_fields(wanted: list[Resource], present: list[Resource]) -> list[Resource]:
    """Return columns for a patch: policy tags are in it only where they change.

    To name them needs a permission of its own, and not to name them keeps them
    (googleapis/python-bigquery#981).
    """
    old = {field["name"].lower(): field for field in present}
    patched = []
    for field in wanted:
        found = old.get(field["name"].lower(), {})
        changed = dict(field)
        if field.get("policyTags") == found.get("policyTags"):
            changed.pop("policyTags", None)
        elif "policyTags" not in field:
            changed["policyTags"] = {"names": []}
        if "fields" in field:
            changed["fields"] = _patched_fields(field["fields"], found.get("fields", []))
        patched.append(changed)
    return patched


def _access(entries: list[Resource]) -> list[Resource]:
    """Return entries in one order: that of the API means nothing."""
    by_text = {json.dumps(item, sort_keys=True): item for item in map(_spelled, entries)}
    return [by_text[text] for text in sorted(by_text)]


def _spelled(entry: Resource) -> Resource:
    """Return an entry with its role spelt as the API answers it."""
    return {**entry, "role": _ROLES.get(entry["role"], entry["role"])} if "role" in entry else entry
