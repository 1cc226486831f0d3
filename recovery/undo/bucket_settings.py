"""Sets buckets back to what they were before a recovery."""

from collections.abc import Iterator
from contextlib import suppress

from google.api_core.exceptions import PreconditionFailed

from manifests.cloud.api import StorageApi
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import NotEqualError
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
from recovery.undo.datasets import STAYS
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.settings_rules import undo_settings
from recovery.undo.shared import not_as_planned, unkept


class BucketSettingsUndo:
    """The settings of the buckets of one recovery.

    Args:
        api: Calls the API.
        ended: The recovery.
    """

    def __init__(self, api: StorageApi, ended: Ended) -> None:
        self._api = api
        self._ended = ended

    def steps(self) -> list[UndoStep]:
        """Look at every bucket that was made or set and decide what happens to it.

        Raises:
            CloudError: One could not be looked at.
            ManifestAlteredError: The report names what its plan or run has not.
        """
        return list(self._steps())

    def _steps(self) -> Iterator[UndoStep]:
        for outcome in self._ended.of(BucketOutcome):
            planned = planned_of(self._ended, BucketStep, outcome.name)
            if planned.create or planned.sets:
                yield self._step(outcome, planned)

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it.

        Raises:
            RefusedError: It is not what the plan saw.
            NotEqualError: It is not what it was before the recovery.
            CloudError: It could not be done.
        """
        bucket = VersionedBucket(self._api, step.into)
        # Read before it is decided again, so that nothing is changed that nobody looked at.
        with cloud_errors(bucket.uri()):
            live, access = bucket.resource() or {}, readable_access(bucket)
        outcome = self._ended.outcome(BucketOutcome, step.name)
        now = self._step(outcome, planned_of(self._ended, BucketStep, step.name))
        former = self._ended.former("bucket", step.into)
        if now != step or former is None:
            raise not_as_planned(step, now)
        # A refused condition can be our own first try, whose answer was lost: the look that follows tells.
        with cloud_errors(bucket.uri()):
            if patch := changed_configuration(former.resource or {}, live):
                with suppress(PreconditionFailed):
                    bucket.configure(patch, metageneration=int(live.get("metageneration", 0)))
            if former.access is not None and access is not None:
                with suppress(PreconditionFailed):
                    bucket.grant(former.access, etag=str(access.get("etag")))
        live_now = self._live(step.into) or PresentBucket()
        wrong = _differing(_present(former, live_now), live_now)
        if wrong:
            raise NotEqualError(f"it is not as before: {wrong[0].text}", subject=step.into)
        return ""

    def _step(self, outcome: BucketOutcome, planned: BucketStep) -> UndoStep:
        into = self._ended.request.target.bucket or outcome.name
        step = UndoStep(
            kind="bucket settings", name=outcome.name, into=into, action="leave", why=""
        )
        if planned.create:
            return step.cannot(STAYS)
        return decided(step, lambda: self._decided(step, outcome))

    def _decided(self, step: UndoStep, outcome: BucketOutcome) -> UndoStep:
        former, live = self._ended.former("bucket", step.into), self._live(step.into)
        if former is None or former.resource is None:
            return step.because(*unkept(outcome, was_to_change=True))
        backup = self._ended.part(BUCKETS, outcome.name)
        access = (live.policy if live else {}) if backup.access is None else backup.access
        ours = PresentBucket(resource=backup.resource, policy=access)
        step = step.model_copy(update={"seen": _seen(live)})
        step = undo_settings(step, _present(former, live), ours, live, _differing)
        if live is None or not step.changes:
            return step
        wanted = backup.model_copy(update={"resource": former.resource, "access": former.access})
        target = self._ended.request.target
        changes = tuple(bucket_changes(wanted, {outcome.name: live}, target))
        owner = foreign_owner(self._api, backup, live.resource or {}, self._ended.request)
        return step.model_copy(update={"access": changes, "owner": owner})

    def _live(self, into: str) -> PresentBucket | None:
        bucket = VersionedBucket(self._api, into)
        with cloud_errors(bucket.uri()):
            resource = bucket.resource()
            if resource is None:
                return None
            return PresentBucket(resource=resource, policy=readable_access(bucket) or {})


def _present(former: Former, live: PresentBucket | None) -> PresentBucket:
    """Return a bucket as it was; of access that could not be read nothing is known, nor changed."""
    unread = live.policy if live else {}
    access = unread if former.access is None else former.access
    return PresentBucket(resource=former.resource, policy=access)


def _differing(one: PresentBucket, other: PresentBucket) -> tuple[Finding, ...]:
    before, now = one.resource or {}, other.resource or {}
    name = str(before.get("name", ""))
    access = access_findings(name, dict(one.policy), dict(other.policy))
    return *bucket_findings(before, now), *access


def _seen(live: PresentBucket | None) -> str:
    if live is None:
        return ""
    digest = Digest()
    digest.add((live.resource or {}).get("metageneration"), sorted(map(str, live.policy.items())))
    return digest.text
