"""Reading Avro files into one Parquet file, as a load job does."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from tests.standin.bigquery.avro.container import ContainerReader, varint
from tests.standin.bigquery.avro.fields import Field, arrow_type
from tests.standin.bigquery.avro.rules import AvroType, LoadRules, loaded_fields
from tests.standin.bigquery.avro.values import record_arrays

_BATCH_ROWS = 8192
_BATCH_BYTES = 32 * 1024 * 1024
_STRUCTURE = ("type", "name", "fields", "items", "values", "symbols", "size")
_DAMAGED = (EOFError, IndexError, ValueError, OverflowError, TypeError, KeyError, MemoryError)


def read_files(
    paths: Sequence[Path],
    *,
    use_logical_types: bool,
    destination_fields: list[Field] | None,
    out_path: Path,
    rules: LoadRules | None = None,
) -> list[Field]:
    """Decode Avro files to one Parquet file, in constant memory.

    Args:
        paths: The files. The schema comes from the one whose name is alphabetically last.
        use_logical_types: The load job's useAvroLogicalTypes.
        destination_fields: The fields of the job's schema or of the table, in REST's form; None
            lets the files say what the columns are.
        out_path: The Parquet file to write.
        rules: Further options of the job; its use_logical_types has to agree.

    Returns:
        The schema fields of what was written, in the order of its columns.

    Raises:
        AvroRefusedError: BigQuery would end the job with an error; nothing can be loaded.
    """
    rules = rules or LoadRules(use_logical_types=use_logical_types)
    if rules.use_logical_types != use_logical_types:
        raise ValueError("rules and use_logical_types disagree")
    files = [ContainerReader(path) for path in sorted(paths, key=lambda path: path.name)]
    schemas = [_expanded(file) for file in files]
    fields = loaded_fields(schemas[-1], destination_fields, rules)
    target = pa.schema([pa.field(field["name"], arrow_type(field)) for field in fields])
    with pq.ParquetWriter(out_path, target, compression="lz4", use_dictionary=False) as writer:
        for file, schema in zip(files, schemas, strict=True):
            if schema != schemas[-1]:
                loaded_fields(schema, fields, rules)
            for rows in _batches(file, schema):
                arrays = record_arrays(rows, schema, fields, rules)
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=target))
    return fields


def _batches(file: ContainerReader, schema: AvroType) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of a file in lists; values are as stored, without logical types."""
    # A block's records are an Avro array but for its count and end: one call decodes them all.
    of_block = fastavro.parse_schema({"type": "array", "items": _plain(schema, set())})
    rows: list[dict[str, Any]] = []
    size_bytes = 0
    for count, body in file.blocks():
        if count:
            rows += _decoded(file, of_block, count, body)
            size_bytes += len(body)
        if len(rows) >= _BATCH_ROWS or size_bytes >= _BATCH_BYTES:
            yield rows
            rows, size_bytes = [], 0
    if rows:
        yield rows


def _decoded(file: ContainerReader, schema: AvroType, count: int, body: bytes) -> list[Any]:
    stream = io.BytesIO(varint(count) + body + varint(0))
    try:
        rows: list[Any] = fastavro.schemaless_reader(stream, schema)
    except _DAMAGED as error:
        file.refuse(f"Invalid data in a block: {error}")
    if len(rows) != count or stream.read(1):
        file.refuse("A block holds other than its records")
    return rows


def _plain(schema: AvroType, seen: set[str]) -> AvroType:
    """Copy an expanded schema without logical types, each name defined only once."""
    if isinstance(schema, list):
        return [_plain(branch, seen) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("name") and schema["type"] in {"record", "enum", "fixed"}:
        if schema["name"] in seen:
            return schema["name"]
        seen.add(schema["name"])
    plain = {key: value for key, value in schema.items() if key in _STRUCTURE}
    for key in ("type", "items", "values"):
        if key in plain:
            plain[key] = _plain(plain[key], seen)
    if "fields" in plain:
        plain["fields"] = [
            {"name": field["name"], "type": _plain(field["type"], seen)}
            for field in plain["fields"]
        ]
    return plain


def _expanded(file: ContainerReader) -> AvroType:
    """Return a file's schema with each reference to a named type replaced by the type."""
    try:
        return fastavro.schema.expand_schema(file.schema)
    except (fastavro.schema.SchemaParseException, fastavro.schema.UnknownType, *_DAMAGED) as error:
        file.refuse(f"Invalid schema: {error}")
