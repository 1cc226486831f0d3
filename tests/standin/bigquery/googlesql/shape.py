"""The shape of a statement: its text without what does not matter to its types.

A backup says the same of many tables, in many projects and at many instants: only the ids of tables
and the instants differ, so that statements of one shape share a judgment. BigQuery splits a quoted
id at its dots, so a quoted id of several parts is written part by part here as well.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from tests.standin.bigquery.googlesql.requests import Path

# Every literal is matched, so that what stands between two quoted ids is not taken for one.
_QUOTED = re.compile(
    r"""`(?P<id>[^`\\\n]*)`
    |\bTIMESTAMP[ ]'(?P<instant>\d{4}-\d\d-\d\d[ ]\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00)'
    |'(?:[^'\\]|\\.)*'
    |"(?:[^"\\]|\\.)*\"""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHARED = "rb_shared"
_INSTANT = "TIMESTAMP '2026-01-01 00:00:00+00:00'"


class Shape(NamedTuple):
    """A statement without the ids of its tables.

    Attributes:
        text: With a name of its own for each quoted id, and one instant for all that are valid.
        names: What each of these names stands for.
    """

    text: str
    names: dict[Path, Path]


def shape_of(sql: str) -> Shape:
    """Return the shape of a statement."""
    names: dict[Path, Path] = {}

    def shared(quoted: str) -> str:
        path = tuple(quoted.split("."))
        # A table that has no alias is called by the last part of its id.
        called = len(re.findall(rf"\b{re.escape(path[-1])}\b", sql)) > sql.count(f"`{quoted}`")
        own = (_SHARED, f"n{ids.index(quoted)}", path[-1] if called else "t")
        names[own] = path
        return ".".join(f"`{part}`" for part in own)

    def written(found: re.Match[str]) -> str:
        return _INSTANT if found["instant"] and _is_valid(found["instant"]) else found[0]

    ids = list(dict.fromkeys(found["id"] for found in _QUOTED.finditer(sql)))
    return Shape(_QUOTED.sub(written, _with_ids(sql, shared)), names)


def spaced(sql: str) -> str:
    """Return a statement with its quoted ids part by part, what is around them in its place."""
    return _with_ids(sql, _parts)


def _with_ids(sql: str, written: Callable[[str], str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        quoted = found["id"]
        return written(quoted) if quoted and "." in quoted else found[0]

    return _QUOTED.sub(replaced, sql)


def _parts(quoted: str) -> str:
    first, *rest = quoted.split(".")
    if all(_PLAIN.fullmatch(part) for part in rest):
        return f"`{first}`.{'.'.join(rest)}"
    return ".".join(f"`{part}`" for part in (first, *rest))


def _is_valid(instant: str) -> bool:
    try:
        datetime.fromisoformat(instant)
    except ValueError:
        return False
    return True
