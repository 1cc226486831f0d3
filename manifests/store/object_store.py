"""The little that documents need of a bucket."""

from collections.abc import Iterator
from typing import Protocol

from manifests.store.claims import Dated
from manifests.values import ObjectInfo


class ObjectStore(Protocol):
    """The little that documents need of a bucket."""

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store content where nothing is, and return what is there then: ours or another's."""

    def read(self, name: str) -> bytes | None:
        """Return the live object's content, or None."""

    def read_dated(self, name: str) -> Dated | None:
        """Return the live object's content and when it was written, or None."""

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the live objects below a prefix, in name order."""

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""
