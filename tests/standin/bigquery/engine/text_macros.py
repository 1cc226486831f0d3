"""Texts and bytes as GoogleSQL treats them, as DuckDB macros overloaded by type."""

from tests.standin.bigquery.engine.types import BIGNUMERIC, GEOGRAPHY, TIMESTAMP12

_NEGATIVE = "bq_fail('{} cannot be negative')"
_WHITE = r"\s\x{00a0}\x{0085}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_FLOAT_STRING = (
    "CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN x::VARCHAR WHEN x = 0 THEN '0' "
    "WHEN printf('%.15g', x)::DOUBLE = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END"
)
_WITH_POINT = (
    "CASE WHEN regexp_matches(bq_string(x), '^-?\\d+$') THEN bq_string(x) || '.0' "
    "ELSE bq_string(x) END"
)
_SAME = {"VARCHAR": "x", "BIGINT": "x::VARCHAR", "HUGEINT": "x::VARCHAR", "BOOLEAN": "x::VARCHAR"}
_DECIMAL = "rtrim(rtrim(x::DECIMAL(38,9)::VARCHAR, '0'), '.')"
_INSTANT = "TIMESTAMP WITH TIME ZONE"
_TIMES = ("DATE", "TIME", "TIMESTAMP", _INSTANT)
_START = "CASE WHEN i > 0 THEN i WHEN i = 0 THEN 1 ELSE greatest(length(x) + i + 1, 1) END"

_STRINGS = _SAME | {
    "DOUBLE": _FLOAT_STRING,
    "DECIMAL(38,9)": _DECIMAL,
    "BLOB": "decode(x)",
    "DATE": "bq_time_text(x)",
    "TIME": "bq_time_text(x)",
    "TIMESTAMP": "bq_time_text(x)",
    _INSTANT: "bq_zoned_text(x, 'UTC')",
}
ONLY_TEXT = (
    "INTERVAL",
    *(f"STRUCT({tag} VARCHAR)" for tag in (BIGNUMERIC, GEOGRAPHY, TIMESTAMP12)),
    *(
        f"STRUCT(__range_start__ {kind}, __range_end__ {kind})"
        for kind in ("DATE", "TIMESTAMP", _INSTANT)
    ),
)

