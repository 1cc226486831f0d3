"""What a run stores of Firestore: the documents of each database at the recovery point."""

from pydantic import Field

from manifests.documents import CollectionBackup
from manifests.kind import Backup
from manifests.values import Fingerprint, RecoveryPoint, Resource, Stored, StoredObject


class IndexSettings(Stored):
    """What somebody set about a database's indexes, each as the REST API gives it.

    Attributes:
        indexes: Composite and vector indexes.
        fields: Fields with index settings or a time-to-live policy of their own.
    """

    indexes: tuple[Resource, ...]
    fields: tuple[Resource, ...]


class DocumentFile(Stored):
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


class DatabaseBackup(Backup):
    """One Firestore database at the recovery point.

    A missing document, one that is only a parent of others, has no record: it comes back by itself
    with the documents below it.

    Attributes:
        database_id: `(default)` or the id of a named database.
        resource: The database's own configuration; empty where it could not be read.
        index_settings: Its indexes and field settings; None where they could not be read.
        read_time: The instant every document was read at.
        collections: One entry a collection id, in order of the ids.
        files: The documents, in name order, without gaps or overlaps.
        uncounted: Documents in ranges that Firestore did not count: they were read to their end,
            and nothing else says that none is missing.
    """

    database_id: str
    resource: Resource
    index_settings: IndexSettings | None = None
    read_time: RecoveryPoint
    document_count: int = Field(ge=0)
    collections: tuple[CollectionBackup, ...]
    files: tuple[DocumentFile, ...]
    uncounted: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """Return the database's id."""
        return self.database_id

    @property
    def count(self) -> int:
        """Return how many documents it holds."""
        return self.document_count

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object that holds documents."""
        return tuple(item.stored for item in self.files)
