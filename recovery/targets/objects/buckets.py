"""Buckets, observed for a plan and recovered by it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import attrgetter

from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import storage

from manifests.cloud.api import StorageApi
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import ReboundError
from manifests.model import BucketBackup, Manifest, Resource
from manifests.object_retention import RetentionRules
from manifests.versions import keeps_replaced
from recovery.journal import Journal
from recovery.outcome import BucketOutcome, PlannedRecovery, StretchOutcome
from recovery.plan import Request, Target, Unseen, looked_at, told_apart
from recovery.plan.bucket_access import PresentBucket
from recovery.plan.buckets import BucketPlan, check_scope, undeleted_generation, untold_seconds
from recovery.plan.counts import StepCounter
from recovery.plan.object_retention import RetentionCounts, retention_rules
from recovery.progress import Progress
from recovery.settings import Settings
from recovery.targets.objects.comparison import Comparison, Stretch
from recovery.targets.objects.creation import create_bucket, finish_bucket, undelete_bucket
from recovery.targets.objects.mending import EXTRA, Mender, Rules
from recovery.targets.objects.outcomes import failed_bucket, merged
from recovery.targets.objects.owner import foreign_owner
from recovery.targets.objects.pace import Pace
from recovery.targets.objects.ramp import Ramp
from recovery.targets.objects.restore import PARALLEL_STRETCHES, StretchRestore, spread
from recovery.targets.objects.settings import configuration_findings, set_bucket


class BucketTargets:
    """Every bucket of one recovery.

    Args:
        settings: The operator's settings.
        client: A client of the project that is recovered.
        vault: The bucket with the backups.
        points: The recovery points of buckets that come from older runs than the rest.
    """

    def __init__(
        self, settings: Settings, client: storage.Client, vault: Bucket, points: dict[str, datetime]
    ) -> None:
        self._points = points
        self._settings = settings
        self._vault = vault
        self._landing = Bucket(client, settings.landing_bucket)
        self._api = StorageApi(client)
        self._ramp = Ramp()

    def observe(
        self, manifest: Manifest, request: Request, now: datetime
    ) -> tuple[tuple[BucketPlan, ...], tuple[Unseen, ...]]:
        """Compare every wanted bucket with its inventory and say what a recovery would do.

        Returns:
            The buckets, and those that could not be looked at.

        Raises:
            UsageError: The request chooses objects, and there are none of them.
            BackupDamagedError: An inventory is not what the manifest says.
            CloudError: A bucket could not be listed, and can be later.
        """
        looks = {
            backup.bucket: looked_at(
                f"bucket {backup.bucket}", partial(self._observe, manifest, backup, request, now)
            )
            for backup in manifest.buckets
            if request.wants_bucket(backup)
        }
        seen, unseen = told_apart(looks)
        plans = tuple(seen.values())
        if not unseen:
            check_scope(plans, request.objects)
        return plans, unseen

    def present(
        self, manifest: Manifest, steps: Sequence[BucketPlan], where: Target
    ) -> dict[str, PresentBucket]:
        """Return the buckets that are made or set as they are now, by their original names.

        Where one is made, the other buckets of the run tell who is known.
        """
        written = {step.bucket for step in steps if step.create or step.sets}
        is_made = any(step.create for step in steps)
        others = {item.bucket for item in manifest.buckets if is_made} - written
        names = {name: where.bucket or name for name in written} | {name: name for name in others}
        return {original: self._present(name) for original, name in sorted(names.items())}

    def _present(self, name: str) -> PresentBucket:
        target = VersionedBucket(self._api, name)
        found = PresentBucket()
        with cloud_errors(target.uri()), suppress(NotFound, Forbidden):
            found = PresentBucket(resource=target.resource())
            found = PresentBucket(resource=found.resource, policy=target.access())
        return found

    def recover(
        self,
        planned: PlannedRecovery,
        manifest: Manifest,
        *,
        journal: Journal,
        progress: Progress,
    ) -> tuple[BucketOutcome, ...]:
        """Bring every bucket of a plan back and prove it; one that fails does not stop others."""

        def ended(step: BucketPlan) -> BucketOutcome:
            outcome = self._recover(planned, manifest, step, journal, progress)
            progress(step.target, outcome.stage)
            return outcome

        return tuple(map(ended, planned.plan.buckets))

    def _target(self, backup: BucketBackup, request: Request) -> VersionedBucket:
        return VersionedBucket(self._api, request.target.bucket or backup.bucket)

    def _comparison(
        self, manifest: Manifest, backup: BucketBackup, request: Request, resource: Resource | None
    ) -> Comparison:
        return Comparison(
            backup,
            self._target(backup, request),
            vault=self._vault,
            scope=request.objects,
            recovery_point=self._points.get(backup.bucket, manifest.recovery_point),
            resource=resource,
        )

    def _observe(
        self, manifest: Manifest, backup: BucketBackup, request: Request, now: datetime
    ) -> BucketPlan:
        target = self._target(backup, request)
        with cloud_errors(target.uri()):
            resource = target.resource()
        comparison = self._comparison(manifest, backup, request, resource)
        retention = retention_rules(
            backup.resource if resource is None else resource, request, now=now
        )
        counter = StepCounter(retention)
        with ThreadPoolExecutor(PARALLEL_STRETCHES, thread_name_prefix="compare") as pool:
            stretches = comparison.stretches()
            for counted in pool.map(
                lambda stretch: _counted(comparison, stretch, retention), stretches
            ):
                counter.merge(counted)
        compares = request.compares_settings("buckets", manifest.project)
        configuration = (
            configuration_findings(target, backup) if resource is not None and compares else ()
        )
        return BucketPlan(
            bucket=backup.bucket,
            target=target.name,
            owner="" if resource is None else foreign_owner(self._api, backup, resource, request),
            create=resource is None,
            undelete=self._undeleted(target, backup, request) if resource is None else None,
            keeps_replaced=resource is not None and keeps_replaced(resource),
            objects=counter.objects,
            equal=counter.equal,
            seen=counter.seen,
            later=backup.content_later,
            untold_seconds=untold_seconds(backup, comparison.recovery_point),
            counts=counter.counts,
            samples=counter.samples,
            keys=counter.keys,
            retention=RetentionCounts.of(counter.fates),
            notified=() if resource is None else self._notified(target),
            configuration=configuration,
            sets=request.settings and bool(configuration),
        )

    def _notified(self, target: VersionedBucket) -> tuple[str, ...]:
        """Return the topics that are told of what is written to a bucket."""
        with cloud_errors(target.uri()):
            found = target.notifications()
        return tuple(
            sorted({str(item.get("topic", "")).partition("/projects/")[2] for item in found})
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

    def _recover(
        self,
        planned: PlannedRecovery,
        manifest: Manifest,
        step: BucketPlan,
        journal: Journal,
        progress: Progress,
    ) -> BucketOutcome:
        backup = manifest.bucket(step.bucket)
        request = planned.plan.request
        aside = f"undo/{planned.recovery_id}/{step.bucket}/"
        try:
            if backup is None:
                return failed_bucket(step, "the plan's bucket is not in the manifest")
            target = self._target(backup, request)
            if step.create and not _is_undeleted(target, step):
                create_bucket(target, backup.resource, request.target.project)
            with cloud_errors(target.uri()):
                resource = target.resource()
            if resource is None:
                return failed_bucket(step, "the bucket is not there any more")
            comparison = self._comparison(manifest, backup, request, resource)
            step = step.model_copy(update={"keeps_replaced": keeps_replaced(resource)})
            rules = Rules(
                begun_at=planned.started_at,
                may_replace=request.may_overwrite(step.target),
                exact=request.exact,
                keeps_replaced=step.keeps_replaced,
                retention=retention_rules(resource, request, now=planned.started_at),
                aside=aside,
            )
            stretches = self._restored(
                comparison,
                rules,
                journal=journal,
                advance=Pace(step.objects, partial(progress, step.target)).advance,
            )
            if step.create:
                finish_bucket(target, backup)
            elif step.sets:
                set_bucket(target, backup)
            is_compared = step.create or step.configuration
            findings = configuration_findings(target, backup) if is_compared else ()
        except ReboundError as error:
            return failed_bucket(step, error.message, hint=error.hint, exit_code=error.exit_code)
        return merged(
            step,
            stretches,
            aside=self._landing.uri(aside),
            moved_aside=sum(1 for _ in self._landing.list_objects(f"{aside}{EXTRA}")),
            configuration=findings,
            only_missing=request.only_missing,
        )

    def _restored(
        self,
        comparison: Comparison,
        rules: Rules,
        *,
        journal: Journal,
        advance: Callable[[int], None],
    ) -> list[StretchOutcome]:
        mender = Mender(
            comparison.target,
            vault=VersionedBucket(self._api, self._vault.name),
            undo=VersionedBucket(self._api, self._settings.landing_bucket),
            rules=rules,
            ramp=self._ramp,
        )
        bucket = comparison.backup.bucket
        earlier = journal.stretches(bucket)
        with (
            ThreadPoolExecutor(self._settings.parallel_objects, "mend") as writing,
            ThreadPoolExecutor(PARALLEL_STRETCHES, "stretch") as pool,
        ):
            work = StretchRestore(comparison, mender, writing, advance)

            def restore(stretch: Stretch) -> StretchOutcome:
                outcome = work.restore(stretch)
                if outcome.restored or outcome.moved_aside:
                    journal.record_stretch(bucket, outcome)
                # What an interrupted process did is told, not believed: it was looked at again.
                return earlier.get(stretch.number, outcome) if outcome.is_idle else outcome

            done = pool.map(restore, spread(comparison.stretches()))
            return sorted(done, key=attrgetter("number"))


def _is_undeleted(target: VersionedBucket, step: BucketPlan) -> bool:
    return step.undelete is not None and undelete_bucket(target, step.undelete)


def _counted(comparison: Comparison, stretch: Stretch, retention: RetentionRules) -> StepCounter:
    counter = StepCounter(retention)
    for _, step in comparison.steps(stretch):
        if step is None:
            counter.add_equal()
        else:
            counter.add(step)
    return counter
