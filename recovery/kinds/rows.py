"""What is told of things of any kind, as rows. Pure."""

from collections.abc import Iterator, Sequence

from recovery.document import ProofLine, Row
from recovery.kinds.outcome import Outcome
from recovery.units import counted

ONLY_MISSING = "only what is missing was asked for"


def failure_rows(item: Outcome) -> list[Row]:
    """Tell why something was not recovered, and what to do about that."""
    return [Row(item.error)] * bool(item.error) + [Row(f"hint: {item.hint}")] * bool(item.hint)


def left_as_asked(number: int, noun: str) -> list[str]:
    """Tell how many objects or documents were left though they differ; nothing where none was."""
    are, were = ("is", "was") if number == 1 else ("are", "were")
    told = f"{counted(number, noun)} that {are} otherwise than then, and {were} left"
    return [f"{told} ({ONLY_MISSING})"] if number else []


def proven_of(
    outcomes: Sequence[Outcome], what: str, exceptions: Sequence[str]
) -> Iterator[ProofLine]:
    """Tell how many of some things are proven.

    Args:
        outcomes: How each ended; nothing is told of none.
        what: What they are, and what they are proven to be.
        exceptions: What is not part of that.
    """
    if outcomes:
        proven = sum(item.is_proven for item in outcomes)
        but = f", but for {' and '.join(exceptions)}" if exceptions else ""
        text = f"{proven} of {len(outcomes)} {what}{but}"
        yield ProofLine(text, is_good=proven == len(outcomes))
