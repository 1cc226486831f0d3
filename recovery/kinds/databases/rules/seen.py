"""Firestore as it is before a recovery."""

from collections.abc import Mapping

from recovery.compare.documents import DatabaseState
from recovery.kinds.decision import Seen


class DatabasesSeen(Seen):
    """How each database that was asked for compares with its backup, by its original name."""

    databases: Mapping[str, DatabaseState] = {}
