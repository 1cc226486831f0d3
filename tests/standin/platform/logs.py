"""Log entries: written by services and by clients, and listed by a filter."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Service

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
_TERM = re.compile(r'\s*([\w.@"/-]+)\s*(>=|<=|!=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|[^\s()]+)\s*')
_AND = re.compile(r"\s*(?:AND\b|\n)?\s*")


def write(service: Service, project: str, entry: Body) -> None:
    """Keep an entry.

    Args:
        service: The state.
        project: The id of the project whose log it is of.
        entry: The entry; what it lacks is added.
    """
    now = service.now_text
    whole = {"insertId": uuid.uuid4().hex[:16], "timestamp": now, "severity": "DEFAULT"} | entry
    row = (project, whole["timestamp"], json.dumps(whole | {"receiveTimestamp": now}))
    statement = "INSERT INTO log_entries (project, timestamp, entry) VALUES (?, ?, ?)"
    service.store.database.execute(statement, row)


def found(service: Service, projects: list[str], text: str, *, is_newest_first: bool) -> list[Body]:
    """Return the entries of some projects that a filter passes.

    Raises:
        PlatformError: The filter is malformed, or of a form that the stand-in does not read.
    """
    terms = _terms(text)
    rows = service.store.database.execute("SELECT project, entry FROM log_entries ORDER BY id")
    entries = [json.loads(row["entry"]) for row in rows.fetchall() if row["project"] in projects]
    passed = [entry for entry in entries if all(_passes(entry, *term) for term in terms)]
    return sorted(passed, key=lambda entry: str(entry["timestamp"]), reverse=is_newest_first)


def _terms(text: str) -> list[tuple[str, str, str]]:
    """Return the comparisons of a filter, all of which have to hold (Logging query language)."""
    terms: list[tuple[str, str, str]] = []
    at = 0
    while at < len(text.rstrip()):
        term = _TERM.match(text, at)
        if term is None or term[1] in ("NOT", "OR"):
            raise invalid(f"The stand-in cannot read this filter: {text[at:]}")
        terms.append((term[1], term[2], _unquoted(term[3])))
        follows = _AND.match(text, term.end())
        at = term.end() if follows is None else follows.end()
    return terms


def _unquoted(value: str) -> str:
    return str(json.loads(value)) if value.startswith('"') else value


def _passes(entry: Body, path: str, operator: str, wanted: str) -> bool:
    value: Any = entry
    for part in path.replace('"', "").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return False
    if operator == ":":
        return wanted.lower() in str(value).lower()
    left, right = _comparable(path, str(value)), _comparable(path, wanted)
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
    return value
