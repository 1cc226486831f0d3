"""Sets the indexes and field exemptions of a Firestore database."""

from collections.abc import Collection

from manifests.cloud.databases import Databases
from manifests.kinds.databases.model import IndexSettings
from recovery.compare.findings import Finding
from recovery.compare.indexes import agreed, index_changes, index_findings, index_texts


def set_indexes(databases: Databases, wanted: IndexSettings, planned: Collection[Finding]) -> None:
    """Let a database have indexes and field settings that another one had.

    What differs otherwise than the plan showed is left. An index has an id and never changes; a field
    has no version (Firestore REST, Field), so that it is looked at again before it is set. Field
    settings are waited for; indexes go on being built by themselves.

    Args:
        databases: The administration of the database.
        wanted: What the other one had.
        planned: What differed when the plan was made.

    Raises:
        CloudError: One could not be set.
    """
    there = databases.index_settings()
    seen = index_texts(there)
    found = index_findings("", index_texts(wanted), seen)
    names = {item.aspect for item in agreed(found, planned)}

    def is_as_seen(name: str) -> bool:
        return index_texts(databases.index_settings()).get(name) == seen.get(name)

    gone, made = index_changes(wanted, there)
    for name in sorted(gone.keys() & names):
        item = gone[name]
        if not item.part:
            databases.delete_index(item.group, item.id)
        elif is_as_seen(name):
            databases.set_field(item.group, item.id, item.part, None)
    for name in sorted(made.keys() & names):
        item = made[name]
        if not item.part:
            databases.make_index(item.group, item.value)
        elif is_as_seen(name):
            databases.set_field(item.group, item.id, item.part, item.value)
