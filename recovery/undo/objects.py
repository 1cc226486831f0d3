"""Puts objects back that a recovery replaced or moved aside, and deletes those that it made."""

from collections.abc import Iterator

from google.api_core.exceptions import NotFound, PreconditionFailed

from manifests.cloud.api import StorageApi
from manifests.cloud.inventory import read_inventory
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket, after_prefix
from manifests.errors import NotEqualError, RefusedError
from manifests.journal_layout import undo_objects
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.model import BucketBackup, ObjectRecord, ObjectVersion
from manifests.model.run import Manifest
from manifests.versions import same_content, settings_resource, soft_delete_seconds
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.outcome import RecoveryReport
from recovery.undo.model import UndoStep
from recovery.undo.object_rules import (
    GoingObject,
    Recovered,
    digest_of,
    going_objects,
    lost_before,
)

_UNCHANGED_CONTENT = ("metadata", "live")


class ObjectUndo:
    """The objects of one recovery.

    Args:
        api: Calls the API.
        landing: The bucket with what was put aside.
        vault: The bucket with the backups.
        manifest: That of the run that was recovered.
    """

    def __init__(self, api: StorageApi, landing: Bucket, vault: Bucket, manifest: Manifest) -> None:
        self._api = api
        self._landing = VersionedBucket(api, landing.name)
        self._vault = vault
        self._manifest = manifest

    def steps(self, report: RecoveryReport) -> list[UndoStep]:
        """Look at every bucket and decide what happens to it.

        Raises:
            CloudError: One could not be listed.
            BackupDamagedError: The inventory is not what the manifest says.
        """
        return [self._step(item, report) for item in report.of(BucketOutcome)]

    def _step(self, outcome: BucketOutcome, report: RecoveryReport) -> UndoStep:
        step = UndoStep(
            kind="bucket",
            name=outcome.name,
            into=outcome.into,
            action="leave",
            why="the recovery wrote no object",
            source=outcome.undo,
            things=0,
        )
        if not (outcome.restored or outcome.moved_aside or outcome.written_before):
            return step
        if lost := [item for item in outcome.restored if item.source in _UNCHANGED_CONTENT]:
            number = sum(item.objects for item in lost)
            return step.cannot(
                f"of {number} objects only what is said of them was set, and that was not kept"
            )
        going, newer = self._going(outcome, report)
        if newer:
            return step.cannot(
                f"{len(newer)} objects were written since, or are not kept, as {newer[0]}"
            )
        if why := lost_before(going, outcome.restored):
            return step.cannot(why)
        made = sum(item.before is None for item in going)
        return step.going("objects", things=len(going), made=made, seen=digest_of(going))

    def undo(self, step: UndoStep, report: RecoveryReport) -> str:
        """Carry out one step and prove it.

        Raises:
            RefusedError: The objects are not what the plan saw.
            NotEqualError: They are not what they were before the recovery.
            CloudError: They could not be written.
        """
        (outcome,) = (item for item in report.of(BucketOutcome) if item.into == step.into)
        going, newer = self._going(outcome, report)
        if newer or digest_of(going) != step.seen:
            raise RefusedError("it is not what the plan saw", subject=step.into, hint="look again")
        bucket = VersionedBucket(self._api, step.into)
        unequal = []
        with cloud_errors(bucket.uri()):
            for item in going:
                _write(bucket, item, self._landing.name)
                if not _is_as_before(bucket.find(item.name), item.before):
                    unequal.append(item.name)
        if unequal:
            raise NotEqualError(
                f"{len(unequal)} objects are not as before, as {unequal[0]}", subject=step.into
            )
        return ""

    def _going(
        self, outcome: BucketOutcome, report: RecoveryReport
    ) -> tuple[list[GoingObject], list[str]]:
        bucket = VersionedBucket(self._api, outcome.into)
        with cloud_errors(bucket.uri()):
            versions = list(bucket.with_checksums(bucket.versions("all", "", None)))
            if soft_delete_seconds(bucket.resource() or {}):
                versions += bucket.versions("soft-deleted", "", None)
            folder = undo_objects(report.recovery_id, outcome.name)
            aside = list(self._landing.versions("live", folder, after_prefix(folder)))
        return going_objects(
            Recovered(
                since=report.started_at,
                until=report.finished_at,
                versions=versions,
                records={item.version.name: item for item in self._records(outcome.name)},
                aside={item.name: item for item in aside},
                folder=folder,
            )
        )

    def _records(self, name: str) -> Iterator[ObjectRecord]:
        backup: BucketBackup | None = self._manifest.part(BUCKETS, name)
        for shard in backup.shards if backup else ():
            yield from read_inventory(self._vault, shard)


def _write(bucket: VersionedBucket, item: GoingObject, landing: str) -> None:
    """Write one object, if nobody wrote it since it was looked at."""
    over = item.live.generation if item.live else 0
    try:
        if item.before is None:
            if item.live is not None:
                bucket.delete(item.live)
        elif item.before.state == "soft-deleted":
            bucket.restore(item.name, item.before.generation, over=over)
        else:
            origin = (landing, item.aside) if item.aside else (bucket.name, item.name)
            source = (*origin, item.before.generation)
            settings = settings_resource(item.before.settings)
            bucket.rewrite(item.name, source, settings=settings, over=over)
    except (PreconditionFailed, NotFound):
        return  # the look that follows tells


def _is_as_before(now: ObjectVersion | None, before: ObjectVersion | None) -> bool:
    if now is None or before is None:
        return now is None and before is None
    return same_content(before, now) and before.settings.metadata == now.settings.metadata
