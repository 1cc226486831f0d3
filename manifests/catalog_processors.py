"""What the catalog says about processors: what they write for each date, when, and who runs them.

A processor is a part of the platform that writes the rows of one date into one table. A date that
it missed is brought back by running it again.
"""

from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from manifests.ids import TableName
from manifests.values import TimeZone, Value

DATE = "{date}"
PROCESSOR = "{processor}"

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,299}$")]
ProcessorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
# The token and the key of a request are secrets: they go over TLS alone.
ServiceUrl = Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.:-]+$")]


class Dates(Value):
    """The dates from one to another, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.last < self.first:
            message = f"{self.last} is before {self.first}"
            raise ValueError(message)
        return self

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


class Season(Dates):
    """One season: its first date with games and its last.

    Attributes:
        pauses: Dates within it on which nothing is due, such as the All-Star gap. A date too many hides
            rows that are missed; a date too few is harmless where the schedule says that it had no games.
        source: Where its dates are from, where that is no list of games; nothing reads it.
    """

    name: str
    source: str = ""
    pauses: tuple[Dates, ...] = ()


class Schedule(Value):
    """The table that knows on which dates there were games.

    It can have several rows for one game, some of which were never brought up to date, and the same
    game on two dates when it was put off.

    Attributes:
        prefixes: How the ids of games that count begin; any when empty.
        status_column: Tells how far a game is.
        final: What it says of a game that was played.
    """

    table: TableName
    date_column: ColumnName
    game_column: ColumnName
    status_column: ColumnName
    final: int
    prefixes: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")], ...] = ()


class Service(Value):
    """One service that runs processors for a date.

    Attributes:
        name: What processors call it by: its phase.
        url: Where it answers; also the audience of identity tokens.
        path: Where a date is asked for.
        body: What is sent; `{date}` and `{processor}` stand for those.
        api_key_variable: The environment variable that has the key for `X-API-Key`; None where the
            service asks for none.
        skipped_days: So many days from the first of each season it has nothing to write.
        parallel: Requests in flight at once.
        longest_seconds: The service gives a request up after this time.
        usual_seconds: What a date takes, for the plan.
        usd_a_request: What a request costs at most, by the owner's own bills: what it has others do, as a
            query or a call of another service, nobody else can know. None where nobody said.
    """

    name: ProcessorName
    url: ServiceUrl
    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_-]*$")]
    body: dict[str, JsonValue]
    api_key_variable: VariableName | None = None
    skipped_days: int = Field(default=0, ge=0)
    parallel: int = Field(default=1, ge=1, le=32)
    longest_seconds: int = Field(ge=1, le=3600)
    usual_seconds: int = Field(ge=1)
    usd_a_request: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _names_what_is_asked_for(self) -> Self:
        said = set(_texts(self.body))
        if not {DATE, PROCESSOR} <= said:
            message = f"the body of {self.name} lacks {DATE} or {PROCESSOR}"
            raise ValueError(message)
        return self

    def request(self, processor: str, day: date) -> JsonValue:
        """Return the body that asks for one date of a processor."""
        return _filled(self.body, {DATE: day.isoformat(), PROCESSOR: processor})


class Processor(Value):
    """One processor and what its rows of a date have to be.

    Attributes:
        service: The name of the service that runs it.
        called: What the service calls it.
        key: The columns of which a date has each combination once.
        game_column: The game a row is about, where each has one: then no game may lack.
        least_rows_a_game: Fewer rows for each game are half of it.
        most_rows_a_game: More cannot be; None for any number.
        most_empty: In which share of a date's rows a column may be empty, from 0 to 1.
        after: The processors whose rows of the date it reads.
    """

    name: ProcessorName
    service: ProcessorName
    called: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
    table: TableName
    date_column: ColumnName
    key: tuple[ColumnName, ...] = Field(min_length=1)
    game_column: ColumnName | None = None
    least_rows_a_game: float = Field(default=0, ge=0)
    most_rows_a_game: float | None = None
    most_empty: dict[ColumnName, Annotated[float, Field(ge=0, lt=1)]] = Field(default_factory=dict)
    after: tuple[ProcessorName, ...] = ()


class Bounds(Value):
    """What one recovery of processors may take.

    Attributes:
        requests: So many requests at most, those that are repeated too.
        seconds: No request is begun after this time.
        query_bytes: All its queries together are billed this much at most.
        usd: All its requests together cost this much at most, at what the services say; None where they are
            not bounded in money.
    """

    requests: int = Field(ge=1)
    seconds: int = Field(ge=1)
    query_bytes: int = Field(ge=1)
    usd: float | None = Field(default=None, gt=0)


class Processors(Value):
    """Every processor that can be run again, and the calendar that says what is due.

    Attributes:
        time_zone: In which a date begins and ends.
        due_hours: A date is due so many hours after it ended.
        schedule: The table of games; None where there is none.
    """

    time_zone: TimeZone
    due_hours: int = Field(default=12, ge=0)
    seasons: tuple[Season, ...] = Field(min_length=1)
    schedule: Schedule | None = None
    bounds: Bounds
    services: tuple[Service, ...] = Field(min_length=1)
    processors: tuple[Processor, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for names in (
            [item.name for item in self.services],
            [item.name for item in self.processors],
        ):
            if doubled := sorted({name for name in names if names.count(name) > 1}):
                message = f"listed more than once: {', '.join(doubled)}"
                raise ValueError(message)
        known = {item.name for item in self.processors}
        wanted = {name for item in self.processors for name in item.after} - known
        wanted |= {item.service for item in self.processors} - {item.name for item in self.services}
        if wanted:
            message = f"not in the catalog: {', '.join(sorted(wanted))}"
            raise ValueError(message)
        if self.bounds.usd is not None:
            unpriced = [item.name for item in self.services if item.usd_a_request is None]
            if unpriced:
                message = (
                    f"bounded in money, and nobody says what a request costs: {', '.join(unpriced)}"
                )
                raise ValueError(message)
        try:
            self._sorter().prepare()
        except CycleError as error:
            message = f"processors wait for each other: {', '.join(error.args[1])}"
            raise ValueError(message) from error
        return self

    @property
    def dataset_ids(self) -> tuple[str, ...]:
        """Return the datasets that processors write, in order of first mention."""
        named = (item.table.partition(".")[0] for item in self.processors)
        return tuple(dict.fromkeys(named))

    def service(self, processor: Processor) -> Service:
        """Return the service that runs a processor."""
        return next(item for item in self.services if item.name == processor.service)

    def waves(self) -> Iterator[tuple[Processor, ...]]:
        """Yield the processors that wait for none, then those that only wait for them, and so on."""
        sorter = self._sorter()
        sorter.prepare()
        while ready := set(sorter.get_ready()):
            yield tuple(item for item in self.processors if item.name in ready)
            sorter.done(*ready)

    def _sorter(self) -> "TopologicalSorter[str]":
        return TopologicalSorter({item.name: item.after for item in self.processors})


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _filled(value: JsonValue, values: dict[str, str]) -> JsonValue:
    if isinstance(value, str):
        return values.get(value, value)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, values) for name, item in value.items()}
    return value