TEXT_MACROS: dict[str, dict[str, str]] = {
    # CAST AS STRING; the text of a float has no point where it needs none.
    "bq_string(x)": _STRINGS | dict.fromkeys(ONLY_TEXT, "bq_text(x)"),
    # STRING, which reads JSON as well.
    "bq_string_of(x)": {kind: _STRINGS[kind] for kind in ("DATE", "TIMESTAMP", _INSTANT)}
    | {"": "bq_json_text(x)"},
    "bq_joined(x)": {"BLOB": "x"}
    | dict.fromkeys((*_SAME, "DOUBLE", "DECIMAL(38,9)", *_TIMES), "bq_string(x)"),
    # FORMAT's %t and %T, %s, %d and %f.
    "bq_shown(x)": _SAME
    | {
        "DOUBLE": f"CASE WHEN x IS NULL THEN 'NULL' ELSE {_WITH_POINT} END",
        "DECIMAL(38,9)": f"coalesce({_DECIMAL}, 'NULL')",
        **dict.fromkeys(_TIMES, "coalesce(bq_string(x), 'NULL')"),
        **{kind: f"coalesce({body}, 'NULL')" for kind, body in _SAME.items()},
    },
    "bq_literal_text(x)": {
        "VARCHAR": "CASE WHEN x IS NULL THEN 'NULL' WHEN regexp_matches(x, '[\\\\\"[:cntrl:]]') "
        "THEN bq_fail('FORMAT %T of such a text is not supported by the stand-in') "
        "ELSE '\"' || x || '\"' END",
        "BIGINT": "coalesce(x::VARCHAR, 'NULL')",
        "BOOLEAN": "coalesce(x::VARCHAR, 'NULL')",
        "DATE": "coalesce('DATE \"' || bq_string(x) || '\"', 'NULL')",
        "TIMESTAMP": "coalesce('DATETIME \"' || bq_string(x) || '\"', 'NULL')",
        _INSTANT: "coalesce('TIMESTAMP \"' || bq_string(x) || '\"', 'NULL')",
        "DECIMAL(38,9)": f"coalesce('NUMERIC \"' || {_DECIMAL} || '\"', 'NULL')",
        "DOUBLE": f"CASE WHEN NOT isfinite(x) THEN bq_fail('FORMAT %T of NaN is not supported here') "
        f"WHEN x IS NULL THEN 'NULL' ELSE {_WITH_POINT} END",
    },
    "bq_only_text(x)": {
        "VARCHAR": "x",
        **dict.fromkeys(
            ("BLOB", "BIGINT", "DOUBLE", "DECIMAL(38,9)", "BOOLEAN", *_TIMES),
            "bq_fail('Invalid type for argument of FORMAT; Expected STRING')",
        ),
    },
    "bq_only_int(x)": {
        "BIGINT": "x",
        "HUGEINT": "x::BIGINT",
        **dict.fromkeys(
            ("VARCHAR", "DOUBLE", "DECIMAL(38,9)", "BOOLEAN"),
            "bq_fail('Invalid type for argument of FORMAT; Expected integer')::BIGINT",
        ),
    },
    "bq_printf(f, x, p)": {
        "VARCHAR, DOUBLE, BIGINT": "printf(f, x::DOUBLE)",
        "VARCHAR, BIGINT, BIGINT": "printf(f, x::DOUBLE)",
        "VARCHAR, HUGEINT, BIGINT": "printf(f, x::DOUBLE)",
        "VARCHAR, DECIMAL(38,9), BIGINT": "CASE WHEN abs(x) >= 1e15::DECIMAL(38,9) OR p > 9 THEN "
        "bq_fail('FORMAT of such a NUMERIC is not supported by the stand-in') "
        "ELSE printf(f, bq_round(x::DECIMAL(38,9), p)::DOUBLE) END",
    },
    "bq_upper(x)": {
        "VARCHAR": "CASE WHEN contains(x, 'ß') THEN bq_fail('UPPER of this letter is not supported by the stand-in') "
        "ELSE upper(x) END",
        "BLOB": "bq_fail('UPPER of BYTES is not supported by the stand-in')",
    },
    "bq_substr(x, i, n)": {
        "VARCHAR, BIGINT, BIGINT": f"CASE WHEN n < 0 THEN {_NEGATIVE.format('Third argument in SUBSTR()')} "
        f"ELSE substring(x, {_START}, least(n, 4294967295)) END",
        "BLOB, BIGINT, BIGINT": f"CASE WHEN n < 0 THEN {_NEGATIVE.format('Third argument in SUBSTR()')}"
        "::BLOB ELSE unhex(substring(hex(x), 2 * (CASE WHEN i > 0 THEN i WHEN i = 0 THEN 1 ELSE "
        "greatest(octet_length(x) + i + 1, 1) END) - 1, least(n, 1073741823) * 2)) END",
    },
    "bq_left(x, n)": {
        "VARCHAR, BIGINT": f"CASE WHEN n < 0 THEN {_NEGATIVE.format('Second argument in LEFT()')} ELSE left(x, n) END",
    },
    "bq_right(x, n)": {
        "VARCHAR, BIGINT": f"CASE WHEN n < 0 THEN {_NEGATIVE.format('Second argument in RIGHT()')} ELSE right(x, n) END",
    },
    "bq_repeat(x, n)": {
        "VARCHAR, BIGINT": f"CASE WHEN n < 0 THEN {_NEGATIVE.format('Second argument of REPEAT')} ELSE repeat(x, n) END",
    },
    "bq_byte_length(x)": {"VARCHAR": "strlen(x)", "BLOB": "octet_length(x)"},
    "bq_trim_white(x)": {"VARCHAR": f"regexp_replace(x, '^[{_WHITE}]+|[{_WHITE}]+$', '', 'g')"},
    "bq_ltrim_white(x)": {"VARCHAR": f"regexp_replace(x, '^[{_WHITE}]+', '')"},
    "bq_rtrim_white(x)": {"VARCHAR": f"regexp_replace(x, '[{_WHITE}]+$', '')"},
    "bq_trim(x, y)": {"VARCHAR, VARCHAR": "trim(x, y)"},
    "bq_ltrim(x, y)": {"VARCHAR, VARCHAR": "ltrim(x, y)"},
    "bq_rtrim(x, y)": {"VARCHAR, VARCHAR": "rtrim(x, y)"},
    **{
        f"bq_{name}(x, n, y)": {
            "VARCHAR, BIGINT, VARCHAR": f"CASE WHEN n < 0 OR y = '' THEN bq_fail('{name.upper()}: invalid "
            f"argument') ELSE {name}(x, n::INTEGER, y) END"
        }
        for name in ("lpad", "rpad")
    },
    "bq_instr(x, y, i, n)": {
        "VARCHAR, VARCHAR, BIGINT, BIGINT": "bq_fail('INSTR with a position is not supported by the stand-in')"
        "::BIGINT"
    },
    **{
        f"bq_regexp_extract{group}(x, p)": {
            "VARCHAR, VARCHAR": "CASE WHEN regexp_matches(x, p) "
            f"THEN regexp_extract(x, p, {group}) END"
        }
        for group in (0, 1)
    },
    "bq_regexp_all(x, p, g)": {"VARCHAR, VARCHAR, INTEGER": "regexp_extract_all(x, p, g)"},
    "bq_regexp_nth(x, p, g, i, n)": {
        "VARCHAR, VARCHAR, INTEGER, BIGINT, BIGINT": "CASE WHEN i < 1 OR n < 1 THEN "
        "bq_fail('REGEXP_EXTRACT: invalid position or occurrence') ELSE "
        "regexp_extract_all(substring(x, i), p, g)[n] END"
    },
    "bq_lower(x)": {
        "VARCHAR": "CASE WHEN regexp_matches(x, '[İΣ]') THEN "
        "bq_fail('LOWER of such a letter is not supported by the stand-in') ELSE lower(x) END",
    },
    "bq_parse_numeric(x)": {
        "VARCHAR": "CASE WHEN x IS NULL THEN NULL WHEN regexp_matches(x, "
        "'^\\s*[-+]?\\s*(\\d[\\d,]*\\.?\\d*|\\.\\d+)\\s*$') THEN "
        "regexp_replace(x, '[\\s,]', '', 'g') ELSE bq_fail('Invalid input to PARSE_NUMERIC: ' || x) END"
    },
    "bq_normalize(x)": {"VARCHAR": "nfc_normalize(x)"},
    "bq_code_points(x)": {
        "VARCHAR": "list_transform(string_split(x, ''), lambda c: unicode(c)::BIGINT)",
        "BLOB": "list_transform(range(octet_length(x)), lambda c: "
        "('0x' || substring(hex(x), 2 * c + 1, 2))::BIGINT)",
    },
    "bq_of_code_points(x)": {
        "": "array_to_string(list_transform(x, lambda c: chr(c::INTEGER)), '')"
    },
}
