"""DELETE, UPDATE and TRUNCATE TABLE: old row versions end, new ones begin."""

from dataclasses import dataclass

from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import LIVE, Entry
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.partitions import (
    check_spread,
    is_partitioned,
    partition_column,
)
from tests.standin.bigquery.engine.rows import (
    FROM,
    PARTITION_TIME,
    TO,
    check_constraints,
    column_list,
    end_rows,
    validity,
)
from tests.standin.bigquery.engine.types import quoted
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.insert import values_for, writable
from tests.standin.bigquery.sql.nodes import raw
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.relations import check_partition_filter
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.statements import Statement
from tests.standin.bigquery.sql.translate import to_duckdb

ROW = "rb_rowid"
NEW_ROWS = "rb_new_rows"


@dataclass(frozen=True)
class Target:
    """A table that is changed, and how the statement calls it."""

    entry: Entry
    alias: str

    def rows(self) -> exp.Expression:
        """Return its live rows with their row numbers, as a table expression."""
        generation = self.entry.rows
        hidden = f", {PARTITION_TIME}" if generation.ingestion else ""
        columns = column_list(generation.fields)
        text = f"(SELECT rowid AS {ROW}, {columns}{hidden} FROM {generation.name} WHERE {validity(generation)})"
        alias = exp.TableAlias(this=exp.to_identifier(self.alias, quoted=True))
        return exp.Table(this=raw(text), alias=alias)


def target_of(session: Session, table: exp.Expression) -> Target:
    """Return the table that a statement changes."""
    entry = writable(session.table(session.key_of(table)))
    return Target(entry, table.alias or entry.key[-1])


def run_delete(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a DELETE."""
    tree = statement.tree
    assert isinstance(tree, exp.Delete)
    target = target_of(session, tree.this)
    where = tree.args.get("where")
    if where is None:
        raise invalid_query("DELETE must have a WHERE clause")
    check_partition_filter(tree.this, target.entry)
    count = _end(session, write, target, where)
    write.save(measured(target.entry, write))
    return Outcome(kind="DELETE", deleted=count, is_dml=True)


def _end(session: Session, write: Write, target: Target, where: exp.Expression) -> int:
    rows = exp.Select(expressions=[raw(f"{quoted(target.alias)}.{ROW}")])
    rows.set("from_", exp.From(this=target.rows()))
    rows.set("where", where.copy())
    ended = f"rowid IN ({to_duckdb(rows, session)})"
    generation = target.entry.rows
    names = column_list(generation.fields, ingestion=generation.ingestion)
    select = f"SELECT {names} FROM {generation.name} WHERE {validity(generation)} AND {ended}"
    check_spread(write, target.entry, select, names)
    return end_rows(write, generation, ended)


def run_truncate(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a TRUNCATE TABLE."""
    assert isinstance(statement.tree, exp.TruncateTable)
    target = target_of(session, statement.tree.expressions[0])
    count = end_rows(write, target.entry.rows)
    write.save(measured(target.entry, write))
    return Outcome(kind="TRUNCATE_TABLE", deleted=count, is_dml=True)


def run_update(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run an UPDATE."""
    tree = statement.tree
    assert isinstance(tree, exp.Update)
    target = target_of(session, tree.this)
    where = tree.args.get("where")
    if where is None:
        raise invalid_query("UPDATE must have a WHERE clause")
    check_partition_filter(tree.this, target.entry)
    select = exp.Select(expressions=_changed_columns(target, tree.expressions))
    select.set("from_", exp.From(this=target.rows()))
    further = tree.args.get("from_") or tree.args.get("from")
    if further is not None:
        joins = [
            exp.Join(this=further.this.copy(), kind="CROSS"),
            *further.this.args.get("joins", []),
        ]
        joins[0].this.set("joins", None)
        select.set("joins", joins)
    select.set("where", where.copy())
    count = _replace_rows(session, write, target, to_duckdb(select, session))
    write.save(measured(target.entry, write))
    return Outcome(kind="UPDATE", updated=count, is_dml=True)


def _changed_columns(target: Target, assignments: list[exp.Expression]) -> list[exp.Expression]:
    changes = {item.this.name.lower(): item.expression for item in assignments}
    for item in assignments:
        nested = item.this.args.get("table") if isinstance(item.this, exp.Column) else item.this
        if isinstance(nested, exp.Identifier) and nested.name.lower() != target.alias.lower():
            raise invalid_query("UPDATE of a nested field is not supported by the stand-in")
    known = {field["name"].lower() for field in target.entry.fields} | {PARTITION_TIME.lower()}
    for name in changes:
        if name not in known:
            raise invalid_query(f"Unrecognized name: {name}")
    columns: list[exp.Expression] = [raw(f"{quoted(target.alias)}.{ROW}")]
    for name in all_columns(target.entry):
        old = raw(f"{quoted(target.alias)}.{quoted(name)}")
        columns.append(exp.alias_(changes.get(name.lower(), old).copy(), name, quoted=True))
    return columns


def all_columns(entry: Entry) -> list[str]:
    """Return the names of a table's columns, the hidden one included."""
    names = [field["name"] for field in entry.rows.fields]
    return [PARTITION_TIME, *names] if entry.rows.ingestion else names


def _replace_rows(session: Session, write: Write, target: Target, sql: str) -> int:
    """End the rows that a query names and insert what it gives for them."""
    write.execute(f"CREATE OR REPLACE TEMP TABLE {NEW_ROWS} AS {sql}")
    check_changes(write, target.entry)
    end_rows(write, target.entry.rows, f"rowid IN (SELECT {ROW} FROM {NEW_ROWS})")
    return insert_new(session, write, target.entry, f"SELECT * EXCLUDE ({ROW}) FROM {NEW_ROWS}")


def check_changes(write: Write, entry: Entry) -> None:
    """Refuse that one row is changed twice, and that rows of too many partitions are.

    Raises:
        BigQueryError: It is so.
    """
    twice = write.execute(
        f"SELECT 1 FROM {NEW_ROWS} WHERE {ROW} IS NOT NULL GROUP BY {ROW} HAVING count(*) > 1 LIMIT 1"
    )
    if twice:
        raise invalid_query("UPDATE/MERGE must match at most one source row for each target row")
    ((changed,),) = write.execute(f"SELECT count(*) FROM {NEW_ROWS}")
    if is_partitioned(entry.resource):
        column, kind = partition_column(entry)
        old = (
            f"SELECT {column} FROM {entry.rows.name} WHERE rowid IN (SELECT {ROW} FROM {NEW_ROWS})"
        )
        new = f"SELECT CAST({column} AS {kind}) FROM {NEW_ROWS}"
        check_spread(write, entry, f"{old} UNION ALL {new}", column, 2 * changed)


def insert_new(session: Session, write: Write, entry: Entry, sql: str) -> int:
    """Insert rows that have every column of a table, and return how many."""
    described = describe(session.connection, sql)
    names = all_columns(entry)
    values = values_for(entry, described, names, session, write)
    count = write.changed_rows(
        f"INSERT INTO {entry.rows.name} ({values.columns}, {FROM}, {TO}) "
        f"SELECT *, {write.stamp}, {LIVE} FROM ({values.select})"
    )
    check_constraints(write, entry.rows)
    return count
