"""Puts objects back that a recovery replaced or moved aside, and deletes those that it made."""

from collections.abc import Iterator

from google.api_core.exceptions import BadRequest, Forbidden, NotFound, PreconditionFailed

from manifests.cloud.api import StorageApi
from manifests.cloud.inventory import read_inventory
from manifests.cloud.objects import Bucket
from manifests.cloud.protection import concerns_all
from manifests.cloud.retry import cloud_errors, is_transient
from manifests.cloud.versions import VersionedBucket, after_prefix
from manifests.erasures import Erasures
from manifests.journal_layout import undo_objects
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.shapes import inner
from manifests.values import Resource
from manifests.versions import (
    needs_new_content,
    settings_patch,
    settings_resource,
    soft_delete_seconds,
)
from recovery.access_change import AccessChange, encrypted
from recovery.kinds.buckets.cloud.owner import foreign_owner
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.former import (
    AsideObject,
    AsideObjects,
    FormerObjects,
    aside_folder,
    objects_folder,
)
from recovery.undo.ended import Ended, planned_of
from recovery.undo.model import UndoStep
from recovery.undo.object_rules import (
    GoingObject,
    RecoveredObjects,
    digest_of,
    going_objects,
    is_as_before,
    keys_of,
    lost_before,
)
from recovery.undo.undoer import ContentUndo
from recovery.units import counted


