"""Time spans, sizes, numbers and names as a person reads them."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_LONGEST_NAME = 100
_SPANS = ((3600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """Write a time span for a person: `2 h 5 min`, `3.4 s`."""
    if seconds < 60:  # noqa: PLR2004 - below a minute tenths matter
        return f"{seconds:.1f} s"
    spans, rest = [], int(seconds)
    for unit_seconds, name in _SPANS:
        count, rest = divmod(rest, unit_seconds)
        if count:
            spans.append(f"{count} {name}")
    return " ".join(spans[:2])


def age(seconds: float) -> str:
    """Write how long ago something was, in its largest unit: `3 d`, `16 h`, `5 min`."""
    for unit_seconds, name in ((86400, "d"), *_SPANS):
        if seconds >= unit_seconds:
            return f"{seconds // unit_seconds:.0f} {name}"
    return "now"


def size(number_bytes: int) -> str:
    """Write a number of bytes for a person."""
    value, unit = float(number_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":  # noqa: PLR2004 - the next unit
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def usd(number: float) -> str:
    """Write an amount of US dollars: `$0.12`, `$1,204`."""
    return f"${number:,.2f}" if number < 100 else f"${number:,.0f}"  # noqa: PLR2004 - cents no longer matter


def counted(number: int, noun: str) -> str:
    """Write a number of things: `1 table`, `1,204 tables`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Write names, the first of them when there are many: `a, b, ... 119 more`."""
    text = ", ".join(map(shown, names[:most]))
    return f"{text}, ... {len(names) - most:,} more" if len(names) > most else text


def printable(text: str) -> str:
    """Escape what is not printable: a control character in a name would reach the terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def as_text(lines: Iterable[str]) -> str:
    """Join lines into a text of as many: what is in one can neither end it nor act on a terminal."""
    return "\n".join(map(printable, lines))


def shown(name: str) -> str:
    """Write the name of an object or document, which is anybody's, not too long."""
    text = printable(name)
    if len(text) <= _LONGEST_NAME:
        return text
    half = (_LONGEST_NAME - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def meant(name: str, known: Iterable[str]) -> str:
    """Ask for the name that is most like one that is not known; nothing where none is."""
    found = get_close_matches(name, list(known), n=1)
    return f"did you mean `{found[0]}`? " if found else ""
