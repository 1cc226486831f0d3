"""Tables of files in Cloud Storage that a query brings along (BigQuery, Query data in external tables)."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.types import Field, canonical
from tests.standin.bigquery.errors import BigQueryError, invalid
from tests.standin.bigquery.jobs.formats import plain_rows
from tests.standin.bigquery.jobs.storage import Storage
from tests.standin.bigquery.resources.json_values import json_problem
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.session import External
from tests.standin.bigquery.state.job import Job

_FORMAT = "NEWLINE_DELIMITED_JSON"


def external_tables(service: Service, job: Job, stack: ExitStack) -> dict[str, External]:
    """Return the tables that a job defines; their files are kept until the stack is left.

    Raises:
        BigQueryError: A file is missing, or a line of one is no row of its table.
    """
    defined: dict[str, Resource] = job.configuration.get("tableDefinitions") or {}
    if not defined:
        return {}
    folder = stack.enter_context(service.workers.scratch())
    return {name: _table(service, job, name, folder, found) for name, found in defined.items()}


def _table(service: Service, job: Job, name: str, folder: Path, found: Resource) -> External:
    assert job.connection is not None
    if found.get("sourceFormat") != _FORMAT or "schema" not in found:
        raise invalid(f"The local cloud reads external tables of {_FORMAT} with a schema alone")
    fields = canonical(found["schema"]["fields"])
    paths, size_bytes = [], 0
    storage = Storage(service.settings.storage_url)
    for bucket, item in (
        each for uri in found["sourceUris"] for each in _matching(storage, name, uri)
    ):
        path = folder / f"{name}-{len(paths):09d}"
        size_bytes += storage.download(bucket, item, path)
        _check(path, f"gs://{bucket}/{item}", fields, found)
        paths.append(path)
    rows = plain_rows(job.connection, {"sourceFormat": _FORMAT}, paths, fields)
    return External(rows.fields, rows.select, size_bytes)


def _matching(storage: Storage, name: str, uri: str) -> list[tuple[str, str]]:
    try:
        return storage.matching(uri)
    except BigQueryError as error:
        if error.reason != "notFound":
            raise
        raise invalid(
            f"Error while reading table: {name}, error message: Failed to expand table {name} "
            f"with file pattern {uri}: matched no files. File: {uri}"
        ) from error


def _check(path: Path, uri: str, fields: list[Field], found: Resource) -> None:
    """Refuse a file with a line that is no row; `maxBadRecords` is none unless it is said."""
    for line in path.read_bytes().splitlines():
        problem = _problem(line, fields, ignore_unknown=bool(found.get("ignoreUnknownValues")))
        if problem:
            raise invalid(
                "Error while reading data, error message: JSON table encountered too many errors, "
                f"giving up. Rows: 1; errors: 1. {problem} File: {uri}"
            )


def _problem(line: bytes, fields: list[Field], *, ignore_unknown: bool) -> str | None:
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        return f"Error while reading data: {error}"
    return json_problem(row, fields, ignore_unknown=ignore_unknown)
