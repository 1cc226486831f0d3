"""BigQuery schema fields as Avro schemas and as Arrow types."""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tests.standin.bigquery.avro.errors import AvroRefusedError

type Field = dict[str, Any]

TEXT_TYPES = ("STRING", "JSON", "GEOGRAPHY", "INTERVAL")
_AVRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PICOSECOND_DIGITS = 12
_STANDARD_NAMES = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
_ARROW_TYPES = {
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "BYTES": pa.binary(),
    "BIGNUMERIC": pa.string(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "DATETIME": pa.timestamp("us"),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    **dict.fromkeys(TEXT_TYPES, pa.string()),
}
_PLAIN_AVRO_TYPES = {"INT64": "long", "FLOAT64": "double", "BOOL": "boolean", "BYTES": "bytes"}
_LOGICAL_AVRO_TYPES = {
    "DATE": {"type": "int", "logicalType": "date"},
    "TIME": {"type": "long", "logicalType": "time-micros"},
    "DATETIME": {"type": "string", "logicalType": "datetime"},
}


def standard_type(field: Field) -> str:
    """Return a field's type by its GoogleSQL name, which REST spells in two ways."""
    name = str(field["type"]).upper()
    return _STANDARD_NAMES.get(name, name)


def mode_of(field: Field) -> str:
    """Return a field's mode; REST leaves out NULLABLE."""
    return str(field.get("mode") or "NULLABLE").upper()


def decimal_size(field: Field) -> tuple[int, int]:
    """Return precision and scale of a NUMERIC or BIGNUMERIC field."""
    if field.get("precision"):
        return int(field["precision"]), int(field.get("scale") or 0)
    return (38, 9) if standard_type(field) == "NUMERIC" else (77, 38)


def arrow_type(field: Field) -> pa.DataType:
    """Return the Arrow type that carries a field's values, its mode included."""
    kind = standard_type(field)
    if kind == "RECORD":
        inner = pa.struct([pa.field(child["name"], arrow_type(child)) for child in field["fields"]])
    elif kind == "NUMERIC":
        inner = pa.decimal128(*decimal_size(field))
    else:
        inner = _ARROW_TYPES[kind]
    return pa.list_(inner) if mode_of(field) == "REPEATED" else inner


def avro_schema(fields: Sequence[Field], *, use_logical_types: bool) -> dict[str, Any]:
    """Write the Avro schema that an extract of a table with these fields has.

    Raises:
        AvroRefusedError: A column cannot be exported to Avro.
    """
    return _record("Root", None, fields, use_logical_types=use_logical_types)


def _record(
    name: str, namespace: str | None, fields: Sequence[Field], *, use_logical_types: bool
) -> dict[str, Any]:
    inside = f"{namespace}.{name.lower()}" if namespace else name.lower()
    return {
        "type": "record",
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "fields": [_field(field, inside, use_logical_types=use_logical_types) for field in fields],
    }


def _field(field: Field, namespace: str, *, use_logical_types: bool) -> dict[str, Any]:
    name = field["name"]
    if not _AVRO_NAME.fullmatch(name):
        raise AvroRefusedError("invalid", f"Field name {name} is not supported in Avro exports.")
    inner = _bare_type(field, namespace, use_logical_types=use_logical_types)
    shapes = {
        "REQUIRED": inner,
        "NULLABLE": ["null", inner],
        "REPEATED": {"type": "array", "items": inner},
    }
    described = {"doc": field["description"]} if field.get("description") else {}
    return {"name": name, "type": shapes[mode_of(field)], **described}


def _bare_type(field: Field, namespace: str, *, use_logical_types: bool) -> Any:  # noqa: ANN401 - an Avro schema is a name or a mapping
    kind = standard_type(field)
    if kind == "RECORD":
        record_name = field["name"][0].upper() + field["name"][1:]
        return _record(record_name, namespace, field["fields"], use_logical_types=use_logical_types)
    if kind in _PLAIN_AVRO_TYPES:
        return _PLAIN_AVRO_TYPES[kind]
    if kind in _LOGICAL_AVRO_TYPES:
        return dict(_LOGICAL_AVRO_TYPES[kind]) if use_logical_types else "string"
    return _annotated_type(kind, field)


def _annotated_type(kind: str, field: Field) -> Any:  # noqa: ANN401 - an Avro schema is a name or a mapping
    if kind in {"NUMERIC", "BIGNUMERIC"}:
        precision, scale = decimal_size(field)
        return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
    if kind == "TIMESTAMP" and int(field.get("timestampPrecision") or 6) != _PICOSECOND_DIGITS:
        return {"type": "long", "logicalType": "timestamp-micros"}
    if kind in TEXT_TYPES:
        return "string" if kind == "STRING" else {"type": "string", "sqlType": kind}
    raise AvroRefusedError(
        "invalid", f"Type {kind} of field {field['name']} is not supported in Avro exports."
    )
