"""The entries of a journal: what a recovery did to each thing, and what that was before."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from manifests import layout
from manifests.catalog_objectives import Objective, ScenarioName
from manifests.cloud.objects import Bucket
from manifests.errors import ManifestFormatError, StrangeObjectError
from manifests.store.bounded import FoundRecord, Readable, Records, read, readable
from manifests.store.decoded import STRANGE_HINT
from manifests.store.seal import Seal
from manifests.values import Value
from recovery.journal_base import JournalBase
from recovery.naming import bounded
from recovery.within import Within

_MOST_ENTRY_BYTES = 4 * 1024 * 1024
"""The metadata of as many objects as are written together, with names and metadata as long as Cloud Storage takes them."""
_MOST_OTHERS = 100_000
"""So many more than is known to be there are read: others can write beside them."""


class JournalEntries(JournalBase):
    """The entries of one recovery.

    Where an operator has a key, nothing that somebody else writes in the place of an entry keeps it from
    being written: it is then beside that, under a name that nobody knows before, and is read from there.
    """

    def __init__(
        self,
        bucket: Bucket,
        recovery_id: str,
        seal: Seal,
        objectives: Mapping[ScenarioName, Objective] | None = None,
    ) -> None:
        super().__init__(bucket, recovery_id, seal, objectives)
        self._source: Readable = bucket
        self._is_new = False
        self._own: set[str] = set()

    def record(self, folder: str, name: str, document: Value) -> None:
        """Write an entry, once: what a kind did to one thing; that of an earlier attempt stays."""
        where = self._entry(folder, name)
        ours = self._seal.encode(document, subject=where)
        if self._bucket.put_once(where, ours) != ours:
            # Where it is no entry it is told, once more: ours could not be written.
            self.entry(folder, name, type(document))

    def keep(self, folder: str, name: str, document: Value) -> None:
        """Write an entry that an undo needs, once; that of an earlier attempt stays.

        Raises:
            StrangeObjectError: Something lies there that the recovery did not write, and nobody could
                tell it from ours: what is about to be changed could not go back.
        """
        where = self._entry(folder, name)
        ours = self._seal.encode(document, subject=where)
        if self._bucket.put_once(where, ours) == ours:
            self._own.add(where)
        elif where not in self._own and not self._is_kept(where, document):
            mark = hashlib.sha256(ours).hexdigest()[:16]
            beside = self._names.beside(where, mark)
            # Who has no key could write there, too, and be believed as we are.
            content = self._seal.encode(document, subject=beside) if self._seal.is_checking else b""
            if not content or self._bucket.put_once(beside, content) != content:
                raise StrangeObjectError(
                    "it lay there before the recovery wrote its own",
                    subject=where,
                    hint=STRANGE_HINT,
                )
            self._own.add(where)

    def wrote_at(self) -> datetime | None:
        """Return when the recovery wrote something down last, by the bucket's clock; None where nothing is there."""
        listed = self._bucket.list_dated(self._names.prefix)
        return max((item.written_at for item in listed), default=None)

    def _is_kept(self, where: str, document: Value) -> bool:
        """Whether an earlier attempt wrote an entry, in its place or beside it."""
        if self._is_new:
            return False
        since = Within(self._bucket, layout.recovery_begun_at(self.recovery_id), None)
        return self._found(since, where, type(document)) is not None

    def entry[Written: Value](self, folder: str, name: str, kind: type[Written]) -> Written | None:
        """Return an entry, or None where there is none that can be read; one that cannot be read is logged."""
        return self._found(self._source, self._entry(folder, name), kind)

    def entries[Written: Value](self, folder: str, kind: type[Written]) -> tuple[Written, ...]:
        """Return the readable entries of a folder, in order of their names; the others are logged."""
        return tuple(readable(self._records(self._source).below(self._names.folder(folder), kind)))

    def kept[Written: Value](
        self, folder: str, kind: type[Written], *, things: int = 0
    ) -> tuple[Written, ...]:
        """Return the entries of a folder that an undo needs, in order of their names.

        Where operators have a key, entries that none of them signed are logged and left out.

        Args:
            folder: The folder.
            kind: What they are.
            things: Of how many things the recovery says that they are: no more entries are its own.

        Raises:
            ManifestFormatError: Not all that the recovery may have written can be read.
        """
        records = Records(
            self._source,
            most_bytes=_MOST_ENTRY_BYTES,
            seal=self._seal,
            only_believed=True,
            is_whole=True,
        )
        name, found = self._names.folder(folder), list[Written]()
        for item in records.below(name, kind, most=things + _MOST_OTHERS):
            if item.error is not None and self._may_be_ours(item):
                raise ManifestFormatError(
                    f"not all that it wrote down can be read: {item.error.message}",
                    subject=item.name,
                    hint="what was put aside is there: put it back by hand",
                )
            if (record := read(item)) is not None:
                found.append(record)
        return tuple(found)

    def _may_be_ours[Written: Value](self, unread: FoundRecord[Written]) -> bool:
        """Whether the recovery may have written what cannot be read."""
        if self._seal.is_checking:
            return unread.is_cut
        return not isinstance(unread.error, StrangeObjectError)

    def _found[Written: Value](
        self, source: Readable, where: str, kind: type[Written]
    ) -> Written | None:
        records = self._records(source)
        found = records.one(where, kind)
        if found is None or found.record is not None or not self._seal.is_checking:
            return read(found)
        beside: Iterator[Written] = readable(records.below(self._names.beside_prefix(where), kind))
        return next(beside, None) or read(found)

    def _records(self, source: Readable) -> Records:
        return Records(source, seal=self._seal, only_believed=True)

    def _entry(self, folder: str, name: str) -> str:
        return bounded(self._names.folder(folder), f"{name}.json")
