"""The documents of one database, every version of them, in name order.

Versions are immutable and linked from the newest to the oldest, so that a read at a past
instant needs no lock and never changes. Keys are read in pages under the lock of the store.
"""

import threading
from collections.abc import Iterator
from typing import NamedTuple

import grpc
from google.protobuf.message import Message

from tests.standin.firestore.index import SortedKeys
from tests.standin.firestore.log import Change
from tests.standin.firestore.messages import RequestError, document_bytes
from tests.standin.firestore.paths import id_key, id_of, parent_of

PAGE = 500


class Version(NamedTuple):
    """A document from one commit on; without a body it was deleted then."""

    stamp: int
    body: bytes | None
    older: "Version | None"


class Stored(NamedTuple):
    """A document as it is stored: its path, and its serialised fields and times."""

    path: str
    body: bytes


class Deleted(NamedTuple):
    """A document that was, which a query passes over."""

    path: str


class Collection:
    """The documents of one collection, and the missing ones that have subcollections."""

    __slots__ = ("changed_at", "id", "keys", "nested", "path", "versions")

    def __init__(self, path: str) -> None:
        self.path = path
        self.id = path.rpartition("/")[2]
        self.keys = SortedKeys()
        self.nested = SortedKeys()
        self.versions: dict[str, Version | None] = {}
        self.changed_at = 0

    def add(self, key: str, version: Version | None) -> None:
        """Set the newest version of a document."""
        if key not in self.versions:
            self.keys.add(key)
        self.versions[key] = version

    def body(self, key: str, stamp: int) -> bytes | None:
        """Return the body of a document at an instant, or nothing."""
        version = self.versions.get(key)
        while version is not None and version.stamp > stamp:
            version = version.older
        return version.body if version is not None else None


