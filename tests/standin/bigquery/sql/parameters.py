"""Query parameters as values in the statement."""

from typing import Any

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import literal
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import raw

_CASTS = {
    "INT64": "bq_int64({})",
    "INTEGER": "bq_int64({})",
    "FLOAT64": "bq_float64({})",
    "FLOAT": "bq_float64({})",
    "BOOL": "{}::BOOLEAN",
    "BOOLEAN": "{}::BOOLEAN",
    "BYTES": "from_base64({})",
    "NUMERIC": "bq_numeric({})",
    "BIGNUMERIC": "bq_bignumeric({})",
    "GEOGRAPHY": "bq_geography({})",
    "INTERVAL": "bq_interval({})",
    "JSON": "bq_json({})",
    "DATE": "{}::DATE",
    "TIME": "{}::TIME",
    "DATETIME": "{}::TIMESTAMP",
    "TIMESTAMP": "{}::TIMESTAMPTZ",
}


def replace_parameters(tree: exp.Expression, parameters: list[Resource]) -> None:
    """Replace every parameter of a statement in place.

    Raises:
        BigQueryError: A parameter has no value.
    """
    named = {item["name"].lower(): item for item in parameters if item.get("name")}
    for node in list(tree.find_all(exp.Parameter)):
        name = node.name.lower()
        if name not in named:
            raise invalid_query(f"Query parameter '{node.name}' not found")
        node.replace(raw(_value_of(named[name])))
    positional = [item for item in parameters if not item.get("name")]
    found = sorted(tree.find_all(exp.Placeholder, bfs=False), key=_position)
    if len(found) > len(positional):
        raise invalid_query(f"Query parameter number {len(positional) + 1} not found")
    for node, item in zip(found, positional, strict=False):
        node.replace(raw(_value_of(item)))


def _position(node: exp.Expression) -> int:
    return int(node.meta.get("start", 0))


def _value_of(parameter: Resource) -> str:
    return _typed(parameter.get("parameterType", {}), parameter.get("parameterValue", {}))


def _typed(kind: Resource, value: dict[str, Any]) -> str:
    name = str(kind.get("type", "STRING")).upper()
    if name == "ARRAY":
        items = [_typed(kind["arrayType"], item) for item in value.get("arrayValues", [])]
        return f"[{', '.join(items)}]"
    if name == "STRUCT":
        members = value.get("structValues", {})
        inner = ", ".join(
            f"{literal(item['name'])}: {_typed(item['type'], members.get(item['name'], {}))}"
            for item in kind.get("structTypes", [])
        )
        return f"{{{inner}}}"
    text = value.get("value")
    if text is None:
        return f"({_CASTS.get(name, '{}').format('NULL')})"
    return f"({_CASTS.get(name, '{}').format(literal(str(text)))})"
