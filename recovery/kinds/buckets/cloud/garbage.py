"""Contents in the vault that no run needs any more: found by marking what every run lists."""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed

from manifests.cloud.holds import set_hold
from manifests.cloud.objects import Bucket
from manifests.cloud.protection import protects
from manifests.cloud.retry import believed, cloud_errors
from manifests.cloud.stored import whole
from manifests.errors import ObjectMissingError
from manifests.inventory import SHARD_FILE, read_shard
from manifests.kinds.buckets.layout import (
    CONTENTS_PREFIX,
    bucket_of_shard,
    buckets_prefix,
    may_be_shard,
)
from manifests.kinds.buckets.model import ObjectVersion
from manifests.values import ObjectInfo, RunId
from recovery.kinds.buckets.cloud.contents import passes

_ROWS_A_MEBIBYTE = 10_000
_PARALLEL_READS = 8
_FIRST_BYTES = 256


class Garbage:
    """The contents nobody needs.

    Every inventory is read once; of what it lists 64 bits a content are marked, in a temporary file
    for each part of the key space, which is then compared with a listing of that part.

    Args:
        vault: The bucket with the backups.
        runs: Every run in the vault, complete or not.
        known: The inventories that manifests list.
        older_than: Contents made after this instant are never garbage: a run that is being
            written may need them and have no inventory yet.
        holds: Whether contents that are needed get a hold, as new objects of the vault do.
        advance: Called again and again while inventories are read; raises where no more may be done.
    """

    def __init__(
        self,
        vault: Bucket,
        *,
        runs: Iterable[RunId],
        known: Iterable[str],
        older_than: datetime,
        holds: bool,
        advance: Callable[[], None],
    ) -> None:
        self._vault = vault
        self._older_than = older_than
        self._holds = holds
        self._advance = advance
        self._known = known
        self._shards = [
            found
            for run_id in runs
            for found in vault.list_objects(buckets_prefix(run_id))
            if may_be_shard(found.name)
        ]

    def find(self) -> Iterator[ObjectVersion]:
        """Yield each content that no inventory lists.

        Raises:
            BackupDamagedError: An inventory is gone or cannot be read, so nothing can be said to be
                garbage.
            CloudError: The vault cannot be listed.
        """
        if missing := set(self._known).difference(shard.name for shard in self._shards):
            raise ObjectMissingError(
                "an inventory that its manifest lists is gone, so what it needs is not known",
                subject=min(missing),
                hint="restore it, where the vault keeps what was deleted; or let its run expire",
            )
        size_bytes = sum(shard.size_bytes for shard in self._shards)
        rows = (size_bytes // (1 << 20) + 1) * _ROWS_A_MEBIBYTE
        ranges = list(passes(rows))
        with TemporaryDirectory(prefix="rebound-prune-") as folder:
            files = [Path(folder) / f"{number}" for number in range(len(ranges))]
            self._mark(files)
            with cloud_errors(self._vault.uri(CONTENTS_PREFIX)):
                for (start, end), file in zip(ranges, files, strict=True):
                    needed = set(array("Q", file.read_bytes()))
                    for version in self._vault.versions.versions("live", start, end):
                        if _mark(version.name) in needed:
                            self._hold(version)
                        elif version.created_at < self._older_than:
                            yield version

    def delete(self, version: ObjectVersion) -> bool:
        """End the hold of a content and delete it.

        Returns:
            Whether it is gone; not where a retention policy protects it.

        Raises:
            CloudError: Its hold could not be ended, or it could not be deleted.
        """
        version = set_hold(self._vault.versions, version, held=False)
        with cloud_errors(self._vault.uri(version.name)):
            try:
                believed(
                    lambda: self._deleted(version),
                    lambda: self._vault.versions.lists(version.name, version.generation),
                )
            except Forbidden as error:
                if not protects(error):
                    raise
                return False
        return True

    def _deleted(self, version: ObjectVersion) -> bool | None:
        try:
            self._vault.versions.delete(version)
        except (NotFound, PreconditionFailed):
            return None
        return True

    def _hold(self, version: ObjectVersion) -> None:
        """Set the hold of a content that is needed: an earlier prune may have ended it."""
        if self._holds:
            set_hold(self._vault.versions, version, held=True)

    def _mark(self, files: list[Path]) -> None:
        """Write the marks of every content that an inventory lists, a file for each part."""
        with ExitStack() as opened, ThreadPoolExecutor(_PARALLEL_READS, "prune") as pool:
            outputs = [opened.enter_context(file.open("wb")) for file in files]
            for shards in batched(self._shards, _PARALLEL_READS, strict=False):
                self._advance()
                for names in pool.map(self._listed, shards):
                    for name in names:
                        first_byte = int(name.removeprefix(CONTENTS_PREFIX)[:2], 16)
                        output = outputs[first_byte * len(outputs) // _FIRST_BYTES]
                        output.write(_mark(name).to_bytes(8, "little"))

    def _listed(self, shard: ObjectInfo) -> list[str]:
        """Return the contents that an inventory lists."""
        most_bytes = SHARD_FILE.most_file_bytes
        content = whole(lambda: self._vault.chunks(shard), shard, most_bytes=most_bytes)
        records = read_shard(content, bucket_of_shard(shard.name), subject=shard.name)
        return [record.stored_as for record in records if record.stored_as is not None]


def _mark(name: str) -> int:
    """Return 64 bits that stand for a content; one that shares them with another is kept."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
