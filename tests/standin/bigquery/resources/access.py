"""Who may see a dataset: entries as BigQuery spells them, and which authorizations still hold."""

import hashlib
import json
from dataclasses import replace

from tests.standin.bigquery.engine.catalog import Catalog
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.errors import invalid, not_found

_LEGACY_ROLES = {
    "roles/bigquery.dataOwner": "OWNER",
    "roles/bigquery.dataEditor": "WRITER",
    "roles/bigquery.dataViewer": "READER",
}
_ROLES = {short: role for role, short in _LEGACY_ROLES.items()}
_CONDITIONAL = "_with_conditionalbinding_"
_WITH_CONDITIONS = "3"


def written(catalog: Catalog, entry: Entry, access: list[Resource], version: str) -> Entry:
    """Return a dataset with other access.

    Args:
        catalog: What authorized entries may name.
        entry: The dataset.
        access: The entries, as a caller writes them.
        version: `accessPolicyVersion` of the request; only 3 knows conditions.

    Raises:
        BigQueryError: Conditions are there and the caller does not know of them, or what would be
            authorized is not there.
    """
    # The client sends what it has no value for as null.
    access = [{key: value for key, value in item.items() if value is not None} for item in access]
    present = entry.resource.get("access", [])
    conditional = any("condition" in item for item in [*present, *access])
    unknown = any(_CONDITIONAL in item.get("role", "") for item in access)
    if unknown or (conditional and version != _WITH_CONDITIONS):
        raise invalid("Dataset has conditional access; accessPolicyVersion must be 3")
    spelled = [_spelled(item) for item in access]
    grants = {}
    for item in spelled:
        key = key_of(item)
        if key in entry.grants:
            # The same entry again gives nothing new: to what was made anew it has to be given anew.
            grants[key] = entry.grants[key]
        elif _target(item) is not None:
            grants[key] = grant_of(catalog, item)
            if not grants[key]:
                raise not_found("Authorized resource", key)
    return replace(entry.with_resource(access=spelled), grants=grants)


def shown(resource: Resource, version: str) -> Resource:
    """Return a dataset as it is answered: entries in no order, conditions to who knows of them."""
    access = resource.get("access", [])
    if version != _WITH_CONDITIONS:
        access = [_unconditional(item) for item in access]
    return {**resource, "access": sorted(access, key=lambda item: _digest(item, resource["etag"]))}


def key_of(item: Resource) -> str:
    """Return what identifies an entry."""
    return json.dumps(item, sort_keys=True)


def grant_of(catalog: Catalog, item: Resource) -> str:
    """Return what an authorization is given to: this very view, routine or dataset, as it is.

    A view or routine that is updated, and a dataset that is made again, has to be authorized again
    (discovery document, Dataset.access). Empty when it is not there.
    """
    kind, key = _target(item) or ("", ())
    found = catalog.find(kind, key)
    if found is None:
        return ""
    version = "" if kind == "dataset" else found.resource["etag"]
    return f"{found.number} {version}"


def _target(item: Resource) -> tuple[str, tuple[str, ...]] | None:
    for kind, name, last in (("table", "view", "tableId"), ("routine", "routine", "routineId")):
        if name in item:
            reference = item[name]
            return kind, (reference["projectId"], reference["datasetId"], reference[last])
    if "dataset" in item:
        reference = item["dataset"]["dataset"]
        return "dataset", (reference["projectId"], reference["datasetId"])
    return None


def _spelled(item: Resource) -> Resource:
    role = item.get("role")
    return item if role not in _LEGACY_ROLES else {**item, "role": _LEGACY_ROLES[role]}


def _unconditional(item: Resource) -> Resource:
    if "condition" not in item:
        return item
    role = _ROLES.get(item["role"], item["role"])
    plain = {key: value for key, value in item.items() if key != "condition"}
    return {**plain, "role": f"{role}{_CONDITIONAL}{_digest(item, '')[:12]}"}


def _digest(item: Resource, salt: str) -> str:
    return hashlib.sha256(f"{salt}{key_of(item)}".encode()).hexdigest()
