"""Reads JSON that somebody else wrote, within the time and memory that a document of ours takes."""

import json
import math
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from manifests.errors import UsageError

MOST_BYTES = 32 * 1024 * 1024
"""No document is larger: what is read into memory is bounded, whoever wrote it."""
_MOST_VALUES = 1_000_000
_DEEPEST = 64
_MOST_NAMES = 10_000
_MOST_DIGITS = 40


class TooLargeError(ValueError):
    """It is larger than any document of ours."""


def parsed(content: bytes) -> Any:  # noqa: ANN401 - JSON of any shape
    """Read one JSON value.

    Raises:
        TooLargeError: It has too many bytes or values.
        ValueError: It is no JSON, or of a shape that no document of ours has.
    """
    check_size(content)
    try:
        value = json.loads(content, parse_int=_number, parse_float=_finite, parse_constant=_finite)
    except RecursionError as error:
        raise ValueError(_nested()) from error
    _check_shape(value)
    return value


def read_file[Refused: UsageError](
    source: Path | Traversable, refused: type[Refused], *, hint: str = ""
) -> Any:  # noqa: ANN401 - JSON of any shape
    """Read a file of JSON that the operator named.

    Args:
        source: The file.
        refused: The error that says why it cannot be read.
        hint: What to do about it.

    Raises:
        UsageError: It is not there, cannot be read, or holds no JSON; of the class that was given.
    """
    try:
        return parsed(source.read_bytes())
    except FileNotFoundError as error:
        raise refused("it does not exist", subject=str(source), hint=hint) from error
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror}", subject=str(source)) from error
    except ValueError as error:
        raise refused(f"not JSON: {error}", subject=str(source)) from error


def check_size(content: bytes) -> None:
    """Refuse what would take more memory than a document does: a few bytes can be many values.

    Raises:
        TooLargeError: It has too many bytes or values.
    """
    values = content.count(b",") + content.count(b"[") + content.count(b"{")
    if len(content) > MOST_BYTES or values > _MOST_VALUES:
        raise TooLargeError(
            f"larger than any document of ours: {len(content):,} bytes, about {values:,} values"
        )


def _number(text: str) -> int:
    # No number of ours is longer, and Python could not write a sum with it as text.
    if len(text) > _MOST_DIGITS:
        message = f"a number of {len(text)} digits"
        raise ValueError(message)
    return int(text)


def _finite(text: str) -> float:
    # JSON has no other numbers, and no text of ours can be made of them (RFC 8259, Numbers).
    if not math.isfinite(number := float(text)):
        message = f"{text[:_MOST_DIGITS]} is no number of JSON"
        raise ValueError(message)
    return number


def _check_shape(value: object) -> None:
    """Refuse objects with too many names, and nesting that is too deep for recursive code."""
    level: list[object] = [value]
    for _ in range(_DEEPEST):
        inside: list[object] = []
        for item in level:
            if isinstance(item, dict):
                if len(item) > _MOST_NAMES:
                    message = f"an object of more than {_MOST_NAMES:,} names"
                    raise ValueError(message)
                inside += item.values()
            elif isinstance(item, list):
                inside += item
        if not inside:
            return
        level = inside
    raise ValueError(_nested())


def _nested() -> str:
    return f"nested deeper than {_DEEPEST} levels"
