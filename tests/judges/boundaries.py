"""Values of every type, drawn where they are likely to go wrong, as GoogleSQL writes them.

Two different texts of one type are two different values.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_DIGITS = Context(prec=80)
_LONGEST_TEXT = 6
# Where doubles stop being exact and INT64 ends.
_WHOLE = [sign * 2**bits + by for bits in (31, 53, 62) for sign in (1, -1) for by in (-1, 0, 1)]
_INT64 = st.sampled_from([*_WHOLE, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
_DAYS = ("0001-01-01", "0999-12-31", "1959-12-31", "1960-01-01", "1970-01-01", "2024-02-29")
_DAYS += ("2159-12-31", "2160-01-01", "9999-12-31")
_TIMES = ("00:00:00", "12:34:56.789", "23:59:59.999999")
_MOMENTS = [datetime.fromisoformat(f"{day} {time}") for day in _DAYS for time in _TIMES]
_MOST_MONTHS, _MOST_DAYS, _MOST_SECONDS = 120_000, 3_660_000, 87_840_000 * 3600

_dates = st.sampled_from([date.fromisoformat(day) for day in _DAYS]) | st.dates()
_datetimes = st.sampled_from(_MOMENTS) | st.datetimes()


def string(text: str) -> str:
    """Write a text as a literal, every character that is no plain one by its number."""
    plain = "".join(it if it.isascii() and it.isalnum() else f"\\U{ord(it):08X}" for it in text)
    return f"'{plain}'"


def layouts() -> SearchStrategy[tuple[int, int, int]]:
    """Return what draws start, end and width of a partitioning by ranges of INT64."""
    starts = st.sampled_from([-(2**63), -100, 0, 2**53]) | st.integers(-1000, 1000)
    widths = st.sampled_from([1, 10, 2**31, 2**60])

    def layout(start: int, width: int, count: int, missing: int) -> tuple[int, int, int]:
        # The last range may be narrower than the others.
        end = start + width * count - min(missing, width - 1)
        return start, min(end, 2**63 - 1), width

    return st.builds(layout, starts, widths, st.integers(1, 8), st.integers(0, 9))


def _quoted[V](values: SearchStrategy[V], kind: str) -> SearchStrategy[str]:
    return values.map(lambda value: f"CAST('{value}' AS {kind})")


def _decimals(kind: str, places: int, most: int) -> SearchStrategy[str]:
    numbers = st.sampled_from([most, -most, 1, -1, 10**places]) | st.integers(-most, most)
    scaled = numbers.filter(bool).map(lambda number: Decimal(number).scaleb(-places, _DIGITS))
    return _quoted(scaled.map(lambda number: f"{number.normalize(_DIGITS):f}"), kind)


def _intervals() -> SearchStrategy[str]:
    def signed(most: int) -> SearchStrategy[int]:
        return st.sampled_from([0, 1, -1, most, -most]) | st.integers(-most, most)

    def text(months: int, days: int, seconds: int, micros: int) -> str:
        years, rest = divmod(abs(months), 12)
        whole = abs(seconds)
        clock = f"{whole // 3600}:{whole // 60 % 60}:{whole % 60}.{micros:06d}"
        signs = ["-" if part < 0 else "" for part in (months, seconds)]
        return f"{signs[0]}{years}-{rest} {days} {signs[1]}{clock}"

    micros = st.sampled_from([0, 1, 999_999]) | st.integers(0, 999_999)
    parts = (signed(_MOST_MONTHS), signed(_MOST_DAYS), signed(_MOST_SECONDS - 1), micros)
    return _quoted(st.builds(text, *parts), "INTERVAL")


def _ranges[V: date](
    element: str, bounds: SearchStrategy[V], text: Callable[[V], str]
) -> SearchStrategy[str]:
    def written(pair: list[V], first: bool, last: bool) -> str:  # noqa: FBT001 - which ends there are
        begins, ends = (text(at) for at in sorted(pair))
        return f"[{begins if first else 'UNBOUNDED'}, {ends if last else 'UNBOUNDED'})"

    pairs = st.lists(bounds, min_size=2, max_size=2, unique=True)
    drawn = st.builds(written, pairs, st.booleans(), st.booleans())
    return _quoted(drawn, f"RANGE<{element}>")


def _json() -> SearchStrategy[str]:
    # Text of numbers and order of members stay as they are written here, and do not in BigQuery.
    texts = st.text(max_size=_LONGEST_TEXT)
    quarters = st.integers(-100, 100).map(lambda number: (4 * number + 1) / 4)
    plain = st.none() | st.booleans() | _INT64 | quarters | texts
    trees = st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
        ),
        max_leaves=4,
    )
    written = trees.map(
        lambda tree: json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )
    return written.map(lambda text: f"JSON {string(text)}")


VALUES: dict[str, SearchStrategy[str]] = {
    "INT64": _quoted(_INT64, "INT64"),
    # Subnormal numbers are written otherwise here, and -0.0 is no other value than 0.0.
    "FLOAT64": _quoted(st.floats(allow_subnormal=False).map(lambda it: it + 0.0), "FLOAT64"),
    "BOOL": st.sampled_from(["TRUE", "FALSE"]),
    "STRING": st.text(max_size=_LONGEST_TEXT).map(string),
    "BYTES": st.binary(max_size=_LONGEST_TEXT).map(
        lambda value: "b'{}'".format("".join(f"\\x{byte:02x}" for byte in value))
    ),
    "NUMERIC": _decimals("NUMERIC", 9, 10**38 - 1),
    "BIGNUMERIC": _decimals("BIGNUMERIC", 38, 2**255 - 1),
    "DATE": _quoted(_dates, "DATE"),
    "TIME": _quoted(st.times(), "TIME"),
    "DATETIME": _quoted(_datetimes, "DATETIME"),
    "TIMESTAMP": _quoted(_datetimes.map(lambda at: f"{at}+00"), "TIMESTAMP"),
    "JSON": _json(),
    "INTERVAL": _intervals(),
    "RANGE<DATE>": _ranges("DATE", _dates, str),
    "RANGE<DATETIME>": _ranges("DATETIME", _datetimes, str),
    "RANGE<TIMESTAMP>": _ranges("TIMESTAMP", _datetimes, lambda at: f"{at}+00"),
}
"""What draws values of each type, as SQL."""
