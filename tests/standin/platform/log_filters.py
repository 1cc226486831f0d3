"""Filters of log entries (Cloud Logging, Logging query language).

expression = factor {"AND" factor}      two that stand beside each other have to hold both
factor     = term {"OR" term}           NOT binds more than OR, OR more than AND
term       = ["NOT" | "-"] ("(" expression ")" | comparison)
comparison = path operator value        of one value; that of a missing field never holds
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import invalid

type Passes = Callable[[Body], bool]

_SEVERITIES = [
    "DEFAULT",
    "DEBUG",
    "INFO",
    "NOTICE",
    "WARNING",
    "ERROR",
    "CRITICAL",
    "ALERT",
    "EMERGENCY",
]
_COMPARISON = re.compile(
    r'([\w.@"/]+(?:-[\w.@"/]+)*)\s*(=~|!~|>=|<=|!=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|[^\s()]+)\s*'
)
_WORDS = {word: re.compile(rf"{word}\b\s*") for word in ("AND", "OR", "NOT")}


def read_filter(text: str) -> Passes:
    """Return what says whether an entry passes a filter; every entry passes an empty one.

    Raises:
        PlatformError: The filter is malformed, or of a form that the stand-in does not read.
    """
    reader = _Reader(text.strip())
    if not reader.text:
        return lambda _: True
    passes = reader.expression()
    if reader.rest:
        raise reader.refusal()
    return passes


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0

    @property
    def rest(self) -> str:
        return self.text[self._at :]

    def refusal(self) -> Exception:
        return invalid(f"The stand-in cannot read this filter: {self.rest or self.text}")

    def expression(self) -> Passes:
        factors = [self._factor()]
        while self.rest and not self.rest.startswith(")"):
            self._takes("AND")
            factors.append(self._factor())
        return lambda entry: all(passes(entry) for passes in factors)

    def _factor(self) -> Passes:
        terms = [self._term()]
        while self._takes("OR"):
            terms.append(self._term())
        return lambda entry: any(passes(entry) for passes in terms)

    def _term(self) -> Passes:
        if self._takes("NOT") or self._skips("-"):
            passes = self._term()
            return lambda entry: not passes(entry)
        if self._skips("("):
            inner = self.expression()
            if not self._skips(")"):
                raise self.refusal()
            return inner
        found = _COMPARISON.match(self.text, self._at)
        if found is None or found[1] in _WORDS:
            raise self.refusal()
        self._at = found.end()
        path, operator, value = found[1], found[2], _unquoted(found[3])
        return lambda entry: _holds(entry, path, operator, value)

    def _takes(self, word: str) -> bool:
        found = _WORDS[word].match(self.text, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _skips(self, letter: str) -> bool:
        is_there = self.rest.startswith(letter)
        if is_there:
            self._at += 1
            self._at += len(self.rest) - len(self.rest.lstrip())
        return is_there


def _unquoted(value: str) -> str:
    return str(json.loads(value)) if value.startswith('"') else value


def _holds(entry: Body, path: str, operator: str, wanted: str) -> bool:
    """Say whether a comparison holds; one of a repeated field, when it does for one of its values."""
    return any(_compared(path, found, operator, wanted) for found in _values(entry, path))


def _values(entry: Body, path: str) -> list[Any]:
    found: list[Any] = [entry]
    for part in re.findall(r'"[^"]+"|[^."]+', path):
        inner = [value.get(part.strip('"')) for value in found if isinstance(value, Mapping)]
        found = [
            item
            for value in inner
            if value is not None
            for item in (value if isinstance(value, list) else [value])
        ]
    return found


def _compared(path: str, found: object, operator: str, wanted: str) -> bool:
    if operator == ":":
        return wanted == "*" or wanted.lower() in str(found).lower()
    if operator in ("=~", "!~"):
        return bool(re.search(wanted, str(found))) is (operator == "=~")
    left, right = _comparable(path, str(found)), _comparable(path, wanted)
    return {
        "=": left == right,
        "!=": left != right,
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
    }[operator]


def _comparable(path: str, value: str) -> Any:  # noqa: ANN401 - of one kind a path
    if path == "severity" and value in _SEVERITIES:
        return _SEVERITIES.index(value)
    if path in ("timestamp", "receiveTimestamp"):
        return datetime.fromisoformat(value)
    return float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else value.lower()
