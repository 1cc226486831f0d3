"""Which dates each processor lacks, and which of them are run again in which order. Pure."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from manifests.catalog_objectives import Objective
from manifests.catalog_processors import Processor, Processors
from manifests.values import UtcTime, Value
from recovery.compare.digest import Digest
from recovery.compare.findings import Finding
from recovery.fence.model import PlannedFence
from recovery.kinds.processors.rules.calendar import (
    UNKNOWN,
    Games,
    ScheduledGames,
    days,
    games_of,
    last_due,
    why_not_due,
)
from recovery.kinds.processors.rules.money import priced
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.kinds.processors.rules.rows import RowsOfDate, findings_of
from recovery.scenarios import scenario


class FaultyDate(Value):
    """A date that has rows which do not pass the checks."""

    day: date
    rows: int
    findings: tuple[Finding, ...]


class IdleDate(Value):
    """A date that somebody named and of which nothing is due."""

    day: date
    why: str


class UnreadTable(Value):
    """That a table could not be looked at.

    Attributes:
        is_gone: Whether the table is gone.
    """

    why: str
    hint: str = ""
    is_gone: bool = False


class SeenTables(Value):
    """What the tables and the schedule hold.

    Attributes:
        schedule: What the schedule says of dates; None where there is none.
        rows: For each processor its dates that have rows.
        unread: The processors whose tables could not be looked at.
    """

    observed_at: UtcTime
    schedule: Mapping[date, ScheduledGames] | None
    rows: Mapping[str, Mapping[date, RowsOfDate]]
    unread: Mapping[str, UnreadTable] = {}


class ProcessorStep(Value):
    """What one processor lacks, and what of it is run.

    Attributes:
        due: How many dates are due.
        missing: Dates without rows.
        faulty: Dates whose rows do not pass.
        undecided: Dates without rows of which nobody knows whether there were games.
        idle: Dates that were named and of which nothing is due.
        runs: The dates that are run.
        unread: Why nothing is known of its dates; None when they were looked at.
    """

    processor: str
    table: str
    due: int = 0
    missing: tuple[date, ...] = ()
    faulty: tuple[FaultyDate, ...] = ()
    undecided: tuple[date, ...] = ()
    idle: tuple[IdleDate, ...] = ()
    runs: tuple[date, ...] = ()
    unread: UnreadTable | None = None

    @property
    def lacking(self) -> frozenset[date]:
        """Return every date that is not shown to be complete."""
        return frozenset((*self.missing, *self.undecided, *(item.day for item in self.faulty)))

    @property
    def is_complete(self) -> bool:
        """Whether nothing lacks."""
        return not self.lacking and self.unread is None

    def lacks(self, day: date) -> bool:
        """Whether a date is not known to be complete."""
        return self.unread is not None or day in self.lacking


class ProcessorPlan(Value):
    """What is to be run.

    Attributes:
        until: The last date that is due.
        has_schedule: Whether the schedule said on which dates there were games.
        steps: Those of the processors that were asked for, each after those it reads.
        others: What is known of the others, none of which is run.
        seconds: What the runs take as a rule.
        usd: What the runs cost when each succeeds at once, as the catalog prices a request; None where it
            prices one of them nowhere.
        sent, spent_usd: How many requests were sent before, and what those cost, where a recovery goes on.
        fence: What is paused before anything is run; None where the catalog names no writers.
        agreed: What the catalog agrees on; None where it does not.
        seen: A digest of what was observed of the dates that were asked for; empty in older plans.
    """

    request: DatesRequest
    observed_at: UtcTime
    until: date
    has_schedule: bool
    steps: tuple[ProcessorStep, ...]
    others: tuple[ProcessorStep, ...] = ()
    seconds: int = 0
    usd: float | None = None
    sent: int = 0
    spent_usd: float | None = None
    fence: PlannedFence | None = None
    agreed: Objective | None = None
    seen: str = ""

    @property
    def objective(self) -> Objective:
        """Return what is asked of the recovery: what was agreed, or what holds for the scenario."""
        return self.agreed or scenario("processor-failure").objective

    @property
    def written(self) -> frozenset[str]:
        """Return what is written, as the catalog's writers name it."""
        return frozenset(
            f"dataset {step.table.partition('.')[0]}" for step in self.steps if step.runs
        )

    @property
    def requests(self) -> int:
        """Return how many requests it takes when each succeeds at once."""
        return sum(len(step.runs) for step in self.steps)

    @property
    def is_complete(self) -> bool:
        """Whether nothing lacks of what was asked for."""
        return all(step.is_complete for step in self.steps)

    def step(self, processor: str) -> ProcessorStep:
        """Return what is known of a processor."""
        return next(item for item in (*self.steps, *self.others) if item.processor == processor)

    def waiting(self, processor: Processor, day: date) -> tuple[str, ...]:
        """Return the processors that a date of this one waits for and that nobody runs."""
        return tuple(
            name
            for name in processor.after
            if (step := self.step(name)).lacks(day) and day not in step.runs
        )


