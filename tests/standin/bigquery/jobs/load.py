"""Load jobs: files in Cloud Storage, or sent along, into a table."""

from collections.abc import Callable
from pathlib import Path

from tests.standin.bigquery.avro.rules import LoadRules
from tests.standin.bigquery.engine.database import Connection
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.types import Field, canonical
from tests.standin.bigquery.errors import invalid, not_found
from tests.standin.bigquery.jobs.crossing import accepted, decode, reads_parquet
from tests.standin.bigquery.jobs.destination import (
    Rows,
    changes_of,
    check_present,
    key_of,
    write_rows,
)
from tests.standin.bigquery.jobs.formats import plain_rows
from tests.standin.bigquery.jobs.storage import Storage
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.state.job import Job

_MOST_URIS = 10_000


def load_work(service: Service) -> Callable[[Job], None]:
    """Return what does the work of a load job."""

    def work(job: Job) -> None:
        with (
            service.workers.scratch() as folder,
            service.database.reading() as connection,
            engine_errors(),
        ):
            job.connection = connection
            try:
                _load(service, job, connection, folder)
            finally:
                job.connection = None

    return work


def _load(service: Service, job: Job, connection: Connection, folder: Path) -> None:
    configuration = job.configuration
    key, partition_id = key_of(configuration["destinationTable"])
    service.database.catalog.require_location(key[0], key[1], job.location)
    service.quotas.take_load(key, service.database.clock.now_micros())
    entry = service.database.catalog.table(key)
    check_present(entry, key, configuration)
    paths, size = _fetch(service, job, folder)
    disposition = configuration.get("writeDisposition") or "WRITE_APPEND"
    replaces = disposition == "WRITE_TRUNCATE" and partition_id is None
    bare = entry is not None and not entry.fields
    rows = _rows(service, job, connection, paths, entry=None if replaces or bare else entry)
    job.check_cancelled()
    changes = changes_of(configuration["destinationTable"], disposition)
    with service.database.writing([key], connection, changes) as write:
        count = write_rows(write, write.table(key), rows, configuration, disposition=disposition)
        service.quotas.take_job(write, key, partition_id)
        if write.catalog.find("dataset", key[:2]) is None:
            raise not_found("Dataset", f"{key[0]}:{key[1]}")
    job.statistics["load"] = {
        "inputFiles": str(len(paths)),
        "inputFileBytes": str(size),
        "outputRows": str(count),
        "outputBytes": str(size),
        "badRecords": "0",
    }


def _fetch(service: Service, job: Job, folder: Path) -> tuple[list[Path], int]:
    if job.media is not None:
        path = folder / "upload"
        path.write_bytes(job.media)
        return [path], len(job.media)
    uris = job.configuration.get("sourceUris") or []
    if not uris:
        raise invalid("Required parameter is missing: sourceUris")
    if len(uris) > _MOST_URIS:
        raise invalid(f"Too many source URIs: {len(uris)}. The limit is {_MOST_URIS}.")
    storage = Storage(service.settings.storage_url)
    objects = [found for uri in uris for found in storage.matching(uri)]
    paths, size = [], 0
    for number, (bucket, name) in enumerate(sorted(set(objects))):
        # The name decides which file's schema counts, so its order is kept.
        path = folder / f"{number:09d}"
        size += storage.download(bucket, name, path)
        paths.append(path)
    return paths, size


def _rows(
    service: Service, job: Job, connection: Connection, paths: list[Path], *, entry: Entry | None
) -> Rows:
    configuration = job.configuration
    given = configuration.get("schema")
    fields = canonical(given["fields"]) if given and given.get("fields") else None
    if configuration.get("sourceFormat") == "AVRO":
        return _avro_rows(service, configuration, paths, fields, entry)
    known = fields or (entry.fields if entry is not None else None)
    return plain_rows(connection, configuration, paths, known)


def _avro_rows(
    service: Service,
    configuration: Resource,
    paths: list[Path],
    fields: list[Field] | None,
    entry: Entry | None,
) -> Rows:
    options = configuration.get("schemaUpdateOptions") or []
    rules = LoadRules(
        use_logical_types=bool(configuration.get("useAvroLogicalTypes")),
        decimal_target_types=tuple(configuration.get("decimalTargetTypes") or ("NUMERIC",)),
        ignore_unknown_values=bool(configuration.get("ignoreUnknownValues")),
        explicit_schema=fields is not None,
        allow_field_relaxation="ALLOW_FIELD_RELAXATION" in options,
        allow_field_addition="ALLOW_FIELD_ADDITION" in options,
        table="of the destination" if entry is None else entry.full_name,
    )
    destination = fields or (entry.fields if entry is not None else None)
    out_path = paths[0].parent / "decoded.parquet"
    found = service.workers.run(decode, paths, destination, rules=rules, out_path=out_path)
    described = canonical(accepted(found))
    return Rows(fields=described, select=reads_parquet(out_path, described))