class ObjectUndo(ContentUndo[BucketOutcome, GoingObject]):
    """The objects of one recovery.

    Args:
        api: Calls the API.
        landing: The bucket with what was put aside.
        vault: The bucket with the backups.
        ended: The recovery.
        erased: What stays erased.
    """

    outcomes = (BucketOutcome,)
    what = "objects"

    def __init__(
        self, api: StorageApi, landing: Bucket, vault: Bucket, ended: Ended, erased: Erasures
    ) -> None:
        super().__init__(ended)
        self._erased = erased
        self._api = api
        self._landing = VersionedBucket(api, landing.name)
        self._vault = vault

    def _written(
        self, step: UndoStep, going: list[GoingObject], overtaken: set[str], refused: dict[str, str]
    ) -> list[str]:
        bucket, wrong = VersionedBucket(self._api, step.into), []
        with cloud_errors(bucket.uri()):
            for item in going:
                try:
                    _write(bucket, item, self._landing.name)
                except (PreconditionFailed, NotFound):
                    overtaken.add(item.name)
                except (BadRequest, Forbidden) as error:
                    if is_transient(error) or concerns_all(error):
                        raise
                    refused[item.name] = f"{error.code}: {error.message}"
                if not is_as_before(item.before, bucket.find(item.name)):
                    wrong.append(item.name)
        return wrong

    def _untouched(self, outcome: BucketOutcome) -> UndoStep:
        return UndoStep(
            kind="bucket",
            name=outcome.name,
            into=self._ended.request.target.bucket_name(outcome.name),
            action="leave",
            why="the recovery wrote no object",
            source=outcome.undo,
            things=0,
        )

    def _decided(self, outcome: BucketOutcome) -> tuple[UndoStep, list[GoingObject]]:
        planned = planned_of(self._ended, BucketStep, outcome)
        step = self._untouched(outcome)
        into = step.into
        if not (
            planned.writes or outcome.restored or outcome.moved_aside or outcome.written_before
        ):
            return step, []
        bucket = VersionedBucket(self._api, into)
        with cloud_errors(bucket.uri()):
            resource = bucket.resource()
        if resource is None:
            return step.cannot("it is gone"), []
        backup = self._ended.part(BUCKETS, outcome.name)
        owner = foreign_owner(self._api, backup, resource, self._ended.request)
        step = step.model_copy(update={"owner": owner})
        found = self._found(outcome, bucket, resource)
        every, others = going_objects(found)
        extra = sum(item.is_extra for item in (*found.aside, *found.gone))
        if why := lost_before(
            found.made,
            outcome.restored,
            len(found.said),
            earlier=found.earlier,
            moved=outcome.moved_aside,
            extra=extra,
        ):
            return step.cannot(why), []
        is_erased = self._erased.objects(outcome.name).holds_object
        step, going = self._going(step, every, others, is_erased=is_erased, digest=digest_of)
        return step.model_copy(update={"access": self._keyed(into, going, found, resource)}), going

    def _keyed(
        self, into: str, going: list[GoingObject], found: RecoveredObjects, resource: Resource
    ) -> tuple[AccessChange, ...]:
        """Return what is encrypted with a key that only the journal names."""
        own = inner(resource, "encryption").get("defaultKmsKeyName")
        known = {item.version.settings.kms_key for item in found.records.values()}
        keys = keys_of(going, {key for key in (own, *known) if key})
        project = self._ended.request.target.project
        return tuple(
            encrypted(f"{counted(len(names), 'object')} of bucket {into}", key, project=project)
            for key, names in keys.items()
        )

    def _found(
        self, outcome: BucketOutcome, bucket: VersionedBucket, resource: Resource
    ) -> RecoveredObjects:
        """Look at everything that is in a bucket, and at what is kept of it.

        Raises:
            ManifestFormatError: Not all that was written down of it can be read.
        """
        name = outcome.name
        things = outcome.moved_aside + sum(item.objects for item in outcome.restored)
        with cloud_errors(bucket.uri()):
            versions = list(bucket.with_checksums(bucket.versions("all", "", None)))
            if soft_delete_seconds(resource):
                versions += bucket.versions("soft-deleted", "", None)
            folder = undo_objects(self._ended.recovery_id, name)
            there = {
                (item.name, item.generation)
                for item in self._landing.versions("live", folder, after_prefix(folder))
            }
        aside = self._aside(bucket.name, things)
        return RecoveredObjects(
            since=self._ended.began_at,
            until=self._ended.ended_at,
            versions=versions,
            records={item.version.name: item for item in self._records(name)},
            aside=[item for item in aside if (item.name, item.generation) in there],
            gone=[item for item in aside if (item.name, item.generation) not in there],
            said=self._said(bucket.name, things),
        )

    def _said(self, into: str, things: int) -> dict[str, ObjectVersion]:
        entries = self._ended.journal.kept(objects_folder(into), FormerObjects, things=things)
        return {item.name: item for entry in entries for item in entry.objects}

    def _aside(self, into: str, things: int) -> list[AsideObject]:
        entries = self._ended.journal.kept(aside_folder(into), AsideObjects, things=things)
        return [item for entry in entries for item in entry.objects]

    def _records(self, name: str) -> Iterator[ObjectRecord]:
        for shard in self._ended.part(BUCKETS, name).shards:
            yield from read_inventory(self._vault, shard)


def _write(bucket: VersionedBucket, item: GoingObject, landing: str) -> None:
    """Write one object, if nobody wrote it since it was looked at."""
    live, before = item.live, item.before
    over = live.generation if live else 0
    if before is None:
        if live is not None:
            bucket.delete(live)
    elif item.is_said and live is not None:
        if not needs_new_content(before, live):
            bucket.patch(live, settings_patch(before.settings, live.settings))
            return
        settings = settings_resource(before.settings) | {"storageClass": before.storage_class}
        bucket.rewrite(
            item.name,
            (bucket.name, item.name, over),
            settings=settings,
            over=over,
            key=before.settings.kms_key,
        )
    elif before.state == "soft-deleted":
        bucket.restore(item.name, before.generation, over=over)
    else:
        aside = item.aside
        bucket.rewrite(
            item.name,
            (landing, aside.name, aside.generation)
            if aside
            else (bucket.name, item.name, before.generation),
            settings=settings_resource(before.settings),
            over=over,
            key=before.settings.kms_key,
        )
