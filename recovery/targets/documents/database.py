"""One Firestore database that is observed, recovered and proven, part by part.

A part is one file of the backup and the names that belong to it. Each is joined with the live
documents, written, and joined again: a part is proven when nothing is left to do in it. So memory
holds a few files, whatever the size of the database, and repeating it is safe.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from manifests.cloud.databases import Databases
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, batches, write_file
from manifests.errors import CloudError
from manifests.model import DatabaseBackup, DocumentFile
from manifests.names import NameRange
from recovery.compare.documents import DatabaseState, DocumentPair, StateTally, joined
from recovery.plan.documents import DatabaseStep, apart, units
from recovery.targets.documents.pace import Pace
from recovery.targets.documents.source import StoredDocuments
from recovery.targets.documents.values import same_content
from recovery.targets.documents.writing import BatchWriter

_BATCH_BYTES = 4 * 1024 * 1024
"""Of documents that are held while they are replaced; each may be as large as 1 MiB."""

type Unit = tuple[DocumentFile | None, list[NameRange]]


class DatabaseTarget:
    """One database a recovery looks at and writes. Safe to share between threads.

    Args:
        backup: What the database was.
        project: The project of the database that is written.
        database_id: That database.
        vault: Where the backup is.
        parallel: Parts in flight at once.
    """

    def __init__(
        self,
        backup: DatabaseBackup,
        project: str,
        database_id: str,
        *,
        vault: Bucket,
        parallel: int,
    ) -> None:
        connection = Connection(project, database_id)
        self._backup = backup
        self._databases = Databases(connection)
        self._documents = Documents(connection)
        self._stored = StoredDocuments(vault)
        self._parallel = parallel
        self._point_nanos = nanos_at(backup.read_time)

    def observe(self, ranges: list[NameRange]) -> DatabaseState:
        """Compare everything in some ranges with the backup.

        Raises:
            BackupDamagedError: A file of the backup is not what the manifest says.
            CloudError: The database could not be read.
        """
        exists = self._exists()

        def look(unit: Unit) -> StateTally:
            return _tallied(self._pairs(unit, self._stored.read(*unit), exists=exists))

        whole = StateTally()
        for tally in self._in_parallel(look, units(self._backup, ranges)):
            whole.merge(tally)
        return whole.state(exists=exists)

    def _exists(self) -> bool:
        try:
            return self._databases.resource() is not None
        except CloudError as error:
            if error.retryable:
                raise
            # Documents can be recovered without the right to see how the database is set up; if
            # there is none, reading it says so.
            return True

    def create(self) -> None:
        """Create the database as the backup describes it, if there is none.

        Raises:
            CloudError: It cannot be created.
        """
        if not self._backup.resource.get("locationId"):
            raise CloudError(
                "the database does not exist, and the backup does not say how it was set up",
                subject=self._documents.connection.database,
                hint="create it with `gcloud firestore databases create`",
            )
        self._databases.create(self._backup.resource)

    def restore(
        self,
        step: DatabaseStep,
        *,
        undo: Callable[[bytes, str], None],
        pace: Pace,
        progress: Callable[[int], None],
    ) -> DatabaseState:
        """Write what the step decides, part by part, and return how the database compares then.

        Args:
            step: What was decided.
            undo: Keeps a file of the documents that are about to be replaced or removed; takes its
                content and a name made of it.
            pace: Says when a batch may be written.
            progress: Told how many documents of the backup a finished part holds.

        Raises:
            BackupDamagedError: A file of the backup is not what the manifest says.
            CloudError: Something could not be read or written.
        """

        def recover(unit: Unit) -> StateTally:
            stored = self._stored.read(*unit)
            wanted = (pair for pair in self._pairs(unit, stored) if step.action(pair.state))
            self._write(wanted, undo=undo, pace=pace)
            proven = _tallied(self._pairs(unit, stored))
            progress(unit[0].stored.row_count if unit[0] else 0)
            return proven

        whole = StateTally()
        for tally in self._in_parallel(recover, units(self._backup, step.ranges)):
            whole.merge(tally)
        return whole.state(exists=True)

    def _write(
        self, wanted: Iterable[DocumentPair], *, undo: Callable[[bytes, str], None], pace: Pace
    ) -> None:
        writer = BatchWriter(self._documents, pace)
        for pairs in batches(wanted, lambda pair: pair.size_bytes, most_bytes=_BATCH_BYTES):
            replaced = [pair.live for pair in pairs if pair.live is not None]
            if replaced:
                content = write_file(replaced)
                undo(content, f"{hashlib.sha256(content).hexdigest()[:32]}.avro")
            for pair in pairs:
                self._add(writer, pair)
        writer.flush()

    def _add(self, writer: BatchWriter, pair: DocumentPair) -> None:
        version = pair.live.update_time_nanos if pair.live else None
        if pair.stored is not None:
            write = self._documents.put(pair.stored, replaces_nanos=version)
        else:
            write = self._documents.remove(pair.path, removes_nanos=version or 0)
        writer.add(pair.path, write)

    def _pairs(
        self, unit: Unit, stored: Sequence[DocumentRecord], *, exists: bool = True
    ) -> Iterator[DocumentPair]:
        _, ranges = unit
        landmarks = [record.path for record in stored]
        read = partial(self._documents.read, landmarks=landmarks)
        live = chain.from_iterable(map(read, ranges)) if exists else iter(())
        return joined(stored, live, recovery_point_nanos=self._point_nanos, same=same_content)

    def _in_parallel[Result](
        self, work: Callable[[Unit], Result], items: list[Unit]
    ) -> Iterator[Result]:
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="documents") as pool:
            begun = {
                number: pool.submit(work, items[number])
                for number in apart(len(items), self._parallel)
            }
            try:
                for number in range(len(items)):
                    yield begun[number].result()
            finally:
                for future in begun.values():
                    future.cancel()


def _tallied(pairs: Iterable[DocumentPair]) -> StateTally:
    tally = StateTally()
    for pair in pairs:
        tally.add(pair)
    return tally
