"""Makes a bucket that is gone again, from the configuration in the manifest."""

from google.api_core.exceptions import Conflict, PreconditionFailed

from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import RefusedError
from manifests.model import BucketBackup, Resource

_AT_ONCE = (
    "location",
    "storageClass",
    "customPlacementConfig",
    "rpo",
    "versioning",
    "labels",
    "encryption",
    "cors",
    "website",
    "logging",
    "billing",
)
# What would act on objects while they are restored, or keep them from being put right.
_AT_THE_END = ("lifecycle", "defaultEventBasedHold", "autoclass")


def first_configuration(resource: Resource) -> Resource:
    """Return what a bucket is created with."""
    made = {key: resource[key] for key in _AT_ONCE if key in resource}
    if "softDeletePolicy" in resource:
        seconds = resource["softDeletePolicy"].get("retentionDurationSeconds", 0)
        made["softDeletePolicy"] = {"retentionDurationSeconds": seconds}
    access = resource.get("iamConfiguration") or {}
    uniform = (access.get("uniformBucketLevelAccess") or {}).get("enabled", False)
    made["iamConfiguration"] = {
        "uniformBucketLevelAccess": {"enabled": uniform},
        "publicAccessPrevention": access.get("publicAccessPrevention", "inherited"),
    }
    return made


def last_configuration(resource: Resource) -> Resource:
    """Return what is set once the objects are back."""
    patch = {key: resource[key] for key in _AT_THE_END if key in resource}
    if "retentionPolicy" in resource:
        # The lock of a policy is for ever; setting it again is a decision of its own.
        patch["retentionPolicy"] = {
            "retentionPeriod": resource["retentionPolicy"]["retentionPeriod"]
        }
    return patch


def create_bucket(target: VersionedBucket, resource: Resource, project: str) -> None:
    """Create a bucket like the one in the manifest, unless it is there already.

    Raises:
        RefusedError: Somebody else has a bucket of that name.
        CloudError: It could not be created.
    """
    with cloud_errors(target.uri()):
        try:
            target.create(project, first_configuration(resource))
        except Conflict as error:
            # The answer of an earlier try was lost, or the recovery is resumed.
            if target.resource() is None:
                raise RefusedError(
                    "the name of the bucket is taken", subject=target.name
                ) from error


def finish_bucket(target: VersionedBucket, backup: BucketBackup) -> None:
    """Set what had to wait for the objects, and let in who could use the bucket.

    Raises:
        CloudError: It could not be set.
    """
    if backup.access is not None:
        with cloud_errors(target.uri()):
            target.grant(backup.access)
    patch = last_configuration(backup.resource)
    if not patch:
        return
    with cloud_errors(target.uri()):
        found = target.resource() or {}
        try:
            target.configure(patch, metageneration=int(found.get("metageneration", 0)))
        except PreconditionFailed:
            again = target.resource() or {}
            if any(again.get(key) != value for key, value in patch.items()):
                raise
