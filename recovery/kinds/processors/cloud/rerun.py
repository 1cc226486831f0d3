"""Runs missed dates again, one wave of processors after the other, and looks at the rows each time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial

from manifests.catalog_processors import Processor, Processors
from recovery.kinds.processors.cloud.journal import DatesJournal
from recovery.kinds.processors.cloud.services import ServiceAnswer, Services
from recovery.kinds.processors.cloud.tables import DateTables
from recovery.kinds.processors.rules.calendar import UNKNOWN, Games
from recovery.kinds.processors.rules.money import exact, usd_left
from recovery.kinds.processors.rules.outcome import (
    BOUNDS,
    BoundName,
    DateOutcome,
    DatesReport,
    DateState,
    PlannedDates,
)
from recovery.kinds.processors.rules.plan import make_plan
from recovery.kinds.processors.rules.rows import findings_of
from recovery.progress import Progress

_FIRST_LOOK_SECONDS = 0.5
_LONGEST_LOOK_SECONDS = 30.0
_FOUND = ServiceAnswer("its rows came without being asked for")
_CAME = ServiceAnswer("no answer came, and its rows did")


class Rerun:
    """One attempt at a recovery of dates.

    Args:
        rules: The catalog's processors.
        planned: The plan that the operator agreed to.
        games: The games of each date.
        tables: Reads the tables that processors write.
        services: Asks the services that run processors.
        journal: Tells what was done so far, and takes what is done.
        clock: Gives the present instant.
        progress: Told how far each date is.
    """

    def __init__(
        self,
        rules: Processors,
        planned: PlannedDates,
        games: Mapping[date, Games],
        *,
        tables: DateTables,
        services: Services,
        journal: DatesJournal,
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._rules = rules
        self._planned = planned
        self._games = games
        self._tables = tables
        self._services = services
        self._journal = journal
        self._clock = clock
        self._progress = progress
        self._lock = threading.Lock()
        self._requests_left = rules.bounds.requests - journal.requests
        self._usd_left = usd_left(rules, journal.sent)
        self._last_begin = clock() + timedelta(seconds=rules.bounds.seconds)
        self._proven: set[tuple[str, date]] = set()

    def run(self, undo: Mapping[str, str], *, ran: Callable[[], None]) -> DatesReport:
        """Run every date of the plan, and report what lacks then.

        Args:
            undo: The undo point of each table that is written, by the table.
            ran: Called when everything was run, before it is looked at.

        Raises:
            CloudError: A service refuses this identity, or a table could not be read.
        """
        plan = self._planned.plan
        outcomes: list[DateOutcome] = []
        for wave in self._rules.waves():
            for service in self._rules.services:
                todo = [
                    partial(self._date, processor, day, undo)
                    for processor in wave
                    if processor.service == service.name and plan.request.wants(processor)
                    for day in plan.step(processor.name).runs
                ]
                outcomes += in_parallel(todo, service.parallel)
        ran()
        now = self._clock()
        seen = self._tables.observe(plan.request.first_day(), now=now)
        report = DatesReport(
            recovery_id=self._planned.recovery_id,
            plan=plan,
            started_at=self._planned.started_at,
            finished_at=now,
            left=make_plan(self._rules, seen, plan.request),
            dates=tuple(outcomes),
            requests=self._journal.requests,
            billed_bytes=self._tables.billed_bytes,
            operator=self._planned.operator,
        )
        return self._journal.end(report)

    def _date(self, processor: Processor, day: date, undo: Mapping[str, str]) -> DateOutcome:
        name = f"{processor.name} {day}"
        state, answer = self._brought_back(processor, day, name)
        if state == "proven":
            self._proven.add((processor.name, day))
        self._progress(name, "proven" if state == "proven" else "failed")
        kept = undo.get(processor.table, "")
        return DateOutcome(
            processor=processor.name,
            day=day,
            state=state,
            said=answer.said,
            bound=answer.bound,
            undo=kept,
        )

    def _brought_back(
        self, processor: Processor, day: date, name: str
    ) -> tuple[DateState, ServiceAnswer]:
        """Return how a date ended, and what was said of it."""
        if lacking := self._lacked_by(processor, day):
            return "waits", ServiceAnswer(f"{', '.join(lacking)} lacks the date")
        if self._passes(processor, day) or self._came_of_an_earlier(processor, day):
            return "proven", _FOUND
        self._progress(name, "running")
        requests: list[tuple[int, datetime]] = []
        before = partial(self._before, processor, day, requests)
        answer = self._services.run(processor, day, before=before)
        if answer.bound is not None:
            return "not run", answer
        number, sent_at = requests[-1]
        if answer.is_lost:
            came = self._comes(processor, day, sent_at)
            return ("proven", _CAME) if came else ("lacks", answer)
        self._journal.answer(processor.name, day, number, self._clock())
        return ("proven" if self._passes(processor, day) else "lacks"), answer

    def _before(
        self, processor: Processor, day: date, requests: list[tuple[int, datetime]]
    ) -> ServiceAnswer | None:
        """Write down that a request is sent, if one is needed and one is left."""
        if requests:
            self._journal.answer(processor.name, day, requests[-1][0], self._clock())
            if self._passes(processor, day):
                return _FOUND
        usd = exact(self._rules.service(processor).usd_a_request or 0.0)
        with self._lock:
            now = self._clock()
            if now > self._last_begin:
                return _not_asked("seconds")
            if self._requests_left < 1:
                return _not_asked("requests")
            if usd > self._usd_left:
                return _not_asked("usd")
            self._requests_left -= 1
            self._usd_left -= usd
        requests.append((self._journal.send(processor.name, day, now), now))
        return None

    def _lacked_by(self, processor: Processor, day: date) -> list[str]:
        """Return the processors that this one reads and that lack the date still."""
        plan = self._planned.plan
        return [
            name
            for name in processor.after
            if plan.step(name).lacks(day) and (name, day) not in self._proven
        ]

    def _passes(self, processor: Processor, day: date) -> bool:
        rows = self._tables.rows(processor, day, day).get(day)
        if rows is None:
            return False
        return not findings_of(processor, day, rows, self._games.get(day, UNKNOWN))

    def _came_of_an_earlier(self, processor: Processor, day: date) -> bool:
        """Whether an earlier request, which may still have been at work, brought the date back."""
        sent_at = self._journal.unanswered_since(processor.name, day)
        return sent_at is not None and self._comes(processor, day, sent_at)

    def _comes(self, processor: Processor, day: date, sent_at: datetime) -> bool:
        """Look at a date until it passes, or until its request must have ended."""
        longest = timedelta(seconds=self._rules.service(processor).longest_seconds)
        pause_seconds = _FIRST_LOOK_SECONDS
        while not self._passes(processor, day):
            if self._clock() >= sent_at + longest:
                return False
            time.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_LOOK_SECONDS)
        return True


def _not_asked(bound: BoundName) -> ServiceAnswer:
    return ServiceAnswer(BOUNDS[bound], bound=bound)


def in_parallel(todo: Sequence[Callable[[], DateOutcome]], parallel: int) -> list[DateOutcome]:
    """Do everything in parallel, and return the outcomes in order.

    When one raises an error, what has not begun is not done, and the error is raised.

    Args:
        todo: What is done.
        parallel: How many are done at once.
    """
    with ThreadPoolExecutor(parallel, thread_name_prefix="dates") as pool:
        begun = [pool.submit(work) for work in todo]
        try:
            return [item.result() for item in begun]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
