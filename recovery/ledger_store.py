"""The ledger of keys that stay erased: read whole before anything is restored, added to once.

It is in the vault. A copy of each entry lies in the landing bucket, so that nobody who can remove one
from the vault, be it the newest, of which no later one tells, brings back what was erased.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator

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
from manifests.store.bounded import Found, Records
from manifests.store.decoded import judging
from manifests.store.seal import Seal
from recovery.ledger import Last, Ledger, Stored, ledger_of

# Of full entries, which have 0.7 MB, so many as hold about 1,900,000 keys.
_MOST_TOTAL_BYTES = 128 * 1024 * 1024
# Copies are read of what is gone alone: more than a few are planted.
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
    # Each by itself, so that an operator can say of one that it does not count.
    unread = [
        Stored(number, problem=f"{erasure_name(number)}: too large, or one of too many")
        for number in sorted(numbers - read.keys())
    ]
    there = {it.number for it in read.values() if it.counts(is_checking=seal.is_checking)}
    copies = list(_copies(landing, seal, there))
    for number in sorted({item.number for item in copies if item.is_copy}):
        log.warning("an erasure is gone from the vault: its copy counts", number=number)
    stored = (*read.values(), *unread, *copies)
    known = numbers | {item.number for item in copies}
    return ledger_of(stored, known, is_checking=seal.is_checking)


def _copies(landing: Bucket, seal: Seal, there: Collection[int]) -> Iterator[Stored]:
    """Yield the copies of entries that are not there, and what of too many copies is not read.

    Args:
        landing: The bucket that holds them.
        seal: Tells which are believed: no other counts, where that is checked.
        there: The entries that need none.
    """
    written = {
        item.name: item.written_at
        for item in landing.list_dated(ERASURES_PREFIX)
        if copied_erasure(item.name) not in {None, *there} and item.size_bytes <= _MOST_BYTES
    }
    some = some_of_each(written, _MOST_COPIES, HOUR)
    for name in sorted(written):
        number = copied_erasure(name) or 0
        if name not in some:
            yield Stored(number, problem=f"{name}, in the landing bucket: one of too many")
        elif (content := landing.read(name, most_bytes=_MOST_BYTES)) is not None:
            found = _copy(number, name, content, seal)
            if found is not None and found.counts(is_checking=seal.is_checking):
                yield found


def _copy(number: int, name: str, content: bytes, seal: Seal) -> Stored | None:
    """Return an entry out of its copy; None for what is none."""
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        with judging(name):
            entry, trust = seal.decode(content, Erasure, subject=erasure_name(number))
    except BackupDamagedError as error:
        log.warning("a copy of an erasure is not read", name=name, reason=error.message)
        return None
    is_it = (name, entry.number) == (erasure_copy_name(number, sha256), number)
    if not is_it:
        return None
    return Stored(number, entry, sha256=sha256, is_signed=trust.is_signed, is_copy=True)


def add_entries(
    vault: Bucket, landing: Bucket, seal: Seal, ledger: Ledger, entries: Iterable[Erasure]
) -> Iterator[Erasure]:
    """Write entries behind the last one, and yield each with its number; what is gone is put back before.

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
        if vault.put_once(name, content) == content:
            last = Last(numbered.number, hashlib.sha256(content).hexdigest())
            landing.put_once(erasure_copy_name(last.number, last.sha256), content)
            return ledger._replace(last=last, numbers=ledger.numbers | {last.number}), numbered
        # Somebody else wrote it meanwhile: theirs is what this one comes behind, if it is believed.
        ledger = read_ledger(vault, landing, seal)


def _stored(number: int, found: Found[Erasure]) -> Stored:
    problem = "" if found.error is None else found.error.message
    if found.record is not None and found.record.number != number:
        problem = "it is another entry"
    if problem:
        return Stored(number, problem=f"{found.name}: {problem}")
    is_signed = found.trust is not None and found.trust.is_signed
    return Stored(number, found.record, sha256=found.sha256, is_signed=is_signed)
