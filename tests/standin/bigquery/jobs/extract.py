"""Extract jobs: a table's rows to files in Cloud Storage."""

from collections.abc import Callable
from pathlib import Path

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.measures import size_of
from tests.standin.bigquery.engine.types import literal, quoted
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.jobs.crossing import (
    accepted,
    encode,
    outgoing,
    writes_parquet,
)
from tests.standin.bigquery.jobs.sources import Source, find_source
from tests.standin.bigquery.jobs.storage import Storage, parse_uri
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.state.job import Job

_MOST_ROWS_IN_ONE_FILE = 2**62
_CODECS = {"NONE": "null", "SNAPPY": "snappy", "DEFLATE": "deflate"}
_FORMATS = ("AVRO", "CSV", "NEWLINE_DELIMITED_JSON", "PARQUET")


def extract_work(service: Service) -> Callable[[Job], None]:
    """Return what does the work of an extract job."""

    def work(job: Job) -> None:
        configuration = job.configuration
        uris = configuration.get("destinationUris") or [configuration.get("destinationUri", "")]
        _check(configuration, uris)
        table = configuration["sourceTable"]
        catalog = service.database.catalog
        catalog.require_location(table["projectId"], table["datasetId"], job.location)
        source = find_source(service.database, table)
        if not source.entry.is_table:
            raise invalid(
                f"{source.entry.full_name} is not allowed for this operation because it is "
                f"currently a {source.entry.resource['type']}."
            )
        with service.workers.scratch() as folder, engine_errors():
            _extract(service, job, source, uris, folder)

    return work


def _check(configuration: Resource, uris: list[str]) -> None:
    compression = configuration.get("compression") or "NONE"
    kind = configuration.get("destinationFormat") or "CSV"
    if kind not in _FORMATS:
        raise invalid(f"Unsupported destination format: {kind}")
    if kind == "AVRO" and compression not in _CODECS:
        raise invalid(f"{compression} compression is not supported for AVRO format")
    for uri in uris:
        _, name = parse_uri(uri)
        if name.count("*") > 1 or "*" in name.rpartition("/")[0]:
            raise invalid(f"Invalid destination URI, one * in the file name at most: {uri}")


def _extract(service: Service, job: Job, source: Source, uris: list[str], folder: Path) -> None:
    with service.database.reading() as connection:
        job.connection = connection
        fields = source.generation.fields
        rows, size = size_of(connection, f"({source.select()})", fields, "TRUE")
        wildcard = all("*" in uri for uri in uris)
        if size > service.settings.most_bytes_in_one_file and not wildcard:
            raise invalid(
                f"Table {source.entry.full_name} too large to be exported to a single file. "
                "Specify a uri including a * to shard export."
            )
        columns = ", ".join(
            f"{outgoing(quoted(field['name']), field)} AS {quoted(field['name'])}"
            for field in fields
        )
        select = f"SELECT {columns} FROM ({source.select()})"
        if job.configuration.get("destinationFormat") == "AVRO":
            path = folder / "rows.parquet"
            connection.execute(writes_parquet(select, path))
            most = _rows_per_file(service, rows, size) if wildcard else _MOST_ROWS_IN_ONE_FILE
            files = _avro_files(service, job, source, path=path, rows=most)
        else:
            files = [_plain_file(job, select, folder)]
    job.connection = None
    job.check_cancelled()
    counts = _upload(Storage(service.settings.storage_url), files, uris)
    job.statistics["extract"] = {
        "destinationUriFileCounts": [str(count) for count in counts],
        "inputBytes": str(size),
    }
    job.statistics["totalBytesProcessed"] = str(size)


def _rows_per_file(service: Service, rows: int, size: int) -> int:
    if service.settings.rows_per_file:
        return service.settings.rows_per_file
    return max(1, service.settings.bytes_per_file * max(rows, 1) // max(size, 1))


def _avro_files(service: Service, job: Job, source: Source, *, path: Path, rows: int) -> list[Path]:
    configuration = job.configuration
    target = path.parent / "files"
    target.mkdir()
    written = service.workers.run(
        encode,
        path,
        source.generation.fields,
        logical=bool(configuration.get("useAvroLogicalTypes")),
        codec=_CODECS[configuration.get("compression") or "NONE"],
        rows=rows,
        folder=target,
    )
    return [item for item, _ in accepted(written)]


def _plain_file(job: Job, select: str, folder: Path) -> Path:
    assert job.connection is not None
    configuration = job.configuration
    path = folder / "rows"
    kind = configuration.get("destinationFormat") or "CSV"
    options = {"CSV": "FORMAT csv, HEADER", "PARQUET": "FORMAT parquet"}.get(kind, "FORMAT json")
    if kind == "CSV" and configuration.get("printHeader") is False:
        options = "FORMAT csv, HEADER false"
    if configuration.get("compression") == "GZIP":
        options += ", COMPRESSION gzip"
    job.connection.execute(f"COPY ({select}) TO {literal(str(path))} ({options})")
    return path


def _upload(storage: Storage, files: list[Path], uris: list[str]) -> list[int]:
    """Spread the files over the URIs in turn; a URI without a file gets none."""
    counts = [0] * len(uris)
    for number, path in enumerate(files):
        at = number % len(uris)
        bucket, name = parse_uri(uris[at])
        storage.upload(bucket, name.replace("*", f"{counts[at]:012d}"), path)
        counts[at] += 1
    return counts
