"""Brings the content of object versions into the vault, each byte sequence once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future

from google.api_core.exceptions import NotFound, PreconditionFailed

from manifests.bucket_layout import content_name
from manifests.cloud.versions import VersionedBucket
from manifests.errors import ObjectChangedError
from manifests.model import ObjectRecord, ObjectVersion
from manifests.versions import same_content

type Candidate = tuple[ObjectVersion, Sequence[ObjectVersion]]
"""The version that was live at the recovery point, and every version of that name."""

type _Stored = tuple[str, int] | None

# Settings of their own: a copy without any takes over the source's, and its metadata is ours.
_PLAIN = {"contentType": "application/octet-stream"}


class Known:
    """Where an earlier run stored the content of names that come in order.

    Args:
        records: The earlier inventory, in name order.
    """

    def __init__(self, records: Iterator[ObjectRecord]) -> None:
        self._records = records
        self._next = next(records, None)

    def stored(self, version: ObjectVersion) -> _Stored:
        """Return the vault object and generation with a version's content, or None."""
        while self._next is not None and self._next.version.name < version.name:
            self._next = next(self._records, None)
        found = self._next
        if found is None or found.version.name != version.name:
            return None
        if found.stored_as is None or found.stored_generation is None:
            return None
        is_same = same_content(found.version, version)
        return (found.stored_as, found.stored_generation) if is_same else None


class Contents:
    """Copies from one bucket into the vault.

    Args:
        bucket: The protected bucket.
        vault: The bucket with the backups.
        copying: Runs the copies; its size is how many are in flight.
        are_copied: Whether anything is copied; otherwise only what is stored already is used.
    """

    def __init__(
        self,
        bucket: VersionedBucket,
        vault: VersionedBucket,
        copying: Executor,
        *,
        are_copied: bool = True,
    ) -> None:
        self._bucket = bucket
        self._vault = vault
        self._copying = copying
        self._are_copied = are_copied
        self._lock = threading.Lock()
        self.copied = 0
        self.copied_bytes = 0

    def stored(self, page: Sequence[Candidate], known: Known) -> list[ObjectRecord]:
        """Return the inventory records of some neighbouring names, once their content is stored."""
        places: list[Future[_Stored] | _Stored] = []
        for version, versions in page:
            place = known.stored(version)
            if place is None and self._are_copied:
                places.append(self._copying.submit(self._store, version, versions))
            else:
                places.append(place)
        return [
            _record(version, place.result() if isinstance(place, Future) else place)
            for (version, _), place in zip(page, places, strict=True)
        ]

    def _store(self, version: ObjectVersion, versions: Sequence[ObjectVersion]) -> _Stored:
        """Copy a version's content, from any version that holds it and can be read."""
        name = content_name(self._bucket.name, version)
        readable = (item for item in (version, *versions) if item.state != "soft-deleted")
        for source in readable:
            if same_content(source, version) and (copy := self._copy(source, name)) is not None:
                return self._checked(version, name, copy)
        # A soft-deleted version cannot be read, and a version can vanish after it was listed; the
        # same content can still be here from an earlier run or another object.
        earlier = self._vault.find(name)
        return None if earlier is None else self._checked(version, name, earlier)

    def _copy(self, source: ObjectVersion, name: str) -> ObjectVersion | None:
        origin = (self._bucket.name, source.name, source.generation)
        try:
            copy = self._vault.rewrite(name, origin, settings=_PLAIN, over=0)
        except PreconditionFailed:
            return self._vault.find(name)
        except NotFound:
            return None
        with self._lock:
            self.copied += 1
            self.copied_bytes += source.size_bytes
        return copy

    def _checked(self, version: ObjectVersion, name: str, copy: ObjectVersion) -> tuple[str, int]:
        if not same_content(version, copy):
            raise ObjectChangedError(
                f"the vault holds other bytes than {version.name} under their key",
                subject=self._vault.uri(name),
            )
        return name, copy.generation


def _record(version: ObjectVersion, place: _Stored) -> ObjectRecord:
    name, generation = place or (None, None)
    return ObjectRecord(version, name, generation)
