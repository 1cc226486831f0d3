"""Functions of dates, times and instants."""

from sqlglot import exp

from tests.standin.bigquery.engine.rows import NOW
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import (
    Rewrite,
    Rewrites,
    call,
    cast,
    function,
    raw,
    text,
    typed,
)

_PRESENT = f"make_timestamptz({NOW})"
_WEEKDAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
_CLOCK_MICROS = {
    "DAY": 86_400_000_000,
    "HOUR": 3_600_000_000,
    "MINUTE": 60_000_000,
    "SECOND": 1_000_000,
    "MILLISECOND": 1000,
    "MICROSECOND": 1,
}
_CALENDAR = ("YEAR", "QUARTER", "MONTH", "DAY")
_PARTS = {
    "DAYOFWEEK": "datepart('dayofweek', {0}) + 1",
    "ISOWEEK": "datepart('week', {0})",
    "MILLISECOND": "datepart('millisecond', {0}) % 1000",
    "MICROSECOND": "datepart('microsecond', {0}) % 1000000",
    "DATE": "({0})::DATE",
    "TIME": "({0})::TIMESTAMP::TIME",
    "DATETIME": "({0})::TIMESTAMP",
} | {
    part: f"datepart('{part.lower()}', {{0}})"
    for part in (*_CALENDAR, "HOUR", "MINUTE", "SECOND", "DAYOFYEAR", "ISOYEAR")
}


def _number(value: int) -> exp.Expression:
    return raw(f"{value}::BIGINT")


def _unit(node: exp.Expression) -> tuple[str, int | None]:
    """Return a part's name, and for a week the number of its first day."""
    name = node.this.name.upper() if isinstance(node, exp.WeekStart) else node.name.upper()
    if name in _WEEKDAYS:
        return "WEEK", _WEEKDAYS.index(name)
    if name.startswith("WEEK("):
        return "WEEK", _WEEKDAYS.index(name[len("WEEK(") : -1])
    if name in ("WEEK", "ISOWEEK"):
        return name, int(name == "ISOWEEK")
    return name, None


def _refused(name: str, part: str) -> exp.Expression:
    raise invalid_query(f"{name} with the part {part} is not supported by the stand-in")


def _truncate(node: exp.Expression) -> exp.Expression:
    value, zone = node.this.copy(), node.args.get("zone")
    part, first = _unit(node.args["unit"])
    if zone is None:
        return _truncated(value, part, first)
    if part in _CLOCK_MICROS and part != "DAY":
        return typed("bq_trunc_clock", text(part.lower()), zone.copy(), value)
    local = call("timezone", zone.copy(), value)
    return call("timezone", zone.copy(), _truncated(cast(local, "TIMESTAMP"), part, first))


def _truncated(value: exp.Expression, part: str, first: int | None) -> exp.Expression:
    if first is not None:
        return typed("bq_trunc_week", _number(first), value)
    if part == "ISOYEAR":
        return typed("bq_isoyear", value)
    if part not in (*_CLOCK_MICROS, *_CALENDAR):
        return _refused("Truncation", part)
    return typed("bq_trunc", text(part.lower()), value)


def _difference(node: exp.Expression) -> exp.Expression:
    part, first = _unit(node.args["unit"]) if node.args.get("unit") else ("DAY", None)
    until, since = node.this.copy(), node.expression.copy()
    if first is not None:
        return typed("bq_weeks", _number(first), until, since)
    if part == "ISOYEAR":
        return exp.Paren(
            this=exp.Sub(
                this=call("datepart", text("isoyear"), until),
                expression=call("datepart", text("isoyear"), since),
            )
        )
    if part not in (*_CLOCK_MICROS, *_CALENDAR):
        return _refused("Difference", part)
    return call("date_diff", text(part.lower()), since, until)


def _elapsed(node: exp.Expression) -> exp.Expression:
    part, _ = _unit(node.args["unit"])
    if part not in _CLOCK_MICROS:
        return _refused("TIMESTAMP_DIFF", part)
    return typed("bq_units", _number(_CLOCK_MICROS[part]), node.this.copy(), node.expression.copy())


