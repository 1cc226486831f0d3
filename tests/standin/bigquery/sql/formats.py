"""FORMAT_DATE and its kin: a written format becomes DuckDB's SQL.

sqlglot gives the formats in Python's form, so `%S.%f` is GoogleSQL's `%E6S` and `%-d` its `%e`.
"""

import re

from sqlglot import exp

from tests.standin.bigquery.engine.types import literal
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import Rewrites, cast, raw

_MICROS = "datepart('microsecond', {v})"
_WRITTEN = {
    "Y": "datepart('year', {v})::VARCHAR",
    "E4Y": "lpad(datepart('year', {v})::VARCHAR, 4, '0')",
    "y": "lpad((datepart('year', {v}) % 100)::VARCHAR, 2, '0')",
    "C": "lpad((datepart('year', {v}) // 100)::VARCHAR, 2, '0')",
    "m": "lpad(datepart('month', {v})::VARCHAR, 2, '0')",
    "d": "lpad(datepart('day', {v})::VARCHAR, 2, '0')",
    "-d": "lpad(datepart('day', {v})::VARCHAR, 2, ' ')",
    "e": "lpad(datepart('day', {v})::VARCHAR, 2, ' ')",
    "j": "lpad(datepart('dayofyear', {v})::VARCHAR, 3, '0')",
    "Q": "datepart('quarter', {v})::VARCHAR",
    "H": "lpad(datepart('hour', {v})::VARCHAR, 2, '0')",
    "I": "lpad(((datepart('hour', {v}) + 11) % 12 + 1)::VARCHAR, 2, '0')",
    "-H": "lpad(datepart('hour', {v})::VARCHAR, 2, ' ')",
    "k": "lpad(datepart('hour', {v})::VARCHAR, 2, ' ')",
    "l": "lpad(((datepart('hour', {v}) + 11) % 12 + 1)::VARCHAR, 2, ' ')",
    "M": "lpad(datepart('minute', {v})::VARCHAR, 2, '0')",
    "S": "lpad(datepart('second', {v})::VARCHAR, 2, '0')",
    "f": f"lpad(({_MICROS} % 1000000)::VARCHAR, 6, '0')",
    "E*S": "lpad(datepart('second', {v})::VARCHAR, 2, '0') || "
    f"rtrim(rtrim('.' || lpad(({_MICROS} % 1000000)::VARCHAR, 6, '0'), '0'), '.')",
    "p": "CASE WHEN datepart('hour', {v}) < 12 THEN 'AM' ELSE 'PM' END",
    "P": "CASE WHEN datepart('hour', {v}) < 12 THEN 'am' ELSE 'pm' END",
    "a": "strftime({v}, '%a')",
    "A": "strftime({v}, '%A')",
    "b": "strftime({v}, '%b')",
    "h": "strftime({v}, '%b')",
    "B": "strftime({v}, '%B')",
    "u": "datepart('isodow', {v})::VARCHAR",
    "w": "datepart('dayofweek', {v})::VARCHAR",
    "V": "lpad(datepart('week', {v})::VARCHAR, 2, '0')",
    "G": "datepart('isoyear', {v})::VARCHAR",
    "g": "lpad((datepart('isoyear', {v}) % 100)::VARCHAR, 2, '0')",
    "U": "strftime({v}, '%U')",
    "W": "strftime({v}, '%W')",
    "s": "bq_floor_div(epoch_us({i}), 1000000)::VARCHAR",
    "z": "CASE WHEN {o} < 0 THEN '-' ELSE '+' END || lpad((abs({o}) // 60)::VARCHAR, 2, '0') || "
    "lpad((abs({o}) % 60)::VARCHAR, 2, '0')",
    "Ez": "CASE WHEN {o} < 0 THEN '-' ELSE '+' END || lpad((abs({o}) // 60)::VARCHAR, 2, '0') || "
    "':' || lpad((abs({o}) % 60)::VARCHAR, 2, '0')",
    "Z": "'UTC' || CASE WHEN {o} = 0 THEN '' ELSE CASE WHEN {o} < 0 THEN '-' ELSE '+' END || "
    "(abs({o}) // 60)::VARCHAR || CASE WHEN {o} % 60 = 0 THEN '' ELSE ':' || "
    "lpad((abs({o}) % 60)::VARCHAR, 2, '0') END END",
    "%": "'%'",
    "n": "chr(10)",
    "t": "chr(9)",
}
_WHOLE = {
    "F": "%Y-%m-%d",
    "D": "%m/%d/%y",
    "x": "%m/%d/%y",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
    "c": "%a %b %-d %H:%M:%S %Y",
}
_ITEM = re.compile(r"%(E\*S|E\dS|E4Y|Ez|-[a-zA-Z]|[a-zA-Z%])|([^%]+)")
_CLOCK_ITEMS = frozenset(("H", "I", "k", "l", "M", "S", "f", "E*S", "p", "P", "T", "X", "R", "r"))
_ZONE_ITEMS = frozenset(("z", "Ez", "Z", "s"))


