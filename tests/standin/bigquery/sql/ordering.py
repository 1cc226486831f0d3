"""ORDER BY with NaN as the least value, as in GoogleSQL: DuckDB sorts it as the greatest."""

from sqlglot import exp

from tests.standin.bigquery.sql.nodes import Rewrites, typed
from tests.standin.bigquery.sql.numbers import never_nan


def resolve_order(tree: exp.Expression) -> None:
    """Let ORDER BY name expressions instead of aliases and numbers, where DuckDB allows it."""
    for select in tree.find_all(exp.Select):
        order = select.args.get("order")
        if order is None or select.args.get("distinct"):
            continue
        items = select.expressions
        aliases = {item.alias.lower(): item.this for item in items if isinstance(item, exp.Alias)}
        for ordered in order.expressions:
            value = _meant(ordered.this, items, aliases)
            if value is not None and not never_nan(value):
                ordered.set("this", value.copy())


def _meant(
    key: exp.Expression, items: list[exp.Expression], aliases: dict[str, exp.Expression]
) -> exp.Expression | None:
    if isinstance(key, exp.Literal) and not key.is_string:
        at = int(key.name) - 1
        if any(item.is_star for item in items[: at + 1]) or at >= len(items):
            return None
        return items[at].unalias()
    if isinstance(key, exp.Column) and not key.table:
        return aliases.get(key.name.lower())
    return None


def _sorted(node: exp.Expression) -> exp.Expression | None:
    order = node.parent
    if not isinstance(order, exp.Order) or isinstance(order.this, exp.Distinct):
        return None
    owner = order.parent
    if isinstance(owner, exp.SetOperation) or _only_columns(owner):
        return None
    value = node.this
    if never_nan(value) or isinstance(value, exp.Literal):
        return None
    if isinstance(owner, exp.Select) and _is_alias(value, owner):
        return None
    changed = node.copy()
    changed.set("this", typed("bq_sort", value.copy()))
    return changed


def _only_columns(owner: exp.Expression | None) -> bool:
    """Whether DuckDB sorts a query by nothing but its columns."""
    if not isinstance(owner, exp.Select):
        return False
    group = owner.args.get("group")
    return bool(owner.args.get("distinct") or (group is not None and group.args.get("all")))


def _is_alias(value: exp.Expression, select: exp.Select) -> bool:
    return (
        isinstance(value, exp.Column)
        and not value.table
        and any(
            isinstance(item, exp.Alias) and item.alias.lower() == value.name.lower()
            for item in select.expressions
        )
    )


ORDER_REWRITES: Rewrites = {exp.Ordered: _sorted}
