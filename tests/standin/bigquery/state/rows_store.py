"""Rows that a query gave, kept in files so that they can be paged through, also after a restart."""

import hashlib
import itertools
import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.state.job import JobKey

_IN_MEMORY = 64
_ROWS_IN_MEMORY = 2_000
_KEPT_SECONDS = 24 * 3600


class RowsStore:
    """The results of queries.

    Args:
        folder: Where the files are.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._guard = Lock()
        self._recent: OrderedDict[JobKey, list[Resource]] = OrderedDict()
        for old in folder.glob("*.jsonl"):
            if old.stat().st_mtime < time.time() - _KEPT_SECONDS:
                old.unlink()

    def put(self, key: JobKey, rows: Iterable[Resource]) -> int:
        """Keep the rows of a query and return how many there are."""
        path = self._path(key)
        partial = path.with_suffix(".partial")
        count, first = 0, []
        with partial.open("w") as file:
            for row in rows:
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
                count += 1
                if count <= _ROWS_IN_MEMORY:
                    first.append(row)
        partial.rename(path)
        if count <= _ROWS_IN_MEMORY:
            with self._guard:
                self._recent[key] = first
                while len(self._recent) > _IN_MEMORY:
                    self._recent.popitem(last=False)
        return count

    def get(self, key: JobKey, start: int, size: int) -> list[Resource]:
        """Return some of the rows of a query."""
        with self._guard:
            found = self._recent.get(key)
        if found is not None:
            return found[start : start + size]
        path = self._path(key)
        if not path.exists():
            return []
        with path.open() as file:
            return [json.loads(line) for line in itertools.islice(file, start, start + size)]

    def _path(self, key: JobKey) -> Path:
        name = hashlib.sha256("\0".join(key).encode()).hexdigest()
        return self._folder / f"{name}.jsonl"
