"""Rows that come as JSON: what is wrong with one, and how its values are typed."""

import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import (
    Field,
    duckdb_type,
    is_repeated,
    is_required,
    item_of,
    literal,
    quoted,
    too_long,
)

_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(
    r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_FORMS = {
    "BIGNUMERIC": "bq_bignumeric({})",
    "GEOGRAPHY": "bq_geography({})",
    "INTERVAL": "bq_interval({})",
    "NUMERIC": "bq_numeric({})",
    "INTEGER": "bq_int64({})",
    "FLOAT": "bq_float64({})",
    "BYTES": "from_base64({})",
    "JSON": "json({})",
}


def json_problem(row: Any, fields: list[Field], *, ignore_unknown: bool) -> str | None:  # noqa: ANN401 - JSON
    """Return what is wrong with a row, or None."""
    if not isinstance(row, dict):
        return "This field is not a record."
    known = {field["name"].lower(): field for field in fields}
    given = {name.lower(): value for name, value in row.items()}
    unknown = [name for name in row if name.lower() not in known]
    if unknown and not ignore_unknown:
        return f"no such field: {unknown[0]}."
    for name, field in known.items():
        problem = _value_problem(given.get(name), field, ignore_unknown=ignore_unknown)
        if problem:
            return problem
    return None


def _value_problem(value: Any, field: Field, *, ignore_unknown: bool) -> str | None:  # noqa: ANN401 - JSON
    if is_repeated(field):
        items = [] if value is None else value
        if not isinstance(items, list):
            return f"Array specified for non-repeated field: {field['name']}."
        found = (_value_problem(it, item_of(field), ignore_unknown=ignore_unknown) for it in items)
        return next((problem for problem in found if problem), None)
    if value is None:
        required = is_required(field) and "defaultValueExpression" not in field
        return f"Missing required field: {field['name']}." if required else None
    return _present_problem(value, field, ignore_unknown=ignore_unknown)


def _present_problem(value: Any, field: Field, *, ignore_unknown: bool) -> str | None:  # noqa: ANN401 - JSON
    if field["type"] == "RECORD":
        return json_problem(value, field["fields"], ignore_unknown=ignore_unknown)
    check = _CHECKS.get(field["type"])
    if check is not None and not check(value):
        return f"Cannot convert value to {field['type'].lower()} (bad value): {value}"
    if "maxLength" in field:
        length = len(b64decode(value) if field["type"] == "BYTES" else str(value))
        return too_long(field).format(length) if length > int(field["maxLength"]) else None
    return None


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "INTEGER": lambda it: (
        (isinstance(it, int | float) and it == int(it))
        or (isinstance(it, str) and bool(_INTEGER.fullmatch(it.strip())))
    ),
    "FLOAT": lambda it: isinstance(it, int | float) or bool(_NUMBER.fullmatch(str(it).strip())),
    "NUMERIC": lambda it: bool(_NUMBER.fullmatch(str(it).strip())),
    "BIGNUMERIC": lambda it: bool(_NUMBER.fullmatch(str(it).strip())),
    "BOOLEAN": lambda it: isinstance(it, bool) or str(it).lower() in ("true", "false"),
    "DATE": lambda it: bool(_DATE.fullmatch(str(it))),
    "DATETIME": lambda it: bool(_DATE.match(str(it))),
    "STRING": lambda it: not isinstance(it, list | dict),
}


def json_select(fields: list[Field], text: str) -> str:
    """Return the SELECT of typed rows from a JSON array of rows."""
    columns = ", ".join(
        f"{_typed(_member('item', field), field)} AS {quoted(field['name'])}" for field in fields
    )
    return f"SELECT {columns} FROM (SELECT unnest(({literal(text)}::JSON)::JSON[]) AS item)"


def json_row_select(fields: list[Field], source: str, column: str) -> str:
    """Return the SELECT of typed rows from a relation with one JSON column."""
    columns = ", ".join(
        f"{_typed(_member(column, field), field)} AS {quoted(field['name'])}" for field in fields
    )
    return f"SELECT {columns} FROM {source}"


def _member(expression: str, field: Resource) -> str:
    path = "$." + '"' + field["name"].replace('"', '\\"') + '"'
    return f"json_extract({expression}, {literal(path)})"


def _typed(expression: str, field: Field, depth: int = 0) -> str:
    """Return a JSON value in the type of a field."""
    missing = f"json_type({expression}) IS NULL OR json_type({expression}) = 'NULL'"
    if is_repeated(field):
        item = f"v{depth}"
        inner = _typed(item, item_of(field), depth + 1)
        empty = f"[]::{duckdb_type(field)}"
        return (
            f"CASE WHEN {missing} THEN {empty} ELSE "
            f"list_transform(({expression})::JSON[], lambda {item}: {inner}) END"
        )
    kind = duckdb_type(field)
    if field["type"] == "RECORD":
        members = ", ".join(
            f"{literal(child['name'])}: {_typed(_member(expression, child), child, depth)}"
            for child in field["fields"]
        )
        return f"CASE WHEN {missing} THEN NULL ELSE {{{members}}}::{kind} END"
    text = f"json_extract_string({expression}, '$')"
    if field["type"] == "JSON":
        # A JSON text in a string is JSON too (BigQuery, Load JSON data).
        text = f"CASE WHEN json_type({expression}) = 'VARCHAR' THEN {text} ELSE {expression}::VARCHAR END"
    if field["type"] == "RANGE":
        text = f"bq_range_{field['rangeElementType']['type'].lower()}({text})"
    form = _FORMS.get(field["type"], "{}")
    return f"CASE WHEN {missing} THEN NULL ELSE {form.format(f'({text})')} END::{kind}"
