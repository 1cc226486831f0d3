"""GoogleSQL functions as DuckDB macros, overloaded by argument type."""

import duckdb

from tests.standin.bigquery.engine.json_macros import JSON_MACROS
from tests.standin.bigquery.engine.number_macros import NUMBER_MACROS
from tests.standin.bigquery.engine.text_macros import TEXT_MACROS
from tests.standin.bigquery.engine.time_macros import TIME_MACROS
from tests.standin.bigquery.engine.types import BIGNUMERIC, GEOGRAPHY, TIMESTAMP12

FAILURE = "GoogleSQL: "
_BIG = f"STRUCT({BIGNUMERIC} VARCHAR)"
_GEO = f"STRUCT({GEOGRAPHY} VARCHAR)"
_PICO = f"STRUCT({TIMESTAMP12} VARCHAR)"


def _range(kind: str) -> str:
    return f"STRUCT(__range_start__ {kind}, __range_end__ {kind})"


_RANGE_TEXT = (
    "CASE WHEN x IS NULL THEN NULL ELSE '[' || coalesce(x.__range_start__::VARCHAR, 'UNBOUNDED') "
    "|| ', ' || coalesce(x.__range_end__::VARCHAR, 'UNBOUNDED') || ')' END"
)
_FLOAT_TEXT = (
    "CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN replace(x::VARCHAR, 'inf', 'Infinity') "
    "ELSE regexp_replace(x::VARCHAR, '\\.0$', '') END"
)
# The sign stands before each of the three parts (BigQuery, Interval type, canonical format).
_INTERVAL_TEXT = """
CASE WHEN x IS NULL THEN NULL ELSE
  bq_sign(bq_months(x)) || (abs(bq_months(x)) // 12) || '-' || (abs(bq_months(x)) % 12) || ' '
  || datepart('day', x) || ' ' || bq_sign(bq_micros(x)) || (abs(bq_micros(x)) // 3600000000) || ':'
  || (abs(bq_micros(x)) // 60000000 % 60) || ':' || (abs(bq_micros(x)) // 1000000 % 60)
  || CASE WHEN abs(bq_micros(x)) % 1000000 = 0 THEN ''
     WHEN abs(bq_micros(x)) % 1000 = 0 THEN '.' || lpad((abs(bq_micros(x)) % 1000000 // 1000)::VARCHAR, 3, '0')
     ELSE '.' || lpad((abs(bq_micros(x)) % 1000000)::VARCHAR, 6, '0') END
END"""
_INTERVAL_FORM = r"^([-+]?)(\d+)-(\d+) ([-+]?\d+) ([-+]?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?$"
_DECIMAL_FORM = r"^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$"


def _group(number: int) -> str:
    return f"regexp_extract(x, '{_INTERVAL_FORM}', {number})"


_INTERVAL = (
    f"CASE WHEN x IS NULL THEN NULL WHEN NOT regexp_matches(x, '{_INTERVAL_FORM}') "
    "THEN error('Invalid INTERVAL value: ' || x)::INTERVAL ELSE "
    f"to_months((({_group(1)} || ({_group(2)}::BIGINT * 12 + {_group(3)}::BIGINT))::BIGINT)::INTEGER)"
    f" + to_days({_group(4)}::INTEGER)"
    f" + to_microseconds(({_group(5)} || ({_group(6)}::BIGINT * 3600000000 "
    f"+ {_group(7)}::BIGINT * 60000000 + {_group(8)}::BIGINT * 1000000 "
    f"+ rpad({_group(9)}, 6, '0')::BIGINT))::BIGINT) END"
)
_PLAIN_DECIMAL = (
    "CASE WHEN regexp_matches(x, '\\.') THEN rtrim(rtrim(regexp_replace(trim(x), '^([-+]?)0*(\\d)', "
    "'\\1\\2'), '0'), '.') ELSE regexp_replace(trim(x), '^([-+]?)0*(\\d)', '\\1\\2') END"
)
_BIG_OF_TEXT = (
    f"CASE WHEN x IS NULL THEN NULL WHEN regexp_matches(x, '{_DECIMAL_FORM}') "
    f"THEN {{'{BIGNUMERIC}': bq_decimal_text(x)}} "
    "ELSE error('Invalid BIGNUMERIC value: ' || x) END"
)
_WKT = (
    "upper(regexp_replace(regexp_replace(regexp_replace(trim(x), '\\s+', ' ', 'g'), "
    "' ?([(),]) ?', '\\1', 'g'), ',', ', ', 'g'))"
)
_GEO_OF_TEXT = (
    "CASE WHEN x IS NULL THEN NULL WHEN regexp_matches(upper(trim(x)), "
    "'^(POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION|"
    f"FULLGLOBE)\\M?') THEN {{'{GEOGRAPHY}': {_WKT}}} "
    "ELSE error('Invalid WKT: ' || x) END"
).replace("\\M?", "")
_BOUND = "nullif(trim(regexp_extract(x, '^\\[(.*), *(.*)\\)$', {})), 'UNBOUNDED')"


