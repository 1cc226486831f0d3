"""The name of a run's kit, which restores the run without Rebound: built and parsed here only. Pure.

    runs/<run>/kit/<digest>.zip

`<digest>` begins the SHA-256 of the content, so that an attempt that was interrupted is in nobody's way.
"""

import hashlib
import re

from manifests.errors import UnsafeNameError
from manifests.layout import run_prefix
from manifests.values import RunId

_DIGEST_DIGITS = 32
_FILE = re.compile(rf"[0-9a-f]{{{_DIGEST_DIGITS}}}\.zip")


def kits_prefix(run_id: RunId) -> str:
    """Return the folder of the kits of a run: one that counts, and those of interrupted attempts."""
    return f"{run_prefix(run_id)}kit/"


def kit_name(run_id: RunId, content: bytes) -> str:
    """Return the name of a kit with some content."""
    digest = hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS]
    return f"{kits_prefix(run_id)}{digest}.zip"


def check_kit_name(name: str, run_id: RunId) -> None:
    """Refuse the name of a kit that is not of this run.

    Raises:
        UnsafeNameError: It is the name of no kit, or of another run's.
    """
    folder = kits_prefix(run_id)
    if not (name.startswith(folder) and _FILE.fullmatch(name.removeprefix(folder))):
        raise UnsafeNameError(f"is no kit of run {run_id}", subject=name)
