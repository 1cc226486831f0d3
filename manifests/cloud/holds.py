"""Event-based holds on what is in the vault.

A retention policy counts from the creation of an object. Content that later runs share would be
unprotected while they still need it, so a vault puts an event-based hold on whatever is written to
it; whoever lets an object go ends the hold, and the policy counts from then on (Cloud Storage,
Object holds).
"""

from google.api_core.exceptions import NotFound, PreconditionFailed

from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.model import ObjectVersion


def set_hold(vault: VersionedBucket, version: ObjectVersion, *, held: bool) -> ObjectVersion:
    """Put an event-based hold on a live object, or end it; return the object as it is then.

    Raises:
        CloudError: It could not be changed.
    """
    if version.settings.event_based_hold == held:
        return version
    with cloud_errors(vault.uri(version.name)):
        try:
            return vault.patch(version, {"eventBasedHold": held})
        except (NotFound, PreconditionFailed):
            # The answer of an earlier try was lost, or somebody deleted it.
            found = vault.find(version.name)
            if found is not None and found.settings.event_based_hold != held:
                raise
            return found or version
