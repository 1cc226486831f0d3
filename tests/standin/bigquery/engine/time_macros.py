"""Dates, times and instants as GoogleSQL reckons with them, as DuckDB macros overloaded by type."""

_INSTANT = "TIMESTAMP WITH TIME ZONE"
# The session's zone is UTC, so an instant is truncated there.
_LOCAL = ("DATE", "TIMESTAMP", _INSTANT)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_UNIT_MICROS = {
    "microsecond": 1,
    "millisecond": 1000,
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
}


def _week_start(value: str) -> str:
    """Midnight of the first day of a week that begins on day `d` (0 is Sunday)."""
    return f"({value}::DATE - ((datepart('dayofweek', {value}::DATE) - d + 7) % 7)::INTEGER)"


def _zoned_text(value: str) -> str:
    """A local time and the offset that makes it the instant `x`."""
    minutes = f"((epoch_us({value}) - epoch_us(x)) // 60000000)"
    return (
        f"bq_time_text({value}) || CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END || "
        f"lpad((abs({minutes}) // 60)::VARCHAR, 2, '0') || CASE WHEN abs({minutes}) % 60 = 0 THEN '' "
        f"ELSE ':' || lpad((abs({minutes}) % 60)::VARCHAR, 2, '0') END"
    )


def _written(value: str, form: str) -> str:
    """A time with no digits, three or six of a second's fraction.

    Every fingerprint has one for each column of times, and what DuckDB has to plan is what it costs.
    """
    text = f"strftime({value}, '{form}.%f')"
    return f"regexp_replace(regexp_replace({text}, '000$', ''), '\\.000$', '')"


_TIME_TEXTS = {
    "TIME": _written("DATE '1970-01-01' + x", "%H:%M:%S"),
    "DATE": "x::VARCHAR",
    "TIMESTAMP": _written("x", "%Y-%m-%d %H:%M:%S"),
}


def _iso(number: str, letter: str) -> str:
    return f"CASE WHEN {number} = 0 THEN '' ELSE ({number})::VARCHAR || '{letter}' END"


_ISO_DAYS = (
    _iso("bq_months(x) // 12", "Y")
    + " || "
    + _iso("bq_months(x) % 12", "M")
    + " || "
    + _iso("datepart('day', x)", "D")
)
_ISO_SECONDS = (
    "CASE WHEN bq_micros(x) % 60000000 = 0 THEN '' ELSE CASE WHEN bq_micros(x) < 0 THEN '-' ELSE '' END "
    "|| (abs(bq_micros(x)) // 1000000 % 60)::VARCHAR || CASE WHEN bq_micros(x) % 1000000 = 0 THEN '' "
    "ELSE '.' || rtrim(lpad((abs(bq_micros(x)) % 1000000)::VARCHAR, 6, '0'), '0') END || 'S' END"
)
_ISO_CLOCK = (
    _iso("bq_micros(x) // 3600000000", "H")
    + " || "
    + _iso("bq_micros(x) // 60000000 % 60", "M")
    + " || "
    + _ISO_SECONDS
)

TIME_MACROS: dict[str, dict[str, str]] = {
    "bq_floor_div(x, y)": {
        "BIGINT, BIGINT": "CASE WHEN x < 0 AND x % y <> 0 THEN x // y - 1 ELSE x // y END"
    },
    "bq_time_text(x)": _TIME_TEXTS,
    "bq_zoned_text(x, z)": {f"{_INSTANT}, VARCHAR": _zoned_text("timezone(z, x)")},
    # TO_JSON_STRING of an INTERVAL.
    "bq_interval_iso(x)": {
        "INTERVAL": "CASE WHEN bq_months(x) = 0 AND datepart('day', x) = 0 AND bq_micros(x) = 0 "
        f"THEN 'P0Y' ELSE 'P' || {_ISO_DAYS} || CASE WHEN bq_micros(x) = 0 THEN '' "
        f"ELSE 'T' || {_ISO_CLOCK} END END"
    },
    # Truncation of what has no zone, then of instants, which are truncated in one.
    "bq_trunc_week(d, x)": {f"BIGINT, {kind}": f"{_week_start('x')}::{kind}" for kind in _LOCAL},
    "bq_trunc(p, x)": {
        "VARCHAR, DATE": "date_trunc(p, x)::DATE",
        "VARCHAR, TIMESTAMP": "date_trunc(p, x)::TIMESTAMP",
        f"VARCHAR, {_INSTANT}": "date_trunc(p, x)",
        "VARCHAR, TIME": "date_trunc(p, DATE '1970-01-01' + x)::TIME",
    },
    # An hour that a clock shows twice is truncated to itself.
    "bq_trunc_clock(p, z, x)": {
        f"VARCHAR, VARCHAR, {_INSTANT}": "x - (timezone(z, x) - date_trunc(p, timezone(z, x)))"
    },
    "bq_isoyear(x)": {
        kind: "date_trunc('week', make_date(datepart('isoyear', x)::BIGINT, 1, 4))::" + kind
        for kind in _LOCAL
    },
    "bq_units(p, x, y)": {
        # Instants: whole units of elapsed time, cut towards zero.
        f"BIGINT, {_INSTANT}, {_INSTANT}": "(epoch_us(x) - epoch_us(y)) // p",
    },
    "bq_weeks(d, x, y)": {
        f"BIGINT, {kind}, {kind}": f"({_week_start('x')} - {_week_start('y')}) // 7"
        for kind in _LOCAL
    },
    "bq_week(d, x)": {
        f"BIGINT, {kind}": "(datepart('dayofyear', x) - 1 + 7 - ((datepart('dayofweek', x) - d + 7) % 7)"
        ") // 7"
        for kind in _LOCAL
    },
    "bq_seconds(x)": {
        "TIMESTAMP": "bq_floor_div(epoch_us(x), 1000000)",
        _INSTANT: "bq_floor_div(epoch_us(x), 1000000)",
    },
}
