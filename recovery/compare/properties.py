"""The properties of each sort of resource: which BigQuery alone writes, and what the others mean.

Whatever is not named here as BigQuery's own is written by a recovery and compared by it. So a
property that is younger than this release is a difference, and not silence.
"""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from manifests.errors import BackupDamagedError
from manifests.kinds.tables.model import encryption_key
from manifests.values import Resource

_ROLES = {
    "roles/bigquery.dataOwner": "OWNER",
    "roles/bigquery.dataEditor": "WRITER",
    "roles/bigquery.dataViewer": "READER",
}
_AUTHORIZED = ("view", "routine", "dataset")


class Properties(NamedTuple):
    """The properties of one sort of resource.

    Attributes:
        schema: What the discovery document of BigQuery's API calls it.
        output_only: What BigQuery alone writes; dotted where it is part of a property.
        names: What says which resource it is, and of what sort.
        defaults: What a property that is absent means, where that is not nothing.
    """

    schema: str
    output_only: frozenset[str]
    names: frozenset[str]
    defaults: Mapping[str, object] = {}


_BUDGETS = "view.privacyPolicy.differentialPrivacyPolicy"
_TABLE = Properties(
    "Table",
    frozenset(
        {
            "cloneDefinition",
            "creationTime",
            "etag",
            "externalDataConfiguration.hivePartitioningOptions.fields",
            "id",
            "lastModifiedTime",
            "location",
            "materializedView.lastRefreshTime",
            "materializedViewStatus",
            "numActiveLogicalBytes",
            "numActivePhysicalBytes",
            "numBytes",
            "numCurrentPhysicalBytes",
            "numLongTermBytes",
            "numLongTermLogicalBytes",
            "numLongTermPhysicalBytes",
            "numPartitions",
            "numPhysicalBytes",
            "numRows",
            "numTimeTravelPhysicalBytes",
            "numTotalLogicalBytes",
            "numTotalPhysicalBytes",
            # Of every table but those of a metastore, as its description says.
            "partitionDefinition",
            "replicas",
            "restrictions",
            "selfLink",
            "snapshotDefinition",
            "streamingBuffer",
            "tableReplicationInfo.replicatedSourceLastRefreshTime",
            "tableReplicationInfo.replicationError",
            "tableReplicationInfo.replicationStatus",
            "type",
            f"{_BUDGETS}.deltaBudgetRemaining",
            f"{_BUDGETS}.epsilonBudgetRemaining",
        }
    ),
    frozenset({"kind", "tableReference"}),
    {"requirePartitionFilter": False},
)
DATASET, TABLE, ROUTINE, ROW_ACCESS_POLICY = SORTS = (
    Properties(
        "Dataset",
        frozenset(
            {
                "catalogSource",
                "creationTime",
                "etag",
                "id",
                "kind",
                "lastModifiedTime",
                "linkedDatasetMetadata",
                "restrictions",
                "satisfiesPzi",
                "satisfiesPzs",
                "selfLink",
                "tags",
                "type",
            }
        ),
        frozenset({"datasetReference"}),
        {"isCaseInsensitive": False},
    ),
    # Views and materialized views are tables to the API.
    _TABLE,
    Properties(
        "Routine",
        frozenset({"buildStatus", "creationTime", "etag", "lastModifiedTime"}),
        frozenset({"routineReference"}),
        {"strictMode": True},
    ),
    Properties(
        "RowAccessPolicy",
        frozenset({"creationTime", "etag", "lastModifiedTime"}),
        frozenset({"rowAccessPolicyReference"}),
    ),
)
"""The one table of what BigQuery writes by itself."""


def _sort(resource: Resource) -> Properties:
    """Return the sort of a resource, told by what names it.

    Raises:
        BackupDamagedError: Nothing does, or more than one thing.
    """
    named = [item for item in SORTS if item.names & resource.keys() - {"kind"}]
    if len(named) != 1:
        raise BackupDamagedError("a resource of BigQuery does not say what it is of")
    return named[0]


def settings(resource: Resource) -> Resource:
    """Return what of a resource is written to bring it back, all but its name."""
    sort = _sort(resource)
    kept = _without(resource, sort.output_only | sort.names)
    if encryption_key(kept):
        encryption = kept["encryptionConfiguration"]
        kept["encryptionConfiguration"] = {**encryption, "kmsKeyName": encryption_key(kept)}
    if kept.get("schema"):
        fields = [_written_field(field) for field in kept["schema"].get("fields", [])]
        kept["schema"] = {**kept["schema"], "fields": fields}
    if kept.get("timePartitioning"):
        # The same demand of the table itself has taken this one's place (BigQuery REST, Table).
        by_time = dict(kept["timePartitioning"])
        if by_time.pop("requirePartitionFilter", None):
            kept["requirePartitionFilter"] = True
        kept["timePartitioning"] = by_time
    return kept


def comparable(resource: Resource) -> dict[str, object]:
    """Return what of a resource is compared, so that equal means equal.

    What is empty is absent, as the REST API sees it.
    """
    sort = _sort(resource)
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
        gone = dict.fromkeys(set(present.get("labels") or {}) - set(wanted.get("labels") or {}))
        patch["labels"] = {**gone, **(wanted.get("labels") or {})}
    if patch.get("timePartitioning"):
        patch["timePartitioning"] = {"expirationMs": None, **wanted["timePartitioning"]}
    if patch.get("schema"):
        old = (present.get("schema") or {}).get("fields", [])
        fields = _patched_fields(wanted["schema"].get("fields", []), old)
        patch["schema"] = {**wanted["schema"], "fields": fields}
    return patch


def _without(resource: Resource, paths: Iterable[str]) -> Resource:
    """Return a resource without what dotted paths name."""
    kept = dict(resource)
    for path in paths:
        key, _, rest = path.partition(".")
        if not rest:
            kept.pop(key, None)
        elif isinstance(kept.get(key), Mapping):
            kept[key] = _without(kept[key], [rest])
    return kept


def _written_field(field: Resource) -> Resource:
    written = dict(field)
    if "fields" in field:
        written["fields"] = [_written_field(child) for child in field["fields"]]
    if not (field.get("policyTags") or {}).get("names"):
        # Tags that were taken away leave an empty message (googleapis/java-bigquery#522).
        written.pop("policyTags", None)
    return written


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
    """Return an entry with its role as the API answers it."""
    return {**entry, "role": _ROLES.get(entry["role"], entry["role"])} if "role" in entry else entry
