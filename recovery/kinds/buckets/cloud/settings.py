"""The settings of a bucket that is there: compared with what they were, and set back."""

from contextlib import suppress

from google.api_core.exceptions import Forbidden

from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
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


def set_bucket(target: VersionedBucket, backup: BucketBackup, journal: Entries) -> None:
    """Set a bucket that is there to what it was; what it is now is written down first.

    Raises:
        CloudError: It could not be set, or somebody else changed it meanwhile.
    """
    with cloud_errors(target.uri()):
        found = target.resource() or {}
        former = Former(resource=found, access=readable_access(target))
        journal.keep(FOLDER, former_name("bucket", target.name), former)
        patch = changed_configuration(backup.resource, found)
        if patch:
            target.configure(patch, metageneration=int(found.get("metageneration", 0)))
        if backup.access is not None and access_findings(
            backup.bucket, backup.access, target.access()
        ):
            target.grant(backup.access)


def readable_access(target: VersionedBucket) -> Resource | None:
    """Return the IAM policy of a bucket; None where it may not be read."""
    with suppress(Forbidden):
        return target.access()
    return None


def notified_topics(target: VersionedBucket) -> tuple[str, ...]:
    """Return the topics that are told of what is written to a bucket."""
    with cloud_errors(target.uri()):
        found = target.notifications()
    return tuple(sorted({str(item.get("topic", "")).partition("/projects/")[2] for item in found}))
