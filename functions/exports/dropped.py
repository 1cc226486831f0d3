"""What a table was that has been dropped since the recovery point, as far as it can be told.

Its rows come back with a copy job from `table@milliseconds`. Its partitioning does not (BigQuery,
Restore deleted tables), and nobody can ask for its definition any more: the last run that holds the
table knows it.
"""

from manifests.cloud.resources import TableResource
from manifests.cloud.table_paths import table_reference
from manifests.errors import CloudError
from manifests.model import Definition, Resource, TableBackup

_LAYOUT = ("timePartitioning", "rangePartitioning", "clustering")
_NEVER_WAS = ("notfound", "not found", "cannot read before", "invalid snapshot time")
_COPIED = ("schema", "description", "friendlyName", "labels", "tableConstraints", *_LAYOUT)


def never_was(error: CloudError) -> bool:
    """Whether a copy failed because there was no such table at that instant."""
    return any(words in error.message.lower() for words in _NEVER_WAS)


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
        kept = {key: copy.resource[key] for key in _COPIED if key in copy.resource}
        project = copy.resource["tableReference"]["projectId"]
        kept |= {"type": "TABLE", "tableReference": table_reference(project, name)}
        return copy.model_copy(update={"resource": kept}), "copy"
    then = TableResource(
        resource={**base.resource, "schema": schema},
        row_access_policies=copy.row_access_policies or base.row_access_policies,
    )
    return then, "earlier run"


def _laid_out_by(resource: Resource) -> set[str]:
    """Return the columns that a table is partitioned and clustered by."""
    parts = [resource.get("timePartitioning") or {}, resource.get("rangePartitioning") or {}]
    named = [part["field"] for part in parts if "field" in part]
    named += (resource.get("clustering") or {}).get("fields", [])
    return {name.lower() for name in named}
