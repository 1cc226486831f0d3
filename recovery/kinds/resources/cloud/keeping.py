"""Keeps what a resource is before it is changed, for the way back."""

from manifests.cloud.configuration import Configuration
from manifests.cloud.objects import Bucket
from manifests.journal_layout import JournalNames
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.kinds.former import FOLDER, Former, former_name
from recovery.kinds.work import Running


def keep_former(
    configuration: Configuration,
    landing: Bucket,
    running: Running,
    kind: ResourceType,
    name: str,
    *,
    has_archive: bool,
) -> Resource | None:
    """Write down what a resource is, keep what it is built from, and return it.

    Args:
        configuration: Reads it.
        landing: Where what it is built from is kept.
        running: The recovery.
        kind: Its type.
        name: Its full name.
        has_archive: Whether what it is built from is about to be changed.

    Raises:
        CloudError: It could not be read, or kept.
    """
    kept = ""
    if has_archive:
        archive = configuration.archive(kind, name)
        kept = JournalNames(running.recovery_id).former_archive(archive)
        landing.put_if(kept, archive, generation=0, content_type="application/zip")
    found = configuration.resource(kind, name)
    former = Former(resource=found, archive=kept)
    running.journal.keep(FOLDER, former_name(kind.name, name), former)
    return found
