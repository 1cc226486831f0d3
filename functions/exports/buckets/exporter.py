"""Backs up one bucket: an inventory of what was live at the recovery point, and its content.

The key ranges are listed in parallel, each a page at a time; a shard is written only when the
content of all its objects is in the vault. So memory does not grow with the bucket, and an attempt
that was interrupted goes on behind the last shard of each range.

Copies in flight are what bounds the write rate: 64 of them, at 60 ms each, make about 1,000 writes
a second, which a new vault takes without a ramp (Cloud Storage, Request rate).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, override

import structlog
from google.api_core.exceptions import Forbidden

from functions.exporter import Exporter, RunContext, others
from functions.exports.buckets.contents import Candidate, ContentCopies, Known
from functions.exports.buckets.gaps import bucket_skews
from functions.exports.buckets.inventories import Shards
from functions.exports.buckets.ranges import KeyRange, KeyRanges, find_ranges, ranges_like
from functions.exports.buckets.sampling import mark_of, sampled
from functions.log import LoggingPool, logged_step
from functions.made import require_there, told_times
from functions.settings import FunctionSettings
from manifests.catalog import Catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.inventory import read_range
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import SourceUnreadableError
from manifests.kinds.buckets.catalog import CatalogBucket
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.layout import ranges_name
from manifests.kinds.buckets.model import BucketBackup, InventoryShard, ObjectVersion
from manifests.model.run import Manifest, Unprotected
from manifests.store.envelope import decode, encode
from manifests.values import Resource, Skew
from manifests.versions import (
    Kind,
    by_name,
    few,
    is_hierarchical,
    keeps_replaced,
    listed_kinds,
    live_at,
    live_of,
    was_live,
)

_RANGES_A_LISTING = 4
_PAGE = 1000
_MADE = "timeCreated"

log = structlog.get_logger()


class BucketExporter(Exporter[CatalogBucket, BucketBackup]):
    """Makes the backups of buckets for one run."""

    kind = BUCKETS

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        self._start, self._settings = context.start, context.settings
        self._api, self._vault = context.api, context.vault

    @override
    @classmethod
    def made(
        cls, catalog: Catalog, settings: FunctionSettings, api: StorageApi
    ) -> Iterable[datetime]:
        """Yield when the buckets were made."""
        names = [entry.bucket for entry in catalog.buckets]
        yield from told_times(names, partial(_resource, api), field=_MADE)

    @override
    def back_up(self, entry: CatalogBucket, base: BucketBackup | None) -> BucketBackup:
        """Write a bucket's inventory as of the recovery point and copy what is not stored yet.

        Args:
            entry: The bucket in the catalog.
            base: Its backup in an earlier complete run; None looks every content up.

        Raises:
            SourceUnreadableError: There is no such bucket.
            PointLostError: There was none at the recovery point.
            CloudError: It cannot be read, or the vault cannot be written.
        """
        name, listed_at = entry.bucket, self.context.clock()
        bucket = VersionedBucket(self._api, name)
        with cloud_errors(bucket.uri()):
            resource = bucket.resource()
            if resource is None:
                raise SourceUnreadableError("the bucket does not exist", subject=name)
            require_there(resource, self._start.recovery_point, field=_MADE, subject=name)
            access = self._access(bucket)
            ranges = self._ranges(bucket, base).ranges
            with LoggingPool(self._settings.parallel_copies, name) as copying:
                history = History.of(resource)
                contents = ContentCopies(
                    bucket,
                    self._vault.versions,
                    copying,
                    most_copied=self._settings.most_copied_objects,
                    damaged=self.context.damaged,
                    is_looked_at=sampled(base.object_count if base else 0, self.context.holder),
                    mark=mark_of(self.context.holder),
                )
                work = _RangeWork(self.context, bucket, contents, base, history=history)
                with (
                    logged_step("list and copy") as told,
                    LoggingPool(self._settings.parallel_listings, name) as listing,
                ):
                    done = tuple(
                        shard
                        for shards in listing.map(work.export, range(len(ranges)), ranges)
                        for shard in shards
                    )
                    told |= {"copied": contents.copied, "bytes": contents.copied_bytes}
        backup = BucketBackup(
            bucket=name,
            resource=resource,
            access=access,
            listed_at=listed_at,
            finished_at=self.context.clock(),
            shards=done,
            changed_later=sum(shard.content_later for shard in done),
        )
        log.info(
            "bucket backed up",
            objects=backup.object_count,
            not_copied=backup.not_copied,
            unprotected=backup.unprotected,
            changed_later=backup.changed_later,
            changed_names=backup.later_names,
            gone_names=backup.gone_names,
        )
        return backup

    @override
    def skews(self, manifest: Manifest) -> Iterable[Skew]:
        """Say what of each bucket is newer than the recovery point."""
        for backup in manifest.buckets:
            yield from bucket_skews(backup, manifest.recovery_point)

    @override
    def unprotected(self) -> Iterable[Unprotected]:
        """Count the buckets of the project that no run holds."""
        named = [entry.bucket for entry in self.context.catalog.buckets]
        project = self._settings.project
        listed = partial(self._api.bucket_names, project)
        yield others("bucket", listed, (*named, *self._settings.own_buckets))

    def _access(self, bucket: VersionedBucket) -> Resource | None:
        """Return the bucket's IAM policy, or None where the backup may not read it."""
        try:
            return bucket.access()
        except Forbidden:
            log.warning("the bucket's access policy cannot be read", bucket=bucket.name)
            return None

    def _ranges(self, bucket: VersionedBucket, base: BucketBackup | None) -> KeyRanges:
        """Return the key ranges, the same for every attempt of the run."""
        name = ranges_name(self._start.run_id, bucket.name)
        found = self.context.files.read(name)
        if found is None:
            wanted = self._settings.parallel_listings * _RANGES_A_LISTING
            shards = base.shards if base is not None else ()
            if len(shards) >= wanted:
                ranges = ranges_like([shard.first_name for shard in shards], wanted=wanted)
            else:
                # A range that held few names then can hold many now.
                ranges = find_ranges(bucket.names, wanted=wanted)
            found = self.context.files.put_once(name, encode(ranges))
        return decode(found.content, KeyRanges, subject=name)


