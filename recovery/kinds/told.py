"""What a kind tells a person: what a run holds of it, and how far its recovery is. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from manifests.kind import Backup
from manifests.parts import kind_of
from recovery.document import Row, Table
from recovery.units import counted


class Held(NamedTuple):
    """What a run holds of one kind.

    Attributes:
        rows: A line for each part that is in no table.
        gaps: What the run says that it does not hold.
        table: The parts as a table; None where there are none.
    """

    rows: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    table: Table | None = None


class SoFar(NamedTuple):
    """How far the recovery of one kind is.

    Attributes:
        rows: How far each thing is.
        values: What the journal holds of the kind, as JSON has it, by name.
    """

    rows: tuple[Row, ...] = ()
    values: Mapping[str, Any] = {}


def held_text(part: Backup, *details: str) -> str:
    """Say how much a run holds of one part.

    Args:
        part: The part.
        details: What is told besides.
    """
    kind = kind_of(part)
    things = counted(part.count, kind.counted.removesuffix("s"))
    return f"{kind.labelled(part.name)}: {', '.join((things, *details))}"
