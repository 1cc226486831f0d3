"""What others read in the journal of a recovery: which runs it needs, and how it ended.

Journals are `recovery`'s own (recovery/journal.py); of their documents only this is relied on here.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.crowd import HOUR, some_of_each
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestFormatError,
    ManifestUntrustedError,
)
from manifests.journal_layout import (
    PLANS_GLOB,
    RECOVERIES_PREFIX,
    JournalNames,
    planned_recovery,
)
from manifests.store.seal import Seal
from manifests.values import RunId, Stored

_READS_NO_RUN = "processor-failure-"
"""So ids of recoveries begin that run processors again: they read no run."""
_MOST_RECOVERIES = 500
_MOST_ATTEMPTS = 500
_EARLY = timedelta(minutes=5)

log = structlog.get_logger()


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


class BegunRecoveries(NamedTuple):
    """The recoveries that were begun.

    Attributes:
        ids: Those that are looked at, oldest first; of too many some of each hour.
        left: How many are not.
    """

    ids: list[str]
    left: int


def recoveries_begun(
    landing: Bucket, wanted: Callable[[str], bool] = lambda _: True
) -> BegunRecoveries:
    """Return the recoveries that were begun.

    Args:
        landing: The bucket with their journals.
        wanted: Tells of an id whether that recovery is asked for.
    """
    listed = landing.list_dated(RECOVERIES_PREFIX, glob=PLANS_GLOB)
    written = {
        found: item.written_at
        for item in listed
        if (found := planned_recovery(item.name)) and wanted(found)
    }
    ids = sorted(some_of_each(written, _MOST_RECOVERIES, HOUR))
    if left := len(written) - len(ids):
        log.warning("recoveries are not looked at: there are too many", recoveries=left)
    return BegunRecoveries(ids, left)


def attempts_ended(landing: Bucket, recovery_id: str) -> list[str]:
    """Return the names of the records of how attempts of a recovery ended; of too many some of each hour.

    First come those that were written, by the bucket's clock, when their names say: others can be planted.
    """
    names = JournalNames(recovery_id)
    written = {item.name: item.written_at for item in landing.list_dated(names.attempts)}

    def is_late(name: str) -> bool:
        ended_at = names.attempt_ended_at(name)
        return ended_at is None or not -_EARLY <= written[name] - ended_at < HOUR

    found = some_of_each(written, _MOST_ATTEMPTS, HOUR, is_late)
    if left := len(written) - len(found):
        log.warning("ends of attempts are not looked at: there are too many", left=left)
    return sorted(found)


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

        Raises:
            BackupDamagedError: There are more than are looked at.
        """

        def may_be_open(recovery_id: str) -> bool:
            is_young = layout.recovery_begun_at(recovery_id) > since
            return is_young and not recovery_id.startswith(_READS_NO_RUN)

        begun = recoveries_begun(self._landing, may_be_open)
        if begun.left:
            raise ManifestFormatError(
                f"{begun.left:,} recoveries are not looked at", subject=RECOVERIES_PREFIX
            )
        for recovery_id in begun.ids:
            names = JournalNames(recovery_id)
            if not (
                self._end(recovery_id, names.report, _Planned)
                or self._end(recovery_id, names.abandoned, _End)
            ):
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
