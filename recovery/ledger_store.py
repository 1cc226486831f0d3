"""Reads the whole ledger of erased keys before anything is restored, and adds entries to it.

It is in the vault. A copy of each entry lies in the landing bucket, so that nobody who can remove one
from the vault brings back what was erased. Of the newest no later entry tells: its copy counts where
operators have a key. Where they have none it is told, for it may as well be planted.

Both are marked as signed where there is a key, so that of more than are read no genuine one is left out.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import structlog

from manifests.cloud.objects import Bucket
from manifests.crowd import HOUR, some_of_each
from manifests.erasure_layout import (
    ERASURES_PREFIX,
    copied_erasure,
    erasure_copy_name,
    erasure_name,
    erasure_number,
)
from manifests.erasures import Erasure
from manifests.errors import BackupDamagedError
from manifests.store.bounded import FoundRecord, Records
from manifests.store.decoded import judging
from manifests.store.marks import mark_of, marked
from manifests.store.seal import Seal
from manifests.values import Listed
from recovery.ledger import FoundEntry, Last, Ledger, ledger_of

# Of full entries, which have 0.7 MB, so many as hold about 1,900,000 keys.
_MOST_TOTAL_BYTES = 128 * 1024 * 1024
# Copies are read only of entries that the vault lacks; where there are more, somebody planted them.
_MOST_COPIES, _MOST_BYTES = 100, 1024 * 1024

log = structlog.get_logger()


def read_ledger(vault: Bucket, landing: Bucket, seal: Seal) -> Ledger:
    """Read the whole ledger; an entry that is gone from the vault counts by its copy.

    Raises:
        CloudError: A bucket cannot be listed, or an entry not be read.
    """
    listed = {erasure_number(item.name) for item in vault.list_dated(ERASURES_PREFIX)}
    numbers = frozenset(number for number in listed if number is not None)
    records = Records(vault, seal=seal, most_total_bytes=_MOST_TOTAL_BYTES)
    found = records.below(ERASURES_PREFIX, Erasure, age=erasure_number)
    read = {
        number: _stored(number, item)
        for item in found
        if (number := erasure_number(item.name)) is not None
    }
    there = {number: it for number, it in read.items() if it.counts(is_checking=seal.is_checking)}
    others = list(_not_listed(vault, landing, seal, there))
    read |= {item.number: item for item in others if not item.is_copy}
    copies = [item for item in others if item.is_copy]
    for item in copies:
        log.warning("an erasure is gone from the vault: its copy counts", number=item.number)
    # Each by itself, so that an operator can say of one that it does not count.
    unread = [
        FoundEntry(number, problem=f"{erasure_name(number)}: too large, or one of too many")
        for number in sorted(numbers - read.keys())
    ]
    stored = (*read.values(), *unread, *copies)
    known = numbers | {item.number for item in others}
    ledger = ledger_of(stored, known, is_checking=seal.is_checking)
    if seal.is_checking:
        return ledger
    behind = {item.number for item in _newest_copies(landing, seal, max(numbers, default=0))}
    gone = (it for it in sorted(behind) if vault.read(erasure_name(it), most_bytes=1) is None)
    return ledger._replace(doubtful=tuple(gone))


def _not_listed(
    vault: Bucket, landing: Bucket, seal: Seal, there: Mapping[int, FoundEntry]
) -> Iterator[FoundEntry]:
    """Yield the entries that a listing of the vault did not have, by their copies.

    A copy counts that an entry names by number and SHA-256. Of the newest entries no later one tells:
    theirs count where a trusted key signed them, and nowhere else, for anybody could have planted one.

    Args:
        vault: Looked at again: an entry may have been written since it was listed.
        landing: The bucket that holds the copies.
        seal: Tells which are believed.
        there: The entries that need none.
    """
    found: dict[int, FoundEntry] = {}
    if seal.is_checking:
        newest = _newest_copies(landing, seal, max(there, default=0))
        found = {copy.number: copy for copy in newest if copy.is_signed}
    left = _MOST_COPIES
    behind = [*there.values(), *found.values()]
    while left and behind:
        entry = behind.pop().entry
        number = 0 if entry is None else entry.previous
        if entry is None or not number or number in there or number in found:
            continue
        left -= 1
        copy = _copy(landing, erasure_copy_name(entry.previous, entry.previous_sha256), seal)
        if copy is not None and copy.counts(is_checking=seal.is_checking):
            found[copy.number] = copy
            behind.append(copy)
    for number, copy in sorted(found.items()):
        content = vault.read(erasure_name(number), most_bytes=_MOST_BYTES)
        is_there = content is not None and hashlib.sha256(content).hexdigest() == copy.sha256
        yield copy._replace(is_copy=not is_there)


def _newest_copies(landing: Bucket, seal: Seal, newest: int) -> Iterator[FoundEntry]:
    """Yield the copies of entries behind the newest that is there.

    Whoever can write into the landing bucket can plant more than are read: those are told, and stop nobody.
    Those that a trusted key marked are read before them.
    """
    listed = {
        item.name: item
        for item in landing.list_dated(ERASURES_PREFIX, marked=True)
        if (copied_erasure(item.name) or 0) > newest and item.size_bytes <= _MOST_BYTES
    }
    written = {name: item.written_at for name, item in listed.items()}
    some = some_of_each(
        written, _MOST_COPIES, HOUR, lambda name: not _is_marked_copy(listed[name], seal)
    )
    if left := len(written) - len(some):
        log.warning("copies of erasures are not read: there are too many", copies=left)
    for name in sorted(some):
        copy = _copy(landing, name, seal)
        if copy is not None:
            yield copy


def _is_marked_copy(found: Listed, seal: Seal) -> bool:
    """Tell whether a copy is signed as that of the very entry whose SHA-256 its name has."""
    number = copied_erasure(found.name) or 0
    mark = mark_of(found, erasure_name(number), seal)
    return mark is not None and erasure_copy_name(number, mark.sha256) == found.name


def _copy(landing: Bucket, name: str, seal: Seal) -> FoundEntry | None:
    """Return an entry out of its copy; None for what is not a copy."""
    content = landing.read(name, most_bytes=_MOST_BYTES)
    number = copied_erasure(name)
    if content is None or number is None:
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        with judging(name):
            entry, trust = seal.decode(content, Erasure, subject=erasure_name(number))
    except BackupDamagedError as error:
        log.warning("a copy of an erasure is not read", name=name, reason=error.message)
        return None
    if (name, entry.number) != (erasure_copy_name(number, sha256), number):
        return None
    return FoundEntry(number, entry, sha256=sha256, is_signed=trust.is_signed, is_copy=True)


def add_entries(
    vault: Bucket, landing: Bucket, seal: Seal, ledger: Ledger, entries: Iterable[Erasure]
) -> Iterator[Erasure]:
    """Write entries behind the last one, and yield each with its number.

    Before, what is gone from the vault is put back, and what has no copy gets one: it was written by an
    older version, or by a command that was killed.

    Args:
        vault: The bucket.
        landing: The bucket that holds a copy of each.
        seal: Signs them.
        ledger: The ledger as it was read.
        entries: What is written; numbers are given here.

    Raises:
        CloudError: One could not be signed, or not be written.
        MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
        RefusedError: Somebody else wrote meanwhile what cannot be read, or the last number.
    """
    for number, sha256 in ledger.gone:
        if (copy := landing.read(erasure_copy_name(number, sha256))) is not None:
            vault.put_once(erasure_name(number), copy)
    copied = {item.name for item in landing.list_dated(ERASURES_PREFIX)}
    for number, sha256 in ledger.kept:
        name = erasure_copy_name(number, sha256)
        if name not in copied and (content := vault.read(erasure_name(number))) is not None:
            # Under the name of another content it counts for nothing.
            landing.put_once(name, content)
    for entry in entries:
        ledger, written = _added(vault, landing, seal, ledger, entry)
        yield written


def _added(
    vault: Bucket, landing: Bucket, seal: Seal, ledger: Ledger, entry: Erasure
) -> tuple[Ledger, Erasure]:
    while True:
        numbered = ledger.following(entry)
        name = erasure_name(numbered.number)
        content = seal.encode(numbered, subject=name)
        mark = marked(name, content, seal) if seal.is_signing else None
        if vault.put_once(name, content, mark) == content:
            last = Last(numbered.number, hashlib.sha256(content).hexdigest())
            landing.put_once(erasure_copy_name(last.number, last.sha256), content, mark)
            return ledger._replace(last=last, numbers=ledger.numbers | {last.number}), numbered
        # Somebody else wrote it meanwhile: theirs is what this one comes behind, if it is believed.
        ledger = read_ledger(vault, landing, seal)


def _stored(number: int, found: FoundRecord[Erasure]) -> FoundEntry:
    problem = "" if found.error is None else found.error.message
    if found.record is not None and found.record.number != number:
        problem = "it is another entry"
    if problem:
        return FoundEntry(number, problem=f"{found.name}: {problem}")
    is_signed = found.trust is not None and found.trust.is_signed
    return FoundEntry(number, found.record, sha256=found.sha256, is_signed=is_signed)
