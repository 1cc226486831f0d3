"""Writing Avro files that BigQuery did not write, and loading them."""

from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet as pq

from tests.standin.bigquery.avro.load import read_files
from tests.standin.bigquery.avro.rules import LoadRules

type Row = dict[str, Any]
type Schema = Any

NULLABLE, REQUIRED, REPEATED = "NULLABLE", "REQUIRED", "REPEATED"


def column(name: str, kind: str, mode: str = NULLABLE, **more: str | list[Row]) -> Row:
    """Return a schema field as REST writes it."""
    return {"name": name, "type": kind, "mode": mode, **more}


def logical(physical: str, name: str, **more: int) -> Schema:
    """Return an Avro type with a logical type."""
    return {"type": physical, "logicalType": name, **more}


def avro_file(
    folder: Path,
    types: dict[str, Schema],
    rows: list[Row],
    *,
    name: str = "000000000000.avro",
    codec: str = "snappy",
) -> Path:
    """Write a file with fastavro, which knows nothing of BigQuery."""
    fields = [{"name": field, "type": avro_type} for field, avro_type in types.items()]
    schema = fastavro.parse_schema({"type": "record", "name": "Root", "fields": fields})
    path = folder / name
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, rows, codec=codec, sync_interval=100)
    return path


def load(
    *paths: Path,
    into: list[Row] | None = None,
    use_logical_types: bool = True,
    **rules: Any,  # noqa: ANN401 - the fields of LoadRules
) -> tuple[list[Row], list[Row]]:
    """Return the fields and the rows that a load of files gives."""
    out_path = paths[0].parent / "loaded.parquet"
    fields = read_files(
        list(paths),
        use_logical_types=use_logical_types,
        destination_fields=into,
        out_path=out_path,
        rules=LoadRules(use_logical_types=use_logical_types, **rules),
    )
    return fields, pq.read_table(out_path).to_pylist()


def load_value(
    folder: Path,
    avro_type: Schema,
    value: object,
    into: Row | None = None,
    **rules: Any,  # noqa: ANN401 - the fields of LoadRules
) -> tuple[str, object]:
    """Return the type and the value that one nullable value is loaded as."""
    path = avro_file(folder, {"c": ["null", avro_type]}, [{"c": value}])
    (field,), (row,) = load(path, into=[into] if into else None, **rules)
    return field["type"], row["c"]
