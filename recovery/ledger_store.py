"""The ledger of keys that stay erased, in the vault: read whole before anything is restored, added to once."""

import hashlib
from collections.abc import Iterable, Iterator

from manifests.cloud.objects import Bucket
from manifests.erasure_layout import ERASURES_PREFIX, erasure_name, erasure_number
from manifests.erasures import Erasure
from manifests.store.bounded import Found, Records
from manifests.store.seal import Seal
from recovery.ledger import Last, Ledger, Stored, ledger_of

# Of full entries, which have 0.7 MB, so many as hold about 1,900,000 keys.
_MOST_TOTAL_BYTES = 128 * 1024 * 1024


def read_ledger(vault: Bucket, seal: Seal) -> Ledger:
    """Read the whole ledger.

    Raises:
        CloudError: The vault cannot be listed, or an entry not be read.
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
    return ledger_of((*read.values(), *unread), numbers, is_checking=seal.is_checking)


def add_entries(
    vault: Bucket, seal: Seal, ledger: Ledger, entries: Iterable[Erasure]
) -> Iterator[Erasure]:
    """Write entries behind the last one, and yield each with its number.

    Args:
        vault: The bucket.
        seal: Signs them.
        ledger: The ledger as it was read.
        entries: What is written; numbers are given here.

    Raises:
        CloudError: One could not be signed, or not be written.
        MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
        RefusedError: Somebody else wrote meanwhile what cannot be read, or the last number.
    """
    for entry in entries:
        ledger, written = _added(vault, seal, ledger, entry)
        yield written


def _added(vault: Bucket, seal: Seal, ledger: Ledger, entry: Erasure) -> tuple[Ledger, Erasure]:
    while True:
        numbered = ledger.following(entry)
        name = erasure_name(numbered.number)
        content = seal.encode(numbered, subject=name)
        if vault.put_once(name, content) == content:
            last = Last(numbered.number, hashlib.sha256(content).hexdigest())
            return ledger._replace(last=last, numbers=ledger.numbers | {last.number}), numbered
        # Somebody else wrote it meanwhile: theirs is what this one comes behind, if it is believed.
        ledger = read_ledger(vault, seal)


def _stored(number: int, found: Found[Erasure]) -> Stored:
    problem = "" if found.error is None else found.error.message
    if found.record is not None and found.record.number != number:
        problem = "it is another entry"
    if problem:
        return Stored(number, problem=f"{found.name}: {problem}")
    is_signed = found.trust is not None and found.trust.is_signed
    return Stored(number, found.record, sha256=found.sha256, is_signed=is_signed)
