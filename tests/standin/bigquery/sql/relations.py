"""Tables of a statement, each replaced by the rows it has at the wanted instant."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.rows import PARTITION_TIME, generation_at, select_rows
from tests.standin.bigquery.engine.tables import is_ingestion_time
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.information import information_schema
from tests.standin.bigquery.sql.nodes import raw
from tests.standin.bigquery.sql.parser import parse, view_query
from tests.standin.clock import Clock

_WINDOW_SECONDS = 7 * 24 * 3600
_OFFSET = re.compile(r"(Z|UTC|[-+]\d{1,2}(:?\d\d)?|[A-Za-z]+/[A-Za-z_]+)\s*$")
_VIEW_DEPTH = 16


class Translate(Protocol):
    """Gives the DuckDB text of a statement, which a view and an instant hold again."""

    def __call__(self, tree: exp.Expression, session: Session, *, depth: int = 0) -> str:
        """Translate a statement that stands in so many others."""


def replace_tables(
    tree: exp.Expression, session: Session, translate: Translate, *, depth: int = 0
) -> None:
    """Replace every table of a statement in place.

    Raises:
        BigQueryError: A table is missing, demands a filter that is not there, or is read at two instants.
    """
    hidden = any(
        column.name.upper() in (PARTITION_TIME, "_PARTITIONDATE")
        for column in tree.find_all(exp.Column)
    )
    names = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    tables = [
        table
        for table in tree.find_all(exp.Table)
        if not (isinstance(table.this, exp.Var) or _is_local(table, names, tree))
    ]
    _check_one_instant(tables, session, translate)
    for table in tables:
        _replace(table, session, translate, hidden=hidden, depth=depth)


def _check_one_instant(tables: list[exp.Table], session: Session, translate: Translate) -> None:
    """Refuse two instants of one table, the present one included (BigQuery, Query syntax)."""
    if not any(table.args.get("version") for table in tables):
        return
    instants: dict[TableKey, int | None] = {}
    for table in tables:
        key, instant = session.key_of(table), _instant(table, session, translate)
        if instants.setdefault(key, instant) != instant:
            raise invalid_query(f"Table {'.'.join(key)} is read at more than one point in time")


def _is_local(table: exp.Table, names: set[str], tree: exp.Expression) -> bool:
    if isinstance(table.this, exp.Func):
        return True
    if table.args.get("db"):
        return table.args["db"].name.lower() in _range_names(tree, table)
    return table.name.lower() in names


def _range_names(tree: exp.Expression, table: exp.Table) -> Iterator[str]:
    """Yield the range variables before a table: `FROM t, t.items` unnests a column."""
    if table.args.get("catalog"):
        return
    for other in tree.find_all(exp.Table):
        if other is not table and (other.alias or isinstance(other.this, exp.Identifier)):
            yield other.alias_or_name.lower()


def _replace(
    table: exp.Table, session: Session, translate: Translate, *, hidden: bool, depth: int
) -> None:
    alias = table.alias or table.name.rsplit(".", 1)[-1]
    rows = _rows_of(table, session, translate, hidden=hidden, depth=depth)
    version = table.args.get("version")
    table.set("this", raw(f"({rows})"))
    for name in ("db", "catalog", "version"):
        table.set(name, None)
    if version is not None:
        version.pop()
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


def _rows_of(
    table: exp.Table, session: Session, translate: Translate, *, hidden: bool, depth: int
) -> str:
    names = ".".join(part.name for part in table.parts).split(".")
    if "INFORMATION_SCHEMA" in (name.upper() for name in names):
        return information_schema(names, session)
    if names[0] in session.external and len(names) == 1:
        return session.external[names[0]].select
    key = session.key_of(table)
    entry = session.table(key)
    session.referenced.append(key)
    if not entry.is_table:
        return _view_rows(table, entry, session, translate, depth)
    if session.filtered is not None:
        check_partition_filter(table, entry, session.filtered)
    instant = _instant(table, session, translate)
    if hidden and is_ingestion_time(entry.resource):
        _exclude_hidden(table)
    seen = session.service.hidden_of(entry).seen
    if instant is None:
        return seen(select_rows(entry.rows, hidden=hidden))
    session.service.check_history(entry)
    session.service.database.locks.wait_for_writes(key, instant)
    entry = session.table(key)
    return seen(select_rows(generation_at(entry, instant), instant=instant, hidden=hidden))


def _view_rows(
    table: exp.Table, entry: Entry, session: Session, translate: Translate, depth: int
) -> str:
    if depth > _VIEW_DEPTH:
        raise invalid_query(f"View {entry.full_name} is nested too deeply")
    _check_bases(entry, session)
    # A filter around a view reaches the tables that it reads.
    outside = None if session.filtered is None else session.filtered | filtered_by(table)
    inner = replace(
        session, filtered=outside, default_dataset=None, project=entry.key[0], parameters=[]
    )
    return translate(parse(view_query(entry.resource)), inner, depth=depth + 1)


def _check_bases(entry: Entry, session: Session) -> None:
    """Refuse a materialized view that outlived a table it reads; the text is BigQuery's own."""
    for number in entry.bases:
        base = session.service.database.catalog.numbered(number)
        if base is not None and session.table(base.table_key).number != number:
            raise invalid_query(
                f"Materialized view {entry.full_name} references table {base.full_name} which was "
                "deleted and recreated. The view must be deleted and recreated as well."
            )


