"""What others read in the journal of a recovery: which runs it needs, and how it ended.

Journals are `recovery`'s own (recovery/journal.py); of their documents only this is relied on here.
"""

from collections.abc import Iterator
from datetime import datetime

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ManifestAlteredError, ManifestUntrustedError
from manifests.journal_layout import RECOVERIES_PREFIX, JournalNames, planned_recovery
from manifests.store.seal import Seal
from manifests.values import RunId, Stored

_READS_NO_RUN = "processor-failure-"
"""What runs processors again reads no run."""


class _Needed(Stored):
    run_id: RunId


class _Plan(Stored):
    run_id: RunId | None = None
    fallen_back: tuple[_Needed, ...] = ()


class _Planned(Stored):
    recovery_id: str
    plan: _Plan


class _End(Stored):
    recovery_id: str


def recovery_ids(landing: Bucket) -> list[str]:
    """Return every recovery that was begun, oldest first.

    Args:
        landing: The bucket with their journals.
    """
    listed = landing.list_objects(RECOVERIES_PREFIX)
    return sorted(found for item in listed if (found := planned_recovery(item.name)))


class Recoveries:
    """The recoveries of one landing bucket.

    Args:
        landing: The bucket with their journals.
        seal: Tells whose journals are believed.
    """

    def __init__(self, landing: Bucket, seal: Seal) -> None:
        self._landing = landing
        self._seal = seal

    def open(self, *, since: datetime) -> Iterator[str]:
        """Yield the recoveries that were begun since an instant and that nobody has ended.

        A record of an end that cannot be read, is another recovery's, or is not believed, ends nothing.
        """
        for recovery_id in recovery_ids(self._landing):
            if recovery_id.startswith(_READS_NO_RUN):
                continue
            is_young = layout.recovery_begun_at(recovery_id) > since
            has_ended = is_young and (
                self._end(recovery_id, JournalNames(recovery_id).report, _Planned)
                or self._end(recovery_id, JournalNames(recovery_id).abandoned, _End)
            )
            if is_young and not has_ended:
                yield recovery_id

    def needs(self, recovery_id: str) -> frozenset[RunId]:
        """Return the runs that a recovery reads: none where nobody who is trusted began it.

        Raises:
            BackupDamagedError: Its plan cannot be read, or is another's.
        """
        try:
            planned = self._document(recovery_id, JournalNames(recovery_id).plan, _Planned)
        except ManifestUntrustedError:
            return frozenset()
        if planned is None:
            return frozenset()
        own = () if planned.plan.run_id is None else (planned.plan.run_id,)
        return frozenset((*own, *(item.run_id for item in planned.plan.fallen_back)))

    def _end[Written: (_Planned, _End)](
        self, recovery_id: str, name: str, kind: type[Written]
    ) -> Written | None:
        """Return how a recovery ended; None where that cannot be read, which ends nothing."""
        try:
            return self._document(recovery_id, name, kind)
        except BackupDamagedError:
            return None

    def _document[Written: (_Planned, _End)](
        self, recovery_id: str, name: str, kind: type[Written]
    ) -> Written | None:
        content = self._landing.read(name)
        if content is None:
            return None
        found = self._seal.believed(content, kind, subject=name)
        if found.recovery_id != recovery_id:
            raise ManifestAlteredError("it is of another recovery", subject=name)
        return found
