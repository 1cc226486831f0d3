"""The interface of a bucket as far as the documents of a run need it."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from manifests.store.claims import Dated
from manifests.values import Listed


class ObjectStore(Protocol):
    """The little that documents need of a bucket."""

    def put_once(
        self, name: str, content: bytes, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """Store content where nothing is, and return what is there then: ours or another's."""

    def read(self, name: str) -> bytes | None:
        """Return the live object's content, or None."""

    def read_dated(self, name: str) -> Dated | None:
        """Return the live object's content and when it was written, or None."""

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""

    def list_dated(
        self, prefix: str, *, glob: str | None = None, marked: bool = False
    ) -> Iterator[Listed]:
        """Yield the live objects below a prefix, of which a glob can choose some, in name order."""
