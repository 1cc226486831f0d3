"""What of buckets no recovery brings back. Pure."""

from collections.abc import Sequence

from manifests.kinds.buckets.kind import BUCKETS
from manifests.model.run import Manifest
from manifests.shapes import inner
from manifests.values import Resource
from recovery.kinds.buckets.rules.buckets import BucketStep


def objects_lost(manifest: Manifest, plans: Sequence[BucketStep]) -> tuple[str, ...]:
    """Say what of the buckets of a plan no recovery brings back."""
    notes: list[str] = []
    for plan in plans:
        if plan.unrecoverable:
            notes.append(
                f"{plan.unrecoverable:,} objects of bucket {plan.name}: nothing holds their "
                "content any more"
            )
        notes += plan.retention.notes(plan.name)
        backup = manifest.part(BUCKETS, plan.name)
        if backup is not None and inner(backup.resource, "versioning").get("enabled"):
            notes.append(
                f"noncurrent versions of objects of bucket {plan.name}: of each name the one comes "
                "back that was live"
            )
        if plan.create:
            notes.append(f"notifications of bucket {plan.name}, but in a complete outage")
        if plan.create and backup is not None and backup.access is None:
            notes.append(f"access granted on bucket {plan.name}: the backup could not read it")
        if backup is not None and _deletes_objects(backup.resource):
            notes.append(
                f"the age of objects that bucket {plan.name} deletes by itself: it counts anew, "
                "and a rule about other times can delete restored ones within a day"
            )
        notes += [
            f"{skew.subject} as they were at the recovery point: the backup read them "
            f"{skew.skew_seconds:.0f} s later"
            for skew in manifest.skews
            if (skew.kind, skew.name) == ("buckets", plan.name)
        ]
    if plans:
        moment = f"{manifest.recovery_point:%Y-%m-%dT%H:%MZ}"
        notes.append(f"objects written after {moment}, and the times at which objects were made")
        notes.append("access granted on single objects")
    return tuple(notes)


def _deletes_objects(bucket: Resource) -> bool:
    """Whether a bucket's lifecycle deletes live objects or any."""
    rules = inner(bucket, "lifecycle").get("rule") or ()
    return any(inner(rule, "action").get("type") == "Delete" for rule in rules)