class _Known(NamedTuple):
    rules: Processors
    seen: SeenTables
    request: DatesRequest
    until: date
    games: Mapping[date, Games]


def make_plan(rules: Processors, seen: SeenTables, request: DatesRequest) -> ProcessorPlan:
    """Decide what is run.

    Args:
        rules: The catalog's processors.
        seen: What the world holds.
        request: What the operator asked for.
    """
    until = last_due(rules, seen.observed_at)
    known = _Known(rules, seen, request, until, games_by_date(rules, seen, request))
    steps = {item.name: _step(item, known) for wave in rules.waves() for item in wave}
    asked = [item.name for item in _in_order(rules) if request.wants(item)]
    return ProcessorPlan(
        request=request,
        observed_at=seen.observed_at,
        until=until,
        has_schedule=seen.schedule is not None,
        steps=tuple(steps[name] for name in asked),
        others=tuple(
            step.model_copy(update={"runs": ()})
            for name, step in steps.items()
            if name not in asked
        ),
        seconds=sum(_wave_seconds(rules, wave, steps) for wave in _waves(rules, request)),
        usd=priced(rules, {name: len(steps[name].runs) for name in asked}),
        seen=_digest(known),
    )


def _digest(known: _Known) -> str:
    """Return a digest of all that is known of what was asked for: it changes with their rows."""
    digest = Digest()
    for processor in filter(known.request.wants, known.rules.processors):
        due, _ = _due(processor, known)
        rows = known.seen.rows.get(processor.name, {})
        for day in due:
            digest.add(processor.name, day, rows.get(day), known.games[day])
    return digest.text


def games_by_date(rules: Processors, seen: SeenTables, request: DatesRequest) -> dict[date, Games]:
    """Return how many games each date had that can be due."""
    until = last_due(rules, seen.observed_at)
    wanted = (*days(rules, request.first_day(), until), *request.dates)
    return games_of(wanted, seen.schedule, _witnessed(seen))


def _in_order(rules: Processors) -> Iterator[Processor]:
    for wave in rules.waves():
        yield from wave


def _waves(rules: Processors, request: DatesRequest) -> Iterator[tuple[Processor, ...]]:
    for wave in rules.waves():
        yield tuple(item for item in wave if request.wants(item))


def _wave_seconds(
    rules: Processors, wave: tuple[Processor, ...], steps: Mapping[str, ProcessorStep]
) -> int:
    """Return what a wave takes: services work beside each other, one service's requests in turn."""
    taken = [0]
    for service in rules.services:
        runs = sum(len(steps[item.name].runs) for item in wave if item.service == service.name)
        taken.append(math.ceil(runs / service.parallel) * service.usual_seconds)
    return max(taken)


def _witnessed(seen: SeenTables) -> dict[date, int]:
    """Return of which dates some processor has rows, and of how many games they tell at most."""
    found: dict[date, int] = {}
    for dates in seen.rows.values():
        for day, rows in dates.items():
            found[day] = max(found.get(day, 0), rows.games or 0)
    return found


def _step(processor: Processor, known: _Known) -> ProcessorStep:
    request, unread = known.request, known.seen.unread.get(processor.name)
    due, idle = _due(processor, known)
    missing, faulty, undecided = [], [], []
    rows = known.seen.rows.get(processor.name, {})
    for day in () if unread else due:
        found = rows.get(day)
        if found is not None:
            wrong = findings_of(processor, day, found, known.games[day])
            faulty += [FaultyDate(day=day, rows=found.rows, findings=wrong)] if wrong else []
        elif known.games[day] == UNKNOWN:
            undecided.append(day)
        else:
            missing.append(day)
    again = [item.day for item in faulty] if request.may_overwrite(processor) else []
    named = [day for day in undecided if day in request.dates]
    return ProcessorStep(
        processor=processor.name,
        table=processor.table,
        due=len(due),
        missing=tuple(missing),
        faulty=tuple(faulty),
        undecided=tuple(undecided),
        idle=tuple(idle),
        runs=tuple(sorted([*missing, *again, *named])),
        unread=unread,
    )


def _due(processor: Processor, known: _Known) -> tuple[list[date], list[IdleDate]]:
    """Return the requested dates that are due, and those named ones that are not."""
    service, request = known.rules.service(processor), known.request
    due, idle = [], []
    for day in sorted(set(request.dates or known.games)):
        games = known.games[day]
        why = why_not_due(known.rules, service, day, until=known.until, games=games)
        if not why:
            due.append(day)
        elif request.dates:
            idle.append(IdleDate(day=day, why=why))
    return due, idle
