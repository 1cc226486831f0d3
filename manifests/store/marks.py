"""What an object says of itself beside its content, so that a listing alone tells who wrote it. Pure.

The mark is signed, and names the object: nobody can copy it to a name that no run wrote.
"""

import hashlib
from collections.abc import Mapping

from manifests.errors import BackupDamagedError
from manifests.model.run import FileMark
from manifests.store.seal import Seal
from manifests.values import Listed

MARK = "rebound"
"""The custom metadata that holds it."""


def marked(name: str, content: bytes, seal: Seal, *, start_generation: int = 0) -> dict[str, str]:
    """Return what an object says of itself.

    Args:
        name: The object.
        content: Its content.
        seal: Signs it.
        start_generation: That of its run's start record; 0 for what is found by its name alone.

    Raises:
        MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
        CloudError: It could not be signed.
    """
    digest = hashlib.sha256(content).hexdigest()
    mark = FileMark(name=name, start_generation=start_generation, sha256=digest)
    return {MARK: seal.encode(mark, subject=name).decode()}


def is_marked(found: Listed, seal: Seal) -> bool:
    """Tell whether an object says, signed by whom it should be, that it was written there.

    Its content is not read: who writes over it keeps the mark, and is found out when it is.
    """
    return mark_of(found, found.name, seal) is not None


def mark_of(found: Listed, name: str, seal: Seal) -> FileMark | None:
    """Return what an object says of the content of a name, if it is signed by whom it should be.

    Args:
        found: The object, or a copy of it under another name.
        name: The name that it was written under.
        seal: Tells whose marks are believed.
    """
    if not found.said or not seal.is_checking:
        return None
    try:
        mark, trust = seal.decode(found.said.encode(), FileMark, subject=name)
    except (BackupDamagedError, UnicodeEncodeError):
        return None
    return mark if trust.is_signed and mark.name == name else None


def said_in(metadata: Mapping[str, str] | None) -> str:
    """Return the mark in an object's metadata; empty where there is none."""
    return (metadata or {}).get(MARK, "")
