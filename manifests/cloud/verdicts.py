"""What was found damaged in the vault, kept in the landing bucket.

`rebound list` shows it, and the next run stores the object anew. Nobody signs a verdict: one that is forged
causes another copy, and one that is removed spares that. Neither makes anything trusted, since each
recovery proves what it restores.
"""

from collections.abc import Iterator
from datetime import datetime

import structlog

from manifests.cloud.objects import Bucket
from manifests.errors import CloudError, ProtectedError
from manifests.model.run import VerdictRecord
from manifests.store.bounded import Records, read, readable
from manifests.store.envelope import encode
from manifests.values import RunId, UtcTime
from manifests.verified_layout import VERDICTS_PREFIX, verdict_name

# Far more than the names of everything damaged in a run.
_MOST_BYTES = 2 * 1024 * 1024

log = structlog.get_logger()


class Verdicts:
    """The verdicts about the runs of one vault."""

    def __init__(self, landing: Bucket) -> None:
        self._landing = landing

    def record(self, verdict: VerdictRecord) -> None:
        """Write what was found about a run, over what was found before.

        Where a hold or a retention keeps the older verdict, that is logged, and verdicts about other runs
        are written.
        """
        name = verdict_name(verdict.run_id)
        found = self._landing.info(name)
        generation = 0 if found is None else found.generation
        try:
            self._landing.put_if(name, encode(verdict), generation=generation)
        except ProtectedError as error:
            log.error("a verdict is not written", reason=str(error), damaged=verdict.damaged[:20])  # noqa: TRY400 - told in words

    def forget(self, run_id: RunId) -> None:
        """Remove what was found about a run that is deleted."""
        found = self._landing.info(verdict_name(run_id))
        if found is not None:
            self._landing.delete(found.name, generation=found.generation)

    def all(self) -> Iterator[VerdictRecord]:
        """Yield every verdict that can be read; for each of the others a warning is logged."""
        return readable(self._records.below(VERDICTS_PREFIX, VerdictRecord))

    def readable(self) -> tuple[VerdictRecord, ...]:
        """Return every verdict; none where the caller may not read them."""
        try:
            return tuple(self.all())
        except CloudError:
            return ()

    def last(self, run_id: RunId) -> VerdictRecord | None:
        """Return the last look at a run, or None."""
        found = read(self._records.one(verdict_name(run_id), VerdictRecord))
        return found if found is not None and found.run_id == run_id else None

    @property
    def _records(self) -> Records:
        return Records(self._landing, most_bytes=_MOST_BYTES)

    def damaged(self) -> dict[str, datetime]:
        """Return everything that was found damaged, and when it last was."""
        names: dict[str, UtcTime] = {}
        for verdict in self.all():
            for name in verdict.damaged:
                names[name] = max(names.get(name, verdict.verified_at), verdict.verified_at)
        return names
