"""Looks at every database a recovery of a manifest could touch."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from manifests.cloud.firestore import Connection
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.erasures import Erasures
from manifests.errors import UsageError
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from manifests.names import below
from recovery.compare.documents import DatabaseState
from recovery.kinds.databases.cloud.database import DatabaseTarget
from recovery.kinds.databases.cloud.source import StoredDocuments
from recovery.kinds.databases.rules.asked import wanted_databases
from recovery.kinds.databases.rules.ranges import ephemeral_of, named_ranges, wanted_ranges
from recovery.listening import Triggers
from recovery.reach import require_firestore
from recovery.request import Request
from recovery.unseen import Unseen, looked_at, told_apart


def observe_databases(
    manifest: Manifest,
    request: Request,
    *,
    rest: Rest,
    vault: Bucket,
    parallel: int,
    now: datetime,
    triggers: Callable[[], Triggers],
    erased: Erasures,
    begun_at: datetime | None = None,
) -> tuple[dict[str, DatabaseState], tuple[Unseen, ...]]:
    """Compare each wanted database, or what stands for it, with its backup.

    Args:
        manifest: The run's manifest.
        request: What the operator asked for.
        rest: Calls the Firestore Admin API.
        vault: Where the backup is.
        parallel: Parts of one database in flight at once.
        now: The present instant.
        triggers: Asks Eventarc what listens.
        erased: What stays erased.
        begun_at: When the recovery began that is resumed; None before one has.

    Returns:
        How each compares, and those that could not be looked at.

    Raises:
        UsageError: A path that was asked for is not in the backup.
        BackupDamagedError: A file of a path that was asked for is damaged, or the run contradicts itself.
        CloudError: Firestore cannot be reached, or a database could not be read, and can be later.
    """
    wanted = wanted_databases(manifest, request)
    if wanted:
        require_firestore(Connection(request.target.project, wanted[0].database_id))
    stored = StoredDocuments(vault)
    for path, names in named_ranges(request).items():
        if not any(stored.holds(backup, names) for backup in wanted):
            # Leaving it out would look like success.
            raise UsageError(
                "the backup holds nothing there",
                subject=path,
                hint="top-level collections are named by their id, others by their whole path",
            )

    live = triggers() if wanted else Triggers()

    def look(item: DatabaseBackup) -> DatabaseState:
        target = DatabaseTarget(
            item,
            request.target.project,
            request.target.database or item.database_id,
            rest=rest,
            vault=vault,
            parallel=parallel,
            rewrites=request.rewrite_references,
            erased=erased.documents(item.database_id),
        )
        left_out = {name: stored.count(item, below(name)) for name in ephemeral_of(item, request)}
        seen = target.observe(wanted_ranges(item, request), now=now, begun_at=begun_at)
        into = request.target.database or item.database_id
        listening = live.of("firestore", "database", into)
        return seen.model_copy(update={"left_out": left_out, "listening": listening})

    return told_apart(
        {
            item.database_id: looked_at(f"database {item.database_id}", partial(look, item))
            for item in wanted
        }
    )