def _extract(node: exp.Expression) -> exp.Expression:
    part, first = _unit(node.this)
    value = node.expression.copy()
    if isinstance(value, exp.AtTimeZone):
        value = call("timezone", value.args["zone"].copy(), value.this.copy())
    if part == "WEEK" and first is not None:
        return typed("bq_week", _number(first), value)
    if part not in _PARTS:
        return _refused("EXTRACT", part)
    return _templated(_PARTS[part], value)


def _templated(template: str, value: exp.Expression) -> exp.Expression:
    """Return the expression of a template that DuckDB's parser knows."""
    if template.startswith("("):
        for kind in template.split("::")[1:]:
            value = cast(value, kind)
        return value
    part = template.split("'")[1]
    found: exp.Expression = call("datepart", text(part), value)
    if " % " in template:
        found = exp.Mod(this=found, expression=exp.Literal.number(template.split(" % ")[1]))
    if " + " in template:
        found = exp.Add(this=found, expression=exp.Literal.number(1))
    return exp.Paren(this=found)


def _shifted(kind: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression | None:
        if isinstance(node.parent, exp.Cast) and node.parent.args["to"].sql() == kind:
            return None
        changed = node.copy()
        if isinstance(changed.this, exp.Null):
            changed.set("this", cast(changed.this.copy(), kind))
        return cast(changed, kind)

    return rewrite


def _last_day(node: exp.Expression) -> exp.Expression:
    part, first = _unit(node.args["unit"]) if node.args.get("unit") else ("MONTH", None)
    value = cast(node.this.copy(), "DATE")
    start = _truncated(value, part, first)
    length = "7 DAY" if first is not None else {"QUARTER": "3 MONTH"}.get(part, f"1 {part}")
    if part == "ISOYEAR":
        return _refused("LAST_DAY", part)
    end = exp.Add(this=start, expression=raw(f"INTERVAL {length} - INTERVAL 1 DAY"))
    return cast(exp.Paren(this=end), "DATE")


def _unix_time(node: exp.Expression) -> exp.Expression:
    scale = node.args.get("scale")
    factor = {"0": 1_000_000, "3": 1000, "6": 1}[scale.name if scale is not None else "0"]
    micros = exp.Mul(this=exp.Paren(this=node.this.copy()), expression=exp.Literal.number(factor))
    return call("make_timestamptz", micros)


def _current(kind: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        zone = node.this.copy() if node.this else text("UTC")
        return cast(cast(call("timezone", zone, raw(_PRESENT)), "TIMESTAMP"), kind)

    return rewrite


def _string(node: exp.Expression) -> exp.Expression:
    zone = node.args.get("zone")
    if zone is not None:
        return typed("bq_zoned_text", node.this.copy(), zone.copy())
    return typed("bq_string_of", node.this.copy())


def _unix_date(node: exp.Expression) -> exp.Expression:
    return cast(call("make_date", cast(node.this.copy(), "INTEGER")), "DATE")


TIME_REWRITES: Rewrites = {
    exp.DateTrunc: _truncate,
    exp.DatetimeTrunc: _truncate,
    exp.TimestampTrunc: _truncate,
    exp.TimeTrunc: _truncate,
    exp.DateDiff: _difference,
    exp.DatetimeDiff: _difference,
    exp.TimestampDiff: _elapsed,
    exp.Extract: _extract,
    exp.DateAdd: _shifted("DATE"),
    exp.DateSub: _shifted("DATE"),
    exp.LastDay: _last_day,
    exp.UnixToTime: _unix_time,
    exp.UnixSeconds: function("bq_seconds", "this"),
    exp.DateFromUnixDate: _unix_date,
    exp.CurrentTimestamp: lambda _: raw(_PRESENT),
    exp.CurrentDate: _current("DATE"),
    exp.CurrentDatetime: _current("TIMESTAMP"),
    exp.CurrentTime: _current("TIME"),
    exp.String: _string,
}
