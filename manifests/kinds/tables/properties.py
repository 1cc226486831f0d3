"""The properties of each sort of resource of BigQuery: which it alone writes, and what the others mean. Pure.

Whatever is not named here as BigQuery's own is written by a recovery and compared by it. So a
property that is younger than this release is a difference, and not silence.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from manifests.errors import BackupDamagedError
from manifests.kinds.tables.model import encryption_key
from manifests.shapes import inner
from manifests.values import Resource


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


def sort_of(resource: Resource) -> Properties:
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
    sort = sort_of(resource)
    written = _without(resource, sort.output_only | sort.names)
    if encryption_key(written):
        encryption = written["encryptionConfiguration"]
        written["encryptionConfiguration"] = {**encryption, "kmsKeyName": encryption_key(written)}
    if written.get("schema"):
        fields = [_written_field(field) for field in written["schema"].get("fields", [])]
        written["schema"] = {**written["schema"], "fields": fields}
    if written.get("timePartitioning"):
        # The same demand of the table itself has taken this one's place (BigQuery REST, Table).
        by_time = dict(written["timePartitioning"])
        if by_time.pop("requirePartitionFilter", None):
            written["requirePartitionFilter"] = True
        written["timePartitioning"] = by_time
    return written


def _without(resource: Resource, paths: Iterable[str]) -> Resource:
    """Return a resource without what dotted paths name."""
    left = dict(resource)
    for path in paths:
        key, _, rest = path.partition(".")
        if not rest:
            left.pop(key, None)
        elif isinstance(left.get(key), Mapping):
            left[key] = _without(left[key], [rest])
    return left


def _written_field(field: Resource) -> Resource:
    written = dict(field)
    if "fields" in field:
        written["fields"] = [_written_field(child) for child in field["fields"]]
    if not inner(field, "policyTags").get("names"):
        # Tags that were taken away leave an empty message (googleapis/java-bigquery#522).
        written.pop("policyTags", None)
    return written
