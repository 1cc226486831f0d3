"""Which recoveries nobody has ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import compress

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.cloud.recoveries import recovery_ids
from manifests.errors import (
    BackupDamagedError,
    ManifestUntrustedError,
    RefusedError,
    UsageError,
)
from manifests.journal_layout import RECOVERIES_PREFIX, JournalNames, recovery_of
from manifests.store.seal import Seal
from recovery.journal import Journal

_PARALLEL_LOOKS = 16


def under_way(bucket: Bucket, scenario: str, seal: Seal, *, since: datetime) -> list[str]:
    """Return recoveries of a scenario that begun since an instant and no attempt of which ended.

    One that nobody we trust began is none.
    """
    found = []
    for recovery_id in recovery_ids(bucket):
        is_ours = recovery_id.startswith(f"{scenario}-")
        journal = Journal(bucket, recovery_id, seal)
        if not is_ours or layout.recovery_begun_at(recovery_id) <= since:
            continue
        if _is_believed(journal) and not (
            journal.last_report() or journal.abandoned() or journal.ended_before()
        ):
            found.append(recovery_id)
    return found


def _is_believed(journal: Journal) -> bool:
    try:
        journal.planned()
    except ManifestUntrustedError:
        return False
    except (BackupDamagedError, RefusedError, UsageError):
        return True
    return True


def unclosed(bucket: Bucket) -> tuple[str, ...]:
    """Return the recoveries that nobody ended or closed, oldest first, told by names alone."""
    folders = bucket.list_folders(RECOVERIES_PREFIX)
    begun = sorted(found for name in folders if (found := recovery_of(name)))

    def is_open(recovery_id: str) -> bool:
        names = JournalNames(recovery_id)
        ends = (bucket.info(name) for name in (names.report, names.abandoned))
        return not any(ends) and bucket.info(names.plan) is not None

    with ThreadPoolExecutor(_PARALLEL_LOOKS, thread_name_prefix="journals") as pool:
        return tuple(compress(begun, pool.map(is_open, begun)))
