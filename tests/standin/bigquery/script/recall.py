"""Queries that are asked of one table after another: read once, and known for the others.

A backup asks the same of every table of every project. What such a query becomes in DuckDB's SQL, and
of which types its columns are, depends on its text and on its table's columns and partitioning alone:
only the rows differ that stand in the place of the table. Judged once, it is right for all such tables.

Such a query names its table as it was then, of which `Answers` may know the rows that it gives.
"""

import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.rows import select_rows
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.googlesql.shape import shape_of
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.settings import Hidden
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.results import Described
from tests.standin.bigquery.sql.statements import Statement

_PARTS = 3
_MOST = 2048
_ROWS = "\0"
_SHAPING = ("timePartitioning", "rangePartitioning", "requirePartitionFilter")
# What names its rows in another way, or is more than one statement.
_OTHERWISE = re.compile(r"SYSTEM_TIME|INFORMATION_SCHEMA|;|\0", re.IGNORECASE)


class Asked(NamedTuple):
    """A query of one table.

    Attributes:
        text: The query without the table's id.
        columns: The table's columns, and how it is partitioned.
        table: The table.
        entry: What the catalog says of it now.
        name: Its id as the query writes it.
        stored: The name of its stored rows.
        rows: The SELECT of its rows, in DuckDB's SQL.
    """

    text: str
    columns: str
    table: TableKey
    entry: Entry
    name: str
    stored: str
    rows: str


class _Known(NamedTuple):
    """A query in DuckDB's SQL, with a mark for the rows, and its result columns."""

    sql: str
    fields: list[Field]


_known: dict[tuple[str, str], _Known] = {}


def asked_of(session: Session, script: str) -> Asked | None:
    """Return what a script asks of one table; None where more than its columns matters."""
    depends = session.parameters or session.default_dataset or session.write or session.filtered
    if depends or session.filtered is None or _OTHERWISE.search(script):
        return None
    names = list(shape_of(script).names.values())
    if len(names) != 1 or len(names[0]) != _PARTS:
        return None
    key = session.full_key(list(names[0]))
    with suppress(BigQueryError):
        entry = session.table(key)
        if _is_plain(entry) and session.service.hidden_of(entry) == Hidden():
            shaping = [entry.resource.get(name) for name in _SHAPING]
            name, hidden = ".".join(names[0]), "_PARTITION" in script.upper()
            return Asked(
                text=script.replace(f"`{name}`", "``"),
                columns=json.dumps([entry.fields, shaping]),
                table=key,
                entry=entry,
                name=name,
                stored=entry.rows.name,
                rows=f"({Hidden().seen(select_rows(entry.rows, hidden=hidden))})",
            )
    return None


def _is_plain(entry: Entry) -> bool:
    """Whether this is a table that has had no other columns."""
    return entry.is_table and all(item.fields == entry.rows.fields for item in entry.generations)


def recalled(session: Session, asked: Asked) -> Outcome | None:
    """Return what a query gives that was asked of a table like this one; None where none was."""
    found = _known.get((asked.text, asked.columns))
    if found is None:
        return None
    session.referenced.append(asked.table)
    sql = found.sql.replace(_ROWS, asked.rows)
    query = Described(sql=sql, fields=list(found.fields), table=asked.entry)
    return Outcome(kind="SELECT", query=query)


def remember(asked: Asked, statements: list[Statement], outcomes: list[Outcome]) -> None:
    """Keep what a query gives, if it has this one table and calls none of its project's functions."""
    statement, query = statements[0], outcomes[0].query
    if query is None or statement.kind != "SELECT" or statement.tree is None:
        return
    calls = statement.tree.find_all(exp.Anonymous)
    sql = query.sql.replace(asked.rows, _ROWS)
    is_elsewhere = asked.name in sql or re.search(rf"\b{asked.stored}\b", sql)
    if (
        _ROWS in sql
        and not is_elsewhere
        and not any(isinstance(it.parent, exp.Dot) for it in calls)
    ):
        if len(_known) >= _MOST:
            _known.clear()
        _known[asked.text, asked.columns] = _Known(sql, query.fields)
        outcomes[0].query = replace(query, table=asked.entry)
