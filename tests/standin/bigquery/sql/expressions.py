"""GoogleSQL expressions whose meaning sqlglot's DuckDB text would lose."""

from collections.abc import Callable

from sqlglot import exp

from tests.standin.bigquery.engine.rows import NOW
from tests.standin.bigquery.engine.types import duckdb_type
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.fields import field_of_type

type Rewrite = Callable[[exp.Expression], exp.Expression | None]

_PICOSECONDS = 12
_PRESENT = f"make_timestamptz({NOW})"
_CASTS = {
    exp.DType.TEXT: "bq_text",
    exp.DType.VARCHAR: "bq_text",
    exp.DType.BIGINT: "bq_int64",
    exp.DType.INT: "bq_int64",
    exp.DType.SMALLINT: "bq_int64",
    exp.DType.DOUBLE: "bq_float64",
    exp.DType.FLOAT: "bq_float64",
    exp.DType.BIGDECIMAL: "bq_bignumeric",
    exp.DType.GEOGRAPHY: "bq_geography",
    exp.DType.INTERVAL: "bq_interval",
    exp.DType.BINARY: "bq_bytes",
    exp.DType.VARBINARY: "bq_bytes",
    exp.DType.JSON: "bq_json",
}
_NESTED = (exp.DType.ARRAY, exp.DType.STRUCT)
_RENAMED = {
    "ST_GEOGFROMTEXT": "bq_geography",
    "ST_GEOGFROM": "bq_geography",
    "ST_ASTEXT": "bq_text",
    "PARSE_NUMERIC": "bq_numeric",
    "PARSE_BIGNUMERIC": "bq_bignumeric",
    "NET.HOST": "net_host",
}


