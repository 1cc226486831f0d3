"""What somebody decided to live with, until a day: nothing of the kind holds for ever."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from manifests.values import Value

_LONGEST = timedelta(days=366)
NOBODY = "the shipped catalog (no owner has confirmed it)"
"""The `decided_by` of the decisions in the shipped catalog, which no owner has confirmed."""
SHIPPED = Path("manifests", "catalog.json")
"""The shipped catalog, in a checkout."""


def confirming(catalog: Path) -> str:
    """Return the command that puts the name of who answers for them into a catalog.

    Args:
        catalog: The file.
    """
    return f"sed -i 's/{NOBODY}/NAME/' {shlex.quote(str(catalog))}"


class CatalogDecision(Value):
    """Somebody's decision to live with something.

    Attributes:
        decided_by: Who answers for it.
        decided_on: When.
        until: The last day on which it holds: a year later at most.
        why: What speaks for it, or is done instead.
    """

    decided_by: str = Field(min_length=1)
    decided_on: date
    until: date
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.decided_on <= self.until <= self.decided_on + _LONGEST:
            message = "a decision holds for a year at most: then somebody takes it again"
            raise ValueError(message)
        return self

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.decided_on <= day <= self.until

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody answers for it."""
        return self.decided_by != NOBODY

    @property
    def told(self) -> str:
        """Return whose decision it is, and until when it holds."""
        return f"the decision of {self.decided_by} until {self.until}"


class NotShown(CatalogDecision):
    """That somebody accepts that no drill shows some parts to restore.

    Attributes:
        parts: What it is about, as `rebound status` calls it: `resources run/service`.
    """

    parts: tuple[str, ...] = Field(min_length=1)


class LeftOut(CatalogDecision):
    """That something of the project is in no backup.

    Attributes:
        kind: What it is, as a manifest says of what the catalog does not name.
        names: Patterns of its names; `*` stands for anything.
    """

    kind: Literal["dataset", "bucket", "database", "service", "asset type"]
    names: tuple[str, ...] = Field(min_length=1)

    def is_about(self, kind: str, name: str) -> bool:
        """Whether it is about one thing."""
        return kind == self.kind and any(fnmatchcase(name, pattern) for pattern in self.names)


class LeftOutNames(NamedTuple):
    """What of some things is left out by which decision.

    Attributes:
        by: The names that each decision leaves out; each name is with the first decision about it.
        others: The names that none leaves out.
    """

    by: Mapping[LeftOut, Sequence[str]]
    others: Sequence[str]


def left_out_by(
    decisions: Iterable[LeftOut], kind: str, names: Iterable[str], *, on: date
) -> LeftOutNames:
    """Tell what is left out on a day.

    Args:
        decisions: Those of the catalog.
        kind: What one of the things is called.
        names: Their names.
        on: The day: a decision ends.
    """
    by: dict[LeftOut, list[str]] = {}
    others: list[str] = []
    holding = [item for item in decisions if item.holds(on)]
    for name in names:
        decision = next((item for item in holding if item.is_about(kind, name)), None)
        (others if decision is None else by.setdefault(decision, [])).append(name)
    return LeftOutNames(by, others)
