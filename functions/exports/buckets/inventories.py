"""The inventory shards of one key range: written once, and found again after an interruption."""

from collections.abc import Iterable

from functions.own_files import OwnFile, OwnFiles
from manifests.cloud.objects import Bucket
from manifests.errors import ObjectMissingError
from manifests.inventory import ShardSummary, ShardWriter, read_shard
from manifests.kinds.buckets.layout import range_prefix, shard_name
from manifests.kinds.buckets.model import InventoryShard, ObjectRecord
from manifests.model.run import RunStart
from manifests.values import StoredObject

RECORDS_A_SHARD = 5_000
_MOST_NAMED = 20
_SHARD_BYTES = 8 * 1024 * 1024


class Shards:
    """Writes the shards of one key range.

    Args:
        vault: The bucket with the backups.
        files: What the run has written into it.
        start: The run.
        bucket: The protected bucket's name.
        key_range: The number of the range.
        is_told: Whether the times of versions tell what was there at the recovery point.
    """

    def __init__(
        self,
        vault: Bucket,
        files: OwnFiles,
        start: RunStart,
        bucket: str,
        key_range: int,
        *,
        is_told: bool,
    ) -> None:
        self._vault = vault
        self._files = files
        self._start = start
        self._bucket = bucket
        self._key_range = key_range
        self._is_told = is_told
        self._done: list[InventoryShard] = []
        self._writer: ShardWriter | None = None

    def resume(self) -> str | None:
        """Take over the shards an earlier attempt wrote; return the last name in them, or None.

        Raises:
            BackupDamagedError: One of them is gone, or none of this run.
        """
        prefix = range_prefix(self._start.run_id, self._bucket, self._key_range)
        for found in list(self._vault.list_objects(prefix)):
            stored = self._files.read(found.name)
            if found.name != self._next_name() or stored is None:
                raise ObjectMissingError("an inventory shard is gone", subject=self._next_name())
            self._done.append(self._described(stored, self._summary(stored)))
        return self._done[-1].last_name if self._done else None

    def add(self, records: Iterable[ObjectRecord]) -> None:
        """Take the next records, in name order; write a shard when it is full."""
        for record in records:
            if self._writer is None:
                self._writer = ShardWriter(self._next_name())
            self._writer.add(record)
            is_full = self._writer.summary.row_count == RECORDS_A_SHARD
            if is_full or self._writer.size_bytes >= _SHARD_BYTES:
                self._write(self._writer)

    def finish(self) -> tuple[InventoryShard, ...]:
        """Write what is left and return every shard of the range."""
        if self._writer is not None:
            self._write(self._writer)
        return tuple(self._done)

    def _write(self, writer: ShardWriter) -> None:
        ours = writer.finish()
        stored = self._files.put_once(self._next_name(), ours)
        # Another attempt may have written it with other records: then those are what counts.
        summary = writer.summary if stored.content == ours else self._summary(stored)
        self._done.append(self._described(stored, summary))
        self._writer = None

    def _next_name(self) -> str:
        return shard_name(self._start.run_id, self._bucket, self._key_range, len(self._done))

    def _described(self, file: OwnFile, summary: ShardSummary) -> InventoryShard:
        point = self._start.recovery_point
        later = summary.created_after(point) if self._is_told else []
        return InventoryShard(
            stored=StoredObject(**file.info.model_dump(), row_count=summary.row_count),
            first_name=summary.first_name,
            last_name=summary.last_name,
            content_bytes=summary.content_bytes,
            not_copied=summary.not_copied,
            unprotected=summary.unprotected,
            metadata_later=summary.updated_after(point),
            content_later=len(later),
            later_names=tuple(later[:_MOST_NAMED]),
            gone_names=tuple(summary.gone_names[:_MOST_NAMED]),
        )

    def _summary(self, file: OwnFile) -> ShardSummary:
        summary = ShardSummary()
        for record in read_shard(file.content, self._bucket, subject=file.info.name):
            summary.add(record)
        return summary
