"""The entries of a journal: what a recovery did to each thing, and what that was before."""

import hashlib
from collections.abc import Iterator

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import StrangeObjectError
from manifests.journal_layout import JournalNames
from manifests.store.bounded import Readable, Records, read, readable
from manifests.store.decoded import STRANGE_HINT
from manifests.store.seal import Seal
from manifests.values import Value
from recovery.naming import bounded
from recovery.within import Within

_BESIDE = "~"


class JournalEntries:
    """The entries of one recovery.

    Where an operator has a key, nothing that somebody else writes in the place of an entry keeps it from
    being written: it is then beside that, under a name that nobody knows before, and is read from there.

    Args:
        bucket: Where they are kept.
        recovery_id: The recovery.
        seal: Signs what is written, and tells what is believed.
    """

    def __init__(self, bucket: Bucket, recovery_id: str, seal: Seal) -> None:
        self._bucket = bucket
        self._seal = seal
        self._source: Readable = bucket
        self._is_new = False
        self._own: set[str] = set()
        self._names = JournalNames(recovery_id)
        self.recovery_id = recovery_id

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
            beside = f"{where}{_BESIDE}{mark}.json"
            # Who has no key could write there, too, and be believed as we are.
            content = self._seal.encode(document, subject=beside) if self._seal.is_checking else b""
            if not content or self._bucket.put_once(beside, content) != content:
                raise StrangeObjectError(
                    "it lay there before the recovery wrote its own",
                    subject=where,
                    hint=STRANGE_HINT,
                )
            self._own.add(where)

    def _is_kept(self, where: str, document: Value) -> bool:
        """Whether an earlier attempt wrote an entry, in its place or beside it."""
        if self._is_new:
            return False
        since = Within(self._bucket, layout.recovery_begun_at(self.recovery_id), None)
        return self._found(since, where, type(document)) is not None

    def entry[Written: Value](self, folder: str, name: str, kind: type[Written]) -> Written | None:
        """Return an entry, or None where there is none; one that cannot be read is told, and none."""
        return self._found(self._source, self._entry(folder, name), kind)

    def entries[Written: Value](self, folder: str, kind: type[Written]) -> tuple[Written, ...]:
        """Return the entries of a folder, in order of their names; the others are told, and none."""
        return tuple(readable(self._records(self._source).below(self._names.folder(folder), kind)))

    def _found[Written: Value](
        self, source: Readable, where: str, kind: type[Written]
    ) -> Written | None:
        records = self._records(source)
        found = records.one(where, kind)
        if found is None or found.record is not None or not self._seal.is_checking:
            return read(found)
        beside: Iterator[Written] = readable(records.below(f"{where}{_BESIDE}", kind))
        return next(beside, None) or read(found)

    def _records(self, source: Readable) -> Records:
        return Records(source, seal=self._seal, only_believed=True)

    def _entry(self, folder: str, name: str) -> str:
        return bounded(self._names.folder(folder), f"{name}.json")
