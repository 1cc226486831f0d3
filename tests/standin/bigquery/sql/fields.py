"""BigQuery fields from GoogleSQL types and column definitions."""

from typing import Any

from sqlglot import exp

from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import invalid_query

_NAMES = {
    exp.DType.BIGINT: "INTEGER",
    exp.DType.INT: "INTEGER",
    exp.DType.SMALLINT: "INTEGER",
    exp.DType.TINYINT: "INTEGER",
    exp.DType.DOUBLE: "FLOAT",
    exp.DType.FLOAT: "FLOAT",
    exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.TEXT: "STRING",
    exp.DType.VARCHAR: "STRING",
    exp.DType.BINARY: "BYTES",
    exp.DType.VARBINARY: "BYTES",
    exp.DType.DECIMAL: "NUMERIC",
    exp.DType.BIGDECIMAL: "BIGNUMERIC",
    exp.DType.DATE: "DATE",
    exp.DType.TIME: "TIME",
    exp.DType.TIMESTAMP: "DATETIME",
    exp.DType.DATETIME: "DATETIME",
    exp.DType.TIMESTAMPTZ: "TIMESTAMP",
    exp.DType.TIMESTAMPLTZ: "TIMESTAMP",
    exp.DType.JSON: "JSON",
    exp.DType.GEOGRAPHY: "GEOGRAPHY",
    exp.DType.INTERVAL: "INTERVAL",
}


def field_of_type(name: str, kind: exp.DataType) -> Field:
    """Return the field of a GoogleSQL type.

    Raises:
        BigQueryError: The type is unknown.
    """
    if kind.this == exp.DType.ARRAY:
        return {**field_of_type(name, kind.expressions[0]), "mode": "REPEATED"}
    field: Field = {"name": name, "mode": "NULLABLE"}
    if kind.this == exp.DType.STRUCT:
        return field | {"type": "RECORD", "fields": [_member(it) for it in kind.expressions]}
    if kind.this == exp.DType.RANGE:
        element = field_of_type("x", kind.expressions[0])["type"]
        return field | {"type": "RANGE", "rangeElementType": {"type": element}}
    if kind.this not in _NAMES:
        raise invalid_query(f"Type not found: {kind.sql('bigquery')}")
    return field | {"type": _NAMES[kind.this]} | _parameters(kind)


def _member(item: exp.Expression) -> Field:
    if isinstance(item, exp.ColumnDef):
        return field_of_column(item)
    if isinstance(item, exp.DataType):
        return field_of_type("", item)
    raise invalid_query(f"Not a type: {item.sql('bigquery')}")


def _parameters(kind: exp.DataType) -> dict[str, str]:
    numbers = [item.name for item in kind.expressions]
    if not numbers:
        return {}
    name = _NAMES[kind.this]
    if name in ("NUMERIC", "BIGNUMERIC"):
        names = ("precision", "scale")
        return dict(zip(names, numbers, strict=False))
    if name in ("STRING", "BYTES"):
        return {"maxLength": numbers[0]}
    return {"timestampPrecision": numbers[0]} if name == "TIMESTAMP" else {}


def field_of_column(column: exp.ColumnDef) -> Field:
    """Return the field of a column definition, with its constraints and options."""
    kind = column.args["kind"]
    field = field_of_type(column.name, kind)
    for constraint in [*column.args.get("constraints", []), *_inner_constraints(kind)]:
        field |= _constraint(constraint.args.get("kind"))
    return field


def _inner_constraints(kind: exp.DataType) -> list[exp.Expression]:
    # ARRAY<STRUCT<...> NOT NULL> carries constraints on the type itself.
    return list(kind.args.get("constraints") or [])


def _constraint(kind: exp.Expression | None) -> dict[str, Any]:
    if isinstance(kind, exp.NotNullColumnConstraint):
        return {} if kind.args.get("allow_null") else {"mode": "REQUIRED"}
    if isinstance(kind, exp.DefaultColumnConstraint):
        return {"defaultValueExpression": kind.this.sql("bigquery")}
    if isinstance(kind, exp.CollateColumnConstraint):
        return {"collation": kind.name}
    if isinstance(kind, exp.Properties):
        return _options(kind)
    return {}


def _options(properties: exp.Properties) -> dict[str, Any]:
    named = {item.name.lower(): item.args.get("value") for item in properties.expressions}
    found: dict[str, Any] = {}
    if named.get("description") is not None:
        found["description"] = named["description"].name
    if named.get("rounding_mode") is not None:
        found["roundingMode"] = named["rounding_mode"].name
    return found
