"""CREATE and DROP of what has no rows: datasets, views, functions, row access policies."""

import re
from typing import Any

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import BigQueryError, duplicate, invalid_query, not_found
from tests.standin.bigquery.resources.datasets import (
    create_dataset,
    remove_dataset,
    restore_dataset,
)
from tests.standin.bigquery.resources.policies import delete_policies, put_policy
from tests.standin.bigquery.resources.routines import delete_routine_of, put_routine
from tests.standin.bigquery.resources.table_functions import check_table_function
from tests.standin.bigquery.resources.views import create_view
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.fields import field_of_type
from tests.standin.bigquery.sql.options import (
    dataset_options,
    options_in,
    options_of,
    table_options,
)
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.statements import Statement, names_of

_TYPE_KINDS = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
}


def _dataset(session: Session, statement: Statement) -> tuple[str, str]:
    if statement.tree is not None:
        table = statement.tree.this
        names = [part.name for part in table.parts if part.name]
    else:
        names = names_of(statement.parts["name"] or "")
    names = ".".join(names).split(".")
    return (names[0], names[1]) if len(names) > 1 else (session.project, names[0])


def run_create_schema(session: Session, statement: Statement) -> Outcome:
    """Run CREATE SCHEMA."""
    tree = statement.tree
    assert isinstance(tree, exp.Create)
    project, dataset_id = _dataset(session, statement)
    body = dataset_options(options_in(tree.args.get("properties"), session))
    outcome = Outcome(kind="CREATE_SCHEMA", operation="CREATE")
    try:
        create_dataset(session.service, project, dataset_id, body)
    except BigQueryError as error:
        if error.reason != "duplicate" or not tree.args.get("exists"):
            raise
        outcome.operation = "SKIP"
    return outcome


def run_drop_schema(session: Session, statement: Statement) -> Outcome:
    """Run DROP SCHEMA."""
    tree = statement.tree
    assert isinstance(tree, exp.Drop)
    project, dataset_id = _dataset(session, statement)
    outcome = Outcome(kind="DROP_SCHEMA", operation="DROP")
    try:
        remove_dataset(
            session.service, project, dataset_id, contents=bool(tree.args.get("cascade"))
        )
    except BigQueryError as error:
        if error.reason != "notFound" or not tree.args.get("exists"):
            raise
        outcome.operation = "SKIP"
    return outcome


def run_undrop_schema(session: Session, statement: Statement) -> Outcome:
    """Run UNDROP SCHEMA."""
    project, dataset_id = _dataset(session, statement)
    try:
        restore_dataset(session.service, project, dataset_id)
    except BigQueryError as error:
        if error.reason != "duplicate" or not statement.parts["missing"]:
            raise
    return Outcome(kind="UNDROP_SCHEMA", operation="CREATE")


def run_create_view(session: Session, statement: Statement) -> Outcome:
    """Run CREATE VIEW or CREATE MATERIALIZED VIEW."""
    parts = statement.parts
    if parts["columns"]:
        raise invalid_query("The column list of a view is not supported by the stand-in")
    key = session.full_key(names_of(parts["name"] or ""))
    outcome = Outcome(kind=statement.kind, operation="CREATE", target=key)
    existing = session.find(key)
    if existing is not None:
        if parts["missing"]:
            outcome.operation = "SKIP"
            return outcome
        if not parts["replace"]:
            raise duplicate("Table", f"{key[0]}:{key[1]}.{key[2]}")
        outcome.operation = "REPLACE"
    part = "materializedView" if parts["materialized"] else "view"
    query = (parts["query"] or "").strip()
    definition: Resource = {"query": query}
    if part == "view":
        definition["useLegacySql"] = False
    body = {part: definition, **table_options(options_of(parts["options"], session), {})}
    create_view(session.service, key, body, replacing=existing)
    return outcome


