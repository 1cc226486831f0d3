"""GoogleSQL expressions whose meaning sqlglot's DuckDB text would lose."""

from sqlglot import exp

from tests.standin.bigquery.engine.types import duckdb_type
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.aggregates import AGGREGATE_REWRITES
from tests.standin.bigquery.sql.arrays import ARRAY_REWRITES
from tests.standin.bigquery.sql.fields import field_of_type
from tests.standin.bigquery.sql.format_function import FORMAT_REWRITES
from tests.standin.bigquery.sql.formats import FORMAT_TIME_REWRITES
from tests.standin.bigquery.sql.json_functions import JSON_REWRITES
from tests.standin.bigquery.sql.nodes import Rewrites, call, cast, raw, typed
from tests.standin.bigquery.sql.numbers import NUMBER_REWRITES
from tests.standin.bigquery.sql.ordering import ORDER_REWRITES
from tests.standin.bigquery.sql.parses import PARSE_REWRITES
from tests.standin.bigquery.sql.texts import TEXT_REWRITES
from tests.standin.bigquery.sql.times import TIME_REWRITES

_PICOSECONDS = 12
_CASTS = {
    exp.DType.TEXT: "bq_string",
    exp.DType.VARCHAR: "bq_string",
    exp.DType.BOOLEAN: "bq_bool",
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
    "NET.HOST": "net_host",
}


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
    if node.args.get("format"):
        raise invalid_query("CAST with a FORMAT is not supported by the stand-in")
    if target.this != exp.DType.DECIMAL and target.find(exp.DataTypeParam):
        raise invalid_query("CAST to a type with a length is not supported by the stand-in")
    changed = _converted(node.this.copy(), target)
    if isinstance(node, exp.TryCast):
        return call("TRY", changed)
    return changed


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
        return typed(f"bq_range_{field['rangeElementType']['type'].lower()}", value)
    if kind == exp.DType.TIMESTAMPTZ and field.get("timestampPrecision") == str(_PICOSECONDS):
        return typed("bq_timestamp12", value)
    if kind == exp.DType.DECIMAL:
        plain = typed("bq_numeric", value)
        return cast(plain, duckdb_type(field)) if target.expressions else plain
    if kind in _CASTS:
        return typed(_CASTS[kind], value)
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
        return typed("bq_ieee_divide", *arguments)
    return None


def _safe(node: exp.Expression) -> exp.Expression:
    return call("TRY", node.this.copy())


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


def _pivot(node: exp.Expression) -> None:
    select = node.find_ancestor(exp.Select)
    if node.args.get("unpivot") and select is not None and select.is_star:
        # DuckDB puts the names before the values.
        raise invalid_query("UNPIVOT with SELECT * is not supported by the stand-in")


_REWRITES: Rewrites = {
    **AGGREGATE_REWRITES,
    **ARRAY_REWRITES,
    **FORMAT_REWRITES,
    **FORMAT_TIME_REWRITES,
    **PARSE_REWRITES,
    **JSON_REWRITES,
    **NUMBER_REWRITES,
    **ORDER_REWRITES,
    **TEXT_REWRITES,
    **TIME_REWRITES,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Literal: _number,
    exp.ByteString: _bytes,
    exp.Anonymous: _anonymous,
    exp.Pivot: _pivot,
    exp.SafeFunc: _safe,
    exp.FarmFingerprint: _fingerprint,
    exp.Column: _partition_date,
    exp.MatchRecognize: _refused,
}
