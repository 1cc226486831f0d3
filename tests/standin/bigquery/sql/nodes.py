"""Pieces of DuckDB's SQL that rewritings are made of."""

from collections.abc import Callable

from sqlglot import exp

type Rewrite = Callable[[exp.Expression], exp.Expression | None]
type Rewrites = dict[type[exp.Expression], Rewrite]


def call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    """Return a call of a DuckDB function or macro."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def typed(name: str, *arguments: exp.Expression) -> exp.Expression:
    """Return a call of a macro that is overloaded by type.

    DuckDB finds an overload before it knows the type of an aggregate. So the arguments of such a call
    become the members of a lambda's parameter, which have types.
    """
    if not any(_aggregates(item) for item in arguments):
        return call(name, *arguments)
    members = {f"x{number}": item for number, item in enumerate(arguments)}
    pairs = [
        exp.PropertyEQ(this=exp.to_identifier(key, quoted=True), expression=item)
        for key, item in members.items()
    ]
    inner = call(name, *(raw(f"struct_extract(rb_v, '{key}')") for key in members))
    listed = exp.Array(expressions=[exp.Struct(expressions=pairs)])
    lambda_ = raw(f"lambda rb_v: {inner.sql('duckdb')}")
    return call("list_extract", call("list_transform", listed, lambda_), exp.Literal.number(1))


def _aggregates(node: exp.Expression) -> bool:
    return node.find(exp.AggFunc, exp.Window, exp.Query) is not None


def raw(sql: str) -> exp.Var:
    """Return DuckDB text that is taken over as it is."""
    return exp.Var(this=sql)


def text(value: str) -> exp.Literal:
    """Return a string."""
    return exp.Literal.string(value)


def cast(expression: exp.Expression, duckdb_name: str) -> exp.Expression:
    """Return a cast to a DuckDB type."""
    kind = exp.DataType(this=exp.DType.USERDEFINED, kind=duckdb_name)
    return exp.Cast(this=expression, to=kind)


def function(name: str, *keys: str) -> Rewrite:
    """Return what turns a function into a call of a macro, with the arguments of these names."""

    def rewrite(node: exp.Expression) -> exp.Expression:
        found = [node.args[key] for key in keys if node.args.get(key) is not None]
        return typed(name, *(item.copy() for item in found))

    return rewrite