def _range_of_text(kind: str) -> str:
    start, end = _BOUND.format(1), _BOUND.format(2)
    return (
        "CASE WHEN x IS NULL THEN NULL WHEN NOT regexp_matches(x, '^\\[.*, *.*\\)$') "
        f"THEN error('Invalid RANGE value: ' || x) ELSE {{'__range_start__': nullif({start}, 'NULL')"
        f"::{kind}, '__range_end__': nullif({end}, 'NULL')::{kind}}} END"
    )


_TEXT = {
    "VARCHAR": "x",
    "BIGINT": "x::VARCHAR",
    "HUGEINT": "x::VARCHAR",
    "DOUBLE": _FLOAT_TEXT,
    "BOOLEAN": "x::VARCHAR",
    "DECIMAL(38,9)": "rtrim(rtrim(x::VARCHAR, '0'), '.')",
    "BLOB": "decode(x)",
    "DATE": "x::VARCHAR",
    "TIME": "x::VARCHAR",
    "TIMESTAMP": "x::VARCHAR",
    "TIMESTAMP WITH TIME ZONE": "x::VARCHAR",
    "INTERVAL": _INTERVAL_TEXT,
    _BIG: f"x.{BIGNUMERIC}",
    _GEO: f"x.{GEOGRAPHY}",
    _PICO: f"x.{TIMESTAMP12}",
    _range("DATE"): _RANGE_TEXT,
    _range("TIMESTAMP"): _RANGE_TEXT,
    _range("TIMESTAMP WITH TIME ZONE"): _RANGE_TEXT,
}
_FIRST: dict[str, dict[str, str]] = {
    # Unlike error(), a cast that fails can stand in TRY.
    "bq_fail(m)": {"VARCHAR": f"CAST(CAST('{FAILURE}' || m AS BIGINT) AS VARCHAR)"},
}
_MACROS: dict[str, dict[str, str]] = {
    "bq_sign(x)": {"BIGINT": "CASE WHEN x < 0 THEN '-' ELSE '' END"},
    "bq_months(x)": {"INTERVAL": "datepart('year', x) * 12 + datepart('month', x)"},
    "bq_micros(x)": {
        "INTERVAL": "datepart('hour', x) * 3600000000 + datepart('minute', x) * 60000000 "
        "+ datepart('microsecond', x)"
    },
    "bq_decimal_text(x)": {
        "VARCHAR": f"CASE WHEN ltrim({_PLAIN_DECIMAL}, '+') IN ('-0', '') THEN '0' "
        f"ELSE ltrim({_PLAIN_DECIMAL}, '+') END"
    },
    "bq_text(x)": _TEXT,
    "bq_bignumeric(x)": {
        "VARCHAR": _BIG_OF_TEXT,
        "HUGEINT": f"CASE WHEN x IS NULL THEN NULL ELSE {{'{BIGNUMERIC}': x::VARCHAR}} END",
        "DECIMAL(38,9)": f"CASE WHEN x IS NULL THEN NULL ELSE {{'{BIGNUMERIC}': "
        "rtrim(rtrim(x::VARCHAR, '0'), '.')} END",
        "DOUBLE": f"CASE WHEN x IS NULL THEN NULL ELSE {{'{BIGNUMERIC}': "
        "rtrim(rtrim(x::DECIMAL(38,9)::VARCHAR, '0'), '.')} END",
        _BIG: "x",
    },
    "bq_geography(x)": {"VARCHAR": _GEO_OF_TEXT, _GEO: "x"},
    "bq_timestamp12(x)": {
        "VARCHAR": f"CASE WHEN x IS NULL THEN NULL ELSE {{'{TIMESTAMP12}': x}} END",
        "TIMESTAMP WITH TIME ZONE": f"CASE WHEN x IS NULL THEN NULL ELSE "
        f"{{'{TIMESTAMP12}': x::VARCHAR}} END",
        _PICO: "x",
    },
    "bq_interval(x)": {"VARCHAR": _INTERVAL, "INTERVAL": "x"},
    "bq_range_date(x)": {"VARCHAR": _range_of_text("DATE"), _range("DATE"): "x"},
    "bq_range_datetime(x)": {"VARCHAR": _range_of_text("TIMESTAMP"), _range("TIMESTAMP"): "x"},
    "bq_range_timestamp(x)": {
        "VARCHAR": _range_of_text("TIMESTAMPTZ"),
        _range("TIMESTAMP WITH TIME ZONE"): "x",
    },
    "bq_int64(x)": {
        "VARCHAR": "CASE WHEN x ILIKE '0x%' THEN TRY_CAST('0x' || x[3:] AS BIGINT) "
        "WHEN x ILIKE '-0x%' THEN coalesce(-TRY_CAST('0x' || x[4:] AS BIGINT), "
        "bq_fail('Bad int64 value: ' || x)::BIGINT) "
        "WHEN regexp_matches(x, '^\\s*[-+]?\\d+\\s*$') THEN x::BIGINT "
        "WHEN x IS NULL THEN NULL ELSE bq_fail('Bad int64 value: ' || x)::BIGINT END",
        "BIGINT": "x",
        "BOOLEAN": "x::BIGINT",
        "HUGEINT": "x::BIGINT",
        # Half away from zero, as BigQuery rounds (Conversion functions, CAST AS INT64).
        "DECIMAL(38,9)": "round(x)::BIGINT",
        "DOUBLE": "round(x)::BIGINT",
    },
    "bq_bool(x)": {
        "VARCHAR": "CASE lower(x) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE "
        "ELSE CASE WHEN x IS NULL THEN NULL ELSE bq_fail('Bad bool value: ' || x)::BOOLEAN END END",
        "BIGINT": "x <> 0",
        "HUGEINT": "x <> 0",
        "BOOLEAN": "x",
    },
    "bq_float64(x)": {
        "VARCHAR": "x::DOUBLE",
        "DOUBLE": "x",
        "HUGEINT": "x::DOUBLE",
        "DECIMAL(38,9)": "x::DOUBLE",
        _BIG: f"x.{BIGNUMERIC}::DOUBLE",
    },
    "bq_numeric(x)": {
        "VARCHAR": "x::DECIMAL(38,9)",
        "HUGEINT": "x::DECIMAL(38,9)",
        "DOUBLE": "x::DECIMAL(38,9)",
        "DECIMAL(38,9)": "x",
        _BIG: f"x.{BIGNUMERIC}::DECIMAL(38,9)",
    },
    "bq_bytes(x)": {"VARCHAR": "encode(x)", "BLOB": "x"},
    "bq_json(x)": {"VARCHAR": "json(x)"},
    "bq_fingerprint(x)": {
        "VARCHAR": "farm_text(x)",
        "BLOB": "farm_bytes(x)",
    },
}


def told(message: str) -> str:
    """Return what a macro said in failing; any other message as it is."""
    return (
        message.split(FAILURE, 1)[1].rsplit("' to INT64", 1)[0] if FAILURE in message else message
    )


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define every macro; existing ones are replaced."""
    for signature, overloads in (
        _FIRST | NUMBER_MACROS | JSON_MACROS | _MACROS | TIME_MACROS | TEXT_MACROS
    ).items():
        name, arguments = signature.removesuffix(")").split("(")
        variants = ", ".join(
            f"({_typed(arguments, kinds)}) AS ({body})" for kinds, body in overloads.items()
        )
        connection.execute(f"CREATE OR REPLACE MACRO {name}{variants}")


def _typed(arguments: str, kinds: str) -> str:
    names = arguments.split(", ")
    types = [kinds] * len(names)
    if kinds and len(names) > 1:
        types = kinds.split(", ", len(names) - 1)
    return ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
