"""Answers that still hold: the same is asked of a table again that nobody has written.

Plans, proofs and later runs ask so. An entry of the catalog is another one after each change of its
table, of rows as of properties, so an answer holds as long as the entry does.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable

from tests.standin.bigquery.engine.entries import Entry, Resource

_MOST = 512
_MOST_ROWS = 1000
# What answers otherwise each time: the clock, by which partitions expire as well, and chance.
_OF_THE_MOMENT = re.compile(r"now\(|current|today\(|random|uuid|nextval", re.IGNORECASE)


class Answers:
    """The rows that queries gave of tables as they are. Safe to share between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, tuple[Entry, list[Resource]]] = OrderedDict()

    def of(self, sql: str, table: Entry | None) -> list[Resource] | None:
        """Return the rows of a query in DuckDB's SQL, if it was answered for this very entry."""
        with self._guard:
            kept, rows = self._kept.get(sql, (None, []))
            return rows if kept is not None and kept is table else None

    def keep(
        self, sql: str, table: Entry | None, count: int, rows: Callable[[], list[Resource]]
    ) -> None:
        """Keep the rows of a query, if they follow from one table alone and are few.

        Args:
            sql: The query in DuckDB's SQL.
            table: The table, as it was before the query ran; None where more matters.
            count: How many rows there are.
            rows: Gives them.
        """
        if table is None or count > _MOST_ROWS or _OF_THE_MOMENT.search(sql):
            return
        with self._guard:
            self._kept[sql] = table, rows()
            self._kept.move_to_end(sql)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
