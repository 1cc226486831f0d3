"""FORMAT: a written format becomes a concatenation of its parts."""

import re

from sqlglot import exp

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import Rewrites, call, raw, text, typed

_SPECIFIER = re.compile(r"%([-+ #0']*)(\d*)(?:\.(\d+))?([a-zA-Z%])|([^%]+)")


def _format(node: exp.Expression) -> exp.Expression:
    pattern = node.this
    if not pattern.is_string:
        raise invalid_query("FORMAT without a literal format is not supported by the stand-in")
    values = [item.copy() for item in node.expressions]
    parts: list[exp.Expression] = []
    at = 0
    written = str(pattern.this)
    while at < len(written):
        matched = _SPECIFIER.match(written, at)
        if matched is None:
            raise invalid_query(f"The format {written[at:]!r} is not supported by the stand-in")
        at = matched.end()
        flags, width, precision, letter, plain = matched.groups()
        if plain or letter == "%":
            parts.append(text(plain or "%"))
            continue
        if not values:
            raise invalid_query("Too few arguments to FORMAT")
        parts.append(_formatted(flags, width, precision, letter, values.pop(0)))
    if values:
        raise invalid_query("Too many arguments to FORMAT")
    found: exp.Expression = text("")
    for part in parts:
        found = exp.DPipe(this=found, expression=part)
    return exp.Paren(this=found)


def _formatted(
    flags: str, width: str, precision: str | None, letter: str, value: exp.Expression
) -> exp.Expression:
    point = f".{precision}" if precision is not None else ""
    if letter in "tT" and not flags and not point:
        shown = typed("bq_shown" if letter == "t" else "bq_literal_text", value)
        return call("lpad", shown, exp.Literal.number(width), text(" ")) if width else shown
    if letter == "s" and not set(flags) - {"-"}:
        return call("printf", text(f"%{flags}{width}{point}s"), typed("bq_only_text", value))
    if letter in "di" and flags == "'" and not width and not point:
        return call("format", text("{:,}"), typed("bq_only_int", value))
    if letter in "dixXo" and "'" not in flags and not point:
        form = f"%{flags}{width}{'d' if letter == 'i' else letter}"
        return call("printf", text(form), typed("bq_only_int", value))
    if letter in "eEfFgG" and "'" not in flags:
        form = f"%{flags}{width}{point}{letter}"
        return typed("bq_printf", text(form), value, raw(f"{precision or 6}::BIGINT"))
    raise invalid_query(f"The format specifier %{flags}{letter} is not supported by the stand-in")


FORMAT_REWRITES: Rewrites = {exp.Format: _format}
