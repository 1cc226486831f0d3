"""Seeding BigQuery: datasets and tables as resources, rows by load jobs from Cloud Storage."""

import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from google.cloud import bigquery, storage

from tests.standin.bigquery.avro.extract import write_files
from tests.standin.seed import odd, resources
from tests.standin.seed.resources import Resource
from tests.standin.seed.rows import definitions, write_rows

_AT_ONCE = 8
_POLL_SECONDS = 0.05
_ROWS_PER_FILE = 50_000
_FORMATS = {
    ".avro": bigquery.SourceFormat.AVRO,
    ".parquet": bigquery.SourceFormat.PARQUET,
    ".json": bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
}


@dataclass(frozen=True)
class _Seeding:
    project: str
    location: str
    warehouse: bigquery.Client
    bucket: storage.Bucket

    def load(self, resource: Resource, sources: Sequence[Path], partition: str = "") -> None:
        """Load files of one format into a table that was made before, through the bucket."""
        blobs = [
            self.bucket.blob(f"{resource['tableReference']['tableId']}{partition}/{source.name}")
            for source in sources
        ]
        for blob, source in zip(blobs, sources, strict=True):
            blob.upload_from_filename(source)
            source.unlink()
        job = self.warehouse.load_table_from_uri(
            [f"gs://{self.bucket.name}/{blob.name}" for blob in blobs],
            f"{_full_id(resource)}{partition}",
            job_config=_load_config(resource, sources[0].suffix),
            location=self.location,
        )
        # The client's own wait looks for the first time after a second.
        while not job.done():
            time.sleep(_POLL_SECONDS)
        job.result()
        for blob in blobs:
            blob.delete()

    def create(self, resource: Resource) -> None:
        """Create a table or view exactly as a resource says."""
        self.warehouse.create_table(bigquery.Table.from_api_repr(resource))


def seed_bigquery(project: str, scale: float, location: str = "us-west2") -> None:
    """Fill BigQuery with the platform's datasets and `rebound_odd`.

    Args:
        project: Where; it must not hold these datasets.
        scale: 1 for the platform's row counts. The same scale gives the same rows.
        location: Of the datasets and of the bucket that the rows pass through.
    """
    with (
        closing(bigquery.Client(project=project, location=location)) as warehouse,
        closing(storage.Client(project=project)) as objects,
        tempfile.TemporaryDirectory() as folder,
    ):
        bucket = objects.create_bucket(f"{project}-seed", location=location)
        seeding = _Seeding(project, location, warehouse, bucket)
        for resource in resources.dataset_resources(project, location):
            warehouse.create_dataset(bigquery.Dataset.from_api_repr(resource))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tables = resources.table_resources(project, location)
            largest_first = sorted(tables, key=lambda name: -len(tables[name]["schema"]["fields"]))
            work = [
                pool.submit(_seed_table, seeding, name, tables[name], scale, Path(folder))
                for name in largest_first
            ]
            work += [
                pool.submit(_seed_odd_table, seeding, table, Path(folder))
                for table in odd.odd_tables()
            ]
            work.append(pool.submit(_seed_odd_types, seeding))
            for one in work:
                one.result()
        _create_what_reads_tables(seeding)


def _load_config(resource: Resource, suffix: str) -> bigquery.LoadJobConfig:
    config = bigquery.LoadJobConfig(
        source_format=_FORMATS[suffix],
        schema=[
            bigquery.SchemaField.from_api_repr(field) for field in resource["schema"]["fields"]
        ],
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
    )
    if suffix == ".avro":
        config.use_avro_logical_types = True
    elif suffix == ".parquet":
        config.parquet_options = bigquery.ParquetOptions()
        config.parquet_options.enable_list_inference = True
    return config


def _full_id(resource: Resource) -> str:
    return ".".join(resource["tableReference"].values())


def _seed_table(
    seeding: _Seeding, name: str, resource: Resource, scale: float, folder: Path
) -> None:
    seeding.create(resource)
    source = write_rows(definitions()[name], scale, folder)
    fields = resource["schema"]["fields"]
    if not any(field["type"] == "JSON" for field in fields):
        seeding.load(resource, [source])
        return
    # BigQuery loads no JSON column from Parquet.
    folder = folder / name
    folder.mkdir()
    written = write_files(
        source,
        fields,
        use_logical_types=True,
        codec="snappy",
        rows_per_file=_ROWS_PER_FILE,
        out_dir=folder,
    )
    seeding.load(resource, [file.path for file in written])


def _seed_odd_table(seeding: _Seeding, table: odd.OddTable, folder: Path) -> None:
    resource = _odd_resource(seeding.project, table.name, table.fields) | table.layout
    seeding.create(resource)
    for partition, rows in table.rows.items():
        source = folder / f"odd_{table.name}.json"
        source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        seeding.load(resource, [source], partition)
    if table.delete:
        statement = f"DELETE FROM `{_full_id(resource)}` WHERE {table.delete}"
        seeding.warehouse.query_and_wait(statement)


def _seed_odd_types(seeding: _Seeding) -> None:
    seeding.create(_odd_resource(seeding.project, "odd_types", odd.odd_types_fields()))
    seeding.warehouse.query_and_wait(odd.odd_types_statement(seeding.project))


def _odd_resource(project: str, name: str, fields: Sequence[odd.Field]) -> Resource:
    reference = {"projectId": project, "datasetId": odd.DATASET, "tableId": name}
    return {"tableReference": reference, "schema": {"fields": list(fields)}}


def _create_what_reads_tables(seeding: _Seeding) -> None:
    for resource in resources.view_resources(seeding.project):
        seeding.create(resource)
    for resource in resources.routine_resources(seeding.project):
        seeding.warehouse.create_routine(bigquery.Routine.from_api_repr(resource))
    seeding.warehouse.query_and_wait(resources.row_policy_statement(seeding.project))
