"""Monitoring queries: what each answers, and the values that it takes. Pure.

A query is a file `queries/NAME.sql`. It begins with comments: `-- Answers:`, `-- Normal:`,
`-- To do:`, and a line `-- Parameter: day DATE = today America/New_York` for each value it takes.
Tables have no project: they are those of the project in which the query runs. `history_runs` and
`history_drills` have no dataset either: they are what `tick` writes of backups and drills.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from manifests.errors import UsageError
from manifests.history import HistoryName
from manifests.values import Value, aware
from recovery.ops.histories import histories_of, standing_alone
from recovery.units import meant

type Said = date | datetime | int | str | None
type Kind = Literal["DATE", "INT64", "STRING", "TIMESTAMP"]

_HEADER = re.compile(r"^-- (Answers|Normal|To do|Parameter): (.+)$", re.MULTILINE)
_PARAMETER = re.compile(
    r"(?P<name>[a-z_]+) (?P<kind>DATE|INT64|STRING|TIMESTAMP) = (?P<default>.+)"
)
_USE = re.compile(r"@([a-z_]+)")
_TODAY = "today "
_NOW = "now"
_NULL = "null"


class Parameter(Value):
    """A value that a query takes.

    Attributes:
        name: Its name, as the statement uses it behind an `@`.
        kind: Its type in BigQuery.
        default: The text that is read when nothing is said: a value, `null`, `now`, or `today ZONE`.
    """

    name: str
    kind: Kind
    default: str

    def value(self, text: str, *, now: datetime) -> Said:
        """Read a value.

        Args:
            text: The value, as an operator or the query's file has it.
            now: The present instant.

        Raises:
            UsageError: It is no value of this type.
        """
        if text == _NULL:
            return None
        if self.kind == "DATE" and text.startswith(_TODAY):
            return now.astimezone(ZoneInfo(text.removeprefix(_TODAY))).date()
        if self.kind == "TIMESTAMP" and text == _NOW:
            return now
        try:
            return _READERS[self.kind](text)
        except ValueError as error:
            raise UsageError(f"`{self.name}` is no {self.kind}", subject=text) from error


_READERS: dict[Kind, Callable[[str], Said]] = {
    "DATE": date.fromisoformat,
    "INT64": int,
    "STRING": str,
    "TIMESTAMP": aware,
}


class MonitoringQuery(Value):
    """A question to the platform's tables.

    Attributes:
        name: The name of its file, without the ending.
        answers: The question.
        normal: What the answer is when all is well.
        to_do: What helps when it is not.
        parameters: The values that it takes.
        sql: The statement, with its header.
    """

    name: str
    answers: str
    normal: str
    to_do: str
    parameters: tuple[Parameter, ...]
    sql: str

    def values(self, said: Mapping[str, str], *, now: datetime) -> dict[str, Said]:
        """Return the value of each parameter.

        Args:
            said: What the operator said, by the names of parameters.
            now: The present instant.

        Raises:
            UsageError: A value does not fit, or names no parameter.
        """
        known = {item.name for item in self.parameters}
        if unknown := sorted(set(said) - known):
            raise UsageError(
                f"{self.name} has no such parameter",
                subject=unknown[0],
                hint=f"it has {', '.join(sorted(known))}",
            )
        return {
            item.name: item.value(said.get(item.name, item.default), now=now)
            for item in self.parameters
        }

    @property
    def histories(self) -> tuple[HistoryName, ...]:
        """Return which histories of backups and drills it reads."""
        return histories_of(self.sql)

    def pasted(self, values: Mapping[str, Said], *, bucket: str, dataset: str) -> str:
        """Return a script with the values in it, for a console that takes no parameters.

        Args:
            values: The value of each parameter.
            bucket: The landing bucket, where the histories are.
            dataset: Where the tables over them are made: one whose tables expire.
        """
        kinds = {item.name: item.kind for item in self.parameters}
        text = _USE.sub(lambda use: _literal(kinds[use[1]], values[use[1]]), self.sql)
        return standing_alone(text, bucket=bucket, dataset=dataset)


def _literal(kind: Kind, value: Said) -> str:
    if value is None:
        return f"CAST(NULL AS {kind})"
    if kind == "STRING":
        text = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{text}'"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.astimezone(UTC).isoformat()}'"
    return f"DATE '{value}'" if kind == "DATE" else str(value)


def read_query(name: str, text: str) -> MonitoringQuery:
    """Read a query's file.

    Args:
        name: The file's name without its ending.
        text: What it holds.

    Raises:
        ValueError: Its header lacks a line, or a parameter is not as its statement uses it.
    """
    header: dict[str, list[str]] = {}
    for key, said in _HEADER.findall(text):
        header.setdefault(key, []).append(said)
    parameters = []
    for line in header.get("Parameter", ()):
        if (found := _PARAMETER.fullmatch(line)) is None:
            message = f"{name}: not a parameter: {line}"
            raise ValueError(message)
        parameters.append(Parameter.model_validate(found.groupdict()))
    if {item.name for item in parameters} != set(_USE.findall(text)):
        message = f"{name}: its parameters are not those that it uses"
        raise ValueError(message)
    try:
        answers, normal, to_do = (header[key][0] for key in ("Answers", "Normal", "To do"))
    except KeyError as error:
        message = f"{name}: its header has no line {error}"
        raise ValueError(message) from error
    return MonitoringQuery(
        name=name,
        answers=answers,
        normal=normal,
        to_do=to_do,
        parameters=tuple(parameters),
        sql=text,
    )


@cache
def monitoring_queries() -> Mapping[str, MonitoringQuery]:
    """Return every query that is shipped, by its name."""
    found = sorted(files(__package__).joinpath("queries").iterdir(), key=lambda file: file.name)
    names = {file.name.removesuffix(".sql"): file for file in found if file.name.endswith(".sql")}
    return {name: read_query(name, file.read_text("utf-8")) for name, file in names.items()}


def monitoring_query(name: str) -> MonitoringQuery:
    """Return a query by its name.

    Raises:
        UsageError: There is none; the hint lists them.
    """
    known = monitoring_queries()
    if name not in known:
        hint = f"{meant(name, known)}there are: {', '.join(known)}"
        raise UsageError("no such query", subject=name, hint=hint)
    return known[name]


def said_values(given: Sequence[str]) -> dict[str, str]:
    """Read what an operator said about parameters: `name=value` each.

    Raises:
        UsageError: One has no name or no `=`, or is said twice.
    """
    said: dict[str, str] = {}
    for text in given:
        name, is_said, value = text.partition("=")
        if not is_said or not name or name in said:
            raise UsageError("not one value of one parameter, as day=2026-01-03", subject=text)
        said[name] = value
    return said
