"""Routines, kept as resources; functions and table functions of SQL also run in queries."""

from tests.standin.bigquery.call import Call, page
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import stamped
from tests.standin.bigquery.engine.tables import drop_table
from tests.standin.bigquery.errors import duplicate, invalid, not_found
from tests.standin.bigquery.googlesql.judge import check_syntax, check_types
from tests.standin.bigquery.resources.table_functions import arguments_text, check_table_function
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.shared import Shared
from tests.standin.bigquery.sql.table_functions import type_text

_LISTED = (
    "etag",
    "routineReference",
    "routineType",
    "creationTime",
    "lastModifiedTime",
    "language",
)
"""What a list shows without a `readMask` (discovery document, routines.list)."""
_TABLE_VALUED = "TABLE_VALUED_FUNCTION"


def _lock(key: TableKey) -> TableKey:
    return key[0], key[1], f"\0routine {key[2]}"


def put_routine(service: Shared, key: TableKey, body: Resource) -> Entry:
    """Create or replace a routine."""
    service.database.catalog.require_dataset(key[0], key[1])
    with service.database.writing([_lock(key)]) as write:
        existing = write.catalog.find("routine", key)
        number = write.catalog.new_number() if existing is None else existing.number
        created = None if existing is None else existing.resource["creationTime"]
        resource = {
            **{name: value for name, value in body.items() if value is not None},
            "routineReference": {
                "projectId": key[0],
                "datasetId": key[1],
                "routineId": key[2],
            },
            "creationTime": created or str(write.stamp // 1000),
        }
        entry = Entry(kind="routine", key=key, number=number, resource=resource)
        entry = stamped(entry, write.stamp)
        write.save(entry)
    return entry


def delete_routine_of(service: Shared, key: TableKey) -> None:
    """Delete a routine.

    Raises:
        BigQueryError: There is none.
    """
    with service.database.writing([_lock(key)]) as write:
        drop_table(write, _require(service, key))


def _require(service: Shared, key: TableKey) -> Entry:
    found = service.database.catalog.find("routine", key)
    if found is None:
        service.database.catalog.require_dataset(key[0], key[1])
        raise not_found("Routine", f"{key[0]}:{key[1]}.{key[2]}")
    return found


def _key(call: Call) -> TableKey:
    return (*call.dataset_key, call.path["routineId"])


def insert_routine(service: Shared, call: Call) -> Resource:
    """Answer routines.insert."""
    routine_id = call.body.get("routineReference", {}).get("routineId")
    if not routine_id:
        raise invalid("Required parameter is missing: routineReference.routineId")
    key = (*call.dataset_key, routine_id)
    if service.database.catalog.find("routine", key):
        raise duplicate("Routine", f"{key[0]}:{key[1]}.{key[2]}")
    _check_body(service, key, call.body)
    return put_routine(service, key, call.body).resource


def _check_body(service: Shared, key: TableKey, routine: Resource) -> None:
    """Refuse a function whose body GoogleSQL cannot read, or whose types do not hold.

    A statement that makes one was judged itself.
    """
    kind = routine.get("routineType")
    if "returnTableType" in routine and kind != _TABLE_VALUED:
        raise invalid("returnTableType can be set only for a TABLE_VALUED_FUNCTION")
    if kind == _TABLE_VALUED:
        check_table_function(service, key, routine)
        return
    if routine.get("language", "SQL") != "SQL" or kind != "SCALAR_FUNCTION":
        return
    returns = f" RETURNS {type_text(routine['returnType'])}" if routine.get("returnType") else ""
    body = routine.get("definitionBody", "")
    sql = f"CREATE TEMP FUNCTION judged({arguments_text(routine)}){returns} AS (\n{body}\n)"
    check_syntax(sql)
    with service.database.reading() as connection:
        check_types(sql, Session(service=service, connection=connection, project=key[0]))


def get_routine(service: Shared, call: Call) -> Resource:
    """Answer routines.get."""
    return _require(service, _key(call)).resource


def list_routines(service: Shared, call: Call) -> Resource:
    """Answer routines.list."""
    service.database.catalog.require_dataset(*call.dataset_key)
    items = [
        {key: entry.resource[key] for key in _LISTED if key in entry.resource}
        for entry in service.database.catalog.below("routine", *call.dataset_key)
    ]
    return page(call, items, "routines")


def update_routine(service: Shared, call: Call) -> Resource:
    """Answer routines.update: the whole resource is replaced."""
    call.check_etag(_require(service, _key(call)).resource)
    _check_body(service, _key(call), call.body)
    return put_routine(service, _key(call), call.body).resource


def delete_routine(service: Shared, call: Call) -> Resource:
    """Answer routines.delete."""
    delete_routine_of(service, _key(call))
    return {}
