"""Records that nobody can take back: written into the vault, where a retention keeps them.

records/<project>/...     drills, proofs and actions, named there as the landing bucket has older ones

Whoever recovers may add to that folder and no more. What older versions wrote into the landing bucket is
read as well where the vault has nothing of that name; nothing there keeps a record from being written.
"""

from collections.abc import Iterator
from itertools import chain

from manifests.cloud.objects import Bucket
from manifests.ids import ProjectId
from manifests.json_text import MOST_BYTES
from manifests.records_layout import records_folder
from manifests.store.claims import Dated
from manifests.values import Listed


class KeptRecords:
    """The records of one project. Each is named without the folder that it is in.

    Args:
        vault: The bucket with the backups.
        landing: Where older versions kept them.
        project: The protected project: other platforms may share the vault.
    """

    def __init__(self, vault: Bucket, landing: Bucket, project: ProjectId) -> None:
        self._vault = vault
        self._landing = landing
        self._folder = records_folder(project)

    def uri(self, name: str) -> str:
        """Return where a record is written."""
        return self._vault.uri(self._folder + name)

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store a record where none is, and return what is there then: ours or another's."""
        return self._vault.put_once(self._folder + name, content)

    def read(self, name: str, *, most_bytes: int = MOST_BYTES) -> bytes | None:
        """Return a record, at most one byte more than it may have, or None."""
        found = self._vault.read(self._folder + name, most_bytes=most_bytes)
        return self._landing.read(name, most_bytes=most_bytes) if found is None else found

    def read_dated(self, name: str) -> Dated | None:
        """Return a record and when it was written, or None."""
        return self._vault.read_dated(self._folder + name) or self._landing.read_dated(name)

    def list_dated(self, prefix: str, *, marked: bool = False) -> Iterator[Listed]:
        """Yield the records below a prefix, in name order, each once; `marked`: with what each says of itself."""
        kept = (
            item._replace(name=self._own(item.name))
            for item in self._vault.list_dated(self._folder + prefix, marked=marked)
        )
        older = self._landing.list_dated(prefix, marked=marked)
        found = {item.name: item for item in chain(older, kept)}
        return iter(sorted(found.values(), key=lambda item: item.name))

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""
        kept = map(self._own, self._vault.list_folders(self._folder + prefix))
        return iter(sorted({*self._landing.list_folders(prefix), *kept}))

    def _own(self, name: str) -> str:
        return name.removeprefix(self._folder)
