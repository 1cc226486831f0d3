"""Rows of tables over REST: tabledata.list and tabledata.insertAll."""

import json
from typing import Any

import duckdb

from tests.standin.bigquery.call import DEFAULT_PAGE, Call
from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.partitions import belongs, check_partition
from tests.standin.bigquery.engine.rows import append, generation_at, select_rows
from tests.standin.bigquery.engine.types import Field, quoted
from tests.standin.bigquery.errors import BigQueryError, invalid, not_found
from tests.standin.bigquery.resources.json_values import json_problem, json_select
from tests.standin.bigquery.resources.summary import FIELDS, SUMMARY, summary_rows
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.insert import values_for, writable
from tests.standin.bigquery.sql.results import describe, json_rows, with_float_seconds

_REMEMBERED_IDS = 100_000


def list_rows(service: Service, call: Call) -> Resource:
    """Answer tabledata.list; the table may carry `@ms` and `$partition`."""
    every, select = _rows_to_list(service, call)
    names = [name for name in call.query.get("selectedFields", "").split(",") if name]
    wanted = {name.split(".")[0].lower() for name in names}
    fields = [it for it in every if not wanted or it["name"].lower() in wanted]
    token = call.query.get("pageToken") or "0"
    if not token.isdigit():
        raise invalid("Invalid page token.")
    start = int(token) or int(call.query.get("startIndex") or 0)
    size = min(int(call.query.get("maxResults") or DEFAULT_PAGE), DEFAULT_PAGE)
    columns = ", ".join(quoted(field["name"]) for field in fields)
    text = f"SELECT {columns} FROM ({select}) LIMIT {size} OFFSET {start}"
    with service.database.reading() as connection:
        total = connection.execute(f"SELECT count(*) FROM ({select})").fetchall()[0][0]
        rows = list(json_rows(connection, text, fields)) if size and fields else []
    if not call.flag("formatOptions.useInt64Timestamp"):
        rows = [with_float_seconds(row, fields) for row in rows]
    answer: Resource = {"kind": "bigquery#tableDataList", "totalRows": str(total)}
    if rows:
        answer["rows"] = rows
    if start + len(rows) < total and rows:
        answer["pageToken"] = str(start + len(rows))
    return answer


def _rows_to_list(service: Service, call: Call) -> tuple[list[Field], str]:
    project, dataset_id, name = call.table_key
    name, _, moment = name.partition("@")
    table_id, _, partition_id = name.partition("$")
    entry = service.database.catalog.require_table((project, dataset_id, table_id))
    if not entry.is_table:
        raise invalid(f"Cannot list a table of type {entry.resource['type']}.")
    if partition_id == SUMMARY:
        return FIELDS, summary_rows(entry)
    instant = int(moment) * 1000 if moment else None
    generation = entry.rows if instant is None else generation_at(entry, instant)
    where = ""
    if partition_id:
        check_partition(entry.resource, partition_id, entry.full_name)
        where = belongs(entry, partition_id)
    return entry.fields, select_rows(generation, instant=instant, where=where)


def insert_rows(service: Service, call: Call) -> Resource:
    """Answer tabledata.insertAll: each row is taken or refused, all are written at once."""
    entry = service.database.catalog.require_table(call.table_key)
    rows = call.body.get("rows") or []
    if not rows:
        raise invalid("Empty request: no rows present in the request.")
    known = call.body.get("ignoreUnknownValues", False)
    problems = {
        number: problem
        for number, row in enumerate(rows)
        if (problem := json_problem(row.get("json", {}), entry.fields, ignore_unknown=known))
    }
    if problems and not call.body.get("skipInvalidRows"):
        return _refused(rows, problems)
    taken = [
        row
        for number, row in enumerate(rows)
        if number not in problems and service.insert_ids.is_new(entry.number, row.get("insertId"))
    ]
    if taken:
        try:
            _write(service, call, [row["json"] for row in taken])
        except BaseException:
            service.insert_ids.forget(entry.number, [row.get("insertId") for row in taken])
            raise
    return (
        _refused(rows, problems, others=False)
        if problems
        else {"kind": "bigquery#tableDataInsertAllResponse"}
    )


def _refused(rows: list[Any], problems: dict[int, str], *, others: bool = True) -> Resource:
    errors = []
    for number in range(len(rows)):
        if number in problems:
            detail = {"reason": "invalid", "location": "", "message": problems[number]}
        elif others:
            detail = {"reason": "stopped", "location": "", "message": ""}
        else:
            continue
        errors.append({"index": number, "errors": [{**detail, "debugInfo": ""}]})
    return {"kind": "bigquery#tableDataInsertAllResponse", "insertErrors": errors}


def _write(service: Service, call: Call, rows: list[Resource]) -> None:
    with service.database.writing([call.table_key]) as write:
        entry = write.table(call.table_key)
        if entry is None:
            raise not_found("Table", ".".join(call.table_key))
        entry = writable(entry)
        session = Session(service=service, connection=write.connection, project=call.project)
        named: dict[frozenset[str], list[Resource]] = {}
        for row in rows:
            named.setdefault(frozenset(map(str.lower, row)), []).append(row)
        # What a row does not name has its default, whatever other rows name.
        for present, some in named.items():
            _append(session, write, entry, present, some)
        # Nothing says that the etag moves with streamed rows.
        write.save(measured(entry, write).with_resource(etag=entry.resource["etag"]))
        service.insert_ids.stream(entry.number, write.stamp)


def _append(
    session: Session, write: Write, entry: Entry, present: frozenset[str], rows: list[Resource]
) -> None:
    """Append rows that name the same columns."""
    fields = [it for it in entry.fields if it["name"].lower() in present]
    names = [field["name"] for field in fields]
    columns = ", ".join(map(quoted, names)) or "NULL"
    text = json_select(entry.fields, json.dumps(rows))
    try:
        query = describe(write.connection, f"SELECT {columns} FROM ({text})")
        values = values_for(entry, query, names, session, write)
        append(write, entry.rows, values.select, values.columns)
    except duckdb.Error as error:
        raise BigQueryError("invalid", str(error).split("\n", maxsplit=1)[0]) from error
