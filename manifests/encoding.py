"""Columns that Avro cannot carry back: how they are stored, and the exact inverse. Pure.

BigQuery writes some types to Avro in a form it does not load again, and cannot write others at all
(BigQuery, Export table data; Load Avro data). Such a column is stored as text in a form that a CAST
reads back without loss, and the manifest says so. Everything else is stored as it is.
"""

import re
from itertools import count
from typing import Literal

from manifests.avro import AvroFrame
from manifests.errors import BackupDamagedError, SourceUnreadableError
from manifests.partitions import in_partitions, partition_filter
from manifests.sql import quoted
from manifests.values import Resource, Stored

CODEC = "snappy"
"""How the files of tables are compressed."""
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PICOSECONDS = "12"
Encoding = Literal[
    "bignumeric", "datetime", "geography", "interval", "range", "record", "renamed", "timestamp12"
]

_RECORDS = ("RECORD", "STRUCT")
_RANGE_ELEMENTS = ("DATE", "DATETIME", "TIMESTAMP")
_TYPES: dict[str, Encoding] = {
    "DATETIME": "datetime",
    "RANGE": "range",
    "INTERVAL": "interval",
    "BIGNUMERIC": "bignumeric",
    "GEOGRAPHY": "geography",
}


class ColumnEncoding(Stored):
    """A column that Avro cannot carry back as it is.

    Attributes:
        path: The column's name in the table's schema.
        encoding: Why and how it is stored as text; the restore applies the inverse. A `record`
            holds such a column inside it.
        stored_as: The column's name in the Avro files.
    """

    path: str
    encoding: Encoding
    stored_as: str


def encodings_of(resource: Resource) -> tuple[ColumnEncoding, ...]:
    """Return the top-level columns that have to be encoded, in schema order.

    A RECORD is encoded when anything inside it is: its path names the column, and the field types
    in the table's schema say what the inverse has to do.

    Raises:
        SourceUnreadableError: A column's values are generated: nothing could be inserted into it.
    """
    for field in resource["schema"]["fields"]:
        generated = field.get("generatedColumn")
        if generated and generated.get("generatedMode") != "GENERATED_BY_DEFAULT":
            raise SourceUnreadableError(
                "its values are generated and could not be put back",
                subject=field["name"],
                hint="leave the table out of the catalog and restore what it is generated from",
            )
    return tuple(
        ColumnEncoding(path=field["name"], encoding=kind, stored_as=stored_as)
        for field, stored_as in _named(resource["schema"]["fields"])
        if (kind := _encoding(field))
    )


def encode_sql(reference: str, resource: Resource, partition_id: str | None = None) -> str:
    """Write the SELECT that gives a table's rows with every encoded column in its stored form.

    Args:
        reference: Full id of the frozen copy.
        resource: The table's resource.
        partition_id: Only this partition's rows; None for all.
    """
    columns = ", ".join(
        f"{_mapped('row_.' + quoted(field['name']), field, stored=True)} AS {quoted(stored_as)}"
        for field, stored_as in _named(resource["schema"]["fields"])
    )
    where = partition_filter(resource)
    if partition_id is not None:
        where = f" WHERE {in_partitions(resource, [partition_id])}"
    return f"SELECT {columns} FROM {quoted(reference)} AS row_{where}"


def decode_sql(raw_reference: str, resource: Resource) -> str:
    """Write the SELECT that turns raw loaded rows back into the table's own types."""
    columns = ", ".join(
        f"{_mapped('row_.' + quoted(stored_as), field, stored=False)} AS {quoted(field['name'])}"
        for field, stored_as in _named(resource["schema"]["fields"])
    )
    return f"SELECT {columns} FROM {quoted(raw_reference)} AS row_"


def stored_fields(fields: list[Resource]) -> list[Resource]:
    """Return the schema of the stored files: what a raw load of them is given.

    Policy tags stay on their columns, so that raw rows are as protected as the table's own.
    """
    return [_stored_field(field, stored_as) for field, stored_as in _named(fields)]


def check_table_file(frame: AvroFrame, resource: Resource) -> None:
    """Refuse a file that BigQuery did not write for a table, before anything decodes its rows.

    Raises:
        BackupDamagedError: Its codec or its columns are others.
    """
    if frame.codec != CODEC:
        raise BackupDamagedError(f"the codec is {frame.codec}, not {CODEC}", subject=frame.subject)
    columns = [field["name"] for field in stored_fields(resource["schema"]["fields"])]
    if [field.get("name") for field in frame.schema["fields"]] != columns:
        raise BackupDamagedError("the columns are not the table's", subject=frame.subject)


