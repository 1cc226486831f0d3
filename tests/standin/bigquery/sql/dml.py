"""DELETE, UPDATE, MERGE and TRUNCATE TABLE: old row versions end, new ones begin."""

from dataclasses import dataclass

from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import LIVE, Entry
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.rows import (
    FROM,
    IS_LIVE,
    PARTITION_TIME,
    TO,
    check_required,
    column_list,
    end_rows,
)
from tests.standin.bigquery.engine.types import Field, quoted
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.expressions import raw
from tests.standin.bigquery.sql.insert import default_of, values_for, writable
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.relations import check_partition_filter
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.session import Session
from tests.standin.bigquery.sql.statements import Statement
from tests.standin.bigquery.sql.translate import to_duckdb

_ROW = "rb_rowid"
_NEW = "rb_new_rows"


@dataclass(frozen=True)
class _Target:
    """A table that is changed, and how the statement calls it."""

    entry: Entry
    alias: str

    def rows(self) -> exp.Expression:
        """Return its live rows with their row numbers, as a table expression."""
        generation = self.entry.rows
        hidden = f", {PARTITION_TIME}" if generation.ingestion else ""
        columns = column_list(generation.fields)
        text = f"(SELECT rowid AS {_ROW}, {columns}{hidden} FROM {generation.name} WHERE {IS_LIVE})"
        alias = exp.TableAlias(this=exp.to_identifier(self.alias, quoted=True))
        return exp.Table(this=raw(text), alias=alias)


def _target(session: Session, table: exp.Expression) -> _Target:
    entry = writable(session.table(session.key_of(table)))
    return _Target(entry, table.alias or entry.key[-1])


