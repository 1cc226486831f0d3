"""Draws what nobody can know before the night: the contents that are looked for, the mark of a second copy.

Pure.
"""

import hashlib
from collections.abc import Callable

_LOOKED_AT = 200
_ALL = 1 << 64


def sampled(objects: int, salt: str) -> Callable[[str], bool]:
    """Return what says whether an object is one of about two hundred of a bucket.

    Args:
        objects: How many there are; of fewer than two hundred all are.
        salt: What nobody can know who wrote the earlier run.
    """
    share = min(1.0, _LOOKED_AT / max(1, objects)) * _ALL

    def is_chosen(name: str) -> bool:
        mark = hashlib.blake2b(name.encode(), key=salt.encode()[:64], digest_size=8).digest()
        return int.from_bytes(mark) < share

    return is_chosen


def mark_of(salt: str) -> str:
    """Return digits that nobody can guess who does not know what the process is called.

    Args:
        salt: What it is called.
    """
    return str(int.from_bytes(hashlib.blake2b(salt.encode(), digest_size=8).digest()))
