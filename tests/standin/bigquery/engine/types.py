"""BigQuery's types and the DuckDB types that hold them.

A type without a twin is a struct with one telling field, so that DuckDB itself carries the BigQuery
type through subqueries, functions and nested values.
"""

from collections.abc import Iterable
from typing import Any

from duckdb.sqltypes import DuckDBPyType

from tests.standin.bigquery.errors import invalid

type Field = dict[str, Any]

_API_NAMES = {
    "INT64": "INTEGER",
    "INT": "INTEGER",
    "BIGINT": "INTEGER",
    "SMALLINT": "INTEGER",
    "FLOAT64": "FLOAT",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
_PLAIN = {
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "JSON": "JSON",
    "INTERVAL": "INTERVAL",
}
BIGNUMERIC = "__bignumeric__"
GEOGRAPHY = "__geography__"
TIMESTAMP12 = "__timestamp12__"
RANGE_START = "__range_start__"
RANGE_END = "__range_end__"
_TAGS = {BIGNUMERIC: "BIGNUMERIC", GEOGRAPHY: "GEOGRAPHY", TIMESTAMP12: "TIMESTAMP"}
_BY_ID = {
    "boolean": "BOOLEAN",
    "double": "FLOAT",
    "float": "FLOAT",
    "blob": "BYTES",
    "date": "DATE",
    "time": "TIME",
    "timestamp with time zone": "TIMESTAMP",
    "interval": "INTERVAL",
    "varchar": "STRING",
    "uuid": "STRING",
    "decimal": "NUMERIC",
}
_PICOSECONDS = "12"
_PARAMETERS = ("maxLength", "precision", "scale", "timestampPrecision")


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def canonical(fields: Iterable[Field]) -> list[Field]:
    """Return fields with the type names that BigQuery's API answers with.

    Raises:
        BigQueryError: A field has no name or no known type.
    """
    found = []
    for field in fields:
        if not field.get("name") or not field.get("type"):
            raise invalid("Field is missing its name or type.")
        kind = str(field["type"]).upper()
        changed = {**field, "type": _API_NAMES.get(kind, kind)}
        changed |= {name: str(field[name]) for name in _PARAMETERS if name in field}
        if changed["type"] == "RECORD":
            if not field.get("fields"):
                raise invalid(f"Field {field['name']} is type RECORD but has no schema")
            changed["fields"] = canonical(field["fields"])
        duckdb_type(changed)
        found.append(changed)
    return found


def is_repeated(field: Field) -> bool:
    """Whether the field holds an array."""
    return str(field.get("mode", "")).upper() == "REPEATED"


def is_required(field: Field) -> bool:
    """Whether the field refuses NULL."""
    return str(field.get("mode", "")).upper() == "REQUIRED"


def item_of(field: Field) -> Field:
    """Return the field of one item of a repeated field."""
    return {**field, "mode": "NULLABLE"}


def is_picosecond(field: Field) -> bool:
    """Whether a TIMESTAMP holds picoseconds."""
    return str(field.get("timestampPrecision", "")) == _PICOSECONDS


def too_long(field: Field) -> str:
    """Return what is said of a value longer than its type, with `{}` for the value's length."""
    kind, most = field["type"], field["maxLength"]
    return f"{kind}({most}) has maximum length {most} but got a value with length {{}}"


def duckdb_type(field: Field) -> str:
    """Return the DuckDB type that holds a field.

    Raises:
        BigQueryError: The type is unknown.
    """
    if is_repeated(field):
        return f"{duckdb_type(item_of(field))}[]"
    kind = field["type"]
    if kind == "RECORD":
        inner = ", ".join(f"{quoted(it['name'])} {duckdb_type(it)}" for it in field["fields"])
        return f"STRUCT({inner})"
    if kind == "RANGE":
        element = duckdb_type({"type": field["rangeElementType"]["type"]})
        return f"STRUCT({quoted(RANGE_START)} {element}, {quoted(RANGE_END)} {element})"
    return _scalar_type(field)


def _scalar_type(field: Field) -> str:
    kind = field["type"]
    if kind == "NUMERIC":
        return _decimal(field)
    if kind in {"BIGNUMERIC", "GEOGRAPHY"} or (kind == "TIMESTAMP" and is_picosecond(field)):
        tag = TIMESTAMP12 if kind == "TIMESTAMP" else f"__{kind.lower()}__"
        return f"STRUCT({quoted(tag)} VARCHAR)"
    if kind not in _PLAIN:
        raise invalid(f"Invalid value for type: {kind} is not a valid value")
    return _PLAIN[kind]


def _decimal(field: Field) -> str:
    if "precision" not in field:
        return "DECIMAL(38,9)"
    precision, scale = int(field["precision"]), int(field.get("scale", 0))
    return f"DECIMAL({precision},{scale})"


def field_of(name: str, kind: DuckDBPyType) -> Field:
    """Return the BigQuery field that a DuckDB result column becomes."""
    if kind.id == "list":
        return {**field_of(name, kind.children[0][1]), "mode": "REPEATED"}
    return {"name": name, "mode": "NULLABLE", **_single(kind)}


def _single(kind: DuckDBPyType) -> Field:
    if str(kind) == "JSON":
        return {"type": "JSON"}
    if kind.id == "struct":
        return _struct(kind)
    if kind.id.startswith("timestamp") and kind.id != "timestamp with time zone":
        return {"type": "DATETIME"}
    return {"type": _BY_ID.get(kind.id, "INTEGER")}


def _struct(kind: DuckDBPyType) -> Field:
    names = [name for name, _ in kind.children]
    if names == [TIMESTAMP12]:
        return {"type": "TIMESTAMP", "timestampPrecision": _PICOSECONDS}
    if len(names) == 1 and names[0] in _TAGS:
        return {"type": _TAGS[names[0]]}
    if names == [RANGE_START, RANGE_END]:
        return {"type": "RANGE", "rangeElementType": _single(kind.children[0][1])}
    return {"type": "RECORD", "fields": [field_of(name, child) for name, child in kind.children]}
