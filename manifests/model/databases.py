"""What a run stores of Firestore: the documents of each database at the recovery point."""

from pydantic import Field

from manifests.model.values import Fingerprint, Frozen, RecoveryPoint, Resource, StoredObject


class CollectionBackup(Frozen):
    """The documents of all collections with one id, wherever they are in the database.

    Attributes:
        collection_id: The last segment of the collections' paths.
        fingerprint: Their content, independent of order.
    """

    collection_id: str
    fingerprint: Fingerprint


class ManagedExport(Frozen):
    """The export that Firestore itself made beside ours, for bulk restores.

    Attributes:
        operation: The long-running operation's name.
        uri: Where it wrote, a `gs://` prefix.
    """

    operation: str
    uri: str
    document_count: int | None = None
    size_bytes: int | None = None


class DatabaseBackup(Frozen):
    """One Firestore database at the recovery point.

    Attributes:
        database_id: `(default)` or the id of a named database.
        resource: The database's own configuration, where it could be read.
        read_time: The instant every document was read at.
        files: Avro files with one record a document.
    """

    database_id: str
    resource: Resource
    read_time: RecoveryPoint
    document_count: int = Field(ge=0)
    collections: tuple[CollectionBackup, ...]
    files: tuple[StoredObject, ...]
    managed_export: ManagedExport | None = None

    @property
    def name(self) -> str:
        """Return the database's id."""
        return self.database_id
