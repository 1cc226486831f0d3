"""PARSE_DATE and its kin: a written format becomes a regular expression, its groups a value."""

import re

from sqlglot import exp

from tests.standin.bigquery.engine.types import literal
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.formats import items_of, pattern_of
from tests.standin.bigquery.sql.nodes import Rewrite, Rewrites, raw

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_READ = {
    "Y": ("y", r"(\d{1,4})"),
    "E4Y": ("y", r"(\d{4})"),
    "y": ("yy", r"(\d{1,2})"),
    "m": ("m", r"(\d{1,2})"),
    "d": ("d", r"(\d{1,2})"),
    "-d": ("d", r"(\d{1,2})"),
    "e": ("d", r"(\d{1,2})"),
    "H": ("h", r"(\d{1,2})"),
    "I": ("h12", r"(\d{1,2})"),
    "M": ("mi", r"(\d{1,2})"),
    "S": ("s", r"(\d{1,2})"),
    "f": ("f", r"(\d{0,6})"),
    "p": ("p", r"([AaPp][Mm])"),
    "b": ("b", rf"((?i:{_MONTHS}))"),
    "h": ("b", rf"((?i:{_MONTHS}))"),
    "B": ("b", rf"((?i:{_MONTHS}))[a-zA-Z]*"),
    "s": ("epoch", r"(-?\d+)"),
    "z": ("o", r"([-+]\d\d:?\d\d|[Zz])"),
    "Ez": ("o", r"([-+]\d\d:?\d\d|[Zz])"),
}
_DEFAULTS = {"y": "1970", "m": "1", "d": "1", "h": "0", "mi": "0", "s": "0"}


def _parse(kind: str, name: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        zone = node.args.get("zone")
        value = node.this.sql("duckdb")
        names, pattern = _reading(pattern_of(node))
        if kind == "DATE" and set(names) & {"h", "h12", "mi", "s", "f", "o", "epoch"}:
            raise invalid_query(f"{name} with a clock's element is not supported by the stand-in")
        if not names:
            raise invalid_query(f"{name} without an element is not supported by the stand-in")
        return exp.Paren(this=raw(_read(value, names, pattern, kind, zone)))

    return rewrite


def _reading(pattern: str) -> tuple[list[str], str]:
    names: list[str] = []
    parts: list[str] = []
    items = items_of(pattern)
    for number, (element, plain) in enumerate(items):
        if plain:
            follows_second = number + 1 < len(items) and items[number + 1][0] == "f"
            spaced = re.sub(r"\s+", lambda _: r"\s*", re.sub(r"([^\w\s])", r"\\\1", plain))
            # `%S.%f` is %E6S, whose fraction may be missing.
            parts.append(r"\.?" if follows_second and plain == "." else spaced)
            continue
        if re.fullmatch(r"E[*\d]S", element):
            names += ["s", "f"]
            parts.append(r"(\d{1,2})(?:\.(\d{0,6})\d*)?")
            continue
        if element in ("n", "t"):
            parts.append(r"\s*")
            continue
        if element == "%":
            parts.append("%")
            continue
        if element not in _READ or _READ[element][0] in names:
            raise invalid_query(f"Parsing %{element} is not supported by the stand-in")
        names.append(_READ[element][0])
        parts.append(_READ[element][1])
    return names, rf"^\s*{''.join(parts)}\s*$"


def _read(
    value: str, names: list[str], pattern: str, kind: str, zone: exp.Expression | None
) -> str:
    failed = f"bq_fail('Failed to parse input string \"' || {value} || '\"')"
    groups = {
        name: f"regexp_extract({value}, {literal(pattern)}, {at + 1})"
        for at, name in enumerate(names)
    }
    part = {
        name: f"{groups.get(name, literal(text_))}::BIGINT" for name, text_ in _DEFAULTS.items()
    }
    if "yy" in groups:
        part["y"] = (
            f"({groups['yy']}::BIGINT + CASE WHEN {groups['yy']}::BIGINT < 69 THEN 2000 ELSE 1900 END)"
        )
    if "b" in groups:
        part["m"] = f"((strpos('{_MONTHS}', lower({groups['b']})) + 3) // 4)"
    if "h12" in groups:
        noon = f"CASE WHEN lower({groups['p']}) = 'pm' THEN 12 ELSE 0 END" if "p" in groups else "0"
        part["h"] = f"({groups['h12']}::BIGINT % 12 + {noon})"
    fraction = f"rpad({groups['f']}, 6, '0')::BIGINT" if "f" in groups else "0"
    local = (
        f"(make_timestamp({part['y']}, {part['m']}, {part['d']}, {part['h']}, {part['mi']}, 0::DOUBLE)"
        f" + to_microseconds({part['s']} * 1000000 + {fraction}))"
    )
    if "epoch" in groups:
        local = f"make_timestamp({groups['epoch']}::BIGINT * 1000000)"
    found = f"{local}::{kind}"
    if kind.endswith("ZONE"):
        found = f"timezone({zone.sql('duckdb') if zone is not None else literal('UTC')}, {local})"
        if "epoch" in groups:
            found = f"timezone('UTC', {local})"
    if "o" in groups:
        plain = f"replace(replace(lower({groups['o']}), 'z', '+0000'), ':', '')"
        minutes = f"({plain}[2:3]::BIGINT * 60 + {plain}[4:5]::BIGINT) * CASE WHEN {plain}[1] = '-' THEN -1 ELSE 1 END"
        found = f"timezone('UTC', {local} - to_minutes({minutes}))"
    seconds = f" OR {part['s']} > 59" if "s" in groups else ""
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN NOT regexp_matches({value}, {literal(pattern)}) "
        f"THEN {failed}::{kind} WHEN FALSE{seconds} THEN {failed}::{kind} ELSE {found} END"
    )


PARSE_REWRITES: Rewrites = {
    exp.StrToTime: _parse("TIMESTAMP WITH TIME ZONE", "PARSE_TIMESTAMP"),
    exp.StrToDate: _parse("DATE", "PARSE_DATE"),
    exp.ParseDatetime: _parse("TIMESTAMP", "PARSE_DATETIME"),
    exp.ParseTime: _parse("TIME", "PARSE_TIME"),
}
