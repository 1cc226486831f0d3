"""TO_JSON_STRING: one text for each distinct value, made by DuckDB's own functions.

The text follows BigQuery's JSON encodings: no number passes through a double, whole numbers beyond
2^53 and fractions of NUMERIC are strings, NaN and infinities are strings, BYTES are base64.
"""

import contextlib
import re

import duckdb
from duckdb.sqltypes import DuckDBPyType
from sqlglot import exp

from tests.standin.bigquery.engine.types import (
    BIGNUMERIC,
    Field,
    field_of,
    is_repeated,
    item_of,
    quoted,
)
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.nodes import cast, raw

_EXACT = 2**53
_UNNAMED = re.compile(r"_\d+")
_STRING = "replace(replace(bq_escaped(to_json({0})::VARCHAR), chr(8232), '\\u2028'), chr(8233), '\\u2029')"
_FORMS = {
    "BOOLEAN": "{0}::VARCHAR",
    "STRING": _STRING,
    "JSON": "{0}::VARCHAR",
    "INTEGER": (
        f"CASE WHEN {{0}} BETWEEN -{_EXACT} AND {_EXACT} THEN {{0}}::VARCHAR "
        "ELSE '\"' || {0} || '\"' END"
    ),
    # As bq_string has it, written out: what DuckDB has to plan is what a fingerprint costs.
    "FLOAT": (
        "CASE WHEN isnan({0}) THEN '\"NaN\"' WHEN isinf({0}) THEN CASE WHEN {0} > 0 THEN "
        "'\"Infinity\"' ELSE '\"-Infinity\"' END WHEN {0} = 0 THEN '0' WHEN "
        "printf('%.15g', {0})::DOUBLE = {0} THEN printf('%.15g', {0}) ELSE printf('%.17g', {0}) END"
    ),
    "NUMERIC": (
        f"CASE WHEN {{0}} = trunc({{0}}) AND abs({{0}}) <= {_EXACT} "
        "THEN {0}::BIGINT::VARCHAR ELSE '\"' || bq_text({0}) || '\"' END"
    ),
    "BYTES": "'\"' || to_base64({0}) || '\"'",
    "BIGNUMERIC": (
        f"CASE WHEN abs(TRY_CAST(nullif({{0}}.{BIGNUMERIC}, regexp_extract({{0}}.{BIGNUMERIC}, "
        f"'.*\\..*')) AS HUGEINT)) <= {_EXACT} THEN bq_text({{0}}) "
        "ELSE '\"' || bq_text({0}) || '\"' END"
    ),
    "INTERVAL": "'\"' || bq_interval_iso({0}) || '\"'",
    "TIME": "'\"' || bq_time_text({0}) || '\"'",
    "DATETIME": "'\"' || replace(bq_time_text({0}), ' ', 'T') || '\"'",
    "TIMESTAMP": "'\"' || replace(bq_time_text({0}::TIMESTAMP), ' ', 'T') || 'Z\"'",
}
_OTHER = "'\"' || bq_text({0}) || '\"'"


def rewrite_json(tree: exp.Expression, session: Session) -> exp.Expression:
    """Replace every TO_JSON_STRING of a statement, which is otherwise DuckDB's already.

    Returns:
        The statement.
    """
    for node in reversed(list(tree.find_all(exp.JSONFormat, bfs=True))):
        text = _text_of(node, session)
        changed: exp.Expression = exp.Paren(this=raw(f"coalesce({text}, 'null')"))
        if node.args.get("to_json"):
            changed = cast(changed, "JSON")
        if node is tree:
            tree = changed
        else:
            node.replace(changed)
    return tree


def _text_of(node: exp.Expression, session: Session) -> str:
    argument = node.this.sql("duckdb")
    kind = _type_of(node, argument, session)
    if kind is None:
        return f"to_json({argument})::VARCHAR"
    field = field_of("x", kind)
    if isinstance(node.this, exp.Struct):
        values = [item.args.get("expression", item) for item in node.this.expressions]
        texts = [value.sql("duckdb") for value in values]
        return _object(field["fields"], texts)
    return json_text(argument, field)


def _type_of(node: exp.Expression, argument: str, session: Session) -> DuckDBPyType | None:
    """Ask DuckDB for the type that an expression has where it stands; None when it cannot say."""
    select = node.find_ancestor(exp.Select)
    probe = exp.Select(expressions=[exp.alias_(raw(argument), "rb_probe")])
    scope = select
    if select is not None:
        for name in ("from_", "from", "joins", "laterals"):
            if select.args.get(name):
                found = select.args[name]
                probe.set(
                    name, [it.copy() for it in found] if isinstance(found, list) else found.copy()
                )
    ctes: list[exp.Expression] = []
    while scope is not None:
        with_ = scope.args.get("with_") or scope.args.get("with")
        ctes = [*(item.copy() for item in (with_.expressions if with_ else [])), *ctes]
        scope = scope.parent
    if ctes:
        probe.set("with_", exp.With(expressions=ctes))
    with contextlib.suppress(duckdb.Error):
        kinds = session.connection.sql(probe.sql("duckdb")).types
        return kinds[0]
    return None


def json_text(expression: str, field: Field, depth: int = 0) -> str:
    """Return the DuckDB expression of a value's JSON text; NULL stays NULL.

    Args:
        expression: The value in DuckDB's SQL.
        field: Its type.
        depth: How many arrays are around it.
    """
    if is_repeated(field):
        item = f"j{depth}"
        inner = f"coalesce({json_text(item, item_of(field), depth + 1)}, 'null')"
        listed = f"list_transform({expression}, lambda {item}: {inner})"
        # array_to_string of no items is NULL, as is that of NULL.
        return (
            f"CASE WHEN {expression} IS NULL THEN NULL "
            f"ELSE '[' || coalesce(array_to_string({listed}, ','), '') || ']' END"
        )
    if field["type"] == "RECORD":
        members = [f"({expression}).{quoted(item['name'])}" for item in field["fields"]]
        text = _object(field["fields"], members, depth)
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE {text} END"
    if "timestampPrecision" in field:
        return _OTHER.format(expression)
    return _FORMS.get(field["type"], _OTHER).format(f"({expression})")


def _object(fields: list[Field], expressions: list[str], depth: int = 0) -> str:
    parts = []
    for number, (field, expression) in enumerate(zip(fields, expressions, strict=True)):
        opening = "{" if number == 0 else ","
        # A member without a name has DuckDB's.
        written = "" if _UNNAMED.fullmatch(field["name"]) else field["name"]
        name = written.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
        parts.append(f"'{opening}\"{name}\":'")
        parts.append(f"coalesce({json_text(expression, field, depth)}, 'null')")
    return f"concat({', '.join(parts)}, '}}')" if parts else "'{}'"
