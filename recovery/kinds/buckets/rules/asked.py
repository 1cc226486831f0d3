"""Which buckets a request is about. Pure."""

from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from recovery.request import Request


def wanted_buckets(manifest: Manifest, request: Request) -> tuple[BucketBackup, ...]:
    """Return the buckets of a run that a request is about."""
    if not request.covers("buckets"):
        return ()
    return tuple(item for item in manifest.buckets if request.chooses(item.name, request.buckets))


def compares_settings(request: Request, origin: str) -> bool:
    """Whether the settings of buckets are part of the recovery: those of a copy are its own.

    Args:
        request: What the operator asked for.
        origin: The project the backup was made of.
    """
    is_own = request.target.project == origin and not request.target.moves_buckets
    return is_own and request.objects.is_all
