"""What a recovery would do to a bucket: objects counted and explained, never listed whole."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from manifests.errors import UsageError
from manifests.ids import BucketName
from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Resource, Value
from manifests.versions import tells_its_past
from recovery.compare.findings import Finding
from recovery.compare.objects import Damage
from recovery.kinds.buckets.rules.object_retention import RetentionCounts
from recovery.kinds.buckets.rules.objects import REPLACED, THERE, Source
from recovery.kinds.events import object_words
from recovery.kinds.step import MissingWord, Step
from recovery.listening import Listening
from recovery.request import Request
from recovery.scope import ObjectScope
from recovery.units import counted


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


class SeenBucket(Value):
    """How a bucket compares with its inventory.

    Attributes:
        exists: Whether there is such a bucket.
        owner: The number of the project that it belongs to, where that is not the project that is
            recovered; empty where it is, or there is no such bucket yet.
        undelete: The generation of the deleted bucket that is brought back with what it still
            keeps; None when there is none. What comes from it shows only then.
        keeps_replaced: Whether the bucket itself keeps what is replaced, as a noncurrent or
            soft-deleted version; otherwise a copy is put aside first.
        objects: How many objects the recovery point holds, in the scope that was asked for.
        equal: Those of them that are as they were.
        then: Objects whose content at the recovery point the backup does not hold, only a later one, and
            that are compared with the former all the same: soft delete keeps it, or it is live again.
        erased: Objects of the recovery point that stay erased; no other number counts them.
        digest: A digest of the objects that are not as they were, and of extra ones, each with its
            generation.
        counts: How many objects are not as they were, or extra, by damage and source.
        samples: Some of them, explained.
        keys: How many objects come under which key of Cloud KMS, which they are not under now: an
            inventory may name any.
        retention: What becomes of the retention that objects which come back had of their own.
        listening: What Eventarc starts for each object that is written.
        notified: Topics that are told of every object that is written, and what listens to them
            acts on it.
        configuration: What differs in the bucket's own configuration and access, where they are
            part of the recovery.
    """

    exists: bool = True
    owner: str = ""
    undelete: int | None = Field(default=None, ge=0)
    keeps_replaced: bool
    objects: int
    equal: int
    then: int = 0
    erased: int = 0
    digest: str = ""
    counts: tuple[ObjectCount, ...]
    samples: tuple[ObjectSample, ...]
    keys: Mapping[str, int] = {}
    retention: RetentionCounts = RetentionCounts()
    listening: Listening = Listening()
    notified: tuple[str, ...] = ()
    configuration: tuple[Finding, ...] = ()


type BucketAction = Literal["leave", "restore", "create", "undelete"]
"""What is done to a bucket; one that is undeleted has what it still keeps, or is created."""


class BucketStep(Step, SeenBucket):
    """What happens to one bucket, and how it compares.

    Attributes:
        later: How many objects the backup holds as they were after the recovery point, because
            the bucket kept no history.
        untold_seconds: For how long after the recovery point something could be deleted without a
            trace: the bucket tells nothing of its past, and was listed only then; 0 where it tells.
        sets: Whether the bucket is set to what it was.
        perhaps_undeleted: Whether the journal says that the recovery made a bucket that is older than that:
            nobody can tell whether it undeleted it. Its settings are compared and told, and not set.
        exact: Whether objects that the recovery point does not know are moved aside.
        only_missing: Whether objects that are there and differ are left, as was asked for.
    """

    kind: Literal["bucket"] = "bucket"
    name: BucketName
    into: BucketName
    action: BucketAction
    later: int = 0
    untold_seconds: float = 0.0
    sets: bool = False
    perhaps_undeleted: bool = False
    exact: bool = False
    only_missing: bool = False

    @property
    def written(self) -> str:
        """Return what other writers may write to meanwhile."""
        return f"bucket {self.name}" if self.into == self.name else ""

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

    def leaves(self, count: ObjectCount) -> bool:
        """Whether objects that were counted are left, because only what is missing was asked for."""
        return self.only_missing and count.damage in THERE

    def brings_back(self, count: ObjectCount) -> bool:
        """Whether objects that were counted are written as they were."""
        return count.damage != "extra" and count.source != "none" and not self.leaves(count)

    @property
    def left(self) -> int:
        """Return how many objects are there and differ, and are left as was asked for."""
        return sum(item.objects for item in self.counts if self.leaves(item))

    @property
    def replaced(self) -> int:
        """Return how many objects hold other content now that would be replaced."""
        counted = (item for item in self.counts if item.damage in REPLACED)
        return sum(item.objects for item in counted if self.brings_back(item))

    @property
    def changes(self) -> bool:
        """Whether executing the step would change anything."""
        return self.sets or self.writes

    @property
    def writes(self) -> bool:
        """Whether executing the step would write or move any object, or make the bucket."""
        moves = self.exact and self.extra > 0
        return self.create or moves or any(map(self.brings_back, self.counts))

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the words that writing another's bucket, replacing content, and telling others need.

        Bucket names are global, so that the project that is named does not say whose a bucket is.
        """
        if self.owner and self.changes and self.owner not in confirmed_projects:
            yield MissingWord(
                f"it belongs to the project with the number {self.owner}, not to "
                f"{request.target.project}",
                subject=self.title,
                hint=f"`--confirm-project {self.owner}` allows it; `--into-bucket` names another",
            )
        if self.replaced and not request.decides_overwriting(self.into):
            yield MissingWord(
                f"content that is there would be replaced, of {counted(self.replaced, 'object')}",
                subject=self.title,
                hint=f"`--overwrite {shlex.quote(self.into)}` allows it; what is replaced is kept",
            )
        if self.writes and not request.notify:
            yield from object_words(self.title, self.notified, self.listening)

    @property
    def moved_bytes(self) -> int:
        """Return how many bytes are copied."""
        copied = (item for item in self.counts if item.source != "metadata")
        return sum(item.size_bytes for item in copied if not self.leaves(item))


def plan_bucket(
    backup: BucketBackup, seen: SeenBucket, request: Request, *, recovery_point: datetime
) -> BucketStep:
    """Decide what happens to one bucket.

    Args:
        backup: The bucket at the recovery point.
        seen: How what is written compares with it.
        request: What the operator asked for.
        recovery_point: That of the bucket's run.
    """
    step = BucketStep(
        **vars(seen),
        name=backup.bucket,
        into=request.target.bucket_name(backup.bucket),
        action="leave",
        later=max(0, backup.content_later - seen.then),
        untold_seconds=untold_seconds(backup, recovery_point),
        sets=request.settings and bool(seen.configuration),
        exact=request.exact,
        only_missing=request.only_missing,
    )
    action: BucketAction = "restore" if step.writes else "leave"
    if not seen.exists:
        action = "create" if seen.undelete is None else "undelete"
    return step.model_copy(update={"action": action, "losing": step.replaced})


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


def check_scope(plans: Sequence[BucketStep], objects: ObjectScope) -> None:
    """Refuse a choice of objects that chooses none: recovering nothing would look like success.

    Raises:
        UsageError: Neither the backup nor any bucket has such an object.
    """
    if objects.is_all or not plans or any(plan.objects or plan.counts for plan in plans):
        return
    raise UsageError(
        f"there are no {objects}, neither in the backup nor now",
        subject=", ".join(f"bucket {plan.into}" for plan in plans),
        hint="`--prefix` is the beginning of a name; `--pattern` is about whole names",
    )
