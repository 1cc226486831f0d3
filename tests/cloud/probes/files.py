"""The Avro files of extracts: their schemas, and what a load makes of them."""

import io
import json
from typing import Any

import fastavro
from google.cloud import bigquery

from tests.cloud.probes.asking import answered, rows, value
from tests.cloud.sandbox import Sandbox

_COLUMNS = {
    "i": ("INT64", "9223372036854775807"),
    "f": ("FLOAT64", "CAST('nan' AS FLOAT64)"),
    "b": ("BOOL", "TRUE"),
    "s": ("STRING(10)", "'ü'"),
    "raw": ("BYTES", "b'\\xff'"),
    "n": ("NUMERIC", "1.5"),
    "narrow": ("NUMERIC(8, 3)", "1.25"),
    "big": ("BIGNUMERIC", "BIGNUMERIC '1.00000000000000000000000000000000000001'"),
    "big_narrow": ("BIGNUMERIC(5, 2)", "1.25"),
    "d": ("DATE", "DATE '0001-01-01'"),
    "t": ("TIME", "TIME '23:59:59.999999'"),
    "dt": ("DATETIME", "DATETIME '9999-12-31 23:59:59.999999'"),
    "ts": ("TIMESTAMP", "TIMESTAMP '1900-01-01 00:00:00.000001+00'"),
    "j": ("JSON", "JSON '{\"a\": null}'"),
    "g": ("GEOGRAPHY", "ST_GEOGPOINT(1, 2)"),
    "many": ("ARRAY<STRING>", "['', 'x']"),
    "deep": (
        "STRUCT<a INT64, b ARRAY<STRUCT<c DATE>>>",
        "STRUCT(NULL, [STRUCT(DATE '2024-01-01')])",
    ),
}
_UNDOCUMENTED = {
    "interval": ("INTERVAL", "INTERVAL 1 DAY"),
    "span": ("RANGE<DATE>", "RANGE<DATE> '[2024-01-01, UNBOUNDED)'"),
}


def schemas(sandbox: Sandbox) -> object:
    """Return the schema of each type as an extract writes it, with and without logical types."""
    dataset, bucket = sandbox.dataset("files"), sandbox.bucket("files")
    found = {}
    for name, (kind, sql) in (_COLUMNS | _UNDOCUMENTED).items():
        rows(sandbox, f"CREATE TABLE `{dataset}.{name}` (c {kind})")
        rows(sandbox, f"INSERT INTO `{dataset}.{name}` SELECT {sql}")
        for logical in (True, False):
            prefix = f"{name}-{logical}"
            found[prefix] = answered(
                lambda name=name, prefix=prefix, logical=logical: _extracted(
                    sandbox, f"{dataset}.{name}", bucket.name, prefix, logical=logical
                )
            )
    return found


def round_trip(sandbox: Sandbox) -> object:
    """Return what a load makes of the files of every type, with a schema and without."""
    dataset, bucket = sandbox.dataset("round_trip"), sandbox.bucket("round-trip")
    loadable = {name: column for name, column in _COLUMNS.items() if name != "dt"}
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in loadable.items())
    rows(sandbox, f"CREATE TABLE `{dataset}.source` ({columns})")
    values = ", ".join(sql for _, sql in loadable.values())
    rows(sandbox, f"INSERT INTO `{dataset}.source` SELECT {values}")
    rows(sandbox, f"INSERT INTO `{dataset}.source` (i) VALUES (NULL)")
    _extracted(sandbox, f"{dataset}.source", bucket.name, "source", logical=True)
    schema = sandbox.bigquery_client.get_table(f"{sandbox.project}.{dataset}.source").schema
    return {
        "with": answered(lambda: _loaded(sandbox, dataset, bucket.name, "with", schema)),
        "without": answered(lambda: _loaded(sandbox, dataset, bucket.name, "without", None)),
    }


def empty(sandbox: Sandbox) -> object:
    """Return the counts of the files of a table without rows."""
    dataset, bucket = sandbox.dataset("empty"), sandbox.bucket("empty")
    rows(sandbox, f"CREATE TABLE `{dataset}.t` (a INT64)")
    return _extracted(sandbox, f"{dataset}.t", bucket.name, "empty", logical=True)


def _extracted(
    sandbox: Sandbox, table: str, bucket: str, prefix: str, *, logical: bool
) -> dict[str, Any]:
    config = bigquery.ExtractJobConfig(
        destination_format="AVRO", compression="SNAPPY", use_avro_logical_types=logical
    )
    job = sandbox.bigquery_client.extract_table(
        f"{sandbox.project}.{table}", f"gs://{bucket}/{prefix}-*.avro", job_config=config
    )
    job.result()
    blobs = list(sandbox.storage_client.list_blobs(bucket, prefix=f"{prefix}-"))
    reader = fastavro.reader(io.BytesIO(blobs[0].download_as_bytes()))
    return {
        "told files": job.destination_uri_file_counts,
        "files": len(blobs),
        "name": blobs[0].name.removeprefix(prefix),
        "codec": reader.codec,
        "schema": json.loads(reader.metadata["avro.schema"]),
        "records": sum(1 for _ in reader),
    }


def _loaded(
    sandbox: Sandbox,
    dataset: str,
    bucket: str,
    name: str,
    schema: list[bigquery.SchemaField] | None,
) -> object:
    config = bigquery.LoadJobConfig(source_format="AVRO", use_avro_logical_types=True)
    if schema is not None:
        config.schema = schema
    target = f"{sandbox.project}.{dataset}.{name}"
    uris = f"gs://{bucket}/source-*.avro"
    sandbox.bigquery_client.load_table_from_uri(uris, target, job_config=config).result()
    fields = [field.to_api_repr() for field in sandbox.bigquery_client.get_table(target).schema]
    text = "SELECT TO_JSON_STRING(row_) FROM `{}.{}` AS row_"
    same = f"SELECT COUNT(*) FROM ({text.format(dataset, name)} EXCEPT DISTINCT {text.format(dataset, 'source')})"
    return {"fields": fields, "rows that differ": answered(lambda: value(sandbox, same))}


PROBES = (schemas, round_trip, empty)
