"""Files other than Avro, read by DuckDB itself: newline-delimited JSON, CSV, Parquet."""

from pathlib import Path

from tests.standin.bigquery.engine.database import Connection
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import Field, literal, quoted
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.jobs.destination import Rows
from tests.standin.bigquery.resources.json_values import json_row_select
from tests.standin.bigquery.sql.insert import coerced
from tests.standin.bigquery.sql.results import describe


def plain_rows(
    connection: Connection, configuration: Resource, paths: list[Path], fields: list[Field] | None
) -> Rows:
    """Return the rows of files.

    Args:
        connection: Where they are read.
        configuration: The load job's.
        paths: The files.
        fields: The wanted columns; None lets DuckDB find out.

    Raises:
        BigQueryError: The format is not known.
    """
    kind = configuration.get("sourceFormat") or "CSV"
    files = f"[{', '.join(literal(str(path)) for path in paths)}]"
    if kind == "NEWLINE_DELIMITED_JSON":
        return _json_rows(connection, files, fields)
    if kind == "PARQUET":
        return _fitted(connection, f"SELECT * FROM read_parquet({files})", fields)
    if kind == "CSV":
        return _csv_rows(connection, configuration, files, fields)
    raise invalid(f"Unsupported source format: {kind}")


def _json_rows(connection: Connection, files: str, fields: list[Field] | None) -> Rows:
    if fields is None:
        sql = f"SELECT * FROM read_json_auto({files}, format = 'newline_delimited')"
        return _fitted(connection, sql, None)
    source = f"read_json_objects({files}, format = 'newline_delimited')"
    return Rows(fields=fields, select=json_row_select(fields, source, "json"))


def _fitted(connection: Connection, sql: str, fields: list[Field] | None) -> Rows:
    found = describe(connection, sql)
    if fields is None:
        return Rows(fields=found.fields, select=found.typed())
    given = {field["name"].lower(): field for field in found.fields}
    present = [field for field in fields if field["name"].lower() in given]
    columns = ", ".join(
        f"{coerced(quoted(field['name']), given[field['name'].lower()], field)} "
        f"AS {quoted(field['name'])}"
        for field in present
    )
    return Rows(fields=present, select=f"SELECT {columns} FROM ({sql})")


def _csv_rows(
    connection: Connection, configuration: Resource, files: str, fields: list[Field] | None
) -> Rows:
    delimiter = configuration.get("fieldDelimiter") or ","
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    skipped = int(configuration.get("skipLeadingRows") or 0)
    marker = configuration.get("nullMarker") or ""
    options = f"delim = {literal(delimiter)}, nullstr = {literal(marker)}"
    if fields is None:
        return _fitted(connection, f"SELECT * FROM read_csv({files}, {options})", None)
    names = ", ".join(f"{literal(field['name'])}: 'VARCHAR'" for field in fields)
    sql = (
        f"SELECT * FROM read_csv({files}, {options}, header = false, skip = {skipped}, "
        f"columns = {{{names}}}, auto_detect = false, quote = '\"', escape = '\"')"
    )
    return _fitted(connection, sql, fields)
