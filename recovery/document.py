"""What a command tells, as values: a document of sections and blocks, which renderers write. Pure.

`recovery.report.text` writes a document for a terminal, `recovery.report.html` as a page. A
renderer leaves out what it has no place for: a text seldom has headings of sections, and its
conclusion is the error with which the command ends.
"""

from dataclasses import dataclass
from typing import Literal

type Alignment = Literal["left", "right"]
type Telling = Literal["planned", "ended", "ended documents", "so far", "held", "health"]
"""What the states of rows tell.

    planned          what would happen
    ended            how it ended
    ended documents  the same, of documents
    so far           how far it is
    held             what a run holds
    health           how something is
"""


@dataclass(frozen=True, slots=True)
class Alike:
    """What many things have in common, so that they can be told as one.

    Attributes:
        name: What one of them is called.
        sort: What they are.
        why: What is told of each behind its name.
    """

    name: str
    sort: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, and what is told of it.

    Attributes:
        text: What is told.
        state: What happens to it, or how it ended; in capitals when that is bad.
        count: Of how many things this is told; None where it is about one.
        below: What belongs to it.
        alike: What others have in common with it; None where it is always told by itself.
    """

    text: str
    state: str = ""
    count: int | None = None
    below: tuple["Row", ...] = ()
    alike: Alike | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Things, one below the other."""

    rows: tuple[Row, ...]
    telling: Telling


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. The first holds names of things, the last a remark on each."""

    heading: str
    align: Alignment = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Things of which the same properties are told: each row has a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FactLine:
    """Values and what they are, on one line."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Things of which one line each is told, below a common heading."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofLine:
    """A sentence that says how many parts of a kind are proven equal to what."""

    text: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Command:
    """What an operator can do.

    Attributes:
        purpose: What for.
        command: What is typed.
        condition: While or where it works.
    """

    purpose: str
    command: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """How a number changed, as points in order.

    Attributes:
        label: What the number is.
        points: What each point is called, and its number; None where it is not known.
    """

    label: str
    points: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One phase of something that took its time.

    Attributes:
        state: How it ended; in capitals when that is bad.
        seconds: How long it took.
    """

    name: str
    state: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Phases, one after the other. A text has no place for it."""

    label: str
    spans: tuple[Span, ...]


type Block = Rows | Table | FactLine | Paragraph | Listing | ProofLine | Command | Chart | Timeline


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that belong together.

    Attributes:
        heading: What a page calls them; a text has a blank line between sections, and the heading
            where the document says so.
    """

    blocks: tuple[Block, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a command ends: with an error, or without one.

    Attributes:
        state: In capitals when it is bad.
        text: What is told of it.
        hint: What to do next.
    """

    state: str
    text: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a command tells.

    Attributes:
        title: Its first line; empty for a text without one.
        has_headings: Whether a text has the headings of its sections, too.
    """

    sections: tuple[Section, ...]
    title: str = ""
    conclusion: Conclusion | None = None
    has_headings: bool = False


def more(shown: int, all_of_them: int) -> tuple[Row, ...]:
    """Return the row that says how many things are not shown; none when all are."""
    return (Row(f"... {all_of_them - shown:,} more"),) if all_of_them > shown else ()
