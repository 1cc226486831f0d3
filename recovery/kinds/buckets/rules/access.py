"""What a recovery would change about who may see a bucket, and what protects it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from manifests.kinds.buckets.model import BucketBackup
from manifests.shapes import inner
from manifests.values import Resource, Value
from recovery.access_change import AccessChange, given, keyed, removed
from recovery.request import Target

# What a new bucket gives to whoever has a basic role in its project (Cloud Storage, IAM roles).
_OF_EVERY_BUCKET = {
    "projectOwner": ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"),
    "projectEditor": ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"),
    "projectViewer": ("roles/storage.legacyBucketReader", "roles/storage.legacyObjectReader"),
}


class PresentBucket(Value):
    """A bucket as it is now.

    Attributes:
        resource: Its configuration; None where there is no bucket.
        policy: Its IAM policy; empty where there is none, or it may not be read.
    """

    resource: Resource | None = None
    policy: Mapping[str, Any] = {}


def bucket_changes(
    backup: BucketBackup, buckets: Mapping[str, PresentBucket], target: Target
) -> Iterator[AccessChange]:
    """Yield what a bucket that is made or set gives, and which of its protections goes.

    Args:
        backup: The bucket at the recovery point.
        buckets: What is written and others of the run, as they are now, by their original names.
        target: Where it is written.
    """
    subject = f"bucket {target.bucket_name(backup.bucket)}"
    now = buckets.get(backup.bucket, PresentBucket())
    of_project = {
        (f"{kind}:{target.project}", role)
        for kind, roles in _OF_EVERY_BUCKET.items()
        for role in roles
    }
    present = {*of_project, *_granted(now.policy)}
    # Access that was removed from an existing bucket was removed on purpose: that other buckets
    # give it does not count.
    others = buckets if now.resource is None else {}
    for member, role in _granted(backup.access or {}):
        if (member, role) not in present:
            yield given(subject, member, role, also_on=_also_on(member, role, others))
    key = _key(now.resource or {})
    yield from keyed(subject, wanted=_key(backup.resource), present=key, project=target.project)
    for protection in _loosened(now.resource or {}, backup.resource):
        yield removed(subject, protection)


def _also_on(member: str, role: str, buckets: Mapping[str, PresentBucket]) -> str:
    """Return a bucket that gives the same now; empty when none does."""
    for name, other in buckets.items():
        if (member, role) in _granted(other.policy):
            return f"bucket {name}"
    return ""


def _granted(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield to whom an IAM policy gives what."""
    for binding in policy.get("bindings") or ():
        condition = f" if {binding['condition']}" if binding.get("condition") else ""
        for member in binding.get("members") or ():
            yield member, f"{binding['role']}{condition}"


def _key(bucket: Resource) -> str:
    return str(inner(bucket, "encryption").get("defaultKmsKeyName") or "")


def _loosened(now: Resource, then: Resource) -> Iterator[str]:
    """Yield the protections of a bucket that it has now and would have no more."""
    for name, (was, would_be) in {
        "public access prevention": (_prevents_public(now), _prevents_public(then)),
        "uniform bucket-level access": (_is_uniform(now), _is_uniform(then)),
        "object versioning": (_keeps_versions(now), _keeps_versions(then)),
        "the default event-based hold": tuple(
            bool(item.get("defaultEventBasedHold")) for item in (now, then)
        ),
    }.items():
        if was and not would_be:
            yield name
    for name, key, seconds in (
        ("a retention policy", "retentionPolicy", "retentionPeriod"),
        ("soft delete", "softDeletePolicy", "retentionDurationSeconds"),
    ):
        was_seconds, seconds_then = (
            int(inner(item, key).get(seconds) or 0) for item in (now, then)
        )
        if seconds_then < was_seconds:
            yield f"{name} of {was_seconds:,} s, which was {seconds_then:,} s"
    filtered = inner(now, "ipFilter").get("mode") == "Enabled"
    if filtered and now["ipFilter"] != then.get("ipFilter"):
        yield f"the IP filter {now['ipFilter']}"


def _prevents_public(bucket: Resource) -> bool:
    return inner(bucket, "iamConfiguration").get("publicAccessPrevention") == "enforced"


def _is_uniform(bucket: Resource) -> bool:
    uniform = inner(bucket, "iamConfiguration", "uniformBucketLevelAccess")
    return bool(uniform.get("enabled"))


def _keeps_versions(bucket: Resource) -> bool:
    return bool(inner(bucket, "versioning").get("enabled"))
