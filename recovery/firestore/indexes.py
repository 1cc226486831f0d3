"""Sets what is said about the indexes and fields of a Firestore database."""

from manifests.cloud.databases import Databases
from manifests.kinds.databases.model import IndexSettings
from recovery.compare.indexes import index_changes


def set_indexes(databases: Databases, wanted: IndexSettings) -> None:
    """Let a database have the indexes and field settings that another one had, and no others.

    Field settings are waited for; indexes go on being built by themselves.

    Raises:
        CloudError: One could not be set.
    """
    gone, made = index_changes(wanted, databases.index_settings())
    for item in gone:
        if item.part:
            databases.set_field(item.group, item.id, item.part, None)
        else:
            databases.delete_index(item.group, item.id)
    for item in made:
        if item.part:
            databases.set_field(item.group, item.id, item.part, item.value)
        else:
            databases.make_index(item.group, item.value)
