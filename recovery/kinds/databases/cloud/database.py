"""One Firestore database that is observed, recovered and proven, file by file.

Each file of the backup covers a range of names. Its documents are compared with the live ones,
written, and compared again: the file is proven when nothing is left to do in its range. So memory
holds a few files, whatever the size of the database, and a recovery can be repeated.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableSet, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import chain

from manifests.cloud.databases import Databases
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection, nanos_at
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.documents import DocumentRecord, batches
from manifests.erasures import ErasedNames
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile, IndexSettings
from manifests.names import NameRange
from recovery.compare.documents import DatabaseState, DocumentPair, StateTally, joined, parted
from recovery.compare.indexes import index_texts
from recovery.firestore.expiry import Policy, TimeToLive, policies
from recovery.firestore.throttle import Throttle
from recovery.firestore.values import refers, rewritten, same_content
from recovery.firestore.writing import BatchWriter
from recovery.kinds.databases.cloud.done import Done, RestoredDatabase
from recovery.kinds.databases.cloud.settings import SettingsTarget
from recovery.kinds.databases.cloud.source import StoredDocuments
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.ranges import apart, file_ranges
from recovery.kinds.former_documents import FormerDocuments

_BATCH_BYTES = 4 * 1024 * 1024
"""How many bytes of documents are replaced in one batch; a document may be as large as 1 MiB."""

type FileRanges = tuple[DocumentFile | None, list[NameRange]]


class DatabaseTarget:
    """One database a recovery looks at and writes. Safe to share between threads.

    Attributes:
        settings: Looks at the database's settings and indexes, and sets them.

    Args:
        backup: What the database was.
        project: The project of the database that is written.
        database_id: That database.
        vault: Where the backup is.
        parallel: Parts in flight at once.
        rest: Calls the Firestore Admin API.
        rewrites: Whether references in documents to the original database are rewritten to this one.
        erased: The names that stay erased.
    """

    def __init__(
        self,
        backup: DatabaseBackup,
        project: str,
        database_id: str,
        *,
        rest: Rest,
        vault: Bucket,
        parallel: int,
        rewrites: bool,
        erased: ErasedNames,
    ) -> None:
        self._erased = erased
        connection = Connection(project, database_id)
        original = str(backup.resource.get("name", ""))
        self._original = original if original != connection.database else ""
        self._backup = backup
        self.settings = SettingsTarget(backup, Databases(rest, project, database_id))
        self._documents = Documents(connection)
        rewrite = partial(rewritten, original=original, copy=connection.database)
        self._stored = StoredDocuments(vault, rewrite if rewrites and self._original else None)
        self._parallel = parallel
        self._point_nanos = nanos_at(backup.read_time)

    def observe(
        self, ranges: list[NameRange], *, now: datetime, begun_at: datetime | None = None
    ) -> DatabaseState:
        """Compare everything in some ranges with the backup, and look at its settings.

        Args:
            ranges: The names.
            now: The present instant.
            begun_at: When the recovery began that is resumed; None before one has.

        Raises:
            BackupDamagedError: A file of the backup is not what the manifest says.
            CloudError: The database could not be read.
        """
        exists, settings = self.settings.looked_up()
        indexes = self.settings.indexes() if exists else IndexSettings(indexes=(), fields=())
        live, known = policies(indexes), policies(self._backup.index_settings)
        expiry = TimeToLive(tuple(dict.fromkeys((*live, *known))), nanos_at(now))

        def look(item: FileRanges) -> tuple[StateTally, int, Counter[Policy]]:
            stored = self._stored.read(*item)
            pairs = self._pairs(item, stored, exists=exists, begun_at=begun_at)
            return _tallied(pairs), self._referring(stored), expiry.counted(stored)

        whole, referring, expiring = StateTally(), 0, Counter[Policy]()
        for tally, count, past in self._in_parallel(look, file_ranges(self._backup, ranges)):
            whole.merge(tally)
            referring += count
            expiring += past
        return whole.state(exists=exists).model_copy(
            update={
                "settings": settings,
                "indexes": None if indexes is None else index_texts(indexes),
                "expiring": _named({*live} - {*known}, expiring),
                "expiring_as_before": _named({*live} & {*known}, expiring),
                "expiring_again": _named({*known} - {*live}, expiring),
                "referring": referring,
            }
        )

    def _referring(self, stored: Sequence[DocumentRecord]) -> int:
        """Return how many documents refer to the original of this copy."""
        if not self._original:
            return 0
        return sum(refers(record.fields, self._original) for record in stored)

    def restore(
        self,
        step: DatabaseStep,
        *,
        begun_at: datetime,
        kept: FormerDocuments,
        removed_before: MutableSet[str],
        throttle: Throttle,
        now: datetime,
        advance: Callable[[int], None],
    ) -> RestoredDatabase:
        """Write what the step decides, file by file, and look at the database again.

        Args:
            step: What was decided.
            begun_at: When the recovery began: what was written since is neither replaced nor
                removed, however late an interrupted recovery is continued.
            kept: Keeps the documents that are about to be replaced or removed.
            removed_before: Paths of documents that earlier attempts removed, or were about to.
            throttle: Says when a batch may be written.
            now: The present instant: Firestore may delete again what is past its time to live then.
            advance: Told how many documents each file holds that is done.

        Raises:
            BackupDamagedError: A file of the backup is not what the manifest says.
            CloudError: Something could not be read or written.
        """
        expiry = TimeToLive(policies(self.settings.indexes()), nanos_at(now))
        known, seen = policies(self._backup.index_settings), step.state.indexes or {}
        told = {it for it in expiry.policies if it in known or seen.get(it.name) == it.text}

        def recover(item: FileRanges) -> tuple[StateTally, Done]:
            stored = self._stored.read(*item)
            done = Done()

            def pairs() -> Iterator[DocumentPair]:
                for pair in self._pairs(item, stored, begun_at=begun_at):
                    if pair.stored is None:
                        removed_before.discard(pair.path)  # it was not removed, or is back
                    yield pair

            wanted = _wanted(pairs(), step, done, begun_nanos=nanos_at(begun_at))
            self._write(wanted, done, kept=kept, throttle=throttle)
            proven = _tallied(done.proven(pair, expiry, told) for pair in pairs())
            advance(item[0].stored.row_count if item[0] else 0)
            return proven, done

        whole, all_done = StateTally(), Done()
        for tally, done in self._in_parallel(recover, file_ranges(self._backup, step.ranges)):
            whole.merge(tally)
            all_done.merge(done)
        removed = all_done.removed + len(removed_before)
        return RestoredDatabase(
            whole.state(exists=True),
            all_done.written,
            removed,
            all_done.refused,
            _named(told, all_done.expiring),
            _named({*expiry.policies} - told, all_done.expiring),
        )

    def _write(
        self,
        wanted: Iterable[DocumentPair],
        done: Done,
        *,
        kept: FormerDocuments,
        throttle: Throttle,
    ) -> None:
        writer = BatchWriter(self._documents, throttle, done.overtaken, done.refused)
        for pairs in batches(wanted, lambda pair: pair.size_bytes, most_bytes=_BATCH_BYTES):
            for are_removed in (False, True):
                going = [
                    pair.live for pair in pairs if pair.live and (not pair.stored) == are_removed
                ]
                kept.keep(going, are_removed=are_removed)
            for pair in pairs:
                self._add(writer, pair)
                done.count(pair)
        writer.flush()

    def _add(self, writer: BatchWriter, pair: DocumentPair) -> None:
        version = pair.live.update_time_nanos if pair.live else None
        if pair.stored is not None:
            write = self._documents.put(pair.stored, replaces_nanos=version)
        else:
            write = self._documents.remove(pair.path, removes_nanos=version or 0)
        writer.add(pair.path, write)

    def _pairs(
        self,
        item: FileRanges,
        stored: Sequence[DocumentRecord],
        *,
        exists: bool = True,
        begun_at: datetime | None = None,
    ) -> Iterator[DocumentPair]:
        _, ranges = item
        landmarks = [record.path for record in stored]
        read = partial(self._documents.read, landmarks=landmarks)
        live = chain.from_iterable(map(read, ranges)) if exists else iter(())
        erased, others = parted(stored, self._erased.holds_document)
        pairs = joined(
            others,
            live,
            recovery_point_nanos=self._point_nanos,
            begun_nanos=None if begun_at is None else nanos_at(begun_at),
            same=same_content,
        )
        return chain((DocumentPair("erased", item, None) for item in erased), pairs)

    def _in_parallel[Result](
        self, work: Callable[[FileRanges], Result], items: list[FileRanges]
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


def _named(chosen: Collection[Policy], counts: Mapping[Policy, int]) -> dict[str, int]:
    """Return how many documents some policies delete, by what each is called."""
    return {item.name: count for item, count in sorted(counts.items()) if item in chosen}


def _wanted(
    pairs: Iterable[DocumentPair], step: DatabaseStep, done: Done, *, begun_nanos: int
) -> Iterator[DocumentPair]:
    """Yield what is to be written; count what an attempt before this one wrote."""
    for pair in pairs:
        if step.document_action(pair.state):
            yield pair
        elif pair.state == "equal" and pair.is_written_since(begun_nanos):
            done.count(pair)


def _tallied(pairs: Iterable[DocumentPair]) -> StateTally:
    tally = StateTally()
    for pair in pairs:
        tally.add(pair)
    return tally
