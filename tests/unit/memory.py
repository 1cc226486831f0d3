"""A bucket that is a dictionary."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from manifests.json_text import MOST_BYTES
from manifests.store.claims import Dated
from manifests.store.marks import said_in
from manifests.values import Listed, ObjectInfo
from tests.standin.storage.globs import compile_glob
from tests.unit.samples import POINT


class MemoryBucket:
    """A bucket in memory; what `manifests.store` needs of one, and nothing else.

    Attributes:
        written_at: When objects were written, but for those that `dated` names.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.said: dict[str, str] = {}
        self.written_at = POINT
        self.dated: dict[str, datetime] = {}

    def put_once(
        self, name: str, content: bytes, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """Store content where nothing is, and return what is there then."""
        if name not in self.objects:
            self.said[name] = said_in(metadata)
        return self.objects.setdefault(name, content)

    def put_if(
        self, name: str, content: bytes, *, generation: int, content_type: str
    ) -> int | None:
        """Store content where nothing is; None where something is."""
        del generation, content_type
        return 1 if self.objects.setdefault(name, content) is content else None

    def read(self, name: str, *, most_bytes: int = MOST_BYTES) -> bytes | None:
        """Return an object's content, cut behind one byte too many, or None."""
        content = self.objects.get(name)
        return None if content is None else content[: most_bytes + 1]

    def read_dated(self, name: str, *, most_bytes: int = MOST_BYTES) -> Dated | None:
        """Return an object's content, and when all of them were written, or None."""
        content = self.read(name, most_bytes=most_bytes)
        return None if content is None else Dated(content, 1, self._time_of(name))

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix, in name order."""
        for name in sorted(self.objects):
            if name.startswith(prefix):
                content = self.objects[name]
                yield ObjectInfo(name=name, size_bytes=len(content), crc32c="", generation=1)

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""
        below = (name.removeprefix(prefix) for name in self.objects if name.startswith(prefix))
        folders = {f"{prefix}{rest.split('/')[0]}/" for rest in below if "/" in rest}
        yield from sorted(folders)

    def list_dated(
        self, prefix: str, *, glob: str | None = None, marked: bool = False
    ) -> Iterator[Listed]:
        """Yield the objects below a prefix that a glob matches, and when each was written."""
        pattern = compile_glob(glob or "**")
        for name in sorted(self.objects):
            if name.startswith(prefix) and pattern.fullmatch(name):
                said = self.said.get(name, "") if marked else ""
                yield Listed(name, len(self.objects[name]), self._time_of(name), said)

    def _time_of(self, name: str) -> datetime:
        return self.dated.get(name, self.written_at)