def run_create_function(session: Session, statement: Statement) -> Outcome:
    """Run CREATE FUNCTION of a SQL function, or CREATE TABLE FUNCTION."""
    parts = statement.parts
    key = session.full_key(names_of(parts["name"] or ""))
    outcome = Outcome(kind=statement.kind, operation="CREATE")
    existing = session.service.database.catalog.find("routine", key)
    if existing is not None and not parts["replace"]:
        if not parts["missing"]:
            raise duplicate("Routine", f"{key[0]}:{key[1]}.{key[2]}")
        outcome.operation = "SKIP"
        return outcome
    is_table = statement.kind == "CREATE_TABLE_FUNCTION"
    body: Resource = {
        "routineType": "TABLE_VALUED_FUNCTION" if is_table else "SCALAR_FUNCTION",
        "language": "SQL",
        "definitionBody": (parts["body"] or "").strip(),
    }
    if arguments := _arguments(parts["arguments"] or ""):
        body["arguments"] = arguments
    if parts.get("returns"):
        body["returnType"] = _data_type(parts["returns"] or "")
    if parts.get("columns"):
        row = _data_type(f"STRUCT<{parts['columns']}>")
        body["returnTableType"] = {"columns": row["structType"]["fields"]}
    if is_table:
        check_table_function(session.service, key, body)
    put_routine(session.service, key, body)
    return outcome


def _arguments(text: str) -> list[Resource]:
    found = []
    depth, start = 0, 0
    for at, letter in enumerate(f"{text},"):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and not depth:
            name, _, kind = text[start:at].strip().partition(" ")
            start = at + 1
            if name:
                found.append({"name": name.strip("`"), **_argument_type(kind)})
    return found


def _argument_type(text: str) -> Resource:
    if text.strip().upper() == "ANY TYPE":
        return {"argumentKind": "ANY_TYPE"}
    return {"dataType": _data_type(text)}


def _data_type(text: str) -> Resource:
    return _standard(field_of_type("x", exp.DataType.build(text.strip(), dialect="bigquery")))


def _standard(field: dict[str, Any]) -> Resource:
    if field.get("mode") == "REPEATED":
        return {"typeKind": "ARRAY", "arrayElementType": _standard({**field, "mode": "NULLABLE"})}
    if field["type"] == "RECORD":
        members = [{"name": item["name"], "type": _standard(item)} for item in field["fields"]]
        return {"typeKind": "STRUCT", "structType": {"fields": members}}
    return {"typeKind": _TYPE_KINDS.get(field["type"], field["type"])}


def run_drop_function(session: Session, statement: Statement) -> Outcome:
    """Run DROP FUNCTION."""
    tree = statement.tree
    assert isinstance(tree, exp.Drop)
    key = session.key_of(tree.this)
    if session.service.database.catalog.find("routine", key) is None:
        if not tree.args.get("exists"):
            raise not_found("Routine", f"{key[0]}:{key[1]}.{key[2]}")
        return Outcome(kind="DROP_FUNCTION", operation="SKIP")
    delete_routine_of(session.service, key)
    return Outcome(kind="DROP_FUNCTION", operation="DROP")


def run_create_policy(session: Session, statement: Statement) -> Outcome:
    """Run CREATE ROW ACCESS POLICY."""
    parts = statement.parts
    key = session.full_key(names_of(parts["name"] or ""))
    body = {
        "filterPredicate": (parts["filter"] or "").strip(),
        "grantees": re.findall(r"""["']([^"']+)["']""", parts["grantees"] or ""),
    }
    policy_id = (parts["policy"] or "").strip("`")
    existing = policy_id in session.table(key).policies
    if existing and not parts["replace"]:
        if not parts["missing"]:
            raise duplicate("Row access policy", policy_id)
        return Outcome(kind=statement.kind, operation="SKIP", target=key)
    put_policy(session.service, key, policy_id, body)
    return Outcome(kind=statement.kind, operation="CREATE", target=key)


def run_drop_policies(session: Session, statement: Statement) -> Outcome:
    """Run DROP ROW ACCESS POLICY or DROP ALL ROW ACCESS POLICIES."""
    parts = statement.parts
    key = session.full_key(names_of(parts["name"] or ""))
    present = session.table(key).policies
    wanted = (parts.get("policy") or "").strip("`")
    if wanted and wanted not in present:
        if not parts["exists"]:
            raise not_found("Row access policy", wanted)
        return Outcome(kind=statement.kind, operation="SKIP", target=key)
    # The last one goes by DROP ALL only (BigQuery, Data definition language).
    delete_policies(session.service, key, [wanted] if wanted else list(present), force=not wanted)
    return Outcome(kind=statement.kind, operation="DROP", target=key)
