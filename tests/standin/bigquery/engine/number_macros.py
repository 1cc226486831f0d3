"""Arithmetic and comparison as GoogleSQL does them, as DuckDB macros overloaded by type."""

_LIMIT = 2**62
_PAIRS = {
    "integer": ("BIGINT, BIGINT", "HUGEINT, HUGEINT"),
    "decimal": ("DECIMAL(38,9), DECIMAL(38,9)",),
    "double": ("DOUBLE, DOUBLE",),
}


def _pairs(*, integer: str, decimal: str, double: str) -> dict[str, str]:
    bodies = {"integer": integer, "decimal": decimal, "double": double}
    return {kinds: bodies[kind] for kind, listed in _PAIRS.items() for kinds in listed}


def _singles(*, integer: str, decimal: str, double: str) -> dict[str, str]:
    return {
        kinds.split(", ")[0]: body
        for kinds, body in _pairs(integer=integer, decimal=decimal, double=double).items()
    }


def _failing(condition: str, message: str, value: str, kind: str) -> str:
    return f"CASE WHEN {condition} THEN bq_fail('{message}')::{kind} ELSE {value} END"


def _finite(value: str, name: str, *inputs: str) -> str:
    """A result that is not finite although the inputs are is an error."""
    given = " AND ".join(f"isfinite({item}::DOUBLE)" for item in inputs)
    return _failing(
        f"NOT isfinite({value}) AND {given}",
        f"Floating point error in function: {name}",
        value,
        "DOUBLE",
    )


