"""Finds the recoveries that were begun and have not ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import compress

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.cloud.recoveries import recoveries_begun
from manifests.errors import (
    BackupDamagedError,
    ManifestUntrustedError,
    RefusedError,
    UsageError,
)
from manifests.journal_layout import ENDS_GLOB, RECOVERIES_PREFIX, JournalNames, planned_recovery
from manifests.store.seal import Seal
from recovery.journal import Journal

_PARALLEL_LOOKS = 16


def under_way(bucket: Bucket, scenario: str, seal: Seal, *, since: datetime) -> list[str]:
    """Return the recoveries of a scenario, begun since an instant, of which no attempt has ended.

    One that nobody we trust began does not count.
    """

    def may_be_under_way(recovery_id: str) -> bool:
        is_ours = recovery_id.startswith(f"{scenario}-")
        return is_ours and layout.recovery_begun_at(recovery_id) > since

    def is_under_way(recovery_id: str) -> bool:
        journal = Journal(bucket, recovery_id, seal)
        return _is_believed(journal) and not (
            journal.last_report() or journal.abandoned() or journal.ended_before()
        )

    begun = recoveries_begun(bucket, may_be_under_way).ids
    with ThreadPoolExecutor(_PARALLEL_LOOKS, thread_name_prefix="journals") as pool:
        return list(compress(begun, pool.map(is_under_way, begun)))


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
    names = {item.name for item in bucket.list_dated(RECOVERIES_PREFIX, glob=ENDS_GLOB)}
    begun = sorted(found for name in names if (found := planned_recovery(name)))

    def is_open(recovery_id: str) -> bool:
        ends = JournalNames(recovery_id)
        return names.isdisjoint((ends.report, ends.abandoned))

    return tuple(filter(is_open, begun))