def call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    """Return a call of a DuckDB function or macro."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def raw(sql: str) -> exp.Var:
    """Return DuckDB text that is taken over as it is."""
    return exp.Var(this=sql)


def cast(expression: exp.Expression, duckdb_name: str) -> exp.Expression:
    """Return a cast to a DuckDB type."""
    kind = exp.DataType(this=exp.DType.USERDEFINED, kind=duckdb_name)
    return exp.Cast(this=expression, to=kind)


def rewrite_expressions(tree: exp.Expression) -> exp.Expression:
    """Rewrite every expression of a statement, the innermost first, and return the statement."""
    for node in reversed(list(tree.find_all(*_REWRITES, bfs=True))):
        changed = _REWRITES[type(node)](node)
        if changed is None:
            continue
        if node is tree:
            tree = changed
        else:
            node.replace(changed)
    return tree


def _cast(node: exp.Expression) -> exp.Expression | None:
    target: exp.DataType = node.args["to"]
    if target.this == exp.DType.USERDEFINED:
        return None
    if isinstance(node.this, exp.Null):
        return cast(node.this.copy(), duckdb_type(field_of_type("x", target)))
    changed = _converted(node.this.copy(), target)
    if isinstance(node, exp.TryCast):
        return call("TRY", changed)
    return changed


def _today(node: exp.Expression) -> exp.Expression | None:
    return raw(f"CAST({_PRESENT} AS DATE)") if node.this is None else None


def exact(value: exp.Expression) -> exp.Expression:
    """Return a written number as text, so that it reaches NUMERIC without passing a double."""
    sign = "-" if isinstance(value, exp.Neg) else ""
    inner = value.this if sign else value
    if isinstance(inner, exp.Var) and inner.name.endswith("e0"):
        return exp.Literal.string(sign + inner.name.removesuffix("e0"))
    if isinstance(inner, exp.Literal) and not inner.is_string:
        return exp.Literal.string(sign + inner.name)
    return value


def _converted(value: exp.Expression, target: exp.DataType) -> exp.Expression:
    kind = target.this
    if kind in (exp.DType.DECIMAL, exp.DType.BIGDECIMAL):
        value = exact(value)
    field = field_of_type("x", target)
    if kind == exp.DType.RANGE:
        return call(f"bq_range_{field['rangeElementType']['type'].lower()}", value)
    if kind == exp.DType.TIMESTAMPTZ and field.get("timestampPrecision") == str(_PICOSECONDS):
        return call("bq_timestamp12", value)
    if kind == exp.DType.DECIMAL:
        plain = call("bq_numeric", value)
        return cast(plain, duckdb_type(field)) if target.expressions else plain
    if kind in _CASTS:
        return call(_CASTS[kind], value)
    return cast(value, duckdb_type(field))


def _number(node: exp.Expression) -> exp.Expression | None:
    # A literal with a point is FLOAT64 in GoogleSQL and DECIMAL in DuckDB.
    text = str(node.this)
    if node.args.get("is_string") or "e" in text.lower() or "." not in text:
        return None
    return raw(f"{text}e0")


def _bytes(node: exp.Expression) -> exp.Expression:
    text = str(node.this)
    plain = all(ord(letter) < 256 for letter in text)
    content = text.encode("latin-1" if plain else "utf-8")
    return call("from_hex", exp.Literal.string(content.hex()))


def _format_time(node: exp.Expression) -> exp.Expression | None:
    inner = node.this
    if not isinstance(
        inner, exp.TsOrDsToDate | exp.TsOrDsToDatetime | exp.TsOrDsToTimestamp | exp.TsOrDsToTime
    ):
        return None
    zone = node.args.get("zone")
    value = inner.this.copy()
    if zone is not None and zone.name.upper() not in ("UTC", "+00:00"):
        value = call("timezone", zone.copy(), value)
    return call("strftime", value, node.args["format"].copy())


def _parse(kind: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        text = call("strptime", node.this.copy(), node.args["format"].copy())
        return cast(text, kind)

    return rewrite


def _as_date(node: exp.Expression) -> exp.Expression | None:
    if isinstance(node.parent, exp.Cast) and node.parent.args["to"].name == "DATE":
        return None
    return cast(node.copy(), "DATE")


def _date_trunc(node: exp.Expression) -> exp.Expression:
    unit = node.args["unit"].name.upper()
    if unit.startswith("WEEK") and unit != "WEEK":
        raise invalid_query(f"{unit} is not supported by the stand-in")
    # DuckDB's weeks begin on Monday, BigQuery's on Sunday.
    unit = {"ISOWEEK": "WEEK", "WEEK": "SUNDAY_WEEK"}.get(unit, unit)
    return call("bq_trunc", exp.Literal.string(unit.lower()), node.this.copy())


def _unix_time(node: exp.Expression) -> exp.Expression:
    scale = node.args.get("scale")
    factor = {"0": 1_000_000, "3": 1000, "6": 1}[scale.name if scale is not None else "0"]
    micros = exp.Mul(this=exp.Paren(this=node.this.copy()), expression=exp.Literal.number(factor))
    return call("make_timestamptz", micros)


def _anonymous(node: exp.Expression) -> exp.Expression | None:
    name = str(node.this).upper()
    arguments = [item.copy() for item in node.expressions]
    if name in _RENAMED:
        return call(_RENAMED[name], *arguments[:1])
    if name == "RANGE" and len(arguments) == 2:
        # DuckDB's own range() makes a list; two bounds here are a RANGE value.
        return raw(
            f"{{'__range_start__': {arguments[0].sql('duckdb')}, "
            f"'__range_end__': {arguments[1].sql('duckdb')}}}"
        )
    if name == "ST_GEOGPOINT":
        x, y = (item.sql("duckdb") for item in arguments)
        return raw(
            f"bq_geography('POINT(' || bq_text(({x})::DOUBLE) || ' ' || "
            f"bq_text(({y})::DOUBLE) || ')')"
        )
    if name == "IEEE_DIVIDE":
        left, right = arguments
        return exp.Div(this=cast(left, "DOUBLE"), expression=cast(right, "DOUBLE"))
    return None


def _safe(node: exp.Expression) -> exp.Expression:
    return call("TRY", node.this.copy())


def _divide(node: exp.Expression) -> exp.Expression:
    return call("bq_div", node.this.copy(), node.expression.copy())


def _in_unnest(node: exp.Expression) -> exp.Expression | None:
    unnested = node.args.get("unnest")
    if unnested is None:
        return None
    return call("list_contains", unnested.expressions[0].copy(), node.this.copy())


def _unnest(node: exp.Expression) -> exp.Expression | None:
    """Turn UNNEST into a subquery that gives the item, and its offset, as columns."""
    if isinstance(node.parent, exp.In):
        return None
    array = node.expressions[0].copy()
    alias = node.args.get("alias")
    name = (alias.columns[0].name if alias.columns else alias.name) if alias else ""
    literals = isinstance(array, exp.Array) and array.expressions
    item = raw(f"unnest({array.sql('duckdb')})")
    if literals and isinstance(array.expressions[0], exp.Struct):
        item = raw(f"unnest({array.sql('duckdb')}, max_depth := 2)")
        columns: list[exp.Expression] = [item]
    else:
        columns = [exp.alias_(item, name or "f0_", quoted=True)]
    at = node.args.get("offset")
    if at:
        offset = raw(f"generate_subscripts({array.sql('duckdb')}, 1) - 1")
        label = at.name if isinstance(at, exp.Identifier) else "offset"
        columns.append(exp.alias_(offset, label, quoted=True))
    select = exp.Select(expressions=columns)
    # The range variable is the item itself, so the subquery must not take its name.
    taken = name if literals and columns[0] is item else f"rb_{name or 'item'}"
    alias = exp.TableAlias(this=exp.to_identifier(taken or "rb_items", quoted=True))
    return exp.Subquery(this=select, alias=alias)


def _fingerprint(node: exp.Expression) -> exp.Expression:
    return call("bq_fingerprint", node.expressions[0].copy())


def _partition_date(node: exp.Expression) -> exp.Expression | None:
    if node.name.upper() != "_PARTITIONDATE":
        return None
    changed = node.copy()
    changed.set("this", exp.to_identifier("_PARTITIONTIME"))
    return cast(changed, "DATE")


def _refused(node: exp.Expression) -> exp.Expression:
    raise invalid_query(f"{type(node).__name__} is not supported by the stand-in")


_REWRITES: dict[type[exp.Expression], Rewrite] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Literal: _number,
    exp.ByteString: _bytes,
    exp.TimeToStr: _format_time,
    exp.StrToTime: _parse("TIMESTAMP WITH TIME ZONE"),
    exp.StrToDate: _parse("DATE"),
    exp.ParseDatetime: _parse("TIMESTAMP"),
    exp.DateAdd: _as_date,
    exp.DateSub: _as_date,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.UnixToTime: _unix_time,
    exp.Anonymous: _anonymous,
    exp.SafeFunc: _safe,
    exp.IntDiv: _divide,
    exp.In: _in_unnest,
    exp.Unnest: _unnest,
    exp.FarmFingerprint: _fingerprint,
    exp.Column: _partition_date,
    exp.CurrentTimestamp: lambda _: raw(_PRESENT),
    exp.CurrentDate: _today,
    exp.MatchRecognize: _refused,
}
