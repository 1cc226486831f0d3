"""Aggregate functions, and the names that GROUP BY and HAVING take from the SELECT list."""

from sqlglot import exp

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import Rewrites, call, raw, typed


def resolve_aliases(tree: exp.Expression) -> None:
    """Let GROUP BY mean the columns of the SELECT list before those of the FROM clause."""
    for select in tree.find_all(exp.Select):
        aliases = {
            item.alias.lower(): item.this
            for item in select.expressions
            if isinstance(item, exp.Alias)
        }
        group = select.args.get("group")
        if group is None or not aliases:
            continue
        for column in list(group.find_all(exp.Column)):
            value = aliases.get(column.name.lower())
            whole = not isinstance(column.parent, exp.Func | exp.Binary | exp.Dot | exp.Cast)
            if value is not None and not column.table and whole and not _same(value, column):
                column.replace(exp.Paren(this=value.copy()))


def _same(value: exp.Expression, column: exp.Column) -> bool:
    return isinstance(value, exp.Column) and value.name.lower() == column.name.lower()


def _countif(node: exp.Expression) -> exp.Expression:
    return exp.Count(
        this=exp.Case(ifs=[exp.If(this=node.this.copy(), true=exp.Literal.number(1))]), big_int=True
    )


def _limited(node: exp.Expression) -> exp.Expression | None:
    """Take ARRAY_AGG(... LIMIT n) and STRING_AGG(... LIMIT n) from the whole list."""
    inner = node.this
    if not isinstance(inner, exp.Limit) or isinstance(node.parent, exp.IgnoreNulls):
        return None
    changed = node.copy()
    changed.set("this", inner.this.copy())
    count = inner.expression.sql("duckdb")
    if isinstance(node, exp.ArrayAgg):
        return call("list_slice", changed, exp.Literal.number(1), raw(count))
    separator = node.args.get("separator")
    items = exp.ArrayAgg(this=changed.this.copy())
    # STRING_AGG leaves NULL out before it counts.
    value = _ordered_value(inner.this)
    kept = exp.Filter(
        this=items,
        expression=exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))),
    )
    listed = call("list_slice", kept, exp.Literal.number(1), raw(count))
    return call(
        "array_to_string",
        listed,
        separator.copy() if separator is not None else exp.Literal.string(","),
    )


def _ordered_value(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Order | exp.Distinct):
        node = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
    return node


def _without_nulls(node: exp.Expression) -> exp.Expression | None:
    inner = node.this
    if not isinstance(inner, exp.ArrayAgg) or not isinstance(inner.this, exp.Limit):
        return None
    changed = node.copy()
    changed.this.set("this", inner.this.this.copy())
    count = inner.this.expression.sql("duckdb")
    return call("list_slice", changed, exp.Literal.number(1), raw(count))


def _average(node: exp.Expression) -> exp.Expression | None:
    """Average NUMERIC exactly: DuckDB's average is a double."""
    if isinstance(node.parent, exp.Window):
        return None
    return _averaged(node.copy(), exp.Sum(this=node.this.copy()), _number_of(node))


def _number_of(node: exp.Expression) -> exp.Expression:
    return exp.Count(this=node.this.copy(), big_int=True)


def _averaged(*values: exp.Expression) -> exp.Expression:
    return typed("bq_average", *values)


def _minimum(node: exp.Expression) -> exp.Expression | None:
    if isinstance(node.parent, exp.Window):
        return None
    return typed("bq_minimum", node.copy(), exp.Max(this=node.this.copy()))


def _window(node: exp.Expression) -> exp.Expression | None:
    inner = node.this

    def over(aggregate: exp.Expression) -> exp.Expression:
        changed = node.copy()
        changed.set("this", aggregate)
        return changed

    if isinstance(inner, exp.Avg):
        return _averaged(
            node.copy(), over(exp.Sum(this=inner.this.copy())), over(_number_of(inner))
        )
    if isinstance(inner, exp.Min):
        return typed("bq_minimum", node.copy(), over(exp.Max(this=inner.this.copy())))
    return None


def _having(node: exp.Expression) -> exp.Expression:
    which = "MAX" if node.args.get("max") else "MIN"
    raise invalid_query(f"HAVING {which} is not supported by the stand-in")


def _top_count(node: exp.Expression) -> exp.Expression:
    return call("bq_top_count", exp.ArrayAgg(this=node.this.copy()), node.expression.copy())


def _count_distinct(node: exp.Expression) -> exp.Expression:
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]), big_int=True)


AGGREGATE_REWRITES: Rewrites = {
    exp.CountIf: _countif,
    exp.ArrayAgg: _limited,
    exp.GroupConcat: _limited,
    exp.IgnoreNulls: _without_nulls,
    exp.Avg: _average,
    exp.Min: _minimum,
    exp.Window: _window,
    exp.HavingMax: _having,
    exp.ApproxDistinct: _count_distinct,
    exp.ApproxTopK: _top_count,
}
