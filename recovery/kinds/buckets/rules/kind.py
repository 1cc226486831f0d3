"""The rules of the kind: what a recovery does to buckets, and how it is told."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from manifests.catalog import Catalog
from manifests.errors import ManifestAlteredError, RefusedError
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from recovery.access_change import AccessChange, encrypted
from recovery.document import Block, Row, Rows
from recovery.kinds.buckets.rules.access import bucket_changes
from recovery.kinds.buckets.rules.asked import wanted_buckets
from recovery.kinds.buckets.rules.buckets import BucketStep, check_scope, plan_bucket
from recovery.kinds.buckets.rules.demand import buckets_demand
from recovery.kinds.buckets.rules.drilled import (
    drilled_buckets,
    inventory_files,
    labelled_buckets,
    object_differences,
    sampled_bucket,
)
from recovery.kinds.buckets.rules.lost import objects_lost
from recovery.kinds.buckets.rules.outcomes import BucketOutcome, RangeOutcome, journal_folder
from recovery.kinds.buckets.rules.rows import (
    bucket_outcome_row,
    bucket_row,
    held_bucket,
    proven_buckets,
)
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.decision import Decision, Origin, Own
from recovery.kinds.demand import Demand
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import Rules, of
from recovery.kinds.outcome import Outcome, Restored
from recovery.kinds.places import Places
from recovery.kinds.step import Step
from recovery.kinds.told import Held, SoFar
from recovery.request import Request, Target
from recovery.units import counted


class BucketRules(Rules[BucketsSeen]):
    """Buckets come back with their objects, and with their settings where these are asked for."""

    kind, noun = "buckets", BUCKETS.noun
    steps = (BucketStep,)
    falls_back = True
    outcomes = (BucketOutcome,)
    unlisted = ("bucket",)

    def parts(self, manifest: Manifest) -> tuple[BucketBackup, ...]:
        """Return the buckets of a run."""
        return manifest.buckets

    def wanted(self, manifest: Manifest, request: Request) -> tuple[BucketBackup, ...]:
        """Return the buckets that were asked for."""
        return wanted_buckets(manifest, request)

    def names(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield every bucket, and the one that takes its place."""
        yield from (request.target.bucket_name(item.bucket) for item in manifest.buckets)
        yield from super().names(manifest, request)

    def not_in_run(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield the buckets that are not in the run."""
        return (name for name in request.buckets if manifest.part(BUCKETS, name) is None)

    def visible(self, manifest: Manifest, hidden: Collection[str]) -> Manifest:
        """Return a run without the buckets that are hidden."""
        known = (item for item in manifest.buckets if f"bucket {item.bucket}" not in hidden)
        return manifest.model_copy(update={"buckets": tuple(known)})

    def plan(self, origin: Origin, seen: BucketsSeen, request: Request) -> Decision:
        """Decide what happens to each bucket."""
        steps = tuple(
            plan_bucket(
                item, seen.buckets[item.bucket], request, recovery_point=origin.point(item.bucket)
            )
            for item in self.wanted(origin.run, request)
        )
        if not seen.unseen:
            check_scope(steps, request.objects)
        return Decision(steps=steps, lost=objects_lost(origin.run, steps))

    def resumed(
        self, begun: Sequence[Step], origin: Origin, seen: BucketsSeen, request: Request
    ) -> Decision:
        """Decide again what is left of a plan that was begun; of an older bucket it is unknown who undeleted it."""
        decision = super().resumed(begun, origin, seen, request)
        steps = (
            step.model_copy(update={"perhaps_undeleted": step.name in seen.older})
            for step in of(decision.steps, BucketStep)
        )
        return decision._replace(steps=tuple(steps))

    def access(
        self, steps: Sequence[Step], origin: Origin, seen: BucketsSeen, target: Target
    ) -> Iterator[AccessChange]:
        """Yield who gets access to a bucket that is made or set, and which protections go."""
        for step in of(steps, BucketStep):
            backup = origin.run.part(BUCKETS, step.name)
            if backup is None:
                raise ManifestAlteredError(
                    "the plan names what is not in its run", subject=step.name
                )
            if step.create or step.sets:
                yield from bucket_changes(backup, seen.present, target)
            for key, objects in step.keys.items():
                # Objects under the project's own keys are told of elsewhere in the plan.
                change = encrypted(
                    f"{counted(objects, 'object')} of {step.title}", key, project=target.project
                )
                yield from [change] if change.needs_word else []

    def check_own(self, steps: Sequence[Step], target: Target, own: Own) -> None:
        """Refuse to write to the buckets with backups and journals."""
        # Others can write a plan: the written bucket is computed from the names in it.
        stored = {name for step in steps for name in (step.into, target.bucket_name(step.name))}
        if taken := stored.intersection(own.buckets):
            raise RefusedError("backups and journals are kept there", subject=min(taken))

    def digested(self, seen: BucketsSeen) -> object:
        """Return which objects are not as they were, and in which generation they were written."""
        return {name: item.model_dump(mode="json") for name, item in seen.buckets.items()}

    def demand(self, steps: Sequence[Step], manifest: Manifest) -> Demand:
        """Return what it takes to bring objects back."""
        del manifest
        return buckets_demand(of(steps, BucketStep))

    def held(self, manifest: Manifest) -> Held:
        """Tell what a run holds of each bucket, and what of one it could not copy."""
        return Held(tuple(map(held_bucket, manifest.buckets)))

    def journalled(self, steps: Sequence[Step]) -> Mapping[str, type[RangeOutcome]]:
        """Return the folder of each bucket."""
        return {journal_folder(step.name): RangeOutcome for step in steps}

    def so_far(self, steps: Sequence[Step], entries: Mapping[str, Sequence[RangeOutcome]]) -> SoFar:
        """Tell how many objects of each bucket are brought back."""
        restored = {
            step.name: sum(
                count.objects
                for outcome in entries[journal_folder(step.name)]
                for count in outcome.restored
            )
            for step in steps
        }
        rows = (
            Row(f"{step.title}  ({counted(restored[step.name], 'object')} so far)", "restored")
            for step in steps
        )
        return SoFar(tuple(rows), {"restored_objects": restored})

    def drilled(self, manifest: Manifest, places: Places) -> Iterator[Drilled]:
        """Yield the recovery of each bucket."""
        yield from drilled_buckets(manifest, places)

    def sampled(
        self, manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
    ) -> Iterator[Drilled]:
        """Yield the recovery of one prefix of a bucket."""
        del catalog
        yield from sampled_bucket(manifest, places, draw)

    def labelled(self, manifest: Manifest, mark: str) -> Manifest:
        """Return a run whose buckets have the label of a drill."""
        return labelled_buckets(manifest, mark)

    def stored_files(self, manifest: Manifest) -> Iterator[StoredFile]:
        """Yield each file of an inventory."""
        yield from inventory_files(manifest)

    def differences(self, step: Step) -> Iterator[str]:
        """Yield how many objects differ, by damage."""
        yield from object_differences([step])

    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each bucket."""
        del request
        yield from map(bucket_row, of(steps, BucketStep))

    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each bucket ended."""
        del steps, request
        yield Rows(tuple(map(bucket_outcome_row, of(outcomes, BucketOutcome))), "ended")

    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many buckets are proven, and what is not part of that."""
        buckets = of(outcomes, BucketOutcome)
        yield from proven_buckets(buckets, of(steps, BucketStep), point, exceptions)

    def restored(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], manifest: Manifest
    ) -> Iterator[Restored]:
        """Yield the buckets of which contents came from the vault."""
        del steps
        for outcome in of(outcomes, BucketOutcome):
            bucket = manifest.part(BUCKETS, outcome.name)
            stored = sum(item.objects for item in outcome.restored if item.source == "vault")
            if bucket is not None and outcome.is_proven and (stored or not bucket.count):
                yield Restored(bucket, stored, bucket.count - outcome.erased)
