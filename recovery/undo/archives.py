"""Reads the code of functions that a recovery kept before it changed them."""

from manifests.cloud.objects import Bucket
from manifests.journal_layout import JournalNames

_MOST_BYTES = 256 * 1024 * 1024
"""No archive that is kept is larger."""


class FormerArchives:
    """The archives that one recovery kept, each named by its content; the last one read is cached.

    Args:
        landing: Where they are.
        recovery_id: The recovery.
    """

    def __init__(self, landing: Bucket, recovery_id: str) -> None:
        self._landing = landing
        self._names = JournalNames(recovery_id)
        self._last: tuple[str, bytes | None, str] = ("", None, "")

    def is_of(self, name: str, content: bytes) -> bool:
        """Whether an archive that was kept under a name has this content."""
        return self._names.former_archive(content) == name

    def content(self, name: str) -> tuple[bytes | None, str]:
        """Return an archive, or nothing and why it cannot be read.

        Args:
            name: Where an entry of the journal says that it is.
        """
        if name != self._last[0]:
            # All of them together would not fit into memory.
            self._last = ("", None, "")
            content = self._landing.read(name, most_bytes=_MOST_BYTES)
            problem = "is not kept any more" if content is None else ""
            if content is not None and not self.is_of(name, content):
                problem = "is not what lies in its place"
            self._last = name, None if problem else content, problem
        return self._last[1:]
