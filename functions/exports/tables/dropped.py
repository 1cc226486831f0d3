"""Finds out what a table was that has been dropped since the recovery point.

Its rows come back with a copy job from `table@milliseconds`. Its partitioning does not (BigQuery,
Restore deleted tables), and nobody can ask for its definition any more: the last run that holds the
table knows it.
"""

from manifests.cloud.resources import TableResource
from manifests.cloud.table_paths import table_reference
from manifests.errors import CloudError
from manifests.kinds.tables.model import Definition, TableBackup
from manifests.values import Resource

_LAYOUT = ("timePartitioning", "rangePartitioning", "clustering")
BEFORE_HISTORY = (
    "cannot read before",
    "invalid snapshot time",
    "before its allowed time travel interval",
)
"""What BigQuery says, in lower case, of an instant at which a table was not there, or that is too long
ago (users' reports; Data retention with time travel and fail-safe)."""
_COPIED = ("schema", "description", "friendlyName", "labels", "tableConstraints", *_LAYOUT)


def is_before_history(error: CloudError) -> bool:
    """Whether a table was not there at an instant, or that is too long ago."""
    return any(phrase in error.message.lower() for phrase in BEFORE_HISTORY)


def never_was(error: CloudError, table: str) -> bool:
    """Whether a copy failed because there was no such table, `dataset.table`, at that instant.

    A missing scratch dataset, which the copy needs too, is another failure.
    """
    message = error.message.lower()
    is_missing = "not found" in message and table.lower() in message.replace(":", ".")
    return is_missing or is_before_history(error)


def table_then(
    name: str, copy: TableResource, base: TableBackup | None
) -> tuple[TableResource, Definition]:
    """Return a dropped table as it was, as far as is known, and whose definition that is.

    Args:
        name: The table, `dataset.table`.
        copy: The copy of its rows.
        base: The table in the last run that holds it; None where none does.
    """
    schema = copy.resource["schema"]
    columns = {field["name"].lower() for field in schema.get("fields", [])}
    if base is None or not _laid_out_by(base.resource) <= columns:
        copied = {key: copy.resource[key] for key in _COPIED if key in copy.resource}
        project = copy.resource["tableReference"]["projectId"]
        copied |= {"type": "TABLE", "tableReference": table_reference(project, name)}
        return copy.model_copy(update={"resource": copied}), "copy"
    then = TableResource(
        resource={**base.resource, "schema": schema},
        row_access_policies=copy.row_access_policies or base.row_access_policies,
    )
    return then, "earlier run"


def _laid_out_by(resource: Resource) -> set[str]:
    """Return the columns that a table is partitioned and clustered by."""
    rules = [resource.get("timePartitioning") or {}, resource.get("rangePartitioning") or {}]
    named = [rule["field"] for rule in rules if "field" in rule]
    named += (resource.get("clustering") or {}).get("fields", [])
    return {name.lower() for name in named}
