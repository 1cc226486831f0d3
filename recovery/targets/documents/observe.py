"""Looks at every database a recovery of a manifest could touch."""

from manifests.cloud.objects import Bucket
from manifests.model import Manifest
from recovery.compare.documents import DatabaseState
from recovery.plan import Request
from recovery.plan.documents import check_paths, wanted_ranges
from recovery.targets.documents.database import DatabaseTarget


def observe_databases(
    manifest: Manifest, request: Request, *, vault: Bucket, parallel: int
) -> dict[str, DatabaseState]:
    """Compare each wanted database, or what stands for it, with its backup.

    Args:
        manifest: The run's manifest.
        request: What the operator asked for.
        vault: Where the backup is.
        parallel: Parts of one database in flight at once.

    Raises:
        UsageError: A path that was asked for is not in the backup.
        BackupDamagedError: A file of the backup is not what the manifest says.
        CloudError: A database could not be read.
    """
    wanted = [item for item in manifest.databases if request.wants_database(item)]
    check_paths(wanted, request)
    return {
        item.database_id: DatabaseTarget(
            item,
            request.target.project,
            request.target.database or item.database_id,
            vault=vault,
            parallel=parallel,
        ).observe(wanted_ranges(item, request))
        for item in wanted
    }
