"""Which Firestore databases a request is about. Pure."""

from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from recovery.request import Request


def wanted_databases(manifest: Manifest, request: Request) -> tuple[DatabaseBackup, ...]:
    """Return the databases of a run that a request is about."""
    if not request.covers("databases"):
        return ()
    return tuple(
        item for item in manifest.databases if request.chooses(item.name, request.databases)
    )


def compares_settings(request: Request, origin: str) -> bool:
    """Whether the settings of databases are part of the recovery: those of a copy are its own.

    Args:
        request: What the operator asked for.
        origin: The project the backup was made of.
    """
    is_own = request.target.project == origin and not request.target.database
    return is_own and not (request.collections or request.documents)
