"""Records in a bucket, read within bounds.

Who can write a record can write many of them, and large ones: what is read is bounded in each, in
number and in all. What is not read for that, or cannot be, is told as such and stops nobody. What a
listing tells to be signed comes first: nobody can plant that.
"""

import hashlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any, NamedTuple, Protocol

import structlog
from pydantic import BaseModel

from manifests.crowd import HOUR, some_of_each
from manifests.errors import BackupDamagedError, ManifestFormatError
from manifests.signing import Trust
from manifests.store.decoded import judging
from manifests.store.marks import is_marked
from manifests.store.seal import Seal
from manifests.values import Listed

_MOST_BYTES = 1024 * 1024
_MOST_TOTAL_BYTES = 16 * 1024 * 1024
_MOST_SIGNED_BYTES = 1024 * 1024 * 1024
"""Where only what is signed is believed nothing else is kept: it takes time, and no memory."""
_MOST_RECORDS = 10_000
_PARALLEL_READS = 16
_BELIEVING = Seal()

log = structlog.get_logger()


class Readable(Protocol):
    """The little that is needed of a bucket."""

    def read(self, name: str, *, most_bytes: int) -> bytes | None:
        """Return the live object's content, cut behind one byte too many, or None.

        Raises:
            BackupDamagedError: It is not believed.
        """

    def list_dated(self, prefix: str, *, marked: bool = False) -> Iterator[Listed]:
        """Yield the live objects below a prefix, in name order; `marked`: with what each says of itself."""


class FoundRecord[Record: BaseModel](NamedTuple):
    """What lies in the place of a record.

    Attributes:
        name: Where it lies; the folder, where it stands for the records of the folder that are not read.
        record: None where it cannot be read, or is not.
        error: Why not.
        sha256: Of what is stored, in hexadecimal, where it is a record.
        trust: Whether it is believed to be from whom it should be, where it is a record.
        is_cut: Whether some of a folder are not read that are not too large: they are too many.
    """

    name: str
    record: Record | None
    error: BackupDamagedError | None = None
    sha256: str = ""
    trust: Trust | None = None
    is_cut: bool = False


class Records:
    """Reads records of a bucket, no more than fit into memory together.

    Each is read on its own: of those that are not believed nothing is kept.

    Args:
        bucket: The bucket.
        most_bytes: No record is larger.
        seal: Tells which are believed.
        only_believed: Whether one that is not is none.
        is_whole: Whether there is no bound on all of them together: they are about things that are all in
            memory anyway.
        most_total_bytes: Another bound on all of them together.
    """

    def __init__(
        self,
        bucket: Readable,
        *,
        most_bytes: int = _MOST_BYTES,
        seal: Seal = _BELIEVING,
        only_believed: bool = False,
        is_whole: bool = False,
        most_total_bytes: int | None = None,
    ) -> None:
        self._bucket = bucket
        self._seal = seal
        self._only_believed = only_believed
        self._most_bytes = most_bytes
        is_signed = only_believed and seal.is_checking
        usual_bytes = _MOST_SIGNED_BYTES if is_signed else _MOST_TOTAL_BYTES
        self._left_bytes = sys.maxsize if is_whole else most_total_bytes or usual_bytes

    def one[Record: BaseModel](self, name: str, kind: type[Record]) -> FoundRecord[Record] | None:
        """Return what lies in the place of a record, or None where nothing does."""
        most_bytes = min(self._most_bytes, self._left_bytes)
        content = self._content(name, most_bytes)
        if content is None:
            return None
        if isinstance(content, bytes):
            self._left_bytes -= min(len(content), most_bytes)
        return self._found(name, content, kind, most_bytes=most_bytes)

    def below[Record: BaseModel](
        self,
        folder: str,
        kind: type[Record],
        *,
        age: Callable[[str], Any] = str,
        most: int = _MOST_RECORDS,
    ) -> Iterator[FoundRecord[Record]]:
        """Yield the records of a folder in order of their age; of too many some of each hour.

        Of those that are too large together the small ones come first, whatever their age: a few large
        ones would otherwise push out all that are as ours.

        Args:
            folder: What their names begin with.
            kind: What they are.
            age: Gives what names are in order by, by default themselves; None for what is no record.
            most: No more are read.
        """
        found = self._bucket.list_dated(folder, marked=self._seal.is_checking)
        listed = {item.name: item for item in found}
        written = {it.name: it.written_at for it in listed.values() if age(it.name) is not None}
        signed = {name for name in written if is_marked(listed[name], self._seal)}
        some = some_of_each(written, most, HOUR, lambda name: name not in signed)
        newest_first = sorted(some, key=lambda name: (age(name), name), reverse=True)
        chosen = self._chosen([listed[name] for name in newest_first], signed)
        if left := len(written) - len(chosen):
            message = (
                f"{left} of {len(written)} records are not read: they are too large, or too many"
            )
            too_large = sum(listed[name].size_bytes > self._most_bytes for name in written)
            error = ManifestFormatError(message, subject=folder)
            yield FoundRecord(folder, None, error, is_cut=left > too_large)
        for item, content in self._contents(chosen):
            if content is not None:
                yield self._found(item.name, content, kind, most_bytes=item.size_bytes)

    def _contents(
        self, chosen: Sequence[Listed]
    ) -> Iterator[tuple[Listed, bytes | BackupDamagedError | None]]:
        with ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="records") as pool:
            for some in batched(chosen, _PARALLEL_READS, strict=False):
                contents = pool.map(lambda item: self._content(item.name, item.size_bytes), some)
                yield from zip(some, contents, strict=True)

    def _chosen(self, newest_first: Sequence[Listed], signed: Collection[str]) -> Sequence[Listed]:
        """Return those that may be read, the oldest first."""
        chosen = set()
        for item in sorted(
            newest_first, key=lambda item: (item.name not in signed, item.size_bytes.bit_length())
        ):
            if item.size_bytes <= min(self._most_bytes, self._left_bytes):
                self._left_bytes -= item.size_bytes
                chosen.add(item.name)
        return [item for item in reversed(newest_first) if item.name in chosen]

    def _content(self, name: str, most_bytes: int) -> bytes | BackupDamagedError | None:
        try:
            return self._bucket.read(name, most_bytes=most_bytes)
        except BackupDamagedError as error:
            return error

    def _found[Record: BaseModel](
        self,
        name: str,
        content: bytes | BackupDamagedError,
        kind: type[Record],
        *,
        most_bytes: int,
    ) -> FoundRecord[Record]:
        if isinstance(content, BackupDamagedError):
            return FoundRecord(name, None, content)
        try:
            if len(content) > most_bytes:
                message = f"it has more than {most_bytes:,} bytes, and no more are read of it"
                raise ManifestFormatError(message, subject=name)
            with judging(name):
                record, trust = self._seal.decode(content, kind, subject=name)
                if self._only_believed:
                    self._seal.require(trust, subject=name)
        except BackupDamagedError as error:
            return FoundRecord(name, None, error)
        return FoundRecord(name, record, sha256=hashlib.sha256(content).hexdigest(), trust=trust)


def read[Record: BaseModel](found: FoundRecord[Record] | None) -> Record | None:
    """Return a record; None where nothing is, or where it cannot be read, which is told."""
    if found is not None and found.error is not None:
        log.warning("a record is not read", name=found.name, reason=found.error.message)
    return None if found is None else found.record


def readable[Record: BaseModel](found: Iterable[FoundRecord[Record]]) -> Iterator[Record]:
    """Yield the records that can be read; of each that cannot, it is told why."""
    return (record for item in found if (record := read(item)) is not None)
