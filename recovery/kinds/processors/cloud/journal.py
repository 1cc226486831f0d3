"""What a recovery of dates has done, kept in the landing bucket beside those of other scenarios.

Its plan is written before anything is run. Of each request it is written that it is about to be sent,
and that it was answered, whatever the answer says. `manifests.journal_layout` says where.

A request without an answer can still be at work when the process that sent it is gone. Nothing is
skipped because of an entry: the table is looked at again.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime

from manifests.catalog_objectives import Objective, ScenarioName
from manifests.cloud.objects import Bucket
from manifests.cloud.recoveries import attempts_ended
from manifests.errors import BackupDamagedError, ManifestAlteredError, RefusedError, UsageError
from manifests.store.bounded import Records, read
from manifests.store.seal import Seal
from manifests.values import UtcTime, Value
from recovery.journal_base import JournalBase
from recovery.kinds.processors.rules.outcome import SCENARIO, DatesReport, PlannedDates


class SentRequest(Value):
    """The entry that a request is about to be sent, or was answered."""

    sent_at: UtcTime


class DatesJournal(JournalBase):
    """The journal of one recovery of dates. Safe to share between threads."""

    def __init__(
        self,
        bucket: Bucket,
        recovery_id: str,
        seal: Seal,
        objectives: Mapping[ScenarioName, Objective] | None = None,
    ) -> None:
        super().__init__(bucket, recovery_id, seal, objectives)
        self._lock = threading.Lock()
        self._sent = Counter(
            found
            for item in bucket.list_objects(self._names.folder("requests"))
            if (found := self._names.requested(item.name)) is not None
        )

    def begin(self, planned: PlannedDates) -> None:
        """Write the plan, once.

        Raises:
            RefusedError: Another one is there.
        """
        self._once(self._names.plan, planned)

    def planned(self) -> PlannedDates:
        """Return the plan of a recovery that was begun.

        Raises:
            UsageError: There is no such recovery.
            BackupDamagedError: It cannot be read, is another's, or nobody we trust signed it.
        """
        name = self._names.plan
        content = self._bucket.read(name)
        if content is None:
            raise UsageError(
                "no such recovery", subject=self.recovery_id, hint="`rebound report` lists them"
            )
        planned = self._seal.believed(content, PlannedDates, subject=name)
        if planned.recovery_id != self.recovery_id:
            raise ManifestAlteredError("it is the plan of another recovery", subject=name)
        return self._measured(planned)

    @property
    def requests(self) -> int:
        """Return how many requests were sent, by this attempt and those before it."""
        return self._sent.total()

    @property
    def sent(self) -> dict[str, int]:
        """Return how many requests of each processor were sent, by its name, however often each date was."""
        found: Counter[str] = Counter()
        for (processor, _), number in self._sent.items():
            found[processor] += number
        return dict(found)

    def send(self, processor: str, day: date, at: datetime) -> int:
        """Write that a request is about to be sent; return its number.

        Raises:
            RefusedError: Another process is at this recovery.
        """
        with self._lock:
            self._sent[processor, str(day)] += 1
            number = self._sent[processor, str(day)]
        self._once(self._names.request(processor, day, number), SentRequest(sent_at=at))
        return number

    def answer(self, processor: str, day: date, number: int, at: datetime) -> None:
        """Write that a request was answered.

        Args:
            processor: The processor's name.
            day: The date.
            number: The request's number, as `send` returned it.
            at: When it was answered.

        Raises:
            CloudError: It could not be written.
        """
        name = self._names.answer(processor, day, number)
        self._bucket.put_once(name, self._seal.encode(SentRequest(sent_at=at), subject=name))

    def unanswered_since(self, processor: str, day: date) -> datetime | None:
        """Return when the last request of a date was sent, if nothing answered it.

        The time is that of the entry on Cloud Storage's clock, whatever the entry says: a request that may
        still be at work is waited for.
        """
        number = self._sent[processor, str(day)]
        if not number or self._is_answered(processor, day, number):
            return None
        found = self._bucket.read_dated(self._names.request(processor, day, number))
        return None if found is None else found.written_at

    def _is_answered(self, processor: str, day: date, number: int) -> bool:
        name = self._names.answer(processor, day, number)
        records = Records(self._bucket, seal=self._seal, only_believed=True)
        return read(records.one(name, SentRequest)) is not None

    def end(self, report: DatesReport) -> DatesReport:
        """Write how an attempt ended, and return what is written then."""
        return self._end_once(report, lambda name: self._ended(name, report))

    def _ended(self, name: str, report: DatesReport) -> DatesReport:
        content = self._bucket.put_once(name, self._seal.encode(report, subject=name))
        return self._measured(self._seal.believed(content, DatesReport, subject=name))

    def last_report(self) -> DatesReport | None:
        """Return the final report, else that of the last attempt; None when no attempt has ended.

        A report that is another's, or that nobody we trust signed, is passed over: otherwise whoever can
        write there could stop every command that looks for recoveries under way.
        """
        attempts = attempts_ended(self._bucket, self.recovery_id)
        for name in (self._names.report, *reversed(attempts)):
            content = self._bucket.read(name)
            with suppress(BackupDamagedError):
                found = content and self._seal.believed(content, DatesReport, subject=name)
                if found and found.recovery_id == self.recovery_id:
                    return self._measured(found)
        return None

    def _measured[Of: (PlannedDates, DatesReport)](self, found: Of) -> Of:
        """Return what was written, with the objective of the catalog that it is measured by."""
        return self._measured_by(found, SCENARIO)

    def _once(self, name: str, document: Value) -> None:
        content = self._seal.encode(document, subject=name)
        if self._bucket.put_once(name, content) != content:
            raise RefusedError(
                "another process wrote it", subject=name, hint="see who is at this recovery"
            )