def field_count(fields: list[Resource]) -> int:
    """Return how many fields a schema has, nested ones included."""
    return len(fields) + sum(field_count(field.get("fields", [])) for field in fields)


def _encoding(field: Resource) -> Encoding | None:
    if not _PLAIN_NAME.fullmatch(field["name"]):
        return "renamed"
    if field["type"] == "TIMESTAMP" and str(field.get("timestampPrecision")) == _PICOSECONDS:
        return "timestamp12"
    if field["type"] in _RECORDS:
        return "record" if any(map(_encoding, field["fields"])) else None
    return _TYPES.get(field["type"])


def _named(fields: list[Resource]) -> list[tuple[Resource, str]]:
    """Return each field with the name Avro gives it: its own, or a number that is free."""
    plain = [bool(_PLAIN_NAME.fullmatch(field["name"])) for field in fields]
    taken = {
        field["name"].lower() for field, is_plain in zip(fields, plain, strict=True) if is_plain
    }
    named = []
    for at, (field, is_plain) in enumerate(zip(fields, plain, strict=True)):
        free = (name for n in count(at) if (name := f"column_{n}") not in taken)
        stored_as = str(field["name"]) if is_plain else next(free)
        taken.add(stored_as)
        named.append((field, stored_as))
    return named


def _stored_field(field: Resource, stored_as: str) -> Resource:
    settings: Resource = {
        key: field[key] for key in ("mode", "policyTags", "precision", "scale") if key in field
    }
    if settings.get("mode") == "REQUIRED":
        settings["mode"] = "NULLABLE"
    inner: Resource = {"type": "STRING" if _becomes_text(field) else field["type"]}
    if field["type"] in _RECORDS:
        inner["fields"] = stored_fields(field["fields"])
    if inner["type"] == "STRING":
        settings.pop("precision", None)
        settings.pop("scale", None)
    return {"name": stored_as, **settings, **inner}


def _becomes_text(field: Resource) -> bool:
    plain = {**field, "name": "plain"}
    return _encoding(plain) not in (None, "record")


def _mapped(expression: str, field: Resource, *, stored: bool, depth: int = 0) -> str:
    if _encoding({**field, "name": "plain"}) is None:
        return expression
    if field.get("mode") == "REPEATED":
        item = f"item_{depth}"
        inner = _mapped(item, {**field, "mode": "NULLABLE"}, stored=stored, depth=depth + 1)
        return (
            f"ARRAY(SELECT {inner} FROM UNNEST({expression}) AS {item} "
            f"WITH OFFSET AS at_{depth} ORDER BY at_{depth})"
        )
    if field["type"] in _RECORDS:
        children = ", ".join(
            _mapped_child(expression, child, stored_as, stored=stored, depth=depth)
            for child, stored_as in _named(field["fields"])
        )
        return f"IF({expression} IS NULL, NULL, STRUCT({children}))"
    return _to_text(expression, field) if stored else _from_text(expression, field)


def _mapped_child(
    expression: str, child: Resource, stored_as: str, *, stored: bool, depth: int
) -> str:
    read, written = (child["name"], stored_as) if stored else (stored_as, child["name"])
    inner = _mapped(f"{expression}.{quoted(read)}", child, stored=stored, depth=depth)
    return f"{inner} AS {quoted(written)}"


def _to_text(expression: str, field: Resource) -> str:
    if field["type"] == "GEOGRAPHY":
        return f"ST_ASTEXT({expression})"
    return f"CAST({expression} AS STRING)"


def _from_text(expression: str, field: Resource) -> str:
    if field["type"] == "GEOGRAPHY":
        # By default BigQuery takes the smaller side of a polygon, and so would invert one that
        # covers more than half the globe (BigQuery, Geography functions).
        return f"ST_GEOGFROMTEXT({expression}, oriented => TRUE)"
    if field["type"] == "RANGE":
        return f"CAST({expression} AS RANGE<{_range_element(field)}>)"
    if field["type"] == "TIMESTAMP":
        return f"CAST({expression} AS TIMESTAMP({_PICOSECONDS}))"
    return f"CAST({expression} AS {field['type']})"


def _range_element(field: Resource) -> str:
    element = str(field["rangeElementType"]["type"])
    if element not in _RANGE_ELEMENTS:
        raise SourceUnreadableError(f"no range of {element}", subject=field["name"])
    return element
