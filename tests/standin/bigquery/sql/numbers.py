"""Arithmetic, comparisons and functions of numbers."""

from sqlglot import exp

from tests.standin.bigquery.sql.nodes import Rewrite, Rewrites, cast, function, raw, text, typed

_FIRST = {"bq_round": "0::BIGINT", "bq_trunc_number": "0::BIGINT"}
# What is certainly not NaN need not be asked.
_NEVER_FLOAT = (
    exp.Count,
    exp.CountIf,
    exp.Length,
    exp.ArraySize,
    exp.Boolean,
    exp.Null,
    exp.DateDiff,
    exp.TimestampDiff,
    exp.DatetimeDiff,
    exp.Extract,
    exp.CurrentDate,
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.DateTrunc,
    exp.Lower,
    exp.Upper,
    exp.CurrentTimestamp,
    exp.DateSub,
    exp.TimestampSub,
)


def written_number(node: exp.Expression) -> str | None:
    """Return the text of a written FLOAT64, as it was written."""
    sign = "-" if isinstance(node, exp.Neg) else ""
    inner = node.this if sign else node
    if isinstance(inner, exp.Var) and inner.name.endswith("e0"):
        return sign + inner.name.removesuffix("e0")
    return None


def _written_integer(node: exp.Expression) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Neg | exp.Add | exp.Sub | exp.Mul):
        return _written_integer(inner.this)
    return isinstance(inner, exp.Literal) and not inner.is_string


def _arithmetic(node: exp.Expression) -> exp.Expression | None:
    """Give a written number the type of the other operand: it may be a NUMERIC."""
    sides = [node.this, node.expression]
    written = [written_number(side) for side in sides]
    if all(_written_integer(side) for side in sides):
        # DuckDB's written integers have 32 bits.
        changed = node.copy()
        changed.set("this", cast(changed.this.copy(), "BIGINT"))
        return changed
    if (written[0] is None) == (written[1] is None):
        return None
    at = 0 if written[0] is not None else 1
    other = sides[1 - at]
    literal = typed("bq_literal", other.copy(), text(written[at] or ""))
    changed = node.copy()
    changed.set("this" if at == 0 else "expression", literal)
    return changed


def _extreme(name: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        found = node.this.copy()
        for item in node.expressions:
            found = typed(name, found, item.copy())
        return found

    return rewrite


def _subtracted(node: exp.Expression) -> exp.Expression | None:
    changed = _arithmetic(node)
    if changed is not None or any(_whole(side) for side in (node.this, node.expression)):
        return changed
    if isinstance(node.expression, exp.Interval):
        return None
    return exp.Paren(this=typed("bq_minus", node.this.copy(), node.expression.copy()))


def _divided(node: exp.Expression) -> exp.Expression:
    changed = _arithmetic(node) or node
    return typed("bq_divide", changed.this.copy(), changed.expression.copy())


def _with_digits(name: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        digits = node.args.get("decimals")
        return typed(name, node.this.copy(), digits.copy() if digits else raw(_FIRST[name]))

    return rewrite


def _log(node: exp.Expression) -> exp.Expression:
    if node.expression is None:
        return typed("bq_ln", node.this.copy())
    # sqlglot puts the base first.
    return typed("bq_log", node.expression.copy(), node.this.copy())


def never_nan(node: exp.Expression) -> bool:
    """Whether an expression is certainly not NaN, as far as its form tells."""
    inner = node.unnest()
    if isinstance(inner, exp.Cast):
        kind = inner.args["to"].this
        return kind not in (exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.USERDEFINED)
    return isinstance(inner, _NEVER_FLOAT) or (isinstance(inner, exp.Literal) and inner.is_string)


def _whole(node: exp.Expression) -> bool:
    inner = node.unnest()
    return isinstance(inner, exp.Literal) or written_number(inner) is not None


def _compared(name: str, *, harmless: tuple[int, ...]) -> Rewrite:
    """Return the rewriting of a comparison.

    Args:
        name: Of the macro, without its prefix.
        harmless: The sides where a written number makes NaN compare as in GoogleSQL.
    """

    def rewrite(node: exp.Expression) -> exp.Expression | None:
        if isinstance(node.parent, exp.Update | exp.When):
            return None
        left, right = node.this, node.expression
        sides = (left, right)
        if any(never_nan(side) for side in sides) or any(_whole(sides[at]) for at in harmless):
            return None
        if isinstance(left, exp.Query | exp.Tuple) or isinstance(right, exp.Query | exp.Tuple):
            return None
        return typed(f"bq_{name}", left.copy(), right.copy())

    return rewrite


def _not_equal(node: exp.Expression) -> exp.Expression | None:
    equal = _compared("eq", harmless=(0, 1))(node)
    return None if equal is None else exp.Paren(this=exp.Not(this=equal))


NUMBER_REWRITES: Rewrites = {
    exp.Add: _arithmetic,
    exp.Sub: _subtracted,
    exp.Mul: _arithmetic,
    exp.Div: _divided,
    exp.SafeDivide: function("bq_safe_divide", "this", "expression"),
    exp.IntDiv: function("bq_div", "this", "expression"),
    exp.Mod: function("bq_mod", "this", "expression"),
    exp.Round: _with_digits("bq_round"),
    exp.Trunc: _with_digits("bq_trunc_number"),
    exp.Ceil: function("bq_ceil", "this"),
    exp.Floor: function("bq_floor", "this"),
    exp.Sign: function("bq_signum", "this"),
    exp.Abs: function("bq_abs", "this"),
    exp.Sqrt: function("bq_sqrt", "this"),
    exp.Pow: function("bq_pow", "this", "expression"),
    exp.Ln: function("bq_ln", "this"),
    exp.Log: _log,
    exp.Greatest: _extreme("bq_greatest"),
    exp.Least: _extreme("bq_least"),
    exp.SafeAdd: function("bq_safe_add", "this", "expression"),
    exp.SafeSubtract: function("bq_safe_subtract", "this", "expression"),
    exp.SafeMultiply: function("bq_safe_multiply", "this", "expression"),
    exp.SafeNegate: function("bq_safe_negate", "this"),
    exp.BitwiseRightShift: function("bq_shift_right", "this", "expression"),
    exp.BitwiseLeftShift: function("bq_shift_left", "this", "expression"),
    exp.EQ: _compared("eq", harmless=(0, 1)),
    exp.NEQ: _not_equal,
    exp.GT: _compared("gt", harmless=(0,)),
    exp.GTE: _compared("gte", harmless=(0,)),
    exp.LT: _compared("lt", harmless=(1,)),
    exp.LTE: _compared("lte", harmless=(1,)),
    **{
        kind: function(f"bq_{kind.__name__.lower()}", "this")
        for kind in (exp.Exp, exp.Sin, exp.Cos, exp.Tan, exp.Asin, exp.Acos, exp.Atan)
    },
}
