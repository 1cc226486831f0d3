"""Every dataset, table and routine, present and deleted, by name."""

import threading
from collections.abc import Callable, Iterable, Iterator

from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.errors import not_found

type _Named = dict[int, Entry]


class Catalog:
    """The resources in memory; `Database.writing` is the only writer.

    Args:
        entries: What is stored.
        now_micros: The stand-in's clock.
    """

    def __init__(self, entries: Iterable[Entry], now_micros: Callable[[], int]) -> None:
        self._now_micros = now_micros
        self._guard = threading.Lock()
        self._entries: dict[tuple[str, tuple[str, ...]], _Named] = {}
        self._numbers: set[int] = set()
        self._next = 1
        self.apply(entries)

    def apply(self, entries: Iterable[Entry]) -> None:
        """Take over committed entries."""
        with self._guard:
            for entry in entries:
                self._entries.setdefault((entry.kind, entry.key), {})[entry.number] = entry
                self._numbers.add(entry.number)
                self._next = max(self._next, entry.number + 1)

    def has(self, number: int) -> bool:
        """Return whether an entry of that number is stored."""
        with self._guard:
            return number in self._numbers

    def new_number(self) -> int:
        """Return a number for a new entry or generation."""
        with self._guard:
            self._next += 1
            return self._next - 1

    def last_stamp(self) -> int:
        """Return the latest instant (us) that the resources know of."""
        return max((_latest(item) for item in self._all()), default=0)

    def incarnations(self, kind: str, key: tuple[str, ...]) -> list[Entry]:
        """Return every entry that had a name, oldest first."""
        with self._guard:
            named = self._entries.get((kind, key), {})
            return [named[number] for number in sorted(named)]

    def find(self, kind: str, key: tuple[str, ...]) -> Entry | None:
        """Return what has a name now; what has expired is gone."""
        for name in (key, *self._same_names(kind, key)):
            for entry in reversed(self.incarnations(kind, name)):
                if entry.deleted is None and not self._is_expired(entry):
                    return entry
        return None

    def _same_names(self, kind: str, key: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Return the names that are one with a table's, in a dataset that does not tell case."""
        dataset = self.find("dataset", key[:2]) if kind == "table" else None
        if dataset is None or not dataset.resource.get("isCaseInsensitive"):
            return []
        with self._guard:
            tables = [other for of, other in self._entries if of == kind and other[:2] == key[:2]]
        return [other for other in tables if other[2].casefold() == key[2].casefold()]

    def numbered(self, number: int) -> Entry | None:
        """Return what has a number, deleted or not."""
        return next((item for item in self._all() if item.number == number), None)

    def table(self, key: TableKey) -> Entry | None:
        """Return a table or view, or None."""
        return self.find("table", key)

    def require_table(self, key: TableKey) -> Entry:
        """Return a table or view.

        Raises:
            BigQueryError: There is none, or not even its dataset.
        """
        found = self.table(key)
        if found is None:
            self.require_dataset(key[0], key[1])
            raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}")
        return found

    def require_dataset(self, project: str, dataset_id: str) -> Entry:
        """Return a dataset.

        Raises:
            BigQueryError: There is none.
        """
        found = self.find("dataset", (project, dataset_id))
        if found is None:
            raise not_found("Dataset", f"{project}:{dataset_id}")
        return found

    def require_location(self, project: str, dataset_id: str, location: str) -> None:
        """Refuse a dataset that is not where a job runs; a job sees no other location.

        Raises:
            BigQueryError: It is missing there.
        """
        found = self.require_dataset(project, dataset_id)
        if str(found.resource["location"]).lower() != location.lower():
            raise not_found(
                "Dataset", f"{project}:{dataset_id} was not found in location {location}"
            )

    def below(self, kind: str, *parent: str) -> list[Entry]:
        """Return what is present below a project or dataset, in name order."""
        keys = {
            item.key
            for item in self._all()
            if item.kind == kind and item.key[: len(parent)] == parent
        }
        found = [self.find(kind, key) for key in sorted(keys)]
        return [item for item in found if item is not None]

    def ever(self, kind: str, *parent: str) -> list[Entry]:
        """Return what is or was below a project or dataset."""
        return [
            item for item in self._all() if item.kind == kind and item.key[: len(parent)] == parent
        ]

    def deleted_with(self, dataset: Entry) -> list[Entry]:
        """Return what went when a dataset was deleted."""
        return [
            item
            for item in self._all()
            if item.key[:2] == dataset.key
            and item.kind != "dataset"
            and item.deleted == dataset.deleted
        ]

    def projects(self) -> list[str]:
        """Return the projects that have a dataset."""
        return sorted({item.key[0] for item in self._all()})

    def _is_expired(self, entry: Entry) -> bool:
        expires = entry.resource.get("expirationTime") if entry.kind == "table" else None
        return expires is not None and int(expires) * 1000 <= self._now_micros()

    def _all(self) -> Iterator[Entry]:
        with self._guard:
            found = [item for named in self._entries.values() for item in named.values()]
        return iter(found)


def _latest(entry: Entry) -> int:
    modified = (int(entry.resource.get("lastModifiedTime", 0)) + 1) * 1000
    return max(modified, entry.deleted or 0, *(item.start for item in entry.generations), 0)
