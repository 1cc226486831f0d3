"""Names of the entries of the ledger of erased keys: built and parsed here only.

erasures/<number>.json             in the vault: one entry of the ledger, six digits from 000001; never changed
erasures/<number>-<sha256>.json    in the landing bucket: the same, for whom it is gone from the vault
"""

import re

from manifests.layout import between

ERASURES_PREFIX = "erasures/"
LAST_NUMBER = 999_999
_NUMBER = re.compile(r"[0-9]{6}")
_COPY = re.compile(r"[0-9]{6}-[0-9a-f]{64}")


def erasure_name(number: int) -> str:
    """Return the name of an entry."""
    return f"{ERASURES_PREFIX}{number:06d}.json"


def erasure_number(name: str) -> int | None:
    """Return which entry an object is, or None for any other object."""
    found = between(ERASURES_PREFIX, name, ".json", _NUMBER)
    return None if found is None else int(found)


def erasure_copy_name(number: int, sha256: str) -> str:
    """Return the name of an entry's copy, which nobody knows before the entry is written.

    Args:
        number: Which entry it is.
        sha256: Of the entry as it is stored, in hexadecimal.
    """
    return f"{ERASURES_PREFIX}{number:06d}-{sha256}.json"


def copied_erasure(name: str) -> int | None:
    """Return of which entry an object is a copy, or None for any other object."""
    found = between(ERASURES_PREFIX, name, ".json", _COPY)
    return None if found is None else int(found.partition("-")[0])
