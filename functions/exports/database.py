"""Backs up one Firestore database: every document at the recovery point, in files of bounded size.

Ranges of names are read at the same time, each into files of its own, so that memory does not grow
with the database. What was read is counted by Firestore too: a range that came short is no backup.
"""

from datetime import datetime
from typing import NamedTuple

import google_crc32c
import structlog

from functions.log import LoggingPool, logged_step
from functions.settings import Settings
from manifests.catalog_databases import CatalogDatabase
from manifests.cloud.checksums import crc32c_text
from manifests.cloud.databases import Databases
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at, too_old
from manifests.cloud.objects import Bucket
from manifests.cloud.partitions import split
from manifests.database_layout import attempt_of, database_folder, document_file_name
from manifests.documents import DocumentRecord, batches, combined_collections, tallied, write_file
from manifests.errors import CloudError, SourceUnreadableError
from manifests.model import (
    CollectionBackup,
    DatabaseBackup,
    DocumentFile,
    Resource,
    RunStart,
    StoredObject,
)
from manifests.names import NameRange

_FILE_BYTES = 2 * 1024 * 1024
_FILE_DOCUMENTS = 20_000

log = structlog.get_logger()


class _Stored(NamedTuple):
    file: DocumentFile
    collections: tuple[CollectionBackup, ...]


class DatabaseExporter:
    """Makes the backups of databases for one run.

    Args:
        start: The run; its recovery point is the instant that is read.
        settings: Where things are, and how much is in flight.
        vault: The bucket with the backups.
    """

    def __init__(self, *, start: RunStart, settings: Settings, vault: Bucket) -> None:
        self._start = start
        self._settings = settings
        self._vault = vault
        self._at_nanos = nanos_at(start.recovery_point)

    def back_up(self, entry: CatalogDatabase) -> DatabaseBackup:
        """Write every document of a database as of the recovery point.

        Raises:
            SourceUnreadableError: The database does not exist, or keeps no version that old.
            CloudError: It cannot be read to its end, or the vault cannot be written.
        """
        connection = Connection(self._settings.project, entry.database)
        resource = _resource(Databases(connection), connection.database)
        self._check_kept(resource, connection.database)
        documents = Documents(connection)
        attempt = self._next_attempt(entry.database)
        ranges = split(documents, at_nanos=self._at_nanos)
        with (
            logged_step("read documents", ranges=len(ranges)) as done,
            LoggingPool(self._settings.parallel_streams, "documents") as pool,
        ):
            stored = [
                item
                for found in pool.map(
                    lambda numbered: self._export(documents, *numbered, attempt=attempt),
                    enumerate(ranges),
                )
                for item in found
            ]
            files = [item.file.stored for item in stored]
            done["rows"] = sum(file.row_count for file in files)
            done["bytes"] = sum(file.size_bytes for file in files)
        return DatabaseBackup(
            database_id=entry.database,
            resource=resource,
            read_time=self._start.recovery_point,
            document_count=sum(item.file.stored.row_count for item in stored),
            collections=combined_collections(item.collections for item in stored),
            files=tuple(item.file for item in stored),
        )

    def _check_kept(self, resource: Resource, name: str) -> None:
        """Refuse an instant that Firestore no longer keeps before anything is read at it."""
        earliest = resource.get("earliestVersionTime")
        if earliest and datetime.fromisoformat(earliest) > self._start.recovery_point:
            raise too_old(name, f"there is nothing from before {earliest}")

    def _export(
        self, documents: Documents, number: int, names: NameRange, *, attempt: int
    ) -> list[_Stored]:
        """Write the files of one range, and make sure that nothing of it is missing."""
        stored: list[_Stored] = []
        records = documents.read(names, at_nanos=self._at_nanos)
        files = batches(
            records,
            lambda record: record.size_bytes,
            most_bytes=_FILE_BYTES,
            most_items=_FILE_DOCUMENTS,
        )
        for index, batch in enumerate(files):
            name = document_file_name(
                self._start.run_id,
                documents.connection.database_id,
                attempt=attempt,
                name_range=number,
                number=index,
            )
            stored.append(self._store(name, batch))
        found = sum(item.file.stored.row_count for item in stored)
        expected = documents.count(names, at_nanos=self._at_nanos)
        if expected is None:
            log.warning(
                "documents were read to their end, Firestore does not count them", found=found
            )
        if expected not in (None, found):
            raise CloudError(
                f"{found} documents were read where Firestore counts {expected}",
                subject=documents.connection.database,
                retryable=True,
            )
        return stored

    def _store(self, name: str, batch: list[DocumentRecord]) -> _Stored:
        tally = tallied(batch)
        content = write_file(batch)
        generation = self._vault.put_if(
            name, content, generation=0, content_type="application/avro"
        )
        # A refusal can mean that an earlier try of this very call succeeded, its answer lost.
        found = self._vault.info(name, generation)
        crc32c = crc32c_text(google_crc32c.Checksum(content))
        if found is None or (found.crc32c, found.size_bytes) != (crc32c, len(content)):
            raise CloudError("what is stored is not what was written", subject=name, retryable=True)
        return _Stored(
            DocumentFile(
                stored=StoredObject(**found.model_dump(), row_count=len(batch)),
                first_path=batch[0].path,
                last_path=batch[-1].path,
                fingerprint=tally.fingerprint(),
            ),
            tally.collections(),
        )

    def _next_attempt(self, database_id: str) -> int:
        run_id = self._start.run_id
        earlier = [
            attempt_of(item.name, run_id=run_id, database_id=database_id)
            for item in self._vault.list_objects(database_folder(run_id, database_id))
        ]
        return max(earlier, default=-1) + 1


def _resource(databases: Databases, name: str) -> Resource:
    try:
        resource = databases.resource()
    except CloudError as error:
        if error.retryable:
            raise
        # Reading documents needs no right to see how the database is set up.
        log.warning("the database's configuration cannot be read", reason=error.message)
        return {}
    if resource is None:
        raise SourceUnreadableError("the database does not exist", subject=name)
    return resource
