"""User-defined SQL functions, put in the place of their calls."""

import sqlglot
from sqlglot import exp

from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session

_DEPTH = 16


def inline_functions(tree: exp.Expression, session: Session) -> exp.Expression:
    """Replace calls of SQL functions by their bodies and return the statement.

    Raises:
        BigQueryError: A function is written in another language, or calls itself.
    """
    for _ in range(_DEPTH):
        calls = [(node, found) for node in _calls(tree) if (found := _routine(node, session))]
        if not calls:
            return tree
        node, entry = calls[0]
        body = _body(node, entry)
        target = _outermost(node)
        if target is tree:
            tree = body
        else:
            target.replace(body)
    return tree


def _calls(tree: exp.Expression) -> list[exp.Expression]:
    return [node for node in tree.find_all(exp.Anonymous) if _names(node)]


def _outermost(node: exp.Expression) -> exp.Expression:
    # `dataset.f(x)` is parsed as the member f(x) of dataset.
    while isinstance(node.parent, exp.Dot) and node.parent.expression is node:
        node = node.parent
    return node


def _names(node: exp.Expression) -> list[str]:
    names = [node.name]
    outer = _outermost(node)
    before = outer.this if isinstance(outer, exp.Dot) else None
    while isinstance(before, exp.Dot):
        names.insert(0, before.expression.name)
        before = before.this
    if before is not None:
        names.insert(0, before.name)
    return ".".join(names).split(".")


def _routine(node: exp.Expression, session: Session) -> Entry | None:
    names = _names(node)
    if len(names) == 1 and session.default_dataset is None:
        return None
    key = session.full_key(names)
    return session.service.database.catalog.find("routine", key)


def _body(node: exp.Expression, entry: Entry) -> exp.Expression:
    resource = entry.resource
    if resource.get("language", "SQL") != "SQL":
        raise invalid_query(f"Function {entry.full_name} is not written in SQL")
    names = [item["name"].lower() for item in resource.get("arguments", [])]
    if len(names) != len(node.expressions):
        raise invalid_query(f"Number of arguments does not match for function {entry.full_name}")
    values = dict(zip(names, node.expressions, strict=True))
    body = sqlglot.parse_one(resource["definitionBody"], read="bigquery")
    for column in list(body.find_all(exp.Column)):
        if not column.table and column.name.lower() in values:
            value = exp.Paren(this=values[column.name.lower()].copy())
            if column is body:
                body = value
            else:
                column.replace(value)
    return exp.Paren(this=body)
