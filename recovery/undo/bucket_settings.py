"""Sets buckets back to what they were before a recovery."""

from collections.abc import Iterator
from contextlib import suppress

from google.api_core.exceptions import PreconditionFailed

from manifests.cloud.api import StorageApi
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.kind import BUCKETS
from recovery.compare.buckets import access_findings, bucket_findings, changed_configuration
from recovery.compare.digest import Digest
from recovery.compare.findings import Finding
from recovery.kinds.buckets.cloud.owner import foreign_owner
from recovery.kinds.buckets.cloud.settings import readable_access
from recovery.kinds.buckets.rules.access import PresentBucket, bucket_changes
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.former import Former
from recovery.undo.ended import Ended, planned_of
from recovery.undo.model import UndoStep
from recovery.undo.undoer import SettingsUndo


class BucketSettingsUndo(SettingsUndo[BucketOutcome, BucketStep, PresentBucket]):
    """The settings of the buckets of one recovery that were made or set.

    Args:
        api: Calls the API.
        ended: The recovery.
    """

    outcomes = (BucketOutcome,)
    planned = BucketStep
    kind, noun = "bucket settings", "bucket"

    def __init__(self, api: StorageApi, ended: Ended) -> None:
        super().__init__(ended)
        self._api = api

    def _touched(self) -> Iterator[BucketOutcome]:
        for outcome in super()._touched():
            planned = planned_of(self._ended, BucketStep, outcome)
            if planned.create or planned.sets:
                yield outcome

    def _into(self, name: str) -> str:
        return self._ended.request.target.bucket_name(name)

    def _live(self, into: str) -> PresentBucket | None:
        """Return a bucket as it is; of access that may not be read nothing is known."""
        bucket = VersionedBucket(self._api, into)
        with cloud_errors(bucket.uri()):
            resource = bucket.resource()
            if resource is None:
                return None
            return PresentBucket(resource=resource, policy=readable_access(bucket) or {})

    def _before(self, former: Former, live: PresentBucket | None) -> PresentBucket:
        """Return a bucket as it was; access that could not be read is not changed."""
        unread = live.policy if live else {}
        access = unread if former.access is None else former.access
        return PresentBucket(resource=former.resource, policy=access)

    def _ours(
        self, name: str, planned: BucketStep, former: Former, live: PresentBucket | None
    ) -> PresentBucket:
        del planned, former
        backup = self._ended.part(BUCKETS, name)
        access = (live.policy if live else {}) if backup.access is None else backup.access
        return PresentBucket(resource=backup.resource, policy=access)

    def _differing(self, one: PresentBucket, other: PresentBucket) -> tuple[Finding, ...]:
        before, now = one.resource or {}, other.resource or {}
        name = str(before.get("name", ""))
        access = access_findings(name, dict(one.policy), dict(other.policy))
        return *bucket_findings(before, now), *access

    def _digest(self, live: PresentBucket | None) -> str:
        if live is None:
            return ""
        digest = Digest()
        resource = live.resource or {}
        digest.add(resource.get("metageneration"), sorted(map(str, live.policy.items())))
        return digest.text

    def _shown(self, step: UndoStep, former: Former, live: PresentBucket) -> UndoStep:
        request, backup = self._ended.request, self._ended.part(BUCKETS, step.name)
        wanted = backup.model_copy(update={"resource": former.resource, "access": former.access})
        changes = tuple(bucket_changes(wanted, {step.name: live}, request.target))
        owner = foreign_owner(self._api, backup, live.resource or {}, request)
        return step.model_copy(update={"access": changes, "owner": owner})

    def _set(self, into: str, former: Former, live: PresentBucket) -> None:
        bucket, resource = VersionedBucket(self._api, into), live.resource or {}
        # A refused condition can be our own first try, whose answer was lost: the look that follows tells.
        with cloud_errors(bucket.uri()):
            if patch := changed_configuration(former.resource or {}, resource):
                with suppress(PreconditionFailed):
                    number = int(resource.get("metageneration", 0))
                    bucket.configure(patch, metageneration=number)
            if former.access is not None and live.policy:
                with suppress(PreconditionFailed):
                    bucket.grant(former.access, etag=str(live.policy.get("etag")))