# NUMERIC as a whole number of nanos: the text without its point.
_NANOS_X = "replace(x::DECIMAL(38,9)::VARCHAR, '.', '')::HUGEINT"
_NANOS_Y = _NANOS_X.replace("x::", "y::", 1)
_HALF_AWAY = "((2 * abs({n}) + abs({d})) // (2 * abs({d}))) * sign({n}) * sign({d})"
_DECIMAL_QUOTIENT = (
    "bq_of_nanos(" + _HALF_AWAY.format(n="(bq_nanos(x) * 1000000000)", d="bq_nanos(y)") + ")"
)
_ROUND_DOUBLE = (
    # Half away from zero, of the exact binary value: printf is exact, but takes halves to even.
    "CASE WHEN NOT isfinite(x) OR abs(x) >= 1e15 THEN x::DOUBLE WHEN y = 0 THEN round(x::DOUBLE) "
    "WHEN y > 0 THEN printf('%.' || least(y, 300) || 'f', CASE WHEN (x::DOUBLE * pow(2e0, y + 1)) % 2 "
    "IN (1, -1) THEN nextafter(x::DOUBLE, (sign(x) * 1e300)::DOUBLE) ELSE x::DOUBLE END)::DOUBLE "
    "ELSE round(x::DOUBLE / pow(10e0, -y)) * pow(10e0, -y) END"
)
_UNARY_DOUBLE = ("exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
_COMPARED = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _compared(operator: str) -> dict[str, str]:
    # NaN is the greatest value in DuckDB and equals itself; GoogleSQL compares it with nothing.
    plain = f"x {operator} y"
    return _pairs(
        integer=plain,
        decimal=plain,
        double=f"({plain} AND NOT isnan(x::DOUBLE) AND NOT isnan(y::DOUBLE))",
    ) | {"": plain}


NUMBER_MACROS: dict[str, dict[str, str]] = {
    "bq_power(n)": {"BIGINT": "('1' || repeat('0', least(n, 37)))::HUGEINT"},
    "bq_two(n)": {"BIGINT": "(1::HUGEINT << n::INTEGER)"},
    "bq_wrapped(x)": {
        "HUGEINT": f"(CASE WHEN x >= 2 * {_LIMIT}::HUGEINT THEN x - 4 * {_LIMIT}::HUGEINT ELSE x END)"
        "::BIGINT"
    },
    "bq_nanos(x)": {"DECIMAL(38,9)": _NANOS_X},
    "bq_of_nanos(n)": {
        "HUGEINT": "(CASE WHEN n < 0 THEN '-' ELSE '' END || left(lpad(abs(n)::VARCHAR, "
        "greatest(10, length(abs(n)::VARCHAR))::INTEGER, '0'), -9) || '.' || "
        "right(lpad(abs(n)::VARCHAR, greatest(10, length(abs(n)::VARCHAR))::INTEGER, '0'), 9))::DECIMAL(38,9)"
    },
    "bq_divide(x, y)": {
        kinds: _failing(
            "y = 0", "division by zero", _finite("(x::DOUBLE / y::DOUBLE)", "/", "x", "y"), "DOUBLE"
        )
        for kinds in (*_PAIRS["integer"], *_PAIRS["double"])
    }
    | {
        _PAIRS["decimal"][0]: f"CASE WHEN y = 0 THEN bq_fail('division by zero')::DECIMAL(38,9) "
        f"ELSE {_DECIMAL_QUOTIENT} END"
    },
    "bq_safe_divide(x, y)": dict.fromkeys(
        (*_PAIRS["integer"], *_PAIRS["double"]),
        "CASE WHEN y = 0 OR (NOT isfinite(x::DOUBLE / y::DOUBLE) AND isfinite(x::DOUBLE) AND isfinite(y::DOUBLE)) THEN NULL ELSE x::DOUBLE / y::DOUBLE END",
    )
    | {_PAIRS["decimal"][0]: f"CASE WHEN y = 0 THEN NULL ELSE {_DECIMAL_QUOTIENT} END"},
    "bq_div(x, y)": _pairs(
        integer="CASE WHEN y = 0 THEN bq_fail('division by zero: DIV')::BIGINT ELSE (x // y)::BIGINT END",
        decimal="CASE WHEN y = 0 THEN bq_fail('division by zero: DIV')::DECIMAL(38,9) "
        "ELSE (bq_nanos(x) // bq_nanos(y))::DECIMAL(38,9) END",
        double="bq_fail('No matching signature for function DIV')",
    ),
    "bq_mod(x, y)": _pairs(
        integer="CASE WHEN y = 0 THEN bq_fail('division by zero: MOD')::BIGINT ELSE (x % y)::BIGINT END",
        decimal="CASE WHEN y = 0 THEN bq_fail('division by zero: MOD')::DECIMAL(38,9) "
        "ELSE bq_of_nanos(bq_nanos(x) % bq_nanos(y)) END",
        double="bq_fail('No matching signature for function MOD')",
    ),
    "bq_literal(x, y)": {
        # A written number takes the type of what it meets.
        "DECIMAL(38,9), VARCHAR": "y::DECIMAL(38,9)",
        "DOUBLE, VARCHAR": "y::DOUBLE",
        "BIGINT, VARCHAR": "y::DOUBLE",
        "HUGEINT, VARCHAR": "y::DOUBLE",
        ", VARCHAR": "y::DOUBLE",
    },
    "bq_round(x, y)": {
        "BIGINT, BIGINT": _ROUND_DOUBLE,
        "HUGEINT, BIGINT": _ROUND_DOUBLE,
        "DOUBLE, BIGINT": _ROUND_DOUBLE,
        "DECIMAL(38,9), BIGINT": "CASE WHEN y >= 9 THEN x::DECIMAL(38,9) ELSE bq_of_nanos("
        "((abs(bq_nanos(x)) + bq_power(9 - y) // 2) // bq_power(9 - y)) * bq_power(9 - y) "
        "* sign(bq_nanos(x))) END",
    },
    "bq_trunc_number(x, y)": dict.fromkeys(
        ("BIGINT, BIGINT", "HUGEINT, BIGINT", "DOUBLE, BIGINT"),
        "CASE WHEN NOT isfinite(x::DOUBLE) THEN x::DOUBLE WHEN y >= 0 THEN trunc(x::DOUBLE * pow(10e0, y)) / pow(10e0, y) ELSE trunc(x::DOUBLE / pow(10e0, -y)) * pow(10e0, -y) END",
    )
    | {
        "DECIMAL(38,9), BIGINT": "CASE WHEN y >= 9 THEN x::DECIMAL(38,9) ELSE bq_of_nanos("
        "(bq_nanos(x) // bq_power(9 - y)) * bq_power(9 - y)) END",
    },
    "bq_ceil(x)": _singles(
        integer="x::DOUBLE", decimal="ceil(x)::DECIMAL(38,9)", double="ceil(x::DOUBLE)"
    ),
    "bq_floor(x)": _singles(
        integer="x::DOUBLE", decimal="floor(x)::DECIMAL(38,9)", double="floor(x::DOUBLE)"
    ),
    "bq_signum(x)": _singles(
        integer="sign(x)::BIGINT",
        decimal="sign(x)::DECIMAL(38,9)",
        double="CASE WHEN isnan(x) THEN x ELSE sign(x)::DOUBLE END",
    ),
    "bq_abs(x)": _singles(
        integer="abs(x::BIGINT)", decimal="abs(x)::DECIMAL(38,9)", double="abs(x::DOUBLE)"
    ),
    "bq_sqrt(x)": _singles(
        **dict.fromkeys(
            ("integer", "double"),
            _failing("x < 0", "Argument to SQRT cannot be negative", "sqrt(x::DOUBLE)", "DOUBLE"),
        ),
        decimal="bq_fail('SQRT of NUMERIC is not supported by the stand-in')",
    ),
    "bq_pow(x, y)": _pairs(
        integer=_finite("pow(x::DOUBLE, y::DOUBLE)", "POW", "x", "y"),
        double=_finite("pow(x::DOUBLE, y::DOUBLE)", "POW", "x", "y"),
        decimal="bq_fail('POW of NUMERIC is not supported by the stand-in')",
    ),
    "bq_log(x, y)": _pairs(
        integer=_finite(
            "CASE WHEN x <= 0 OR y <= 0 OR y = 1 THEN 'nan'::DOUBLE WHEN y = 10 THEN log10(x::DOUBLE) WHEN y = 2 THEN log2(x::DOUBLE) ELSE ln(x::DOUBLE) / ln(y::DOUBLE) END",
            "LOG",
            "x",
            "y",
        ),
        double=_finite(
            "CASE WHEN x <= 0 OR y <= 0 OR y = 1 THEN 'nan'::DOUBLE WHEN y = 10 THEN log10(x::DOUBLE) WHEN y = 2 THEN log2(x::DOUBLE) ELSE ln(x::DOUBLE) / ln(y::DOUBLE) END",
            "LOG",
            "x",
            "y",
        ),
        decimal="bq_fail('LOG of NUMERIC is not supported by the stand-in')",
    ),
    "bq_ieee_divide(x, y)": _pairs(
        integer="x::DOUBLE / y::DOUBLE",
        double="x::DOUBLE / y::DOUBLE",
        decimal="x::DOUBLE / y::DOUBLE",
    ),
    **{
        f"bq_{name}(x)": _singles(
            integer=_finite(f"{name}(x::DOUBLE)", name.upper(), "x"),
            double=_finite(f"{name}(x::DOUBLE)", name.upper(), "x"),
            decimal=f"bq_fail('{name.upper()} of NUMERIC is not supported by the stand-in')",
        )
        for name in _UNARY_DOUBLE
    },
    **{
        f"bq_{name}(x)": _singles(
            integer=_failing(
                "x <= 0",
                f"Floating point error in function: {name.upper()}",
                f"{name}(x::DOUBLE)",
                "DOUBLE",
            ),
            double=_failing(
                "x <= 0",
                f"Floating point error in function: {name.upper()}",
                f"{name}(x::DOUBLE)",
                "DOUBLE",
            ),
            decimal=f"bq_fail('{name.upper()} of NUMERIC is not supported by the stand-in')",
        )
        for name in ("ln", "log10")
    },
    **{f"bq_{name}(x, y)": _compared(operator) for name, operator in _COMPARED.items()},
    **{
        f"bq_{name}(x, y)": dict.fromkeys(
            (*_PAIRS["integer"], *_PAIRS["decimal"], ""),
            f"CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE {name}(x, y) END",
        )
        | {
            "DOUBLE, DOUBLE": "CASE WHEN x IS NULL OR y IS NULL THEN NULL WHEN isnan(x::DOUBLE) OR "
            f"isnan(y::DOUBLE) THEN 'nan'::DOUBLE ELSE {name}(x::DOUBLE, y::DOUBLE) END"
        }
        for name in ("greatest", "least")
    },
    "bq_sort(x)": dict.fromkeys(("BIGINT", "HUGEINT", "DECIMAL(38,9)", ""), "x")
    | {
        "DOUBLE": "CASE WHEN x IS NULL THEN NULL "
        "ELSE {'number': NOT isnan(x::DOUBLE), 'value': x::DOUBLE} END"
    },
    # The least and the greatest of a group: NaN is the greatest in DuckDB, the least in GoogleSQL.
    "bq_minimum(x, y)": dict.fromkeys((*_PAIRS["integer"], *_PAIRS["decimal"], ""), "x")
    | {"DOUBLE, DOUBLE": "CASE WHEN isnan(y::DOUBLE) THEN y ELSE x END"},
    "bq_average(x, s, n)": {
        "DOUBLE, DOUBLE, BIGINT": "x",
        "DOUBLE, HUGEINT, BIGINT": "x",
        "DOUBLE, DECIMAL(38,9), BIGINT": "CASE WHEN n = 0 THEN NULL "
        "ELSE bq_divide(s::DECIMAL(38,9), n::DECIMAL(38,9)) END",
    },
    "bq_minus(x, y)": {
        "DATE, DATE": "to_days((x - y)::INTEGER)",
        **{
            f"{kind}, {kind}": "to_microseconds(epoch_us(x) - epoch_us(y))"
            for kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
        },
        "": "x - y",
    },
    "bq_not_nan(x)": _singles(integer="TRUE", decimal="TRUE", double="NOT isnan(x::DOUBLE)")
    | {"": "TRUE"},
    "bq_shift_right(x, y)": {
        "BIGINT, BIGINT": "CASE WHEN y < 0 THEN bq_fail('Bitwise binary shift by a negative offset')"
        "::BIGINT WHEN y >= 64 THEN 0 WHEN y = 0 THEN x ELSE (CASE WHEN x < 0 THEN (x::HUGEINT "
        "+ 18446744073709551616::HUGEINT) ELSE x::HUGEINT END >> y::INTEGER)::BIGINT END"
    },
    "bq_shift_left(x, y)": {
        "BIGINT, BIGINT": "CASE WHEN y < 0 THEN bq_fail('Bitwise binary shift by a negative offset')"
        "::BIGINT WHEN y >= 64 THEN 0 ELSE bq_wrapped((CASE WHEN x < 0 THEN x::HUGEINT "
        "+ 18446744073709551616::HUGEINT ELSE x::HUGEINT END % bq_two(64 - y)) * bq_two(y)) END"
    },
    "bq_safe_add(x, y)": _pairs(
        integer="TRY_CAST(x::HUGEINT + y::HUGEINT AS BIGINT)",
        decimal="TRY(x::DECIMAL(38,9) + y::DECIMAL(38,9))",
        double="CASE WHEN isfinite(x + y) OR NOT isfinite(x) OR NOT isfinite(y) THEN x + y END",
    ),
    "bq_safe_subtract(x, y)": _pairs(
        integer="TRY_CAST(x::HUGEINT - y::HUGEINT AS BIGINT)",
        decimal="TRY(x::DECIMAL(38,9) - y::DECIMAL(38,9))",
        double="CASE WHEN isfinite(x - y) OR NOT isfinite(x) OR NOT isfinite(y) THEN x - y END",
    ),
    "bq_safe_multiply(x, y)": _pairs(
        integer="TRY_CAST(x::HUGEINT * y::HUGEINT AS BIGINT)",
        decimal="TRY((x * y)::DECIMAL(38,9))",
        double="CASE WHEN isfinite(x * y) OR NOT isfinite(x) OR NOT isfinite(y) THEN x * y END",
    ),
    "bq_safe_negate(x)": _singles(
        integer="TRY_CAST(-(x::HUGEINT) AS BIGINT)",
        decimal="-(x::DECIMAL(38,9))",
        double="-(x::DOUBLE)",
    ),
}
