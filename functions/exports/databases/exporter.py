"""Backs up one Firestore database: every document at the recovery point, in files of bounded size.

Ranges of names are read at the same time, each into files of its own, so that memory does not grow
with the database. What was read is counted by Firestore too: a range that came short is no backup.
The first call fixes the ranges; a later one goes on in each where an earlier one stopped.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple, override

import structlog

from functions.exporter import Exporter, RunContext, others
from functions.exports.databases.administration import (
    administration,
    configuration,
    index_settings,
    looked_again,
)
from functions.exports.databases.document_files import RangeFiles, WrittenDocuments
from functions.log import LoggingPool, logged_step
from functions.made import require_there, told_times
from functions.settings import FunctionSettings
from manifests.catalog import Catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at, too_old
from manifests.cloud.partitions import RANGE_DOCUMENTS, find_cuts
from manifests.documents import batches, combined_collections
from manifests.errors import (
    CloudError,
    StrangeObjectError,
    UnsafeNameError,
)
from manifests.kinds.databases.catalog import CatalogDatabase
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.databases.layout import (
    attempt_of,
    database_folder,
    databases_prefix,
    is_database_record,
    ranges_attempt,
    ranges_name,
)
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest, Unprotected
from manifests.names import NameRange, cut, inside
from manifests.store.decoded import STRANGE_HINT
from manifests.store.envelope import decode, encode
from manifests.values import ObjectInfo, Resource, Skew, Stored

_MADE = "createTime"
_FILE_BYTES = 2 * 1024 * 1024
_FILE_DOCUMENTS = 20_000
_MOST_ATTEMPTS = 1000
"""The number of an attempt has three digits in names."""

log = structlog.get_logger()


class DocumentCuts(Stored):
    """The paths at which an attempt cuts a database into ranges."""

    cuts: tuple[str, ...]


class _Exported(NamedTuple):
    """The files of a range, and how many of its documents Firestore did not count."""

    files: tuple[WrittenDocuments, ...]
    uncounted: int


class DatabaseExporter(Exporter[CatalogDatabase, DatabaseBackup]):
    """Makes the backups of databases for one run."""

    kind = DATABASES

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        self._start, self._settings = context.start, context.settings
        self._vault = context.vault
        self._at_nanos = nanos_at(context.start.recovery_point)

    @override
    @classmethod
    def made(
        cls, catalog: Catalog, settings: FunctionSettings, api: StorageApi
    ) -> Iterable[datetime]:
        """Yield when the databases were made."""
        names = [entry.database for entry in catalog.databases]
        yield from told_times(
            names, lambda name: administration(settings, name).resource(), field=_MADE
        )

    @override
    def back_up(self, entry: CatalogDatabase, base: DatabaseBackup | None) -> DatabaseBackup:
        """Write every document of a database as of the recovery point.

        Args:
            entry: The database in the catalog.
            base: Its backup in an earlier complete run: it tells where the database can be cut.

        Raises:
            SourceUnreadableError: The database does not exist.
            PointLostError: It was made since, or keeps no version that old.
            CloudError: It cannot be read to its end, or the vault cannot be written.
        """
        connection = Connection(self._settings.project, entry.database)
        databases = administration(self._settings, entry.database)
        resource = configuration(databases, connection.database)
        self._check_kept(resource, connection.database)
        documents = Documents(connection)
        attempt = self._attempt(entry.database)
        with looked_again(databases, connection.database):
            ranges = self._ranges(documents, attempt, base)
        landmarks = _landmarks(base)

        def export(number: int, names: NameRange) -> _Exported:
            files = RangeFiles(
                self._vault,
                self.context.files,
                self._start.run_id,
                entry.database,
                attempt=attempt,
                name_range=number,
            )
            return self._export(documents, names, files, landmarks)

        with (
            looked_again(databases, connection.database),
            logged_step("read documents", ranges=len(ranges)) as done,
            LoggingPool(self._settings.parallel_streams, "documents") as pool,
        ):
            exported = list(pool.map(export, range(len(ranges)), ranges))
            stored = [item for part in exported for item in part.files]
            files = [item.file.stored for item in stored]
            done["rows"] = sum(file.row_count for file in files)
            done["bytes"] = sum(file.size_bytes for file in files)
        return DatabaseBackup(
            database_id=entry.database,
            resource=resource,
            index_settings=index_settings(databases),
            read_time=self._start.recovery_point,
            document_count=sum(item.file.stored.row_count for item in stored),
            collections=combined_collections(item.collections for item in stored),
            files=tuple(item.file for item in stored),
            uncounted=sum(part.uncounted for part in exported),
        )

    @override
    def skews(self, manifest: Manifest) -> Iterable[Skew]:
        """Say that a database's settings have no history: they were read last."""
        seconds = (manifest.finished_at - manifest.recovery_point).total_seconds()
        for backup in manifest.databases:
            subject = f"settings of database {backup.name}"
            yield Skew(kind="databases", name=backup.name, subject=subject, skew_seconds=seconds)

    @override
    def unprotected(self) -> Iterable[Unprotected]:
        """Count the databases of the project that no run holds."""
        named = [entry.database for entry in self.context.catalog.databases]
        yield others("database", administration(self._settings, "(default)").ids, named)

    @override
    def left_over(self, manifest: Manifest) -> Iterable[ObjectInfo]:
        """Yield files of attempts that were given up; the records of ranges are none."""
        run_id = manifest.run_id
        listed = {stored.name for item in manifest.databases for stored in item.objects}
        for item in self._vault.list_objects(databases_prefix(run_id)):
            is_record = any(
                is_database_record(part, run_id, item.name) for part in manifest.databases
            )
            if item.name not in listed and not is_record:
                yield item

    def _check_kept(self, resource: Resource, name: str) -> None:
        """Refuse an instant that Firestore does not keep before anything is read at it."""
        point = self._start.recovery_point
        require_there(resource, point, field=_MADE, subject=name)
        earliest = resource.get("earliestVersionTime")
        if earliest and datetime.fromisoformat(earliest) > point:
            raise too_old(name, f"there is nothing from before {earliest}")

    def _export(
        self,
        documents: Documents,
        names: NameRange,
        files: RangeFiles,
        landmarks: Sequence[str],
    ) -> _Exported:
        """Write the files of one range, and make sure that nothing of it is missing."""
        behind = files.resume()
        if behind is not None:
            log.info("documents are stored already", found=files.document_count)
        rest = names if behind is None else NameRange(behind, names.end)
        records = documents.read(
            rest,
            at_nanos=self._at_nanos,
            landmarks=inside(landmarks, rest),
        )
        for batch in batches(
            records,
            lambda record: record.size_bytes,
            most_bytes=_FILE_BYTES,
            most_items=_FILE_DOCUMENTS,
        ):
            files.add(batch)
        found = files.document_count
        expected = documents.count(names, at_nanos=self._at_nanos)
        if expected is None:
            log.warning(
                "documents were read to their end, Firestore does not count them", found=found
            )
        if expected not in (None, found):
            self._give_up(files)
            raise CloudError(
                f"{found} documents were read where Firestore counts {expected}",
                subject=documents.connection.database,
                retryable=True,
            )
        return _Exported(files.done, found if expected is None else 0)

    def _give_up(self, files: RangeFiles) -> None:
        """Begin another attempt with the same ranges: the next call reads everything again."""
        name = partial(ranges_name, self._start.run_id, files.database_id)
        ranges = self.context.files.read(name(attempt=files.attempt))
        if ranges is not None:
            self.context.files.put_once(name(attempt=files.attempt + 1), ranges.content)

    def _attempt(self, database_id: str) -> int:
        """Return the attempt to continue: the last one whose ranges are known, or a new one.

        An earlier version wrote files without a record of their ranges. What has no name of ours is
        nobody's attempt.

        Raises:
            StrangeObjectError: Somebody wrote files of every attempt that there could be.
        """
        run_id = self._start.run_id
        names = [
            item.name for item in self._vault.list_objects(database_folder(run_id, database_id))
        ]
        known = [ranges_attempt(name, run_id=run_id, database_id=database_id) for name in names]
        if begun := [attempt for attempt in known if attempt is not None]:
            return max(begun)
        left = set()
        for name in names:
            with suppress(UnsafeNameError):
                left.add(attempt_of(name, run_id=run_id, database_id=database_id))
        unused = next((attempt for attempt in range(_MOST_ATTEMPTS) if attempt not in left), None)
        if unused is None:
            raise StrangeObjectError(
                "files of every attempt are there", subject=database_id, hint=STRANGE_HINT
            )
        return unused

    def _ranges(
        self, documents: Documents, attempt: int, base: DatabaseBackup | None
    ) -> list[NameRange]:
        """Return the ranges of an attempt, the same for every call."""
        database_id = documents.connection.database_id
        name = ranges_name(self._start.run_id, database_id, attempt=attempt)
        found = self.context.files.read(name)
        if found is None:
            cuts = find_cuts(documents, at_nanos=self._at_nanos, nested=_large_collections(base))
            found = self.context.files.put_once(name, encode(DocumentCuts(cuts=tuple(cuts))))
        return cut(list(decode(found.content, DocumentCuts, subject=name).cuts))


def _landmarks(base: DatabaseBackup | None) -> list[str]:
    """Return paths in name order that were in the database."""
    files = base.files if base is not None else ()
    return [file.first_path for file in files]


def _large_collections(base: DatabaseBackup | None) -> list[str]:
    """Return the ids of the collections that were too large for one range."""
    collections = base.collections if base is not None else ()
    return [
        item.collection_id for item in collections if item.fingerprint.row_count > RANGE_DOCUMENTS
    ]
