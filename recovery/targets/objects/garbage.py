"""Contents in the vault that no run needs any more: found by marking what every run lists."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed

from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket, protects
from manifests.inventory import read_shard
from manifests.layout import run_prefix
from manifests.model import ObjectVersion, RunId
from recovery.targets.objects.contents import passes

_ROWS_A_MEBIBYTE = 10_000


class Garbage:
    """The contents nobody needs.

    Args:
        vault: The bucket with the backups.
        contents: The same bucket, listed by version.
        runs: Every run in the vault, complete or not.
        older_than: Contents made after this instant are never garbage: a run that is being
            written may need them and have no inventory yet.
    """

    def __init__(
        self,
        vault: Bucket,
        contents: VersionedBucket,
        *,
        runs: Iterable[RunId],
        older_than: datetime,
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._older_than = older_than
        self._shards = [
            found
            for run_id in runs
            for found in vault.list_objects(f"{run_prefix(run_id)}buckets/")
            if found.name.endswith(".avro")
        ]

    def find(self) -> Iterator[ObjectVersion]:
        """Yield each content that no inventory lists.

        Raises:
            BackupDamagedError: An inventory cannot be read, so nothing can be said to be garbage.
            CloudError: The vault cannot be listed.
        """
        size_bytes = sum(shard.size_bytes for shard in self._shards)
        rows = (size_bytes // (1 << 20) + 1) * _ROWS_A_MEBIBYTE
        with cloud_errors(self._vault.uri("contents/")):
            for start, end in passes(rows):
                needed = self._needed(start, end)
                for version in self._contents.versions("live", start, end):
                    if version.name not in needed and version.created_at < self._older_than:
                        yield version

    def delete(self, version: ObjectVersion) -> bool:
        """Delete one content; tell whether it is gone. A retention policy can keep it."""
        with cloud_errors(self._vault.uri(version.name)):
            try:
                self._contents.delete(version)
            except (NotFound, PreconditionFailed):
                return True
            except Forbidden as error:
                if not protects(error):
                    raise
                return False
        return True

    def _needed(self, start: str, end: str) -> set[str]:
        return {
            record.stored_as
            for shard in self._shards
            for record in read_shard(b"".join(self._vault.chunks(shard)), subject=shard.name)
            if record.stored_as is not None and start <= record.stored_as < end
        }
