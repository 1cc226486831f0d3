"""The settings of a bucket that is there: compared with what they were, and set back."""

from collections.abc import Sequence
from contextlib import suppress

from google.api_core.exceptions import Forbidden

from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import RefusedError
from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Resource
from recovery.compare.buckets import access_findings, bucket_findings, changed_configuration
from recovery.compare.findings import Finding, finding
from recovery.kinds.former import FOLDER, Former, former_name
from recovery.kinds.work import Entries


def configuration_findings(target: VersionedBucket, backup: BucketBackup) -> tuple[Finding, ...]:
    """Look at a bucket and say what of its configuration and access is not what it was.

    Raises:
        CloudError: It cannot be looked at.
    """
    with cloud_errors(target.uri()):
        found = bucket_findings(backup.resource, target.resource() or {})
        if backup.access is None:
            return found
        try:
            return *found, *access_findings(backup.bucket, backup.access, target.access())
        except Forbidden:
            unread = finding(f"bucket {backup.bucket}", "access", "readable", "it may not be read")
            return *found, unread


def set_bucket(
    target: VersionedBucket, backup: BucketBackup, told: Sequence[Finding], journal: Entries
) -> None:
    """Set a bucket that is there to what it was; what it is now is written down first.

    Args:
        target: The bucket.
        backup: What it was.
        told: What the plan says of what differs: nothing else is set.
        journal: Keeps what it is now, for an undo.

    Raises:
        RefusedError: Somebody set it since it was planned.
        CloudError: It could not be set, or somebody else changed it meanwhile.
    """
    with cloud_errors(target.uri()):
        found, access = target.resource() or {}, readable_access(target)
        differs = [*bucket_findings(backup.resource, found)]
        if backup.access is not None and access is not None:
            differs += access_findings(backup.bucket, backup.access, access)
        if since := [item for item in differs if item not in told]:
            raise RefusedError(
                f"its {since[0].aspect} was set since the plan was made; it was left alone",
                subject=f"bucket {target.name}",
                hint="make a new plan",
            )
        former = Former(resource=found, access=access)
        journal.keep(FOLDER, former_name("bucket", target.name), former)
        patch = changed_configuration(backup.resource, found)
        if patch:
            target.configure(patch, metageneration=int(found.get("metageneration", 0)))
        if backup.access is not None:
            present = target.access() if access is None else access
            if access_findings(backup.bucket, backup.access, present):
                target.grant(backup.access, etag=str(present.get("etag")))


def readable_access(target: VersionedBucket) -> Resource | None:
    """Return the IAM policy of a bucket; None where it may not be read."""
    with suppress(Forbidden):
        return target.access()
    return None


def notified_topics(target: VersionedBucket) -> tuple[str, ...]:
    """Return the Pub/Sub topics that are notified of what is written to a bucket: `PROJECT/topics/NAME` each.

    Raises:
        CloudError: The notifications could not be listed.
    """
    with cloud_errors(target.uri()):
        found = target.notifications()
    return tuple(sorted({str(item.get("topic", "")).partition("/projects/")[2] for item in found}))
