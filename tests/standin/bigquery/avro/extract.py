"""Writing a table's rows to Avro files, as an extract job does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tests.standin.bigquery.avro.columns import encoded_rows
from tests.standin.bigquery.avro.container import ContainerWriter
from tests.standin.bigquery.avro.fields import Field, avro_schema

_BATCH_ROWS = 8192
_BATCH_BYTES = 64 * 1024 * 1024
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class WrittenFile:
    """One Avro file and the number of its records."""

    path: Path
    rows: int


def write_files(
    source: Path,
    fields: Sequence[Field],
    *,
    use_logical_types: bool,
    codec: Literal["snappy", "deflate", "null"],
    rows_per_file: int,
    out_dir: Path,
) -> list[WrittenFile]:
    """Write rows as Avro files of at most so many rows, in constant memory.

    Args:
        source: Parquet or Arrow IPC file with a column for each field, by name.
        fields: The table's schema fields, in REST's form.
        use_logical_types: The extract job's useAvroLogicalTypes.
        codec: The extract job's compression, by its Avro name.
        rows_per_file: Where a new file begins. A table without rows gives one file without records.
        out_dir: Existing folder; the files in it are named 000000000000.avro and on.

    Raises:
        AvroRefusedError: A column cannot be exported to Avro.
        ValueError: A REQUIRED column holds a NULL.
    """
    schema = avro_schema(fields, use_logical_types=use_logical_types)
    batches = _batches(source, [field["name"] for field in fields])
    written: list[WrittenFile] = []
    rest: pa.RecordBatch | None = next(batches, None)
    while rest is not None or not written:
        path = out_dir / f"{len(written):012d}.avro"
        with path.open("wb") as stream:
            container = ContainerWriter(stream, schema, codec)
            while rest is not None and container.rows < rows_per_file:
                here = rest.slice(0, rows_per_file - container.rows)
                container.write(encoded_rows(here, fields, use_logical_types=use_logical_types))
                rest = rest.slice(len(here)) if len(here) < len(rest) else next(batches, None)
        written.append(WrittenFile(path, container.rows))
    return written


def _batches(source: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    with source.open("rb") as stream:
        is_parquet = stream.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    if is_parquet:
        with pq.ParquetFile(source) as file:
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=names):
                    yield from _small(batch)
    else:
        with pa.ipc.open_file(source) as reader:
            for at in range(reader.num_record_batches):
                yield from _small(reader.get_batch(at))


def _small(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that its rows encoded fit Arrow's 2 GiB, however long they are."""
    if len(batch) > 1 and (batch.nbytes > _BATCH_BYTES or len(batch) > _BATCH_ROWS):
        half = len(batch) // 2
        yield from _small(batch.slice(0, half))
        yield from _small(batch.slice(half))
    elif len(batch):
        yield batch