def _resource(api: StorageApi, name: str) -> Resource | None:
    bucket = VersionedBucket(api, name)
    with cloud_errors(bucket.uri()):
        return bucket.resource()


class History(NamedTuple):
    """What a bucket can tell of its past.

    Attributes:
        kinds: The listings that tell it.
        is_kept: Whether the bucket keeps what is replaced or deleted.
        is_told: Whether a version's times tell since when its name was there. In a hierarchical
            namespace a renamed folder takes its objects along with their times, so that only what
            is live when it is listed is known.
    """

    kinds: tuple[Kind, ...]
    is_kept: bool
    is_told: bool

    @classmethod
    def of(cls, resource: Resource) -> "History":
        """Read it from a bucket's configuration."""
        if is_hierarchical(resource):
            return cls(("live",), is_kept=True, is_told=False)
        return cls(listed_kinds(resource), is_kept=keeps_replaced(resource), is_told=True)


class _RangeWork:
    """Exports one key range at a time; shared by the threads that do."""

    def __init__(
        self,
        context: RunContext,
        bucket: VersionedBucket,
        contents: ContentCopies,
        base: BucketBackup | None,
        *,
        history: "History",
    ) -> None:
        self._start, self._vault, self._files = context.start, context.vault, context.files
        self._bucket = bucket
        self._contents = contents
        self._base = base
        self._history = history

    def export(self, number: int, key_range: KeyRange) -> Sequence[InventoryShard]:
        """Return the shards of a range."""
        is_told = self._history.is_told
        bucket = self._bucket.name
        shards = Shards(self._vault, self._files, self._start, bucket, number, is_told=is_told)
        earlier = self._base.shards if self._base is not None else ()
        known = Known(read_range(self._vault, earlier, key_range.start, key_range.end))
        written = shards.resume()
        page: list[Candidate] = []
        with cloud_errors(self._bucket.uri()):
            for version, versions in self._versions(key_range, written):
                if version is not None and (written is None or version.name > written):
                    page.append((version, versions))
                if len(page) == _PAGE:
                    shards.add(self._contents.stored(page, known))
                    page = []
            shards.add(self._contents.stored(page, known))
        return shards.finish()

    def _versions(
        self, key_range: KeyRange, written: str | None
    ) -> Iterator[tuple[ObjectVersion | None, Sequence[ObjectVersion]]]:
        """Yield for each name the version that was live at the recovery point, and all of them.

        Where the bucket keeps no history, a name that was written since has its present content,
        which is newer than the recovery point.
        """
        start = written if written is not None else key_range.start
        kinds = self._history.kinds
        listings = (self._bucket.versions(kind, start, key_range.end) for kind in kinds)
        point = self._start.recovery_point
        for _, listed in by_name(*listings):
            # What was live then, and what can be read and so may hold the same content.
            versions = few(
                listed,
                is_needed=lambda item: was_live(item, point),
                can_serve=lambda item: item.state == "noncurrent",
            )
            then = live_at(versions, point) if self._history.is_told else None
            has_past = self._history.is_told and self._history.is_kept
            yield then if then is not None or has_past else live_of(versions), versions
