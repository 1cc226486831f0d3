"""Where the landing bucket keeps fences: built and parsed here only.

fences/<fence>/fence.json     written before anything is paused
fences/<fence>/more/<digest>.json  further writers of it, written before or when they are made stopped
fences/<fence>/thawed.json    every writer of it was resumed, or left for a reason
"""

import hashlib
import re
from datetime import UTC, datetime

from manifests.errors import UsageError

FENCES_PREFIX = "fences/"
_FENCE_ID = re.compile(r"fence-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")


def fence_id(began: datetime, suffix: str) -> str:
    """Return the id of a fence.

    Args:
        began: When.
        suffix: Four hexadecimal digits that tell two fences of one second apart.
    """
    return f"fence-{began.astimezone(UTC):%Y%m%dT%H%M%SZ}-{suffix}"


def parse_fence_id(text: str) -> str:
    """Check a fence's id given by an operator.

    Raises:
        UsageError: It is none.
    """
    if not _FENCE_ID.fullmatch(text):
        raise UsageError(
            "not the id of a fence",
            subject=repr(text[:120]),
            hint="`rebound fence --status` lists them",
        )
    return text


def fenced_at(fence: str) -> datetime | None:
    """Return when a fence was begun, from its id alone; None where its digits are no time."""
    try:
        return datetime.strptime(f"{fence.split('-')[1]}+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        return None


def fence_name(fence: str) -> str:
    """Return the name of a fence's record."""
    return f"{FENCES_PREFIX}{fence}/fence.json"


def more_prefix(fence: str) -> str:
    """Return the folder of the records of further writers of a fence."""
    return f"{FENCES_PREFIX}{fence}/more/"


def more_name(fence: str, content: bytes) -> str:
    """Return the name of a record of further writers of a fence: another content is another record."""
    return f"{more_prefix(fence)}{hashlib.sha256(content).hexdigest()[:32]}.json"


def thawed_name(fence: str) -> str:
    """Return the name of the record of a fence's end."""
    return f"{FENCES_PREFIX}{fence}/thawed.json"


def fence_of(name: str) -> str | None:
    """Return the fence that a record begins, or None for any other object."""
    fence = name.removeprefix(FENCES_PREFIX).removesuffix("/fence.json")
    return fence if _FENCE_ID.fullmatch(fence) and name == fence_name(fence) else None
