"""The model of readiness: dimensions of criteria, each looked at or declared by somebody. Pure."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from manifests.errors import UsageError
from manifests.json_text import read_file
from manifests.values import Stored, UtcTime, Value
from recovery.ops.readiness.promises import PROMISES

type Basis = Literal["looked at", "declared", "nobody"]
_POINTS = 20
_PROMISED = "promised/"


class Criterion(Value):
    """One thing that has to be so.

    Attributes:
        name: Its name.
        command: The command that looks at it; empty where somebody has to declare it.
        looks: The findings that decide, as `ops:freshness`: the look, and its check.
        why: Why nothing can look at it, and somebody has to declare it.
        points: How many points it gives at most.
    """

    name: str
    command: str = ""
    looks: tuple[str, ...] = ()
    why: str = ""
    points: int = _POINTS

    @model_validator(mode="after")
    def _is_looked_at_or_says_why_not(self) -> Self:
        if bool(self.looks) == bool(self.why):
            message = "it is looked at, or says why nothing can"
            raise ValueError(message)
        return self


class Dimension(Value):
    """Criteria that belong together; their weight is in percent of the score."""

    name: str
    weight: float
    criteria: tuple[Criterion, ...]


class ReadinessCriteria(Value):
    """Everything that counts.

    Attributes:
        passed: The least score, of 100, at which the platform is ready enough.
    """

    passed: float = Field(alias="pass")
    dimensions: tuple[Dimension, ...]

    @model_validator(mode="after")
    def _weigh_a_hundred(self) -> Self:
        if sum(item.weight for item in self.dimensions) != 100:  # noqa: PLR2004 - percent
            message = "the weights do not make a hundred"
            raise ValueError(message)
        return self


class Vouched(Value):
    """What somebody declares about something that nothing can look at.

    Attributes:
        by: Who says so.
        on: When it was said.
        expires: From this day on it counts for nothing.
        evidence: Where it can be seen.
    """

    by: str = Field(min_length=1)
    on: date
    expires: date
    evidence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.expires <= self.on:
            message = "it expires before it was said"
            raise ValueError(message)
        return self

    def counts_on(self, day: date) -> bool:
        """Whether it was said by then, and has not expired."""
        return self.on <= day < self.expires

    def told_on(self, day: date) -> str:
        """Return who says so, until when, and where it can be seen."""
        until = "until" if self.counts_on(day) else "EXPIRED, on"
        state = f"{until} {self.expires}" if self.on <= day else f"NOT YET, from {self.on} on"
        return f"{self.by} says so, {state}: {self.evidence}"


class Declared(Vouched):
    """What somebody says of a criterion.

    Attributes:
        points: How many points the criterion gets, up to 20.
    """

    points: float = Field(ge=0, le=_POINTS)


class DeclaredLevel(Vouched):
    """What somebody says that was measured of a promise; whether it is kept is computed.

    Attributes:
        value: The number, in the unit of the promise.
    """

    value: float = Field(allow_inf_nan=False)


class Declarations(Value):
    """What people declare.

    Attributes:
        criteria: What they declare about criteria, by `dimension/criterion`.
        levels: What they declare about promises, by the names of these.
    """

    criteria: Mapping[str, Declared] = {}
    levels: Mapping[str, DeclaredLevel] = {}


class Scored(Value):
    """What one criterion got, and why.

    Attributes:
        dimension: The name of its dimension.
        name: The name of the criterion.
        points: How many points it gives at most.
        scored: How many points it got.
        lost: How many points of the whole score, of 100, it costs.
        basis: Whether it was looked at, declared, or neither.
        evidence: What was found or declared, in a sentence.
        command: The command that looks again; empty where it was declared.
        on: The day of the evidence; None where there is none.
    """

    dimension: str
    name: str
    points: float
    scored: float
    lost: float
    basis: Basis
    evidence: str
    command: str = ""
    on: date | None = None


class ServiceLevel(Value):
    """What was promised, and what was measured.

    Attributes:
        name: What was promised.
        target: The number that was promised, with its unit.
        measured: The number that was measured, with its unit; empty where none was.
        is_met: Whether the target is met; None where it was not measured.
        basis: Whether it was looked at, declared, or neither.
        evidence: Who says so, and until when; empty where it was looked at.
        why: Why nothing here measures it; empty where something does.
    """

    name: str
    target: str
    measured: str = ""
    is_met: bool | None = None
    basis: Basis = "nobody"
    evidence: str = ""
    why: str = ""

    @model_validator(mode="after")
    def _is_known_by_something(self) -> Self:
        if (self.basis == "nobody") != (self.is_met is None and not self.evidence):
            message = "what is known is known by something"
            raise ValueError(message)
        return self


class ReadinessRecord(Stored):
    """The scores of one day.

    Attributes:
        dimensions: The score of each, from 0 to 100.
    """

    looked_at: UtcTime
    score: float
    dimensions: dict[str, float]


class Readiness(Value):
    """How ready the platform is.

    Attributes:
        score: From 0 to 100.
        dimensions: The score of each, from 0 to 100.
        passed: The score that is enough.
        levels: What was promised.
        checklist: What has to be so before it goes live, and whether it is.
        past: Earlier records, the oldest first.
    """

    looked_at: UtcTime
    project: str
    score: float
    dimensions: dict[str, float]
    passed: float
    criteria: tuple[Scored, ...]
    levels: tuple[ServiceLevel, ...]
    checklist: tuple[tuple[str, bool], ...]
    past: tuple[ReadinessRecord, ...] = ()

    @property
    def record(self) -> ReadinessRecord:
        """Return the scores that are written down."""
        return ReadinessRecord(
            looked_at=self.looked_at, score=self.score, dimensions=self.dimensions
        )

    @property
    def gaps(self) -> tuple[Scored, ...]:
        """Return the criteria that cost points, those that cost most first."""
        missing = [item for item in self.criteria if item.lost > 0]
        return tuple(sorted(missing, key=lambda item: (-item.lost, item.dimension, item.name)))


@cache
def shipped_criteria() -> ReadinessCriteria:
    """Return the criteria that are shipped."""
    source = files("recovery.ops.readiness") / "criteria.json"
    return ReadinessCriteria.model_validate(json.loads(source.read_text(encoding="utf-8")))


def read_declared(path: Path | None) -> Declarations:
    """Read what people declare: an object of `dimension/criterion` and `promised/NAME`.

    Raises:
        UsageError: The file is missing, no JSON, names nothing that can be declared, or lacks a name or
            an end.
    """
    if path is None:
        return Declarations()
    content = read_file(path, UsageError)
    criteria = {
        f"{dimension.name}/{criterion.name}": criterion
        for dimension in shipped_criteria().dimensions
        for criterion in dimension.criteria
    }
    known = sorted(name for name, criterion in criteria.items() if not criterion.looks)
    known += [f"{_PROMISED}{name}" for name in PROMISES]
    try:
        levels = {name for name in content if name.startswith(_PROMISED)}
        found = Declarations.model_validate(
            {
                "criteria": {name: it for name, it in content.items() if name not in levels},
                "levels": {name.removeprefix(_PROMISED): content[name] for name in levels},
            }
        )
    except (AttributeError, TypeError, ValidationError) as error:
        raise UsageError(f"it cannot be read: {error}", subject=str(path)) from error
    if unknown := sorted(set(content) - set(known)):
        told = [f"{it}, which is looked at" if it in criteria else it for it in unknown]
        raise UsageError(
            f"nothing asks anybody for: {'; '.join(told)}",
            subject=str(path),
            hint=f"take that out; asked for are: {', '.join(known)}",
        )
    return found
