"""Copy jobs: COPY, SNAPSHOT, CLONE and RESTORE."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from tests.standin.bigquery.engine.copies import copied_resource
from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.partitions import (
    belongs,
    check_partition,
    check_spread,
    partition_time,
)
from tests.standin.bigquery.engine.rows import (
    FROM,
    IS_LIVE,
    PARTITION_TIME,
    append,
    column_list,
    end_rows,
    replaced,
)
from tests.standin.bigquery.engine.tables import check_change, new_table, stored_form
from tests.standin.bigquery.errors import duplicate, invalid, not_found
from tests.standin.bigquery.jobs.destination import changes_of, key_of
from tests.standin.bigquery.jobs.sources import Source, find_source
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.state.job import Job

_LOST_FROM_HISTORY = ("timePartitioning", "rangePartitioning", "resourceTags")
_REPLACED = ("schema", "timePartitioning", "rangePartitioning", "clustering", "tableConstraints")
_NEW_ONLY = ("SNAPSHOT", "CLONE")


def copy_work(service: Service) -> Callable[[Job], None]:
    """Return what does the work of a copy job."""

    def work(job: Job) -> None:
        configuration = job.configuration
        references = configuration.get("sourceTables") or [configuration["sourceTable"]]
        operation = configuration.get("operationType") or "COPY"
        key, partition_id = key_of(configuration["destinationTable"])
        service.database.catalog.require_location(key[0], key[1], job.location)
        changes = changes_of(
            configuration["destinationTable"], configuration.get("writeDisposition") or ""
        )
        with service.database.writing([key], changes=changes) as write, engine_errors():
            sources = [_source(service, reference) for reference in references]
            rows = _copy(write, key, sources, operation, configuration)
            service.quotas.take_job(write, key, partition_id)
        job.statistics["copy"] = {"copiedRows": str(rows), "copiedLogicalBytes": "0"}

    return work


def _source(service: Service, reference: Resource) -> Source:
    source = find_source(service.database, reference)
    if not source.entry.is_table:
        kind = source.entry.resource["type"]
        raise invalid(f"Cannot copy {source.entry.full_name}: it is a {kind}")
    if source.partition_id is not None and source.instant is not None:
        raise invalid("A partition of a table cannot be copied as of a time")
    if source.instant is not None:
        service.check_history(source.entry)
    return source


def _copy(
    write: Write, key: TableKey, sources: list[Source], operation: str, configuration: Resource
) -> int:
    _, partition_id = key_of(configuration["destinationTable"])
    existing = write.table(key)
    if existing is None:
        if configuration.get("createDisposition") == "CREATE_NEVER":
            raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}")
        entry = _created(write, key, sources, operation, configuration)
    else:
        entry = _prepared(write, existing, sources, operation, configuration)
    if partition_id is not None:
        check_partition(entry.resource, partition_id, entry.full_name)
    rows = sum(_append(write, entry, source, partition_id) for source in sources)
    write.save(measured(entry, write))
    return rows


def _created(
    write: Write, key: TableKey, sources: list[Source], operation: str, configuration: Resource
) -> Entry:
    source = sources[0]
    if operation in _NEW_ONLY and len(sources) > 1:
        raise invalid(f"{operation} takes one source table")
    instant = write.stamp if source.instant is None else source.instant
    resource = copied_resource(source.entry, operation, instant)
    resource["schema"] = {**resource.get("schema", {}), "fields": source.generation.fields}
    if source.instant is not None and operation not in _NEW_ONLY:
        # Restoring from history does not copy these (BigQuery, Restore deleted tables).
        for name in _LOST_FROM_HISTORY:
            resource.pop(name, None)
    expires = configuration.get("destinationExpirationTime")
    if expires:
        resource["expirationTime"] = _milliseconds(str(expires))
    encryption = configuration.get("destinationEncryptionConfiguration")
    if encryption:
        resource["encryptionConfiguration"] = encryption
    kind = "SNAPSHOT" if operation == "SNAPSHOT" else "TABLE"
    entry = new_table(write, key, resource, kind=kind)
    policies, had = source.entry.policies, source.entry.had_policies
    return replace(entry, policies=policies, had_policies=had)


def _milliseconds(text: str) -> str:
    if text.isdigit():
        return text
    return str(round(dt.datetime.fromisoformat(text).timestamp() * 1000))


def _prepared(
    write: Write, entry: Entry, sources: list[Source], operation: str, configuration: Resource
) -> Entry:
    """Return the existing destination, emptied where that is wanted."""
    _, partition_id = key_of(configuration["destinationTable"])
    disposition = configuration.get("writeDisposition") or "WRITE_EMPTY"
    if operation in _NEW_ONLY or (
        disposition == "WRITE_EMPTY" and int(entry.resource.get("numRows", 0))
    ):
        raise duplicate("Table", entry.full_name)
    if entry.resource["type"] != "TABLE":
        raise invalid(f"Cannot write to {entry.full_name}: it is a {entry.resource['type']}")
    if disposition != "WRITE_APPEND":
        # Only WRITE_APPEND keeps them (BigQuery, Using row-level security with other features).
        entry = replace(entry, policies={})
    if disposition == "WRITE_TRUNCATE" and partition_id is None:
        return _replaced(write, entry, sources[0], operation)
    for source in sources:
        check_change(source.generation.fields, entry.fields, entry.full_name)
    if disposition == "WRITE_TRUNCATE" and partition_id is not None:
        end_rows(write, entry.rows, belongs(entry, partition_id))
    return entry


def _replaced(write: Write, entry: Entry, source: Source, operation: str) -> Entry:
    copied = copied_resource(source.entry, operation, write.stamp)
    copied["schema"] = {**copied.get("schema", {}), "fields": source.generation.fields}
    changed = entry.with_resource(**{name: copied.get(name) for name in _REPLACED})
    generation = stored_form(write, changed.resource, changed.fields)
    return replaced(changed, write, generation)


def _append(write: Write, entry: Entry, source: Source, partition_id: str | None) -> int:
    fields = source.generation.fields
    hidden = source.generation.ingestion and entry.rows.ingestion
    columns = column_list(fields, ingestion=hidden)
    select = f"SELECT {columns} FROM ({source.select(hidden=hidden)})"
    if entry.rows.ingestion and partition_id is not None:
        plain = column_list(fields)
        columns = f"{PARTITION_TIME}, {plain}"
        moment = partition_time(entry.resource, partition_id)
        select = f"SELECT {moment}, {plain} FROM ({source.select()})"
    count = append(write, entry.rows, select, columns)
    check_spread(write, entry, select, columns, count)
    if partition_id is not None and not entry.rows.ingestion:
        strangers = write.execute(
            f"SELECT 1 FROM {entry.rows.name} WHERE {FROM} = {write.stamp} AND {IS_LIVE} "
            f"AND NOT ({belongs(entry, partition_id)}) LIMIT 1"
        )
        if strangers:
            raise invalid(
                "Some rows belong to different partitions rather than destination partition "
                f"{entry.key[-1]}${partition_id}"
            )
    return count