def items_of(pattern: str) -> list[tuple[str, str]]:
    """Return a format's items: an element without its percent, or a text as it is."""
    found: list[tuple[str, str]] = []
    for matched in _ITEM.finditer(pattern):
        element, plain = matched.groups()
        if element in _WHOLE:
            found += items_of(_WHOLE[element])
        else:
            found.append((element or "", plain or ""))
    return found


def pattern_of(node: exp.Expression) -> str:
    """Return a function's written format.

    Raises:
        BigQueryError: It is not a literal.
    """
    written = node.args["format"]
    if not written.is_string:
        raise invalid_query("A format that is not a literal is not supported by the stand-in")
    return str(written.this)


def _format_time(node: exp.Expression) -> exp.Expression | None:
    kinds = {
        exp.TsOrDsToDate: "DATE",
        exp.TsOrDsToDatetime: "TIMESTAMP",
        exp.TsOrDsToTimestamp: "TIMESTAMP WITH TIME ZONE",
        exp.TsOrDsToTime: "TIME",
    }
    kind = kinds.get(type(node.this))
    if kind is None:
        return None
    zone = node.args.get("zone")
    value = cast(node.this.this.copy(), kind).sql("duckdb")
    local = value
    if kind.endswith("ZONE"):
        local = f"timezone({zone.sql('duckdb') if zone is not None else literal('UTC')}, {value})"
    if kind == "TIME":
        local = f"(DATE '1970-01-01' + {value})"
    offset = f"((epoch_us({local}) - epoch_us({value})) // 60000000)"
    parts = []
    for element, plain in items_of(pattern_of(node)):
        if plain:
            parts.append(literal(plain))
            continue
        _check_element(element, kind)
        parts.append(_written(element).format(v=local, i=value, o=offset))
    joined = " || ".join(f"({part})" for part in parts) or "''"
    listed = f"CASE WHEN {value} IS NULL THEN NULL ELSE {joined} END"
    return exp.Paren(this=raw(listed))


def _written(element: str) -> str:
    digits = re.fullmatch(r"E(\d)S", element)
    if digits and 0 < int(digits[1]) <= 6:
        return (
            "lpad(datepart('second', {v})::VARCHAR, 2, '0') || '.' || "
            f"left(lpad(({_MICROS} % 1000000)::VARCHAR, 6, '0'), {digits[1]})"
        )
    if element not in _WRITTEN:
        raise invalid_query(f"The format element %{element} is not supported by the stand-in")
    return _WRITTEN[element]


def _check_element(element: str, kind: str) -> None:
    """Refuse what a type does not have, where GoogleSQL's answer is not the obvious one."""
    if re.fullmatch(r"E\dS", element):
        element = "S"
    wrong = (kind == "DATE" and element in _CLOCK_ITEMS | _ZONE_ITEMS) or (
        kind in ("TIME", "TIMESTAMP") and element in _ZONE_ITEMS
    )
    if wrong or (kind == "TIME" and element not in _CLOCK_ITEMS | {"%", "n", "t"}):
        raise invalid_query(f"The format element %{element} for {kind} is not supported here")


FORMAT_TIME_REWRITES: Rewrites = {exp.TimeToStr: _format_time}