def instant_of(expression: exp.Expression, session: Session, translate: Translate) -> int:
    """Return the instant (us) that FOR SYSTEM_TIME AS OF names.

    Raises:
        BigQueryError: It is in the future or before the time travel window.
    """
    text = translate(expression.copy(), session)
    if expression.is_string and not _OFFSET.search(str(expression.name)):
        # A bare string is read in this zone, not in UTC (BigQuery, Query syntax).
        text = f"timezone('America/Los_Angeles', CAST({text} AS TIMESTAMP))"
    value = session.connection.execute(f"SELECT epoch_us(CAST({text} AS TIMESTAMPTZ))").fetchall()
    instant = value[0][0][0] if isinstance(value[0][0], tuple) else value[0][0]
    check_instant(instant, session.service.database.clock)
    return int(instant)


def check_instant(instant: int | None, clock: Clock) -> None:
    """Refuse an instant (us) that cannot be read.

    Raises:
        BigQueryError: It is missing, in the future or before the time travel window.
    """
    now = clock.now_micros()
    if instant is None:
        raise invalid_query("FOR SYSTEM_TIME AS OF expression cannot be NULL")
    if instant > now:
        raise invalid_query(f"Invalid time travel timestamp {instant // 1000}: it is in the future")
    if instant < now - _WINDOW_SECONDS * 1_000_000:
        raise invalid_query(
            f"Invalid snapshot time {instant // 1000}. "
            f"Cannot read before {now // 1000 - _WINDOW_SECONDS * 1000}"
        )


def pin_instants(tree: exp.Expression, session: Session, translate: Translate) -> None:
    """Evaluate every FOR SYSTEM_TIME AS OF of a statement and wait until it can be read.

    A change has to do so before its transaction begins: what the transaction sees was fixed then.
    """
    for table in tree.find_all(exp.Table):
        version = table.args.get("version")
        if version is not None:
            instant = instant_of(version.expression, session, translate)
            session.service.database.locks.wait_for_writes(session.key_of(table), instant)
            version.set("expression", raw(f"make_timestamptz({instant})"))


def _instant(table: exp.Table, session: Session, translate: Translate) -> int | None:
    version = table.args.get("version")
    if version is None:
        return None
    return instant_of(version.expression, session, translate)


def _exclude_hidden(table: exp.Table) -> None:
    select = table.find_ancestor(exp.Select)
    for star in select.expressions if select is not None else []:
        found = star.this if isinstance(star, exp.Column) else star
        if isinstance(found, exp.Star):
            kept = found.args.get("except_") or []
            found.set("except_", [*kept, exp.to_identifier(PARTITION_TIME)])


def check_partition_filter(
    table: exp.Expression, entry: Entry, outside: frozenset[str] = frozenset()
) -> None:
    """Refuse a read without the filter that a table demands.

    Args:
        table: Where it is read.
        entry: The table.
        outside: The columns that a query around a view filters by.

    Raises:
        BigQueryError: There is no filter on the partitioning column.
    """
    by_time = entry.resource.get("timePartitioning") or {}
    by_range = entry.resource.get("rangePartitioning") or {}
    if not (entry.resource.get("requirePartitionFilter") or by_time.get("requirePartitionFilter")):
        return
    wanted = {(by_time or by_range).get("field", PARTITION_TIME).lower()}
    if wanted == {PARTITION_TIME.lower()}:
        wanted.add("_partitiondate")
    if wanted & (outside | filtered_by(table)):
        return
    names = ", ".join(f"'{name}'" for name in sorted(wanted))
    raise invalid_query(
        f"Cannot query over table '{'.'.join(entry.key)}' without a filter over column(s) {names} "
        "that can be used for partition elimination"
    )


def filtered_by(table: exp.Expression) -> frozenset[str]:
    """Return the columns in the conditions around a table, in lower case."""
    found: set[str] = set()
    scope = table.find_ancestor(exp.Select, exp.Delete, exp.Update, exp.Merge)
    while scope is not None:
        where = scope.args.get("on") if isinstance(scope, exp.Merge) else scope.args.get("where")
        columns = where.find_all(exp.Column) if where is not None else ()
        found |= {column.name.lower() for column in columns}
        scope = scope.find_ancestor(exp.Select)
    return frozenset(found)
