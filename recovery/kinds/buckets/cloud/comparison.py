"""Joins a bucket with its inventory in one pass: what each name held, and what it holds."""

from collections.abc import Iterable, Iterator, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from manifests.cloud.inventory import read_range
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.erasures import ErasedNames
from manifests.kinds.buckets.model import BucketBackup, ObjectRecord, ObjectVersion
from manifests.object_retention import Fate, RetentionRules
from manifests.values import Resource, UtcTime
from manifests.versions import (
    Kind,
    by_name,
    few,
    listed_kinds,
    live_of,
    moves_classes,
    same_content,
)
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.objects import ObjectStep, expected_of, plan_object
from recovery.scope import ObjectScope

type _Named[Value] = Iterator[tuple[str, Value]]


@dataclass(frozen=True, slots=True)
class ShardRange:
    """A key range of the bucket: that of one inventory shard, within the scope.

    Attributes:
        number: Its place among all key ranges of the bucket, from 0.
        start: The first name that can be in it; empty for no bound.
        end: The first name that is too far; None for no end.
    """

    number: int
    start: str
    end: str | None


class Compared(NamedTuple):
    """An object, of then or now.

    Attributes:
        name: Its name.
        step: What has to happen to it; None when it is as it was.
        fate: What becomes of the retention that an unchanged object had and has lost.
        has_past: Whether only versions that are not live tell what it was, and these were not listed.
        live: What is live under its name.
        is_erased: Whether it is an object of the backup that stays erased: nothing happens to it.
        is_then: Whether it is compared with its content at the recovery point, though its record
            holds a later version.
    """

    name: str
    step: ObjectStep | None
    fate: Fate = "none"
    has_past: bool = False
    is_then: bool = False
    live: ObjectVersion | None = None
    is_erased: bool = False

    def is_written_since(self, moment: datetime) -> bool:
        """Whether what is live was written, or its metadata set, after an instant."""
        live = self.live
        return live is not None and max(live.created_at, live.updated_at) > moment


