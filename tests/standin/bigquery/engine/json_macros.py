"""JSON and arrays as GoogleSQL treats them, as DuckDB macros overloaded by type."""

_PARSED = "(CASE WHEN json_valid(x) THEN x END)"
_SCALARS = "('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN')"
_WRITTEN = (
    "CASE WHEN json_type({j}) IN ('DOUBLE', 'HUGEINT') AND NOT regexp_matches(x, "
    "'(^|[^0-9.])' || replace(replace({v}, '.', '\\.'), '+', '\\+') || '([^0-9.eE]|$)') THEN "
    "bq_fail('Such a number in JSON text is not supported by the stand-in') ELSE {v} END"
)


def _scalar(source: str) -> str:
    found = f"json_extract({source}, p)"
    plain = f"json_extract_string({source}, p)"
    return (
        f"CASE WHEN json_type({found}) IN {_SCALARS} THEN {_WRITTEN.format(j=found, v=plain)} END"
    )


def _exactly(kind: str, names: str, value: str) -> str:
    return (
        f"CASE WHEN x IS NULL THEN NULL WHEN json_type(x) IN ({names}) THEN {value} "
        f"ELSE bq_fail('The provided JSON input is not of type {kind}')::{kind} END"
    )


_ESCAPED = "x"
for _code in (0x0B, 0x0E, 0x0F, *range(0x1A, 0x20)):
    _ESCAPED = f"replace({_ESCAPED}, '\\u{_code:04X}', '\\u{_code:04x}')"

JSON_MACROS: dict[str, dict[str, str]] = {
    "bq_json_type(x)": {
        "JSON": "CASE json_type(x) WHEN 'NULL' THEN 'null' WHEN 'VARCHAR' THEN 'string' "
        "WHEN 'BOOLEAN' THEN 'boolean' WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' "
        "WHEN NULL THEN NULL ELSE CASE WHEN x IS NULL THEN NULL ELSE 'number' END END"
    },
    "bq_json_query(x, p)": {
        "JSON, VARCHAR": "json_extract(x, p)",
        "VARCHAR, VARCHAR": f"nullif(json_extract({_PARSED}, p)::VARCHAR, 'null')",
    },
    "bq_json_value(x, p)": {
        "JSON, VARCHAR": _scalar("x"),
        "VARCHAR, VARCHAR": _scalar(_PARSED),
    },
    "bq_json_query_array(x, p)": {
        "JSON, VARCHAR": "CASE WHEN json_type(json_extract(x, p)) = 'ARRAY' "
        "THEN json_extract(json_extract(x, p), '$[*]') END",
        "VARCHAR, VARCHAR": f"CASE WHEN json_type(json_extract({_PARSED}, p)) = 'ARRAY' "
        f"THEN list_transform(json_extract(json_extract({_PARSED}, p), '$[*]'), lambda j: j::VARCHAR) END",
    },
    "bq_json_value_array(x, p)": {
        kind
        + ", VARCHAR": f"CASE WHEN json_type(json_extract({source}, p)) = 'ARRAY' AND list_bool_and("
        f"list_transform(json_extract(json_extract({source}, p), '$[*]'), lambda j: "
        "json_type(j) NOT IN ('ARRAY', 'OBJECT')) || [TRUE]) THEN "
        f"json_extract_string(json_extract({source}, p), '$[*]') END"
        for kind, source in (("JSON", "x"), ("VARCHAR", _PARSED))
    },
    "bq_json_int64(x)": {"JSON": _exactly("BIGINT", "'BIGINT', 'UBIGINT'", "x::BIGINT")},
    "bq_json_float64(x)": {
        "JSON": _exactly("DOUBLE", "'BIGINT', 'UBIGINT', 'DOUBLE'", "x::DOUBLE")
    },
    "bq_json_bool(x)": {"JSON": _exactly("BOOLEAN", "'BOOLEAN'", "x::BOOLEAN")},
    "bq_json_text(x)": {"": _exactly("VARCHAR", "'VARCHAR'", "json_extract_string(x, '$')")},
    # DuckDB writes a control character's number in capitals.
    "bq_escaped(x)": {"VARCHAR": _ESCAPED},
    "bq_counted(l)": {
        "": "list_concat(list_transform(map_entries(list_aggregate(l, 'histogram')), "
        "lambda e: {'c': e.value::BIGINT, 'v': e.key}), CASE WHEN len(l) > list_count(l) "
        "THEN [{'c': (len(l) - list_count(l))::BIGINT, 'v': NULL}] ELSE [] END)"
    },
    "bq_top_count(l, n)": {
        "": "list_transform(list_sort(bq_counted(l), 'DESC')[1:n], "
        "lambda e: {'value': e.v, 'count': e.c})"
    },
    "bq_step(n)": {
        "": "CASE WHEN n = 0 THEN bq_fail('Sequence step cannot be 0.')::BIGINT ELSE n END"
    },
    "bq_item(a, i)": {
        "": "CASE WHEN i < 1 OR i > len(a) THEN a[bq_fail('Array index ' || (i - 1)::VARCHAR || "
        "' is out of bounds')::BIGINT] ELSE a[i] END"
    },
    "bq_in(x, a)": {
        "": "CASE WHEN coalesce(len(a), 0) = 0 THEN FALSE WHEN x IS NULL THEN NULL "
        "WHEN list_contains(a, x) THEN TRUE WHEN len(a) > list_count(a) THEN NULL ELSE FALSE END"
    },
    "bq_array_first(a)": {
        "": "CASE WHEN len(a) = 0 THEN a[bq_fail('ARRAY_FIRST cannot get the first element of an empty array')"
        "::BIGINT] ELSE a[1] END"
    },
    "bq_array_last(a)": {
        "": "CASE WHEN len(a) = 0 THEN a[bq_fail('ARRAY_LAST cannot get the last element of an empty array')"
        "::BIGINT] ELSE a[-1] END"
    },
    "bq_range_bucket(x, a)": {
        "": "CASE WHEN x IS NULL OR a IS NULL THEN NULL ELSE len(list_filter(a, lambda e: e <= x)) END"
    },
}
