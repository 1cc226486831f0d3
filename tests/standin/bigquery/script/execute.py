"""Runs a script: its statements in order, a transaction as one change."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.locks import Change, TableKey
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.googlesql.judge import check_types
from tests.standin.bigquery.script.definitions import (
    run_create_function,
    run_create_policy,
    run_create_schema,
    run_create_view,
    run_drop_function,
    run_drop_policies,
    run_drop_schema,
    run_undrop_schema,
)
from tests.standin.bigquery.script.recall import asked_of, recalled, remember
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.ddl import (
    pin_clone,
    renamed_key,
    run_alter,
    run_clone,
    run_create_table,
    run_drop,
)
from tests.standin.bigquery.sql.dml import run_delete, run_truncate, run_update
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.sql.insert import run_insert
from tests.standin.bigquery.sql.merge import run_merge
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.relations import pin_instants
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.statements import Statement, names_of, split
from tests.standin.bigquery.sql.translate import to_duckdb

type Writer = Callable[[Session, Statement, Write], Outcome]
type Definer = Callable[[Session, Statement], Outcome]

_WRITERS: dict[str, Writer] = {
    "INSERT": run_insert,
    "DELETE": run_delete,
    "UPDATE": run_update,
    "MERGE": run_merge,
    "TRUNCATE_TABLE": run_truncate,
    "CREATE_TABLE": run_create_table,
    "CREATE_TABLE_AS_SELECT": run_create_table,
    "CREATE_TABLE_CLONE": run_clone,
    "ALTER_TABLE": run_alter,
    "DROP_TABLE": run_drop,
    "DROP_VIEW": run_drop,
    "DROP_MATERIALIZED_VIEW": run_drop,
    "DROP_SNAPSHOT_TABLE": run_drop,
}
_DEFINERS: dict[str, Definer] = {
    "CREATE_SCHEMA": run_create_schema,
    "DROP_SCHEMA": run_drop_schema,
    "UNDROP_SCHEMA": run_undrop_schema,
    "CREATE_VIEW": run_create_view,
    "CREATE_MATERIALIZED_VIEW": run_create_view,
    "CREATE_FUNCTION": run_create_function,
    "CREATE_TABLE_FUNCTION": run_create_function,
    "DROP_FUNCTION": run_drop_function,
    "CREATE_ROW_ACCESS_POLICY": run_create_policy,
    "DROP_ROW_ACCESS_POLICY": run_drop_policies,
    "DROP_ALL_ROW_ACCESS_POLICIES": run_drop_policies,
}
_MUTATES = ("UPDATE", "DELETE", "MERGE")
_DML = (*_MUTATES, "INSERT", "TRUNCATE_TABLE")


class Group(NamedTuple):
    """Statements that are one change.

    Attributes:
        statements: Them, in order.
        is_transaction: Whether the script says so.
    """

    statements: list[Statement]
    is_transaction: bool


def run_script(session: Session, script: str) -> list[Outcome]:
    """Run every statement of a script and return what each did.

    Raises:
        BigQueryError: One failed; the earlier ones outside its transaction stay done.
    """
    asked = asked_of(session, script)
    if asked is not None and (known := recalled(session, asked)) is not None:
        return [known]
    outcomes = []
    statements = split(script)
    for group in _groups(statements):
        with engine_errors():
            outcomes += _run_group(session, group)
    if asked is not None:
        remember(asked, statements, outcomes)
    return outcomes


def _groups(statements: list[Statement]) -> Iterator[Group]:
    transaction: list[Statement] | None = None
    for statement in statements:
        if statement.kind == "BEGIN_TRANSACTION":
            transaction = []
        elif statement.kind in ("COMMIT_TRANSACTION", "ROLLBACK_TRANSACTION"):
            if transaction is None:
                raise invalid_query("There is no open transaction")
            if statement.kind == "COMMIT_TRANSACTION" and transaction:
                yield Group(transaction, is_transaction=True)
            transaction = None
        elif transaction is None:
            yield Group([statement], is_transaction=False)
        else:
            transaction.append(statement)


def _run_group(session: Session, whole: Group) -> list[Outcome]:
    group = whole.statements
    keys = [key for statement in group for key in _targets(session, statement)]
    if session.location:
        # A job sees, and writes, no dataset of another location.
        for project, dataset_id, _ in (*keys, *_defined(session, group)):
            session.service.database.catalog.require_location(project, dataset_id, session.location)
    if not keys and len(group) == 1:
        check_types(group[0].text, session)
        return [_read(session, group[0])]
    for statement in group:
        if statement.tree is not None:
            pin_instants(statement.tree, session, to_duckdb)
        elif statement.parts.get("at"):
            pin_clone(session, statement)
    outcomes = []
    changes = _changes(session, whole)
    with session.service.database.writing(keys, session.connection, changes) as write:
        inner = replace(session, write=write)
        for statement in group:
            check_types(statement.text, inner)
            _count_updates(inner, statement, write)
            writer = _WRITERS.get(statement.kind)
            outcomes.append(
                _read(inner, statement) if writer is None else writer(inner, statement, write)
            )
    return outcomes


def _count_updates(session: Session, statement: Statement, write: Write) -> None:
    for key in _targets(session, statement):
        entry = write.table(key)
        session.service.quotas.take_update(
            key,
            {} if entry is None else entry.resource,
            write.stamp,
            is_dml=statement.kind in _DML,
        )


def _read(session: Session, statement: Statement) -> Outcome:
    if statement.kind in _DEFINERS:
        return _DEFINERS[statement.kind](session, statement)
    if statement.kind != "SELECT" or statement.tree is None:
        raise invalid_query(f"{statement.kind} is not supported by the stand-in")
    query = describe(session.connection, to_duckdb(statement.tree.copy(), session))
    return Outcome(kind="SELECT", query=query)


def _defined(session: Session, group: list[Statement]) -> list[TableKey]:
    return [
        session.full_key(names_of(statement.parts["name"] or ""))
        for statement in group
        if statement.kind in ("CREATE_VIEW", "CREATE_MATERIALIZED_VIEW", "CREATE_FUNCTION")
    ]


def _changes(session: Session, group: Group) -> dict[TableKey, Change]:
    """Return what is done to the tables that do not only get more rows."""
    changes = {}
    for statement in group.statements:
        replaces = statement.tree is not None and statement.tree.args.get("replace")
        truncates = statement.kind == "TRUNCATE_TABLE" or replaces or statement.parts.get("replace")
        if truncates or statement.kind in _MUTATES:
            change = Change.TRUNCATES if truncates else Change.MUTATES
            for key in _targets(session, statement):
                changes[key] = Change.TRANSACTION if group.is_transaction else change
    return changes


def _targets(session: Session, statement: Statement) -> list[TableKey]:
    if statement.kind not in _WRITERS:
        return []
    tree = statement.tree
    if tree is None:
        return [session.full_key(names_of(statement.parts["name"] or ""))]
    if isinstance(tree, exp.TruncateTable):
        return [session.key_of(tree.expressions[0])]
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    new_key = renamed_key(session, tree) if isinstance(tree, exp.Alter) else None
    return [session.key_of(target), *([new_key] if new_key else [])]