def run_delete(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a DELETE."""
    tree = statement.tree
    assert isinstance(tree, exp.Delete)
    target = _target(session, tree.this)
    where = tree.args.get("where")
    if where is None:
        raise invalid_query("DELETE must have a WHERE clause")
    check_partition_filter(tree.this, target.entry)
    count = _end(session, write, target, where)
    write.save(measured(target.entry, write))
    return Outcome(kind="DELETE", deleted=count, is_dml=True)


def _end(session: Session, write: Write, target: _Target, where: exp.Expression) -> int:
    rows = exp.Select(expressions=[raw(f"{quoted(target.alias)}.{_ROW}")])
    rows.set("from_", exp.From(this=target.rows()))
    rows.set("where", where.copy())
    return end_rows(write, target.entry.rows, f"rowid IN ({to_duckdb(rows, session)})")


def run_truncate(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a TRUNCATE TABLE."""
    assert isinstance(statement.tree, exp.TruncateTable)
    target = _target(session, statement.tree.expressions[0])
    count = end_rows(write, target.entry.rows)
    write.save(measured(target.entry, write))
    return Outcome(kind="TRUNCATE_TABLE", deleted=count, is_dml=True)


def run_update(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run an UPDATE."""
    tree = statement.tree
    assert isinstance(tree, exp.Update)
    target = _target(session, tree.this)
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


def _changed_columns(target: _Target, assignments: list[exp.Expression]) -> list[exp.Expression]:
    changes = {item.this.name.lower(): item.expression for item in assignments}
    for item in assignments:
        nested = item.this.args.get("table") if isinstance(item.this, exp.Column) else item.this
        if isinstance(nested, exp.Identifier) and nested.name.lower() != target.alias.lower():
            raise invalid_query("UPDATE of a nested field is not supported by the stand-in")
    known = {field["name"].lower() for field in target.entry.fields} | {PARTITION_TIME.lower()}
    for name in changes:
        if name not in known:
            raise invalid_query(f"Unrecognized name: {name}")
    columns: list[exp.Expression] = [raw(f"{quoted(target.alias)}.{_ROW}")]
    for name in _all_columns(target.entry):
        old = raw(f"{quoted(target.alias)}.{quoted(name)}")
        columns.append(exp.alias_(changes.get(name.lower(), old).copy(), name, quoted=True))
    return columns


def _all_columns(entry: Entry) -> list[str]:
    names = [field["name"] for field in entry.rows.fields]
    return [PARTITION_TIME, *names] if entry.rows.ingestion else names


def _replace_rows(session: Session, write: Write, target: _Target, sql: str) -> int:
    """End the rows that a query names and insert what it gives for them."""
    write.execute(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS {sql}")
    _check_single(write)
    end_rows(write, target.entry.rows, f"rowid IN (SELECT {_ROW} FROM {_NEW})")
    return _insert_new(session, write, target.entry, f"SELECT * EXCLUDE ({_ROW}) FROM {_NEW}")


def _check_single(write: Write) -> None:
    twice = write.execute(
        f"SELECT 1 FROM {_NEW} WHERE {_ROW} IS NOT NULL GROUP BY {_ROW} HAVING count(*) > 1 LIMIT 1"
    )
    if twice:
        raise invalid_query("UPDATE/MERGE must match at most one source row for each target row")


def _insert_new(session: Session, write: Write, entry: Entry, sql: str) -> int:
    described = describe(session.connection, sql)
    names = _all_columns(entry)
    values = values_for(entry, described, names, session, write)
    count = write.changed_rows(
        f"INSERT INTO {entry.rows.name} ({values.columns}, {FROM}, {TO}) "
        f"SELECT *, {write.stamp}, {LIVE} FROM ({values.select})"
    )
    check_required(write, entry.rows)
    return count


def run_merge(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a MERGE."""
    tree = statement.tree
    assert isinstance(tree, exp.Merge)
    target = _target(session, tree.this)
    clauses = list(tree.args["whens"].expressions)
    write.execute(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS {_merge_text(session, tree, target)}")
    _check_single(write)
    counts = {"updated": 0, "deleted": 0, "inserted": 0}
    for number, clause in enumerate(clauses):
        acted = f"FROM {_NEW} WHERE rb_action = {number}"
        then = clause.args["then"]
        if isinstance(then, exp.Insert):
            effect = "inserted"
        elif isinstance(then, exp.Update):
            effect = "updated"
        else:
            effect = "deleted"
        counts[effect] += _act(session, write, target.entry, effect, acted)
    write.save(measured(target.entry, write))
    return Outcome(kind="MERGE", is_dml=True, **counts)


def _act(session: Session, write: Write, entry: Entry, effect: str, acted: str) -> int:
    if effect != "inserted":
        count = end_rows(write, entry.rows, f"rowid IN (SELECT {_ROW} {acted})")
    if effect == "deleted":
        return count
    return _insert_new(session, write, entry, f"SELECT * EXCLUDE ({_ROW}, rb_action) {acted}")


def _merge_text(session: Session, tree: exp.Merge, target: _Target) -> str:
    """Return the query that gives each row with the number of the clause that acts on it."""
    clauses = list(enumerate(tree.args["whens"].expressions))
    on = tree.args["on"]
    with_target = [
        (number, item)
        for number, item in clauses
        if item.args.get("matched") or item.args.get("source")
    ]
    only_source = [pair for pair in clauses if pair not in with_target]
    parts = []
    source = tree.args["using"]
    name = source.alias_or_name
    if with_target:
        left = exp.Select(expressions=_merge_columns(session, target, with_target, name))
        left.set("from_", exp.From(this=target.rows()))
        left.set("joins", [exp.Join(this=_present(source), side="LEFT", on=on.copy())])
        parts.append(to_duckdb(left, session))
    if only_source:
        exists = exp.Select(expressions=[exp.Literal.number(1)])
        exists.set("from_", exp.From(this=target.rows()))
        exists.set("where", exp.Where(this=on.copy()))
        right = exp.Select(expressions=_merge_columns(session, target, only_source, name))
        right.set("from_", exp.From(this=_present(source)))
        right.set("where", exp.Where(this=exp.Not(this=exp.Exists(this=exists))))
        parts.append(to_duckdb(right, session))
    listed = " UNION ALL ".join(f"({part})" for part in parts)
    return f"SELECT * FROM ({listed}) WHERE rb_action IS NOT NULL"


def _present(source: exp.Expression) -> exp.Expression:
    """Return the source with a column that is only NULL where an outer join found no row."""
    rows = source.copy()
    alias = exp.TableAlias(this=exp.to_identifier(source.alias_or_name, quoted=True))
    rows.set(
        "alias",
        None
        if isinstance(rows, exp.Subquery)
        else exp.TableAlias(this=exp.to_identifier("rb_inner")),
    )
    if isinstance(rows, exp.Subquery):
        rows.set("alias", exp.TableAlias(this=exp.to_identifier("rb_inner")))
    select = exp.Select(
        expressions=[exp.Star(), exp.alias_(exp.Boolean(this=True), "rb_present")],
    )
    select.set("from_", exp.From(this=rows))
    return exp.Subquery(this=select, alias=alias)


def _merge_columns(
    session: Session,
    target: _Target,
    clauses: list[tuple[int, exp.Expression]],
    source: str,
) -> list[exp.Expression]:
    action, values = exp.Case(), {}
    has_target = any(item.args.get("matched") or item.args.get("source") for _, item in clauses)
    for number, clause in clauses:
        condition = clause.args.get("condition")
        test = f"{quoted(source)}.rb_present"
        present = raw(f"{test} IS NOT NULL" if clause.args.get("matched") else f"{test} IS NULL")
        tests = [] if not has_target else [exp.Paren(this=present)]
        tests += [exp.Paren(this=condition.copy())] if condition is not None else []
        action = action.when(exp.and_(*tests) if tests else raw("TRUE"), exp.Literal.number(number))
        values[number] = _clause_values(clause, target, source)
    row = raw(f"{quoted(target.alias)}.{_ROW}" if has_target else "NULL::BIGINT")
    columns: list[exp.Expression] = [
        exp.alias_(row, _ROW),
        exp.alias_(action.copy(), "rb_action"),
    ]
    by_name = {field["name"]: field for field in target.entry.fields}
    for name in _all_columns(target.entry):
        chosen = exp.Case()
        for number, given in values.items():
            value = given.get(name.lower())
            if value is not None:
                chosen = chosen.when(_same_action(action, number), _fit(value, by_name.get(name)))
        old = (
            f"{quoted(target.alias)}.{quoted(name)}"
            if has_target
            else _missing(name, by_name, session)
        )
        chosen = chosen.else_(raw(old))
        column = chosen if chosen.args.get("ifs") else raw(old)
        columns.append(exp.alias_(column, name, quoted=True))
    return columns


def _same_action(action: exp.Expression, number: int) -> exp.Expression:
    return exp.EQ(this=exp.Paren(this=action.copy()), expression=exp.Literal.number(number))


def _fit(value: exp.Expression, field: Field | None) -> exp.Expression:
    # Branches of one CASE need one type; only text into a tagged type needs help.
    if field is not None and field["type"] in ("BIGNUMERIC", "GEOGRAPHY", "JSON"):
        kind = field["type"].lower()
        return exp.Anonymous(this=f"bq_{kind}", expressions=[value.copy()])
    return value.copy()


def _missing(name: str, fields: dict[str, Field], session: Session) -> str:
    if name not in fields:
        return "NULL::TIMESTAMPTZ"
    return default_of(fields[name], session)


def _clause_values(
    clause: exp.Expression, target: _Target, source: str
) -> dict[str, exp.Expression]:
    then = clause.args["then"]
    if isinstance(then, exp.Update):
        return {item.this.name.lower(): item.expression for item in then.expressions}
    if not isinstance(then, exp.Insert):
        return {}
    listed = [] if isinstance(then.this, exp.Var) or not then.this else then.this.expressions
    names = [item.name.lower() for item in listed]
    names = names or [field["name"].lower() for field in target.entry.fields]
    if not then.expression:
        return {name: exp.column(name, table=source) for name in names}
    return dict(zip(names, then.expression.expressions, strict=True))
