"""Where the vault keeps resources of the platform's configuration: built and parsed here only.

    runs/<run>/resources/<type>/<digest>.jsonl     every resource of one type
    runs/<run>/resources/<type>/<digest>.zip       an archive that a function is built from

`<type>` has a `.` in the place of `/`; `<digest>` begins the SHA-256 of the content, so that an attempt that was interrupted is in nobody's
way.
"""

import hashlib
import re

from manifests.errors import UnsafeNameError
from manifests.kinds.resources.table import TYPES
from manifests.layout import run_prefix
from manifests.values import RunId

_DIGEST_DIGITS = 32
_FILE = re.compile(rf"[0-9a-f]{{{_DIGEST_DIGITS}}}\.(jsonl|zip)")


def type_segment(name: str) -> str:
    """Return the segment of an object's name that stands for a type.

    Raises:
        UnsafeNameError: There is no such type.
    """
    if all(item.name != name for item in TYPES):
        raise UnsafeNameError("no type of resources that this version knows", subject=name)
    return name.replace("/", ".")


def resources_prefix(run_id: RunId) -> str:
    """Return the folder of the resources of a run."""
    return f"{run_prefix(run_id)}resources/"


def resources_name(run_id: RunId, kind: str, content: bytes) -> str:
    """Return the name of the file of one type of resources."""
    return f"{_folder(run_id, kind)}{_digest(content)}.jsonl"


def archive_name(run_id: RunId, kind: str, content: bytes) -> str:
    """Return the name of an archive that a function is built from."""
    return f"{_folder(run_id, kind)}{_digest(content)}.zip"


def is_archive(name: str, content: bytes) -> bool:
    """Whether the archive of a name has this content."""
    return name.endswith(f"/{_digest(content)}.zip")


def check_resources_name(name: str, *, run_id: RunId, kind: str) -> None:
    """Refuse an object name that does not belong to this run and type.

    Raises:
        UnsafeNameError: The name is outside the type's own folder.
    """
    folder = _folder(run_id, kind)
    if not (name.startswith(folder) and _FILE.fullmatch(name.removeprefix(folder))):
        raise UnsafeNameError(f"holds no {kind} of run {run_id}", subject=name)


def _folder(run_id: RunId, kind: str) -> str:
    return f"{resources_prefix(run_id)}{type_segment(kind)}/"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS]
