"""Which BigQuery column an Avro field becomes, and which columns a load refuses.

The conversions of BigQuery's page "Load Avro data from Cloud Storage". A difference that the page
does not mention is refused: a stand-in that is stricter than BigQuery hides no fault.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.fields import Field, mode_of, standard_type

type AvroType = Any

NULL = "null"
_PLAIN_TYPES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "INTEGER",
    "float": "FLOAT",
    "double": "FLOAT",
    "bytes": "BYTES",
    "fixed": "BYTES",
    "string": "STRING",
    "enum": "STRING",
}
_LOGICAL_TYPES = {
    "date": "DATE",
    "time-millis": "TIME",
    "time-micros": "TIME",
    "timestamp-millis": "TIMESTAMP",
    "timestamp-micros": "TIMESTAMP",
    "local-timestamp-millis": "DATETIME",
    "local-timestamp-micros": "DATETIME",
}
_LARGEST_DECIMALS = {"NUMERIC": (29, 9), "BIGNUMERIC": (39, 38)}
# What a text may become when the destination's schema asks for it.
_FROM_TEXT = ("JSON", "GEOGRAPHY")


@dataclass(frozen=True)
class LoadRules:
    """The options of a load job that decide about columns.

    Args:
        use_logical_types: useAvroLogicalTypes.
        decimal_target_types: decimalTargetTypes; BigQuery's default for Avro.
        ignore_unknown_values: ignoreUnknownValues: drop fields that the destination lacks.
        explicit_schema: Whether the destination's fields come from the job's own schema and not
            from the table. Then a REQUIRED field may be read from a file that allows NULL.
        allow_field_relaxation: ALLOW_FIELD_RELAXATION: REQUIRED columns may become NULLABLE.
        allow_field_addition: ALLOW_FIELD_ADDITION: fields that the destination lacks are added.
        table: The destination's id, for messages.
    """

    use_logical_types: bool
    decimal_target_types: Sequence[str] = ("NUMERIC",)
    ignore_unknown_values: bool = False
    explicit_schema: bool = True
    allow_field_relaxation: bool = False
    allow_field_addition: bool = False
    table: str = "of the destination"


def value_type(avro_type: AvroType) -> AvroType:
    """Return what a field's values are when they are not null, arrays of it included."""
    if not isinstance(avro_type, list):
        return avro_type
    branches = [branch for branch in avro_type if branch != NULL]
    if len(branches) != 1:
        raise AvroRefusedError(
            "invalid", "Unions of several types are not supported by this local BigQuery."
        )
    return branches[0]


def kind_of(avro_type: AvroType) -> str:
    """Return an Avro type's own name, such as `long` or `record`."""
    return str(avro_type["type"]) if isinstance(avro_type, dict) else str(avro_type)


def derived_fields(schema: AvroType, rules: LoadRules) -> list[Field]:
    """Return the columns that a load without any other schema makes of a file.

    Raises:
        AvroRefusedError: A field has no counterpart in BigQuery.
    """
    if kind_of(schema) != "record":
        raise AvroRefusedError("invalid", "The root of an Avro schema must be a record.")
    return [_derived(field["name"], field["type"], field, rules) for field in schema["fields"]]


def _derived(name: str, avro_type: AvroType, attributes: Field, rules: LoadRules) -> Field:
    value = value_type(avro_type)
    kind = kind_of(value)
    mode = "NULLABLE" if isinstance(avro_type, list) else "REQUIRED"
    if kind in {"array", "map"}:
        mode = "REPEATED"
        value = value_type(value["items"]) if kind == "array" else _entries(value)
        if kind_of(value) == "array":
            raise AvroRefusedError("invalid", f"Field {name}: arrays of arrays are not supported.")
    field: Field = {"name": name, "type": _derived_type(value, rules), "mode": mode}
    if field["type"] == "RECORD":
        field["fields"] = derived_fields(value, rules)
    if attributes.get("doc"):
        field["description"] = attributes["doc"]
    return field


def _entries(avro_map: Field) -> Field:
    key = {"name": "key", "type": "string"}
    return {"type": "record", "fields": [key, {"name": "value", "type": avro_map["values"]}]}


def _derived_type(value: AvroType, rules: LoadRules) -> str:
    kind = kind_of(value)
    if kind == "record":
        return "RECORD"
    attributes = value if isinstance(value, dict) else {}
    logical = attributes.get("logicalType")
    if logical == "decimal":
        return _decimal_type(attributes, rules)
    if rules.use_logical_types and logical in _LOGICAL_TYPES:
        return _LOGICAL_TYPES[logical]
    if kind == "string" and attributes.get("sqlType") == "JSON":
        return "JSON"
    if kind not in _PLAIN_TYPES:
        raise AvroRefusedError("invalid", f"Avro type {kind} is not supported.")
    return _PLAIN_TYPES[kind]


def _decimal_type(attributes: Field, rules: LoadRules) -> str:
    """Return the first target type that holds the decimal, or else the widest."""
    scale = int(attributes.get("scale", 0))
    whole_digits = int(attributes["precision"]) - scale
    targets = [
        kind for kind in (*_LARGEST_DECIMALS, "STRING") if kind in rules.decimal_target_types
    ]
    for kind in targets:
        most_whole, most_scale = _LARGEST_DECIMALS.get(kind, (whole_digits, scale))
        if whole_digits <= most_whole and scale <= most_scale:
            return kind
    return targets[-1]


