"""The journal of a recovery as an undo reads it: what was shown is what is carried out."""

from typing import Any, cast

from manifests.values import Value
from recovery.kinds.work import Entries


class ReadOnce(Entries):
    """Entries of a journal, each read once: what somebody writes after the plan changes nothing.

    Args:
        journal: The journal.
    """

    def __init__(self, journal: Entries) -> None:
        self._journal = journal
        self._read: dict[tuple[str, ...], Any] = {}

    def record(self, folder: str, name: str, document: Value) -> None:
        """Write an entry, once."""
        self._journal.record(folder, name, document)

    def keep(self, folder: str, name: str, document: Value) -> None:
        """Write an entry that an undo needs, once."""
        self._journal.keep(folder, name, document)

    def entry[Written: Value](self, folder: str, name: str, kind: type[Written]) -> Written | None:
        """Return an entry as it was read first, or None."""
        if (folder, name) not in self._read:
            self._read[folder, name] = self._journal.entry(folder, name, kind)
        return cast("Written | None", self._read[folder, name])

    def entries[Written: Value](self, folder: str, kind: type[Written]) -> tuple[Written, ...]:
        """Return the entries of a folder as they were read first, in order of their names."""
        if (folder,) not in self._read:
            self._read[folder,] = self._journal.entries(folder, kind)
        return cast("tuple[Written, ...]", self._read[folder,])

    def kept[Written: Value](
        self, folder: str, kind: type[Written], *, things: int = 0
    ) -> tuple[Written, ...]:
        """Return the entries of a folder that an undo needs as they were read first.

        Raises:
            ManifestFormatError: Not all that the recovery may have written can be read.
        """
        if ("kept", folder) not in self._read:
            self._read["kept", folder] = self._journal.kept(folder, kind, things=things)
        return cast("tuple[Written, ...]", self._read["kept", folder])
