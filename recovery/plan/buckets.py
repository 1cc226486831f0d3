"""What a recovery would do to a bucket: objects counted and explained, never listed whole."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from manifests.errors import RefusedError, UsageError
from manifests.ids import BucketName
from manifests.model import BucketBackup, Manifest, Resource, Value
from manifests.versions import tells_its_past
from recovery.compare.findings import Finding
from recovery.compare.objects import Damage
from recovery.plan.object_retention import RetentionCounts
from recovery.plan.objects import Source
from recovery.plan.request import Request
from recovery.plan.scope import ObjectScope


class ObjectCount(Value):
    """How many objects have one damage and one source."""

    damage: Damage
    source: Source
    objects: int
    size_bytes: int


class ObjectSample(Value):
    """One of the objects that were counted, explained."""

    name: str
    damage: Damage
    source: Source
    why: str


class BucketPlan(Value):
    """What happens to one bucket.

    Attributes:
        bucket: The bucket as the backup names it.
        target: The bucket that is written.
        owner: The number of the project that the target belongs to, where that is not the project
            that is recovered; empty where it is, or there is no target yet.
        create: Whether it is made first: created, or undeleted.
        undelete: The generation of the deleted bucket that is brought back with what it still
            keeps; None when there is none. What comes from it shows only then.
        keeps_replaced: Whether the target itself keeps what is replaced, as a noncurrent or
            soft-deleted version; otherwise a copy is put aside first.
        objects: How many objects the recovery point holds, in the scope that was asked for.
        equal: Those of them that are as they were.
        seen: A digest of those that are not, and of extra ones, each with its generation.
        later: How many objects the backup holds as they were after the recovery point, because
            the bucket kept no history.
        untold_seconds: For how long after the recovery point something could be deleted without a
            trace: the bucket tells nothing of its past, and was listed only then; 0 where it tells.
        keys: How many objects come under which key of Cloud KMS, which they are not under now: an
            inventory may name any.
        retention: What becomes of the retention that objects which come back had of their own.
        notified: Topics that are told of every object that is written, and what listens to them
            acts on it.
        configuration: What differs in the bucket's own configuration and access, where they are
            part of the recovery.
        sets: Whether the bucket is set to what it was.
    """

    bucket: BucketName
    target: BucketName
    owner: str = ""
    create: bool
    undelete: int | None = Field(default=None, ge=0)
    keeps_replaced: bool
    objects: int
    equal: int
    seen: str = ""
    later: int = 0
    untold_seconds: float = 0.0
    counts: tuple[ObjectCount, ...]
    samples: tuple[ObjectSample, ...]
    keys: Mapping[str, int] = {}
    retention: RetentionCounts = RetentionCounts()
    notified: tuple[str, ...] = ()
    configuration: tuple[Finding, ...] = ()
    sets: bool = False

    @property
    def extra(self) -> int:
        """Return how many objects the recovery point does not know."""
        return sum(item.objects for item in self.counts if item.damage == "extra")

    @property
    def damaged(self) -> int:
        """Return how many objects are not as they were."""
        return sum(item.objects for item in self.counts if item.damage != "extra")

    @property
    def unrecoverable(self) -> int:
        """Return how many damaged objects have no source."""
        counted = (item for item in self.counts if item.damage != "extra")
        return sum(item.objects for item in counted if item.source == "none")

    @property
    def replaced(self) -> int:
        """Return how many objects hold other content now that would be replaced."""
        replaced = ("overwritten", "corrupted")
        counted = (item for item in self.counts if item.damage in replaced)
        return sum(item.objects for item in counted if item.source != "none")

    def changes(self, *, exact: bool) -> bool:
        """Whether executing the plan would change anything."""
        return self.sets or self.writes(exact=exact)

    def writes(self, *, exact: bool) -> bool:
        """Whether executing the plan would write or move any object, or make the bucket."""
        return self.create or self.damaged > self.unrecoverable or (exact and self.extra > 0)

    @property
    def moved_bytes(self) -> int:
        """Return how many bytes are copied."""
        return sum(item.size_bytes for item in self.counts if item.source != "metadata")


def undeleted_generation(backed_up: Resource, deleted: Sequence[Resource]) -> int | None:
    """Return the generation of the deleted bucket that is brought back, or None.

    Args:
        backed_up: The bucket's configuration at the recovery point.
        deleted: The deleted buckets of its name: the very one if it is among them, or the latest.
    """
    if not deleted:
        return None
    best = max(
        deleted,
        key=lambda item: (
            item.get("generation") == backed_up.get("generation"),
            datetime.fromisoformat(item["softDeleteTime"]),
        ),
    )
    return int(best["generation"])


def untold_seconds(backup: BucketBackup, recovery_point: datetime) -> float:
    """Return for how long after the recovery point nothing tells what was deleted from a bucket."""
    if tells_its_past(backup.resource):
        return 0.0
    return (backup.finished_at - recovery_point).total_seconds()


def bucket_refusals(
    plans: Sequence[BucketPlan], request: Request, *, confirmed_project: str | None
) -> Iterator[RefusedError]:
    """Refuse to replace content that is live in a bucket, or to write another's, without the word.

    Bucket names are global, so that the project that is named does not say whose a bucket is.
    """
    for plan in plans:
        if plan.owner and plan.changes(exact=request.exact) and confirmed_project != plan.owner:
            yield RefusedError(
                f"it belongs to the project with the number {plan.owner}, not to "
                f"{request.target.project}",
                subject=f"bucket {plan.target}",
                hint=f"`--confirm-project {plan.owner}` allows it; `--into-bucket` names another",
            )
        if plan.replaced and not request.decides_overwriting(plan.target):
            yield RefusedError(
                f"{plan.replaced:,} objects hold other content now that would be replaced",
                subject=f"bucket {plan.target}",
                hint=f"`--overwrite {plan.target}` allows it; what is replaced is kept",
            )
        if plan.notified and plan.writes(exact=request.exact) and not request.notify:
            yield RefusedError(
                f"{', '.join(plan.notified)} would be told of every object that is written",
                subject=f"bucket {plan.target}",
                hint="`--notify` allows it; or stop what listens, or remove the notification",
            )


def check_scope(plans: Sequence[BucketPlan], objects: ObjectScope) -> None:
    """Refuse a choice of objects that chooses none: recovering nothing would look like success.

    Raises:
        UsageError: Neither the backup nor any bucket has such an object.
    """
    if objects.is_all or not plans or any(plan.objects or plan.counts for plan in plans):
        return
    raise UsageError(
        f"there are no {objects}, neither in the backup nor now",
        subject=", ".join(f"bucket {plan.target}" for plan in plans),
        hint="`--prefix` is the beginning of a name; `--pattern` is about whole names",
    )


def objects_lost(manifest: Manifest, plans: Sequence[BucketPlan]) -> tuple[str, ...]:
    """Say what of the buckets of a plan no recovery brings back."""
    notes: list[str] = []
    for plan in plans:
        if plan.unrecoverable:
            notes.append(
                f"{plan.unrecoverable:,} objects of bucket {plan.bucket}: nothing holds their "
                "content any more"
            )
        notes += plan.retention.notes(plan.bucket)
        backup = manifest.bucket(plan.bucket)
        if backup is not None and (backup.resource.get("versioning") or {}).get("enabled"):
            notes.append(
                f"noncurrent versions of objects of bucket {plan.bucket}: of each name the one comes "
                "back that was live"
            )
        if plan.create and backup is not None and backup.access is None:
            notes.append(f"access granted on bucket {plan.bucket}: the backup could not read it")
        if backup is not None and _deletes_objects(backup.resource):
            notes.append(
                f"the age of objects that bucket {plan.bucket} deletes by itself: it counts anew, "
                "and a rule about other times can delete restored ones within a day"
            )
        notes += [
            f"{skew.subject} as of the recovery point: read {skew.skew_seconds:.0f} s later"
            for skew in manifest.skews
            if (skew.kind, skew.name) == ("buckets", plan.bucket)
        ]
    if plans:
        moment = f"{manifest.recovery_point:%Y-%m-%dT%H:%MZ}"
        notes.append(f"objects written after {moment}, and the times at which objects were made")
        notes.append("access granted on single objects, and a bucket's notification settings")
    return tuple(notes)


def _deletes_objects(bucket: Resource) -> bool:
    """Whether a bucket's lifecycle deletes live objects or any."""
    rules = (bucket.get("lifecycle") or {}).get("rule") or ()
    return any(rule.get("action", {}).get("type") == "Delete" for rule in rules)
