"""MERGE: every row of both sides is given to the first clause that wants it."""

from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.rows import end_rows
from tests.standin.bigquery.engine.types import Field, quoted
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.dml import (
    NEW_ROWS,
    ROW,
    Target,
    all_columns,
    check_changes,
    insert_new,
    target_of,
)
from tests.standin.bigquery.sql.insert import default_of, fits
from tests.standin.bigquery.sql.nodes import raw
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.statements import Statement
from tests.standin.bigquery.sql.translate import to_duckdb


def run_merge(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a MERGE."""
    tree = statement.tree
    assert isinstance(tree, exp.Merge)
    target = target_of(session, tree.this)
    clauses = list(tree.args["whens"].expressions)
    write.execute(
        f"CREATE OR REPLACE TEMP TABLE {NEW_ROWS} AS {_merge_text(session, tree, target)}"
    )
    check_changes(write, target.entry)
    counts = {"updated": 0, "deleted": 0, "inserted": 0}
    for number, clause in enumerate(clauses):
        acted = f"FROM {NEW_ROWS} WHERE rb_action = {number}"
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
        count = end_rows(write, entry.rows, f"rowid IN (SELECT {ROW} {acted})")
    if effect == "deleted":
        return count
    return insert_new(session, write, entry, f"SELECT * EXCLUDE ({ROW}, rb_action) {acted}")


def _merge_text(session: Session, tree: exp.Merge, target: Target) -> str:
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
    _check_members(session, tree, target)
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


def _check_members(session: Session, tree: exp.Merge, target: Target) -> None:
    """Refuse structs whose members are not called as the column's: DuckDB would match by name.

    Raises:
        BigQueryError: There is one.
    """
    records = {it["name"].lower(): it for it in target.entry.fields if it["type"] == "RECORD"}
    given = [
        (records[name], value)
        for clause in tree.args["whens"].expressions
        for name, value in _clause_values(clause, target, tree.args["using"].alias_or_name).items()
        if name in records
    ]
    if not given:
        return
    columns = [exp.alias_(value.copy(), f"c{at}") for at, (_, value) in enumerate(given)]
    probe = exp.Select(expressions=columns)
    probe.set("from_", exp.From(this=target.rows()))
    probe.set("joins", [exp.Join(this=_present(tree.args["using"]), kind="CROSS")])
    found = describe(session.connection, to_duckdb(probe, session)).fields
    for (column, _), value in zip(given, found, strict=True):
        if value["type"] == "RECORD" and not fits(value, column):
            raise invalid_query(
                f"MERGE of a struct whose members are not called as those of {column['name']} is "
                "not supported by the stand-in"
            )


def _present(source: exp.Expression) -> exp.Expression:
    """Return the source with a column that is only NULL where an outer join found no row."""
    rows = source.copy()
    alias = exp.TableAlias(this=exp.to_identifier(source.alias_or_name, quoted=True))
    rows.set("alias", exp.TableAlias(this=exp.to_identifier("rb_inner")))
    select = exp.Select(
        expressions=[exp.Star(), exp.alias_(exp.Boolean(this=True), "rb_present")],
    )
    select.set("from_", exp.From(this=rows))
    return exp.Subquery(this=select, alias=alias)


def _merge_columns(
    session: Session,
    target: Target,
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
    row = raw(f"{quoted(target.alias)}.{ROW}" if has_target else "NULL::BIGINT")
    columns: list[exp.Expression] = [
        exp.alias_(row, ROW),
        exp.alias_(action.copy(), "rb_action"),
    ]
    by_name = {field["name"]: field for field in target.entry.fields}
    for name in all_columns(target.entry):
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
    clause: exp.Expression, target: Target, source: str
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