class Comparison:
    """Compares a bucket with its inventory, key range by key range.

    Args:
        backup: The bucket in the manifest.
        target: The bucket that is compared with it.
        vault: The bucket with the backups.
        scope: Which objects.
        recovery_point: The instant of the inventory.
        resource: The configuration of that bucket; None when there is no such bucket.
        retention: What is done about the retention of its objects.
        erased: The names that stay erased.
    """

    def __init__(
        self,
        backup: BucketBackup,
        target: VersionedBucket,
        *,
        vault: Bucket,
        scope: ObjectScope,
        recovery_point: UtcTime,
        resource: Resource | None,
        retention: RetentionRules,
        erased: ErasedNames,
    ) -> None:
        self._erased = erased
        self.backup = backup
        self.target = target
        self._vault = vault
        self._scope = scope
        self.recovery_point = recovery_point
        self._resource = resource
        self._retention = retention
        self._moves_classes = resource is not None and moves_classes(resource)

    def key_ranges(self) -> tuple[ShardRange, ...]:
        """Return the key ranges that cover every name of the scope, known or not."""
        boundaries = [shard.first_name for shard in self.backup.shards[1:]]
        starts, ends = ["", *boundaries], [*boundaries, None]
        narrowed = (
            (number, self._scope.within(start, end))
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )
        return tuple(ShardRange(number, *found) for number, found in narrowed if found is not None)

    def steps(self, key_range: ShardRange) -> Iterator[Compared]:
        """Yield every object, of then or now, with what has to happen to it.

        Live versions are listed first. From the first name that differs on, the other versions are
        listed too: objects are restored from them.

        Args:
            key_range: Those that are compared.

        Raises:
            CloudError: The bucket cannot be listed.
            BackupDamagedError: The inventory is not what the manifest says.
        """
        if self._resource is None:
            yield from self._compared(key_range)
            return
        for found in self._compared(key_range, self._listed("live", key_range), is_whole=False):
            if found.step is not None or found.has_past:
                rest = replace(key_range, start=found.name)
                kinds: tuple[Kind, ...] = ("live", *listed_kinds(self._resource))
                yield from self._compared(rest, *(self._listed(kind, rest) for kind in kinds))
                return
            yield found

    def counted(self, key_range: ShardRange, *, only_missing: bool = False) -> StepCounter:
        """Return how many objects are as they were, and what has to happen to the others.

        Args:
            key_range: Where to look.
            only_missing: As of `StepCounter`.

        Raises:
            CloudError: The bucket cannot be listed.
            BackupDamagedError: The inventory is not what the manifest says.
        """
        counter = StepCounter(self._retention, only_missing=only_missing)
        for found in self.steps(key_range):
            counter.then += found.is_then
            counter.erased += found.is_erased
            if found.step is not None:
                counter.add(found.step)
            elif not found.is_erased:
                counter.add_equal(found.fate)
        return counter

    def _listed(self, kind: Kind, key_range: ShardRange) -> Iterator[ObjectVersion]:
        listed = self.target.versions(kind, key_range.start, key_range.end)
        if kind == "all":
            # The live versions among them were listed already, and are no new source.
            listed = (version._replace(state="noncurrent") for version in listed)
        return self.target.with_checksums(listed)

    def _compared(
        self, key_range: ShardRange, *listings: Iterable[ObjectVersion], is_whole: bool = True
    ) -> Iterator[Compared]:
        stored = read_range(self._vault, self.backup.shards, key_range.start, key_range.end)
        records = map(self._wanted, stored)
        with cloud_errors(self.target.uri()):
            for name, record, versions in _joined(records, by_name(*listings)):
                if not self._scope.matches(name):
                    continue
                is_erased = record is not None and self._erased.holds_object(name)
                record = None if is_erased else record  # noqa: PLW2901 - it is as if it were not there
                if record is not None and record.then is not None and not is_whole:
                    yield Compared(name, None, has_past=True)
                    continue
                wanted = None if record is None else expected_of(record, versions)
                step = plan_object(name, wanted, versions, self.recovery_point, self._retention)
                # A name with neither a record nor a live version is no object, whatever versions it
                # left.
                if wanted is not None or step is not None:
                    fate = "none" if wanted is None or step else self._fate(wanted, versions)
                    live = live_of(versions)
                    yield Compared(name, step, fate, is_then=wanted is not record, live=live)
                if is_erased:
                    # After any step of the same name: `steps` begins again at that name, and
                    # would yield this twice.
                    yield Compared(name, None, is_erased=True)

    def _fate(self, record: ObjectRecord, versions: Sequence[ObjectVersion]) -> Fate:
        live = live_of(versions)
        present = record.version.settings if live is None else live.settings
        return self._retention.lacking(record.version.settings, present)

    def _wanted(self, record: ObjectRecord) -> ObjectRecord:
        """Return a record without what the target bucket decides: the key, and the storage class.

        Another bucket has a key of its own; a bucket can move its objects between storage classes.
        """
        version = record.version
        if self.target.name != self.backup.bucket and version.settings.kms_key:
            version = version._replace(settings=version.settings._replace(kms_key=None))
        if self._moves_classes:
            version = version._replace(storage_class="")
        return record if version is record.version else record._replace(version=version)


def _joined(
    records: Iterator[ObjectRecord], listed: _Named[Iterator[ObjectVersion]]
) -> Iterator[tuple[str, ObjectRecord | None, Sequence[ObjectVersion]]]:
    """Join the inventory and the listing by name."""
    record, there = next(records, None), next(listed, None)
    while record is not None or there is not None:
        if there is None or (record is not None and record.version.name < there[0]):
            if record is not None:
                yield record.version.name, record, ()
            record = next(records, None)
        elif record is None or there[0] < record.version.name:
            yield there[0], None, _few(there[1], None)
            there = next(listed, None)
        else:
            yield there[0], record, _few(there[1], record)
            record, there = next(records, None), next(listed, None)


def _few(
    versions: Iterable[ObjectVersion], record: ObjectRecord | None
) -> tuple[ObjectVersion, ...]:
    """Return the live ones of some versions, and some that hold what a record says."""
    if record is None:
        return few(versions, is_needed=lambda _: False, can_serve=lambda _: False)
    wanted = record.version
    then = record.then
    return few(
        versions,
        is_needed=lambda item: (
            item.generation in (wanted.generation, then.generation if then else 0)
        ),
        can_serve=lambda item: same_content(wanted, item),
    )
