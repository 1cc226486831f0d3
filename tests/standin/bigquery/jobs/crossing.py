"""Rows on their way between DuckDB and files: the Parquet form that the Avro package shares."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.extract import write_files
from tests.standin.bigquery.avro.load import read_files
from tests.standin.bigquery.avro.rules import LoadRules
from tests.standin.bigquery.engine.types import (
    Field,
    is_picosecond,
    is_repeated,
    item_of,
    literal,
    quoted,
)
from tests.standin.bigquery.errors import BigQueryError

_AS_TEXT = ("BIGNUMERIC", "GEOGRAPHY", "INTERVAL")
_FROM_TEXT = {
    "BIGNUMERIC": "bq_bignumeric({})",
    "GEOGRAPHY": "bq_geography({})",
    "INTERVAL": "bq_interval({})",
    "JSON": "json({})",
}

type Codec = Literal["snappy", "deflate", "null"]
type Refusal = tuple[str, str]


def outgoing(expression: str, field: Field) -> str:
    """Return a column's value in the form that files are written from, in DuckDB's SQL."""
    return _mapped(expression, field, outgoing=True, depth=0)


def incoming(expression: str, field: Field) -> str:
    """Return the inverse: a column's value from the form that files are read to."""
    return _mapped(expression, field, outgoing=False, depth=0)


def _mapped(expression: str, field: Field, *, outgoing: bool, depth: int) -> str:
    if not _differs(field):
        return expression
    if is_repeated(field) or field["type"] == "RECORD":
        return _mapped_nested(expression, field, outgoing=outgoing, depth=depth)
    if outgoing:
        return f"bq_text({expression})" if field["type"] != "JSON" else f"{expression}::VARCHAR"
    if field["type"] == "TIMESTAMP":
        return f"bq_timestamp12({expression})"
    return _FROM_TEXT[field["type"]].format(expression)


def _mapped_nested(expression: str, field: Field, *, outgoing: bool, depth: int) -> str:
    if is_repeated(field):
        item = f"x{depth}"
        inner = _mapped(item, item_of(field), outgoing=outgoing, depth=depth + 1)
        return f"list_transform({expression}, lambda {item}: {inner})"
    members = ", ".join(
        f"{literal(child['name'])}: "
        + _mapped(f"({expression}).{quoted(child['name'])}", child, outgoing=outgoing, depth=depth)
        for child in field["fields"]
    )
    return f"CASE WHEN {expression} IS NULL THEN NULL ELSE {{{members}}} END"


def _differs(field: Field) -> bool:
    if field["type"] == "RECORD":
        return any(_differs(child) for child in field["fields"])
    return field["type"] in (*_AS_TEXT, "JSON") or (
        field["type"] == "TIMESTAMP" and is_picosecond(field)
    )


def encode(
    source: Path, fields: Sequence[Field], *, logical: bool, codec: Codec, rows: int, folder: Path
) -> list[tuple[Path, int]] | Refusal:
    """Write Avro files, in a worker; a refusal is returned, for exceptions cross badly.

    Args:
        source: The Parquet file.
        fields: Its columns.
        logical: useAvroLogicalTypes.
        codec: The codec's Avro name.
        rows: Rows of one file.
        folder: Where the files go.
    """
    try:
        written = write_files(
            source,
            fields,
            use_logical_types=logical,
            codec=codec,
            rows_per_file=rows,
            out_dir=folder,
        )
    except AvroRefusedError as error:
        return error.reason, error.message
    return [(item.path, item.rows) for item in written]


def decode(
    paths: Sequence[Path], fields: list[Field] | None, *, rules: LoadRules, out_path: Path
) -> list[Field] | Refusal:
    """Read Avro files into one Parquet file, in a worker, and return its columns.

    Args:
        paths: The files.
        fields: What they have to fit; None lets them say it.
        rules: The job's options.
        out_path: The Parquet file.
    """
    try:
        return read_files(
            paths,
            use_logical_types=rules.use_logical_types,
            destination_fields=fields,
            out_path=out_path,
            rules=rules,
        )
    except AvroRefusedError as error:
        return error.reason, error.message


def accepted[Answer](answer: Answer | Refusal) -> Answer:
    """Return a worker's answer.

    Raises:
        BigQueryError: It is a refusal.
    """
    if isinstance(answer, tuple):
        reason, message = answer
        raise BigQueryError(str(reason), str(message))
    return answer


def writes_parquet(select: str, path: Path) -> str:
    """Return the statement that writes rows to a Parquet file."""
    return f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4_raw)"


def reads_parquet(path: Path, fields: Sequence[dict[str, Any]]) -> str:
    """Return the SELECT of a decoded file's rows."""
    columns = ", ".join(
        f"{incoming(quoted(field['name']), field)} AS {quoted(field['name'])}" for field in fields
    )
    return f"SELECT {columns} FROM read_parquet({literal(str(path))})"
