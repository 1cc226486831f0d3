"""Where the vault keeps which keys have to stay erased: built and parsed here only.

erasures/<number>.json     one entry of the ledger, six digits from 000001; never changed
"""

import re

from manifests.layout import between

ERASURES_PREFIX = "erasures/"
LAST_NUMBER = 999_999
_NUMBER = re.compile(r"[0-9]{6}")


def erasure_name(number: int) -> str:
    """Return the name of an entry."""
    return f"{ERASURES_PREFIX}{number:06d}.json"


def erasure_number(name: str) -> int | None:
    """Return which entry an object is, or None for any other object."""
    found = between(ERASURES_PREFIX, name, ".json", _NUMBER)
    return None if found is None else int(found)
