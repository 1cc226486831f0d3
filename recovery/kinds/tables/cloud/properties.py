"""Sets what can be set on a table that exists: everything but its rows, columns and partitioning."""

from manifests.cloud.table_paths import table_path, table_reference
from manifests.kinds.tables.model import TableBackup
from manifests.kinds.tables.properties import settings
from manifests.shapes import inner
from manifests.values import Resource
from recovery.compare.observed import ObservedTable
from recovery.compare.properties import changes
from recovery.compare.tables import property_findings
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget

_MOST_PATCHES = 3


class PropertySetter:
    """Sets the properties of the tables of one target.

    Args:
        bigquery_target: The project that is recovered.
    """

    def __init__(self, bigquery_target: BigQueryTarget) -> None:
        self._target = bigquery_target

    def set(self, table: TableBackup, *, with_foreign_keys: bool = False) -> None:
        """Set the properties in which the table differs, on the condition of the etag that was read.

        Args:
            table: The table in the manifest.
            with_foreign_keys: Also set its foreign keys: the tables they refer to are there.

        A refused etag can be our own earlier try whose answer was lost, so the table is read again.

        Raises:
            CloudError: They could not be set, or somebody else changed the table meanwhile.
        """
        expected = table.resource if with_foreign_keys else without_foreign_keys(table.resource)
        wanted = table.model_copy(update={"resource": expected})
        for _ in range(_MOST_PATCHES):
            found = self._target.resources.table(self._target.name(table.name))
            if found is None:
                return
            observed = ObservedTable(
                resource=found.resource, row_access_policies=found.row_access_policies
            )
            aspects = {item.aspect for item in property_findings(wanted, observed)}
            if "row access policies" in aspects:
                self.set_policies(table)
            if not aspects - {"row access policies"}:
                return
            self._target.resources.patch(
                table_path(self._target.name(table.name)),
                changes(expected, found.resource),
                etag=str(found.resource["etag"]),
                subject=table.name,
            )

    def set_policies(self, table: TableBackup) -> None:
        """Make the row access policies those of the manifest.

        Raises:
            CloudError: A policy could not be written or deleted.
        """
        name = self._target.name(table.name)
        found = self._target.resources.table(name)
        present = {} if found is None else _by_id(found.row_access_policies)
        path = f"{table_path(name)}/rowAccessPolicies"
        reference = table_reference(self._target.target.project, name)
        for policy_id, policy in _by_id(table.row_access_policies).items():
            body = {
                "rowAccessPolicyReference": {**reference, "policyId": policy_id},
                **settings(policy),
            }
            if policy_id in present:
                # Only the whole text of a policy is written: doing it twice is doing it once.
                self._target.resources.replace(
                    f"{path}/{policy_id}", body, etag=None, subject=table.name
                )
            else:
                self._target.resources.create(path, body, subject=table.name)
        wanted = set(_by_id(table.row_access_policies))
        for policy_id in sorted(set(present) - wanted):
            # Deleting the last policy opens every row, as at the recovery point; it takes `force`.
            self._target.resources.delete(
                f"{path}/{policy_id}", subject=table.name, force=not wanted
            )


def writable(resource: Resource) -> Resource:
    """Return the body that creates a table or view: its settings without foreign keys."""
    own = without_foreign_keys(settings(resource))
    if "view" in own or "materializedView" in own:
        # "Schema field shouldn't be used as input with a view": googleapis/google-cloud-python#7246.
        own = {key: value for key, value in own.items() if key != "schema"}
    return own


def has_foreign_keys(resource: Resource) -> bool:
    """Whether a table refers to other tables, which have to exist first."""
    return bool(inner(resource, "tableConstraints").get("foreignKeys"))


def without_foreign_keys(resource: Resource) -> Resource:
    """Return a table's resource without its references to other tables."""
    constraints = resource.get("tableConstraints")
    if not constraints:
        return resource
    others = {key: value for key, value in constraints.items() if key != "foreignKeys"}
    return {**resource, "tableConstraints": others}


def _by_id(policies: tuple[Resource, ...]) -> dict[str, Resource]:
    return {policy["rowAccessPolicyReference"]["policyId"]: policy for policy in policies}