class Database:
    """One database.

    Attributes:
        name: Its resource name.
        resource: How the admin API describes it.
        changed_at: The stamp of the newest commit.
        patience: How many deleted documents a query passes over before it takes too long; None for
            any number.
        contended: How many further writes of batches are aborted for contention.
        indexes: Its composite indexes, by their resource names.
        fields: Fields with settings of their own, likewise.
        younger: What is said of it in fields that its message does not have.
    """

    def __init__(self, name: str, resource: Message, lock: threading.RLock) -> None:
        self.name = name
        self.resource = resource
        self.changed_at = 0
        self.patience: int | None = None
        self.contended = 0
        self.indexes: dict[str, Message] = {}
        self.fields: dict[str, Message] = {}
        self.younger: dict[str, object] = {}
        self._lock = lock
        self._collections: dict[str, Collection] = {}
        self._children: dict[str, dict[str, str]] = {}

    def contend(self) -> None:
        """Abort a write of a batch, as many as were ordered. The caller holds the lock.

        Raises:
            RequestError: As Firestore does where too much is written at once.
        """
        if self.contended:
            self.contended -= 1
            raise RequestError(
                grpc.StatusCode.ABORTED, "Too much contention on these documents. Please try again."
            )

    def document_name(self, path: str) -> str:
        """Return the resource name of a path."""
        return f"{self.name}/documents/{path}" if path else f"{self.name}/documents"

    def serialised(self, document: Stored) -> bytes:
        """Return a stored document as a serialised message with its name."""
        return document_bytes(self.document_name(document.path), document.body)

    def _collection(self, path: str) -> Collection:
        if path in self._collections:
            return self._collections[path]
        collection = self._collections[path] = Collection(path)
        parent = parent_of(path)
        self._children.setdefault(parent, {})[id_key(collection.id)] = path
        if parent:
            holder, key = self._collection(parent_of(parent)), id_key(parent.rpartition("/")[2])
            if key not in holder.versions:
                holder.add(key, None)
            if len(self._children[parent]) == 1:
                holder.nested.add(key)
        return collection

    def apply(self, change: Change) -> None:
        """Add a version. The caller holds the lock."""
        collection = self._collection(parent_of(change.path))
        key = id_key(change.path.rpartition("/")[2])
        older = collection.versions.get(key)
        collection.add(key, Version(change.stamp, change.body, older))
        collection.changed_at = self.changed_at = change.stamp

    def newest(self, path: str) -> Version | None:
        """Return the newest version of a document, or nothing if there never was one."""
        collection = self._collections.get(parent_of(path))
        return collection and collection.versions.get(id_key(path.rpartition("/")[2]))

    def collection_changed_at(self, path: str) -> int:
        """Return the stamp of the newest commit to a collection."""
        collection = self._collections.get(path)
        return collection.changed_at if collection else 0

    def get(self, path: str, stamp: int) -> bytes | None:
        """Return a document's body at an instant, or nothing."""
        collection = self._collections.get(parent_of(path))
        return collection and collection.body(id_key(path.rpartition("/")[2]), stamp)

    def collection_keys(self, path: str, start: str | None = None) -> Iterator[str]:
        """Yield the keys of a collection upwards from a start, those without a body included."""
        if collection := self._collections.get(path):
            yield from self._pages(collection.keys, start)

    def _pages(self, keys: SortedKeys, start: str | None) -> Iterator[str]:
        inclusive = True
        while True:
            with self._lock:
                page = keys.forward(start, PAGE, inclusive=inclusive)
            yield from page
            if len(page) < PAGE:
                return
            start, inclusive = page[-1], False

    def scan(self, path: str, stamp: int, start: tuple[str, ...] = ()) -> Iterator[Stored]:
        """Yield the documents of one collection in name order."""
        collection = self._collections.get(path)
        if collection is None:
            return
        for key in self._pages(collection.keys, start[0] if start else None):
            if (body := collection.body(key, stamp)) is not None:
                yield Stored(f"{path}/{id_of(key)}", body)

    def scan_backwards(self, path: str, stamp: int) -> Iterator[Stored]:
        """Yield the documents of one collection in reverse name order."""
        collection = self._collections.get(path)
        start = None
        while collection is not None:
            with self._lock:
                page = collection.keys.backward(start, PAGE)
            for key in page:
                if (body := collection.body(key, stamp)) is not None:
                    yield Stored(f"{path}/{id_of(key)}", body)
            if len(page) < PAGE:
                return
            start = page[-1]

    def walk(
        self, parent: str, stamp: int, group: str | None = None, start: tuple[str, ...] = ()
    ) -> Iterator[Stored]:
        """Yield every document below another, or below the root, in name order."""
        found = self.pass_through(parent, stamp, group, start)
        return (item for item in found if isinstance(item, Stored))

    def pass_through(
        self, parent: str, stamp: int, group: str | None = None, start: tuple[str, ...] = ()
    ) -> Iterator[Stored | Deleted]:
        """Yield every document below another, or below the root, in name order, with deleted ones.

        Args:
            parent: The path of a document, or "" for the root.
            stamp: The instant, in microseconds since 1970.
            group: The id that their collections have; None for all.
            start: Sort keys of the segments, below the parent, to start at.
        """
        with self._lock:
            children = sorted(self._children.get(parent, {}).items())
        for collection_key, path in children:
            if not start or collection_key > start[0]:
                yield from self._pass_collection(path, stamp, group, ())
            elif collection_key == start[0]:
                yield from self._pass_collection(path, stamp, group, start[1:])

    def _pass_collection(
        self, path: str, stamp: int, group: str | None, start: tuple[str, ...]
    ) -> Iterator[Stored | Deleted]:
        collection = self._collections[path]
        wanted = group is None or collection.id == group
        first = start[0] if start else None
        for key in self._pages(collection.keys if wanted else collection.nested, first):
            rest = start[1:] if key == first else ()
            document = f"{path}/{id_of(key)}"
            if wanted and not rest and collection.versions[key] is not None:
                body = collection.body(key, stamp)
                yield Deleted(document) if body is None else Stored(document, body)
            if document in self._children:
                yield from self.pass_through(document, stamp, group, rest)

    def collection_ids(self, parent: str, stamp: int) -> list[str]:
        """Return the ids of the collections below a document that have documents at an instant.

        Raises:
            RequestError: Too many deleted documents are passed over: too many recent deletes
                "greatly" affect listing collections (Firestore, Resolve latency issues).
        """
        with self._lock:
            children = sorted(self._children.get(parent, {}).items())
        found: list[str] = []
        passed = 0
        for key, path in children:
            for item in self._pass_collection(path, stamp, None, ()):
                if isinstance(item, Stored):
                    found.append(id_of(key))
                    break
                passed += 1
                self.check_patience(passed)
        return found

    def check_patience(self, passed: int) -> None:
        """Refuse to pass over more deleted documents than there is patience for.

        Raises:
            RequestError: As Firestore ends a query after a minute, whatever it found until then.
        """
        if self.patience is not None and passed > self.patience:
            raise RequestError(
                grpc.StatusCode.UNAVAILABLE,
                "Query timed out. Please try either limiting the entities scanned, or run with an "
                "updated index configuration.",
            )

    def has_descendants(self, document: str, stamp: int) -> bool:
        """Return whether a document has any below it at an instant."""
        return next(self.walk(document, stamp), None) is not None
