"""Google's judgment of every statement that reaches the stand-in.

What GoogleSQL refuses, BigQuery refuses: with the reason `invalidQuery` and the place in the text.
What the stand-in does not find, it refuses itself, with the reason `notFound`.
"""

import functools
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path as File

from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.tables import is_ingestion_time
from tests.standin.bigquery.engine.types import Field, canonical
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.googlesql.library import GoogleSqlError
from tests.standin.bigquery.googlesql.requests import Path, Table, analyze, table_paths
from tests.standin.bigquery.googlesql.shape import shape_of, spaced
from tests.standin.bigquery.session import Session

_LOG = "STANDIN_GOOGLESQL_LOG"
_PLACE = re.compile(r" \[at (\d+):(\d+)\]$")
_NOT_FOUND = re.compile(r"Table not found: |(?:Function|Table-valued function) not found: [^ ]+\.")
_PSEUDO = (
    {"name": "_PARTITIONTIME", "type": "TIMESTAMP"},
    {"name": "_PARTITIONDATE", "type": "DATE"},
)


def check_syntax(sql: str) -> None:
    """Refuse a statement that GoogleSQL cannot read.

    Raises:
        BigQueryError: It cannot.
    """
    try:
        _paths(shape_of(sql).text)
    except GoogleSqlError:
        # A shape has neither the statement's own names nor its places: it only saves work.
        with _as_bigquery():
            table_paths(spaced(sql))


def check_types(sql: str, session: Session) -> None:
    """Refuse a statement whose names or types do not hold, against the tables that are there.

    Args:
        sql: One statement of right syntax.
        session: Where it is about to run.

    Raises:
        BigQueryError: They do not.
    """
    shape = shape_of(sql)
    found = []
    for path in _paths(shape.text):
        table = _table(path, shape.names.get(path, path), session)
        if table is None:
            return
        found.append(table)
    parameters = [_parameter(item) for item in session.parameters]
    try:
        _analyzed(shape.text, json.dumps([sorted(found), parameters], sort_keys=True))
    except GoogleSqlError:
        own = [table._replace(path=shape.names.get(table.path, table.path)) for table in found]
        with _as_bigquery():
            analyze(spaced(sql), own, parameters)


def check_defaults(fields: Iterable[Field]) -> None:
    """Refuse a column's default that GoogleSQL cannot compute, or that is of another type.

    Raises:
        BigQueryError: There is one.
    """
    for field in fields:
        if "defaultValueExpression" in field:
            into = Table(("d", "t"), [{**_shown(field), "name": "c"}])
            sql = f"INSERT INTO d.t (c) VALUES (\n{field['defaultValueExpression']}\n)"
            with _as_bigquery():
                analyze(sql, [into])


@functools.lru_cache(maxsize=4096)
def _paths(text: str) -> frozenset[Path]:
    found = frozenset(table_paths(text))
    _note(text)
    return found


@functools.lru_cache(maxsize=4096)
def _analyzed(text: str, key: str) -> None:
    tables, parameters = json.loads(key)
    analyze(text, [Table(tuple(path), *columns) for path, *columns in tables], parameters)


def _table(path: Path, name: Path, session: Session) -> Table | None:
    """Return a table that a statement names, or None where it cannot be told what columns it has."""
    parts = ".".join(name).split(".")
    if "INFORMATION_SCHEMA" in map(str.upper, parts):
        return None
    if len(parts) == 1 and parts[0] in session.external:
        return Table(path, [_shown(field) for field in session.external[parts[0]].fields])
    entry = session.find(session.full_key(parts))
    if entry is None or _had_other_columns(entry):
        return None
    pseudo = _PSEUDO if entry.is_table and is_ingestion_time(entry.resource) else ()
    return Table(path, [_shown(field) for field in entry.fields], pseudo)


def _had_other_columns(entry: Entry) -> bool:
    # A read of an instant can mean the earlier ones.
    return any(item.fields != entry.rows.fields for item in entry.generations)


def _shown(field: Field) -> Field:
    """Return what a judgment of types needs of a field, so that equal tables share it."""
    kept = ("name", "type", "mode", "rangeElementType", "defaultValueExpression")
    shown: Field = {key: field[key] for key in kept if key in field}
    if "fields" in field:
        shown["fields"] = [_shown(child) for child in field["fields"]]
    return shown


def _parameter(parameter: Resource) -> Field:
    field = canonical([_parameter_field("unnamed", parameter["parameterType"])])[0]
    return {**field, "name": parameter.get("name", "")}


def _parameter_field(name: str, kind: Resource) -> Field:
    if kind["type"] == "ARRAY":
        return {**_parameter_field(name, kind["arrayType"]), "mode": "REPEATED"}
    if kind["type"] == "STRUCT":
        members = [_parameter_field(it["name"], it["type"]) for it in kind["structTypes"]]
        return {"name": name, "type": "STRUCT", "fields": members}
    return {"name": name, **kind}


@contextmanager
def _as_bigquery() -> Iterator[None]:
    """Turn what GoogleSQL refuses into BigQuery's error.

    Raises:
        BigQueryError: It refused something else than a name that the stand-in may know.
    """
    try:
        yield
    except GoogleSqlError as error:
        if _NOT_FOUND.match(error.message):
            return
        message = _PLACE.sub(r" at [\1:\2]", error.message)
        raise BigQueryError("invalidQuery", message, location="query") from error


def _note(text: str) -> None:
    """Keep every new shape of a statement in the file that a developer asks for."""
    if path := os.environ.get(_LOG):
        with File(path).open("a") as log:
            log.write(json.dumps(text) + "\n")