def loaded_fields(
    schema: AvroType, destination: Sequence[Field] | None, rules: LoadRules
) -> list[Field]:
    """Return the columns that a load of a file gives, in the destination's order.

    Args:
        schema: The Avro schema of the file, with every named type written out.
        destination: The fields of the job's schema or of the table; None to derive them.
        rules: The job's options.

    Raises:
        AvroRefusedError: The file's columns do not fit the destination's.
    """
    derived = derived_fields(schema, rules)
    if destination is None:
        return derived
    return list(_matched(schema, derived, destination, rules, ""))


def _matched(
    schema: AvroType,
    derived: Sequence[Field],
    destination: Sequence[Field],
    rules: LoadRules,
    path: str,
) -> Iterator[Field]:
    sources = {
        field["name"].lower(): (field, avro["type"])
        for field, avro in zip(derived, schema["fields"], strict=True)
    }
    for wanted in destination:
        source, avro_type = sources.pop(wanted["name"].lower(), (None, None))
        if source is None:
            yield _missing(wanted, path)
        else:
            yield _fitted(source, avro_type, wanted, rules, path)
    if sources and not rules.ignore_unknown_values:
        if not rules.allow_field_addition:
            name = path + next(iter(sources.values()))[0]["name"]
            _refuse_schema(rules, f"Cannot add fields (field: {name})")
        yield from (field for field, _ in sources.values())


def _missing(wanted: Field, path: str) -> Field:
    if mode_of(wanted) == "REQUIRED":
        raise AvroRefusedError(
            "invalid", f"Required field {path}{wanted['name']} is missing from the Avro file."
        )
    return wanted


def _fitted(
    source: Field, avro_type: AvroType, wanted: Field, rules: LoadRules, path: str
) -> Field:
    name = path + wanted["name"]
    if not rules.explicit_schema:
        _check_told(wanted, rules, name)
    _check_type(source, avro_type, wanted, rules, name)
    source_mode, wanted_mode = mode_of(source), mode_of(wanted)
    fitted = dict(wanted)
    if "REPEATED" in {source_mode, wanted_mode} and source_mode != wanted_mode:
        _refuse_schema(rules, f"Field {name} has changed mode from {wanted_mode} to {source_mode}")
    if (source_mode, wanted_mode) == ("NULLABLE", "REQUIRED") and not rules.explicit_schema:
        if not rules.allow_field_relaxation:
            _refuse_schema(rules, f"Field {name} has changed mode from REQUIRED to NULLABLE")
        fitted["mode"] = "NULLABLE"
    if standard_type(wanted) == "RECORD":
        inner = record_type(avro_type)
        fitted["fields"] = list(
            _matched(inner, source["fields"], wanted["fields"], rules, f"{name}.")
        )
    return fitted


def _check_told(wanted: Field, rules: LoadRules, name: str) -> None:
    """Refuse a column whose type no Avro file tells, when the job has no schema that does.

    A JSON column is loaded as STRING unless the schema says JSON, and decimals lose their
    parameters (BigQuery, Load Avro data; google-cloud-dotnet issue 11062).
    """
    if standard_type(wanted) == "JSON":
        _refuse_schema(rules, f"Field {name} has changed type from JSON to STRING")
    if any(wanted.get(key) for key in ("precision", "scale", "maxLength")):
        _refuse_schema(rules, f"Field {name} has changed its type parameters")


def record_type(avro_type: AvroType) -> AvroType:
    """Return the record that a RECORD column's values are, inside arrays and maps too."""
    value = value_type(avro_type)
    if kind_of(value) == "array":
        return value_type(value["items"])
    return _entries(value) if kind_of(value) == "map" else value


def _check_type(
    source: Field, avro_type: AvroType, wanted: Field, rules: LoadRules, name: str
) -> None:
    found, asked = standard_type(source), standard_type(wanted)
    if found == asked or (found == "STRING" and asked in _FROM_TEXT):
        return
    is_decimal = {found, asked} <= {"NUMERIC", "BIGNUMERIC", "STRING"} and "NUMERIC" in found
    if rules.explicit_schema and not is_decimal:
        value = value_type(avro_type)
        kind = kind_of(value_type(value["items"]) if kind_of(value) == "array" else value)
        raise AvroRefusedError(
            "invalid",
            f"Field {name} has incompatible types. "
            f"Configured schema: {asked.lower()}; Avro file: {kind}.",
        )
    if found == "STRING" and asked in {"DATE", "TIME", "DATETIME", "TIMESTAMP"}:
        raise AvroRefusedError(
            "invalid",
            f"Field {name} has incompatible types. "
            f"Configured schema: {asked.lower()}; Avro file: string.",
        )
    _refuse_schema(rules, f"Field {name} has changed type from {asked} to {found}")


def _refuse_schema(rules: LoadRules, detail: str) -> None:
    raise AvroRefusedError(
        "invalid", f"Provided Schema does not match Table {rules.table}. {detail}"
    )
