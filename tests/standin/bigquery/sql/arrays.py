"""Arrays: their functions, subscripts and UNNEST."""

from sqlglot import exp

from tests.standin.bigquery.sql.nodes import Rewrites, call, function, raw


def _in_unnest(node: exp.Expression) -> exp.Expression | None:
    unnested = node.args.get("unnest")
    if unnested is None:
        return None
    return call("bq_in", node.this.copy(), unnested.expressions[0].copy())


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
    join = node.parent
    if isinstance(join, exp.Join) and join.side == "LEFT" and not join.args.get("on"):
        join.set("on", exp.Boolean(this=True))
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


def _subscript(node: exp.Expression) -> exp.Expression | None:
    if len(node.expressions) != 1:
        return None
    index = node.expressions[0]
    if index.is_string or node.args.get("safe") or isinstance(node.this, exp.Anonymous):
        return None
    # sqlglot keeps the base: 0 for OFFSET, 1 for ORDINAL.
    first = node.args.get("offset") or 0
    at = exp.Sub(this=exp.Paren(this=index.copy()), expression=exp.Literal.number(first - 1))
    return call("bq_item", node.this.copy(), exp.Paren(this=at))


def _series(node: exp.Expression) -> exp.Expression | None:
    step = node.args.get("step")
    if step is None or isinstance(node.parent, exp.Table):
        return None
    changed = node.copy()
    changed.set("step", call("bq_step", step.copy()))
    return changed


ARRAY_REWRITES: Rewrites = {
    exp.In: _in_unnest,
    exp.Unnest: _unnest,
    exp.Bracket: _subscript,
    exp.ArrayFirst: function("bq_array_first", "this"),
    exp.ArrayLast: function("bq_array_last", "this"),
    exp.GenerateSeries: _series,
    exp.RangeBucket: function("bq_range_bucket", "this", "expression"),
}
