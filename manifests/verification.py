"""Decides which share of the vault is read tonight, and what follows from what was read. Pure.

The vault is cut into as many shares as there are nights in which all of it is read. What an object
has to be is known without reading anything else: manifests say it of files, and contents of buckets
are named by their checksums.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from manifests.kinds.buckets.layout import CONTENTS_PREFIX
from manifests.model.run import Manifest, VerdictRecord
from manifests.values import ObjectInfo, RunId, Stored, StoredObject, UtcTime

MOST_SHARES = 256
"""Contents are cut by the first byte of their names."""


class Share(NamedTuple):
    """The part of the vault that is read in one night.

    Attributes:
        number: Which, from 0.
        of: How many there are.
    """

    number: int
    of: int

    def has(self, name: str) -> bool:
        """Whether a file of a run is in it."""
        return hashlib.blake2b(name.encode(), digest_size=8).digest()[0] % self.of == self.number

    @property
    def contents(self) -> Iterator[str]:
        """Yield what the names of the contents in it begin with."""
        for byte in range(self.number, MOST_SHARES, self.of):
            yield f"{CONTENTS_PREFIX}{byte:02x}/"


class ShareRecord(Stored):
    """That a share was read, and what of it is not as it has to be.

    Attributes:
        damaged: The names of those objects; the first of them where there are many.
    """

    verified_at: UtcTime
    share: int
    shares: int
    objects: int
    read_bytes: int
    damaged: tuple[str, ...] = ()


def share_at(scheduled_at: datetime, nights: int) -> Share:
    """Return what is read in the night of a schedule's time: each share once in so many nights."""
    return Share(scheduled_at.toordinal() % nights, nights)


def files_of(manifest: Manifest) -> Iterator[StoredObject]:
    """Yield every object of a run but the contents of buckets, which belong to no run."""
    yield from manifest.objects
    for backup in manifest.buckets:
        yield from (shard.stored for shard in backup.shards)


def unlike(wanted: Iterable[ObjectInfo], there: Mapping[str, ObjectInfo]) -> set[str]:
    """Return the names of objects that are gone, or have another size or checksum.

    Args:
        wanted: What has to be there.
        there: What is, by name.
    """
    return {
        item.name
        for item in wanted
        if (found := there.get(item.name)) is None
        or (found.size_bytes, found.crc32c) != (item.size_bytes, item.crc32c)
    }


def verdict_after(
    run_id: RunId,
    earlier: VerdictRecord | None,
    *,
    damaged: Collection[str],
    whole: Collection[str],
    buckets: Collection[str],
    now: datetime,
) -> VerdictRecord | None:
    """Return what is known of a run after a share was read; None where nothing is or was damaged.

    Args:
        run_id: The run.
        earlier: What was known of it.
        damaged: What of it is not as it has to be.
        whole: What was read, and is.
        buckets: Those whose contents are among what is damaged.
        now: The present instant.
    """
    before = earlier.damaged if earlier else ()
    names = set(before).difference(whole) | set(damaged)
    if not names and not before:
        return None
    has_contents = any(name.startswith(CONTENTS_PREFIX) for name in names)
    known = {*buckets, *(earlier.buckets if earlier and has_contents else ())}
    return VerdictRecord(
        run_id=run_id,
        verified_at=now,
        damaged=tuple(sorted(names)),
        buckets=tuple(sorted(known)),
    )
