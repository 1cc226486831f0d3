"""Rows that were streamed lately."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

_REMEMBERED_IDS = 100_000
_LATELY_MICROS = 5 * 3600 * 1_000_000
"""A table can usually be renamed 5 hours after rows were streamed into it (BigQuery, Manage tables)."""


class InsertIds:
    """Ids of rows that came lately, so that a repeated request adds nothing."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._last: dict[int, int] = {}

    def stream(self, table: int, stamp: int) -> None:
        """Remember when (us) rows came last into a table."""
        with self._guard:
            self._last[table] = stamp

    def has_lately(self, table: int, stamp: int) -> bool:
        """Whether rows came into a table in the hours before an instant (us)."""
        with self._guard:
            return stamp - self._last.get(table, -_LATELY_MICROS) < _LATELY_MICROS

    def is_new(self, table: int, insert_id: str | None) -> bool:
        """Whether a row is new; it is remembered. A row without an id always is."""
        if not insert_id:
            return True
        with self._guard:
            if (table, insert_id) in self._seen:
                return False
            self._seen[table, insert_id] = None
            while len(self._seen) > _REMEMBERED_IDS:
                self._seen.popitem(last=False)
        return True

    def forget(self, table: int, insert_ids: Iterable[str | None]) -> None:
        """Forget rows that could not be written, so that they can come again."""
        with self._guard:
            for insert_id in insert_ids:
                self._seen.pop((table, insert_id or ""), None)
