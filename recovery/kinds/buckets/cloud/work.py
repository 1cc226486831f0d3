"""Looks at buckets, and recovers them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import attrgetter

from google.api_core.exceptions import Forbidden, NotFound

from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import ReboundError
from manifests.journal_layout import undo_objects
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from manifests.object_retention import RetentionRules
from manifests.values import Resource
from manifests.versions import keeps_replaced
from recovery.kinds.buckets.cloud.allowed import Allowed
from recovery.kinds.buckets.cloud.comparison import Comparison, ShardRange
from recovery.kinds.buckets.cloud.contents import verify_buckets
from recovery.kinds.buckets.cloud.copies import StoredCopies, known_damaged
from recovery.kinds.buckets.cloud.creation import create_bucket, finish_bucket, undelete_bucket
from recovery.kinds.buckets.cloud.keeping import Keeping
from recovery.kinds.buckets.cloud.mending import Mender
from recovery.kinds.buckets.cloud.meter import Meter
from recovery.kinds.buckets.cloud.outcomes import failed_bucket, merged, with_earlier
from recovery.kinds.buckets.cloud.owner import foreign_owner, older_buckets
from recovery.kinds.buckets.cloud.ramp import object_ramp
from recovery.kinds.buckets.cloud.restore import PARALLEL_RANGES, RangeRestore, spread
from recovery.kinds.buckets.cloud.settings import (
    configuration_findings,
    notified_topics,
    set_bucket,
)
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.asked import compares_settings, wanted_buckets
from recovery.kinds.buckets.rules.buckets import BucketStep, SeenBucket, undeleted_generation
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.object_retention import RetentionCounts, retention_rules
from recovery.kinds.buckets.rules.objects import EXTRA
from recovery.kinds.buckets.rules.outcomes import BucketOutcome, RangeOutcome, journal_folder
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.decision import Origin
from recovery.kinds.kind import of
from recovery.kinds.outcome import Failure, Outcome
from recovery.kinds.step import Step
from recovery.kinds.work import Begun, Entries, Running, Tools, Work
from recovery.request import Request, Target
from recovery.unseen import looked_at, told_apart


class BucketWork(Work[BucketsSeen]):
    """The buckets that a recovery observes and writes.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.
    """

    verify = staticmethod(verify_buckets)

    def __init__(self, tools: Tools, target: Target) -> None:
        self._api = storage_api(target.project)
        self._listeners = tools.listeners
        self._settings = tools.settings
        self._clock = tools.clock
        self._vault = tools.vault
        self._landing = Bucket(self._api, tools.settings.landing_bucket)
        self._ramp = object_ramp()

    def observe(self, origin: Origin, request: Request, begun: Begun | None = None) -> BucketsSeen:
        """Compare every wanted bucket with its inventory.

        Raises:
            BackupDamagedError: The run contradicts itself.
            CloudError: A bucket could not be listed, and can be later.
        """
        now = self._clock()
        looks = {
            backup.bucket: looked_at(
                f"bucket {backup.bucket}", partial(self._observe, origin, backup, request, now)
            )
            for backup in wanted_buckets(origin.run, request)
        }
        seen, unseen = told_apart(looks)
        made = {name for name, item in seen.items() if not item.exists}
        older = older_buckets(self._api, begun, request) if begun else frozenset[str]()
        made |= {step.name for step in begun.steps if step.create} - older if begun else set()
        is_set = {name for name, item in seen.items() if request.settings and item.configuration}
        return BucketsSeen(
            buckets=seen,
            unseen=unseen,
            older=older,
            present=self._present_of(origin.run, request.target, made=made, written=made | is_set),
        )

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Bring every bucket back and prove it; one that fails does not stop others."""
        for step in of(steps, BucketStep):
            outcome = self._recover(step, origin, running)
            running.progress(step.into, outcome.stage)
            yield outcome

    def _present_of(
        self, manifest: Manifest, where: Target, *, made: set[str], written: set[str]
    ) -> dict[str, PresentBucket]:
        """Return buckets as they are now, by their original names.

        Args:
            manifest: The run's manifest.
            where: Where the recovery writes.
            made: Those that are made; then the other buckets of the run tell who is known.
            written: Those that are made or set.
        """
        others = {item.bucket for item in manifest.buckets if made} - written
        names = {name: where.bucket or name for name in written} | {name: name for name in others}
        return {original: self._present(name) for original, name in sorted(names.items())}

    def _present(self, name: str) -> PresentBucket:
        target = VersionedBucket(self._api, name)
        found = PresentBucket()
        with cloud_errors(target.uri()), suppress(NotFound, Forbidden):
            found = PresentBucket(resource=target.resource())
            found = PresentBucket(resource=found.resource, policy=target.access())
        return found

    def _target(self, backup: BucketBackup, request: Request) -> VersionedBucket:
        return VersionedBucket(self._api, request.target.bucket_name(backup.bucket))

    def _comparison(
        self,
        origin: Origin,
        backup: BucketBackup,
        request: Request,
        resource: Resource | None,
        retention: RetentionRules,
    ) -> Comparison:
        return Comparison(
            backup,
            self._target(backup, request),
            vault=self._vault,
            scope=request.objects,
            recovery_point=origin.point(backup.bucket),
            resource=resource,
            retention=retention,
            erased=origin.erased.objects(backup.bucket),
        )

    def _observe(
        self, origin: Origin, backup: BucketBackup, request: Request, now: datetime
    ) -> SeenBucket:
        target = self._target(backup, request)
        with cloud_errors(target.uri()):
            resource = target.resource()
        retention = retention_rules(
            backup.resource if resource is None else resource, request, now=now
        )
        comparison = self._comparison(origin, backup, request, resource, retention)
        counter = StepCounter(retention)
        counted_in = partial(comparison.counted, only_missing=request.only_missing)
        with ThreadPoolExecutor(PARALLEL_RANGES, thread_name_prefix="compare") as pool:
            key_ranges = comparison.key_ranges()
            for counted in pool.map(counted_in, key_ranges):
                counter.merge(counted)
        triggers = self._listeners.triggers(request.target.project)
        seen = SeenBucket(
            exists=resource is not None,
            listening=triggers.of("storage", "bucket", target.name),
            keeps_replaced=resource is not None and keeps_replaced(resource),
            objects=counter.objects,
            equal=counter.equal,
            then=counter.then,
            erased=counter.erased,
            digest=counter.seen,
            counts=counter.counts,
            samples=counter.samples,
            keys=counter.keys,
            retention=RetentionCounts.of(counter.fates),
        )
        if resource is None:
            return seen.model_copy(update={"undelete": self._undeleted(target, backup, request)})
        compares = compares_settings(request, origin.run.project)
        return seen.model_copy(
            update={
                "owner": foreign_owner(self._api, backup, resource, request),
                "notified": notified_topics(target),
                "configuration": configuration_findings(target, backup) if compares else (),
            }
        )

    def _undeleted(
        self, target: VersionedBucket, backup: BucketBackup, request: Request
    ) -> int | None:
        """Return the generation of the deleted bucket that is brought back, or None."""
        if target.name != backup.bucket:
            return None
        with cloud_errors(target.uri()):
            deleted = target.deleted(request.target.project)
        return undeleted_generation(backup.resource, deleted)

    def _recover(self, step: BucketStep, origin: Origin, running: Running) -> BucketOutcome:
        backup, request = origin.run.part(BUCKETS, step.name), running.request
        undo_folder = undo_objects(running.recovery_id, step.name)
        try:
            if backup is None:
                return failed_bucket(
                    step, Failure(message="the plan's bucket is not in the manifest")
                )
            target = self._target(backup, request)
            if step.create and not _is_undeleted(target, step, request):
                create_bucket(target, backup.resource, request.target.project)
            with cloud_errors(target.uri()):
                resource = target.resource()
            if resource is None:
                return failed_bucket(step, Failure(message="the bucket is not there any more"))
            retention = retention_rules(resource, request, now=running.started_at)
            comparison = self._comparison(origin, backup, request, resource, retention)
            step = step.model_copy(update={"keeps_replaced": keeps_replaced(resource)})
            allowed = Allowed(
                begun_at=running.started_at,
                may_replace=request.may_overwrite(step.into),
                exact=request.exact,
                only_missing=request.only_missing,
                keeps_replaced=step.keeps_replaced,
                retention=retention,
                undo_folder=undo_folder,
            )
            key_ranges = self._restored(
                comparison,
                allowed,
                journal=running.journal,
                advance=Meter(step.objects, partial(running.progress, step.into)).advance,
            )
            if step.create:
                finish_bucket(target, backup)
            elif step.sets:
                set_bucket(target, backup, step.configuration, running.journal)
            is_compared = step.create or step.configuration or step.perhaps_undeleted
            findings = configuration_findings(target, backup) if is_compared else ()
        except ReboundError as error:
            return failed_bucket(step, Failure.of(error))
        return merged(
            step,
            key_ranges,
            undo_point=self._landing.uri(undo_folder),
            moved_aside=sum(1 for _ in self._landing.list_objects(f"{undo_folder}{EXTRA}")),
            configuration=findings,
            later=backup.content_later,
        )

    def _restored(
        self,
        comparison: Comparison,
        allowed: Allowed,
        *,
        journal: Entries,
        advance: Callable[[int], None],
    ) -> list[RangeOutcome]:
        backup = comparison.backup
        mender = Mender(
            comparison.target,
            stored=StoredCopies(self._vault, backup.bucket, known_damaged(self._landing)),
            allowed=allowed,
            ramp=self._ramp,
            kept=Keeping(comparison.target, self._landing.versions, allowed.undo_folder, journal),
        )
        folder = journal_folder(backup.bucket)
        earlier = {item.number: item for item in journal.entries(folder, RangeOutcome)}
        with (
            ThreadPoolExecutor(self._settings.parallel_objects, "mend") as writing,
            ThreadPoolExecutor(PARALLEL_RANGES, "range") as pool,
        ):
            work = RangeRestore(comparison, mender, writing, advance)

            def restore(key_range: ShardRange) -> RangeOutcome:
                outcome = work.restore(key_range)
                if outcome.restored or outcome.moved_aside:
                    journal.record(folder, f"{outcome.number:06d}", outcome)
                return with_earlier(outcome, earlier.get(key_range.number))

            done = pool.map(restore, spread(comparison.key_ranges()))
            return sorted(done, key=attrgetter("number"))


def _is_undeleted(target: VersionedBucket, step: BucketStep, request: Request) -> bool:
    generation, project = step.undelete, request.target.project
    return generation is not None and undelete_bucket(target, project, generation)
