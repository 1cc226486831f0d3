"""Remembers what is left of partitions without the rows that stay erased, once a command has measured it."""

from collections.abc import Mapping

from manifests.fingerprint import EMPTY, combined
from manifests.kinds.tables.model import TableBackup
from manifests.values import Fingerprint


class LeftRows:
    """Remembers it, so that what was brought back is known when it is looked at again.

    Nothing is remembered beyond a command: a record of it would decide what counts as equal.
    """

    def __init__(self) -> None:
        self._left: dict[tuple[str, str, Fingerprint], Fingerprint] = {}

    def learn(self, table: TableBackup, left: Mapping[str, Fingerprint]) -> None:
        """Take into account what partitions of a table hold without them.

        Args:
            table: The table in the manifest.
            left: By partition, of those that lost any.
        """
        known = table.fingerprints
        for name in left.keys() & known.keys():
            self._left[table.name, name, known[name]] = left[name]

    def of(self, table: TableBackup) -> dict[str, Fingerprint]:
        """Return what is known of the partitions of a table, of any run that holds the same in them."""
        return {
            name: self._left[table.name, name, content]
            for name, content in table.fingerprints.items()
            if (table.name, name, content) in self._left
        }


def holding(table: TableBackup, left: Mapping[str, Fingerprint]) -> TableBackup:
    """Return a table as it is where some of its partitions hold something else.

    Args:
        table: The table in the manifest.
        left: What these hold; nothing is in one without rows.
    """
    if not left:
        return table
    found = tuple(
        item.model_copy(update={"fingerprint": left.get(item.partition_id, item.fingerprint)})
        for item in table.partitions
        if left.get(item.partition_id) != EMPTY
    )
    whole = combined(item.fingerprint for item in found)
    return table.model_copy(update={"partitions": found, "fingerprint": whole})
