"""The INFORMATION_SCHEMA views that are served.

TABLES, COLUMNS, PARTITIONS, TABLE_STORAGE, JOBS and SCHEMATA.
"""

from collections.abc import Callable

from tests.standin.bigquery.engine.entries import LIVE, Entry
from tests.standin.bigquery.engine.partitions import partition_expression
from tests.standin.bigquery.engine.rows import validity
from tests.standin.bigquery.engine.types import is_required, literal
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session

_TYPES = {"TABLE": "BASE TABLE", "MATERIALIZED_VIEW": "MATERIALIZED VIEW"}
_STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}


def information_schema(names: list[str], session: Session) -> str:
    """Return the SELECT that stands for a view.

    Raises:
        BigQueryError: The view is not served.
    """
    at = [name.upper() for name in names].index("INFORMATION_SCHEMA")
    view = names[at + 1].upper() if at + 1 < len(names) else ""
    view = view.removesuffix("_BY_PROJECT").removesuffix("_BY_USER")
    if view not in _VIEWS:
        raise invalid_query(f"INFORMATION_SCHEMA.{view} is not served by the stand-in")
    dataset_id = _dataset(names[:at], session)
    if dataset_id and session.location:
        catalog = session.service.database.catalog
        catalog.require_location(_project(names[:at], session), dataset_id, session.location)
    return _VIEWS[view](_project(names[:at], session), _dataset(names[:at], session), session)


def _dataset(names: list[str], session: Session) -> str:
    if names:
        return "" if names[-1].lower().startswith("region-") else names[-1]
    return session.default_dataset[1] if session.default_dataset else ""


def _project(names: list[str], session: Session) -> str:
    return names[-2] if len(names) > 1 else session.project


def _tables(project: str, dataset_id: str, session: Session) -> list[Entry]:
    parent = (project, dataset_id) if dataset_id else (project,)
    return session.service.database.catalog.below("table", *parent)


def _values(columns: str, rows: list[list[str]], kinds: list[str]) -> str:
    names = columns.split()
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in zip(names, kinds, strict=True))
    listed = "".join(f" UNION ALL SELECT {', '.join(row)}" for row in rows)
    return f"SELECT * FROM (SELECT {empty} WHERE FALSE{listed})"


def _time(entry: Entry, name: str) -> str:
    return f"make_timestamptz({int(entry.resource.get(name, 0))} * 1000)"


def _show_tables(project: str, dataset_id: str, session: Session) -> str:
    rows = [
        [
            *map(literal, (*entry.key, _TYPES.get(entry.resource["type"], entry.resource["type"]))),
            _time(entry, "creationTime"),
        ]
        for entry in _tables(project, dataset_id, session)
    ]
    names = "table_catalog table_schema table_name table_type creation_time"
    return _values(names, rows, ["VARCHAR"] * 4 + ["TIMESTAMPTZ"])


def _show_columns(project: str, dataset_id: str, session: Session) -> str:
    rows = [
        [
            *map(literal, (*entry.key, field["name"])),
            str(position),
            literal("NO" if is_required(field) else "YES"),
            literal(_standard_type(field)),
        ]
        for entry in _tables(project, dataset_id, session)
        for position, field in enumerate(entry.fields, start=1)
    ]
    names = (
        "table_catalog table_schema table_name column_name ordinal_position is_nullable data_type"
    )
    return _values(names, rows, ["VARCHAR"] * 4 + ["BIGINT", "VARCHAR", "VARCHAR"])


def _standard_type(field: dict[str, object]) -> str:
    name = _STANDARD.get(str(field["type"]), str(field["type"]))
    return f"ARRAY<{name}>" if field.get("mode") == "REPEATED" else name


def _show_partitions(project: str, dataset_id: str, session: Session) -> str:
    parts = [
        f"SELECT {literal(project)} AS table_catalog, {literal(entry.key[1])} AS table_schema, "
        f"{literal(entry.key[2])} AS table_name, {partition_expression(entry)} AS partition_id, "
        "count(*) AS total_rows, count(*) * 100 AS total_logical_bytes, "
        "make_timestamptz(greatest(max(_rb_from), max(CASE WHEN _rb_to < "
        f"{LIVE} THEN _rb_to ELSE 0 END))) AS last_modified_time, 'ACTIVE' AS storage_tier "
        f"FROM {entry.rows.name} WHERE {validity(entry.rows)} GROUP BY ALL"
        for entry in _tables(project, dataset_id, session)
        if entry.is_table
    ]
    names = (
        "table_catalog table_schema table_name partition_id total_rows total_logical_bytes "
        "last_modified_time storage_tier"
    )
    kinds = ["VARCHAR"] * 4 + ["BIGINT", "BIGINT", "TIMESTAMPTZ", "VARCHAR"]
    return " UNION ALL ".join([_values(names, [], kinds), *parts])


def _show_storage(project: str, dataset_id: str, session: Session) -> str:
    if dataset_id:
        raise invalid_query("INFORMATION_SCHEMA.TABLE_STORAGE needs a region qualifier")
    rows = [
        [
            *map(literal, entry.key),
            _time(entry, "creationTime"),
            "FALSE" if entry.deleted is None else "TRUE",
        ]
        for entry in session.service.database.catalog.ever("table", project)
        if entry.is_table
    ]
    names = "table_catalog table_schema table_name creation_time deleted"
    return _values(names, rows, ["VARCHAR"] * 3 + ["TIMESTAMPTZ", "BOOLEAN"])


def _show_jobs(project: str, dataset_id: str, session: Session) -> str:
    del dataset_id
    rows = [
        [
            literal(job["jobReference"]["jobId"]),
            literal(job["configuration"].get("jobType", "")),
            literal(job["status"]["state"]),
            f"make_timestamptz({int(job['statistics']['creationTime'])} * 1000)",
        ]
        for job in session.service.jobs.resources(project)
    ]
    return _values("job_id job_type state creation_time", rows, ["VARCHAR"] * 3 + ["TIMESTAMPTZ"])


def _show_schemata(project: str, dataset_id: str, session: Session) -> str:
    del dataset_id
    rows = [
        [*map(literal, (*entry.key, entry.resource["location"]))]
        for entry in session.service.database.catalog.below("dataset", project)
    ]
    return _values("catalog_name schema_name location", rows, ["VARCHAR"] * 3)


_VIEWS: dict[str, Callable[[str, str, Session], str]] = {
    "TABLES": _show_tables,
    "COLUMNS": _show_columns,
    "PARTITIONS": _show_partitions,
    "TABLE_STORAGE": _show_storage,
    "JOBS": _show_jobs,
    "SCHEMATA": _show_schemata,
}
