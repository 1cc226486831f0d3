"""Makes a bucket that is gone again, from the configuration in the manifest."""

from functools import partial

from google.api_core.exceptions import Conflict, NotFound, PreconditionFailed

from manifests.cloud.retry import asked_twice, believed, cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import RefusedError
from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Resource
from recovery.compare.buckets import access_findings, configuration

# Settings that would act on objects while they are restored, block corrections, or lock the
# recovery out.
_AT_THE_END = frozenset(
    {"autoclass", "defaultEventBasedHold", "ipFilter", "lifecycle", "retentionPolicy"}
)
# Not in the body: a parameter of its own sets it when a bucket is created. On a bucket that exists
# only the console enables it, and nothing disables it (Enable and use object retention configurations).
_RETENTION_OF_OBJECTS = "objectRetention"


def first_configuration(resource: Resource) -> Resource:
    """Return the configuration that a bucket is created with."""
    late = {*_AT_THE_END, _RETENTION_OF_OBJECTS}
    made = {key: value for key, value in configuration(resource).items() if key not in late}
    # By default the service sets a policy of seven days.
    made.setdefault("softDeletePolicy", {"retentionDurationSeconds": "0"})
    return made


def last_configuration(resource: Resource) -> Resource:
    """Return the configuration that is set once the objects are back."""
    return {key: value for key, value in configuration(resource).items() if key in _AT_THE_END}


def create_bucket(target: VersionedBucket, resource: Resource, project: str) -> None:
    """Create a bucket like the one in the manifest, unless it is there already.

    Raises:
        RefusedError: Somebody else has a bucket of that name.
        CloudError: It could not be created.
    """
    retains = _RETENTION_OF_OBJECTS in resource
    with cloud_errors(target.uri()):
        try:
            target.create(project, first_configuration(resource), retains_objects=retains)
        except Conflict as error:
            # The answer of an earlier try was lost, or the recovery is resumed.
            if target.resource() is None:
                raise RefusedError(
                    "the name of the bucket is taken", subject=target.name
                ) from error


def undelete_bucket(target: VersionedBucket, project: str, generation: int) -> bool:
    """Bring a soft-deleted bucket back with the objects that it still keeps.

    Args:
        target: The bucket.
        project: The project that it was in.
        generation: That of the bucket that was looked at.

    Returns:
        False when it is too late: its time ran out since it was looked at.

    Raises:
        CloudError: It could not be brought back.
    """
    with cloud_errors(target.uri()):
        try:
            undelete = partial(asked_twice, lambda: target.undelete(generation), NotFound)
            # A bucket that is made instead would take the name that this one needs to come back.
            return believed(undelete, lambda: _is_kept(target, project, generation)) is not None
        except Conflict:
            # The answer of an earlier try was lost, or the recovery is resumed.
            if target.resource() is None:
                raise
    return True


def _is_kept(target: VersionedBucket, project: str, generation: int) -> bool:
    return any(int(item["generation"]) == generation for item in target.deleted(project))


def finish_bucket(target: VersionedBucket, backup: BucketBackup) -> None:
    """Set what had to wait for the objects, and grant the access that the bucket gave.

    Raises:
        CloudError: It could not be set.
    """
    if backup.access is not None:
        with cloud_errors(target.uri()):
            present = target.access()
            if access_findings(backup.bucket, backup.access, present):
                target.grant(backup.access, etag=str(present.get("etag")))
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
