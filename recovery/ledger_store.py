"""The ledger of keys that stay erased, in the vault: read whole before anything is restored, added to once."""

from manifests.cloud.objects import Bucket
from manifests.erasure_layout import ERASURES_PREFIX, erasure_name, erasure_number
from manifests.erasures import Erasure
from manifests.store.bounded import Found, Records
from manifests.store.seal import Seal
from recovery.ledger import Ledger, next_number


def read_ledger(vault: Bucket, seal: Seal) -> Ledger:
    """Read the whole ledger.

    Raises:
        CloudError: The vault cannot be listed, or an entry not be read.
    """
    listed = Records(vault, seal=seal).below(ERASURES_PREFIX, Erasure, age=erasure_number)
    believed, unsigned = list[Erasure](), list[Erasure]()
    unreadable, numbers = list[str](), set[int]()
    for item in listed:
        number = erasure_number(item.name)
        numbers |= {number} if number is not None else set()
        if why := _problem(item, number):
            unreadable.append(f"{item.name}: {why}")
        elif item.record is not None:
            is_signed = item.trust is not None and item.trust.is_signed
            (believed if is_signed else unsigned).append(item.record)
    lacking = next_number(numbers)
    if lacking < max(numbers, default=0):
        unreadable.append(f"{erasure_name(lacking)}: it is missing, and a later one is there")
    return Ledger(tuple(believed), tuple(unsigned), tuple(unreadable))


def add_entry(vault: Bucket, seal: Seal, entry: Erasure) -> Erasure:
    """Write an entry behind the last one, and return it with its number.

    Raises:
        CloudError: It could not be signed, or not be written.
        MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
    """
    listed = {erasure_number(item.name) for item in vault.list_objects(ERASURES_PREFIX)}
    numbers = {number for number in listed if number is not None}
    while True:
        entry = entry.model_copy(update={"number": next_number(numbers)})
        name = erasure_name(entry.number)
        content = seal.encode(entry, subject=name)
        if vault.put_once(name, content) == content:
            return entry
        # Somebody else wrote it meanwhile.
        numbers.add(entry.number)


def _problem(found: Found[Erasure], number: int | None) -> str:
    if found.error is not None:
        return found.error.message
    if found.record is not None and found.record.number != number:
        return "it is another entry"
    return ""
