"""Where the landing bucket keeps fences: built and parsed here only.

fences/<fence>/fence.json     written before anything is paused
fences/<fence>/more/<digest>.json  further writers of it, written before or when they are made stopped
fences/<fence>/released/<digest>.json  writers that it holds no more, written before a thaw resumes them
fences/<fence>/thawed.json    every writer of it was resumed, or left for a reason
"""

import hashlib
import re
from datetime import datetime

from manifests.layout import begun_at, begun_id, between, checked_id

FENCES_PREFIX = "fences/"
_RECORD = "/fence.json"
_FENCE_ID = re.compile(r"fence-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")


def fence_id(began: datetime, suffix: str) -> str:
    """Return the id of a fence.

    Args:
        began: When.
        suffix: Four hexadecimal digits that tell two fences of one second apart.
    """
    return begun_id("fence", began, suffix)


def parse_fence_id(text: str) -> str:
    """Check a fence's id given by an operator.

    Raises:
        UsageError: It is not one.
    """
    return checked_id(
        _FENCE_ID, text, why="not the id of a fence", hint="`rebound fence --status` lists them"
    )


def fenced_at(fence: str) -> datetime | None:
    """Return when a fence was begun, from its id alone; None where its digits are no time."""
    return begun_at(fence)


def folder(fence: str) -> str:
    """Return the folder of a fence."""
    return f"{FENCES_PREFIX}{fence}/"


def fence_name(fence: str) -> str:
    """Return the name of a fence's record."""
    return f"{FENCES_PREFIX}{fence}{_RECORD}"


def more_prefix(fence: str) -> str:
    """Return the folder of the records of further writers of a fence."""
    return f"{FENCES_PREFIX}{fence}/more/"


def more_name(fence: str, content: bytes) -> str:
    """Return the name of a record of further writers of a fence: another content is another record."""
    return f"{more_prefix(fence)}{_digest(content)}.json"


def released_prefix(fence: str) -> str:
    """Return the folder of the records of the writers that a fence holds no more."""
    return f"{FENCES_PREFIX}{fence}/released/"


def released_name(fence: str, content: bytes) -> str:
    """Return the name of a record of writers that a fence holds no more: another content is another record."""
    return f"{released_prefix(fence)}{_digest(content)}.json"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def thawed_name(fence: str) -> str:
    """Return the name of the record of a fence's end."""
    return f"{FENCES_PREFIX}{fence}/thawed.json"


def fence_of(name: str) -> str | None:
    """Return the fence that a record begins, or None for any other object."""
    return between(FENCES_PREFIX, name, _RECORD, _FENCE_ID)
