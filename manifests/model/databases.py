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


class DocumentFile(Frozen):
    """One stored file of a database: a run of neighbouring documents, in name order.

    Attributes:
        stored: The Avro file in the vault; its row count is the number of documents.
        first_path: The path of the first document in it, below the database's root.
        last_path: That of the last one.
        fingerprint: The content of the documents in it.
    """

    stored: StoredObject
    first_path: str
    last_path: str
    fingerprint: Fingerprint


class DatabaseBackup(Frozen):
    """One Firestore database at the recovery point.

    A missing document, one that is only a parent of others, has no record: it comes back by itself
    with the documents below it.

    Attributes:
        database_id: `(default)` or the id of a named database.
        resource: The database's own configuration; empty where it could not be read.
        read_time: The instant every document was read at.
        collections: One entry a collection id, in order of the ids.
        files: The documents, in name order, without gaps or overlaps.
    """

    database_id: str
    resource: Resource
    read_time: RecoveryPoint
    document_count: int = Field(ge=0)
    collections: tuple[CollectionBackup, ...]
    files: tuple[DocumentFile, ...]

    @property
    def name(self) -> str:
        """Return the database's id."""
        return self.database_id

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object that holds documents."""
        return tuple(item.stored for item in self.files)
