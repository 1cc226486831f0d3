"""INSERT, and how values get into typed columns."""

from dataclasses import dataclass

from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.engine.measures import measured
from tests.standin.bigquery.engine.partitions import arrival_time, check_spread
from tests.standin.bigquery.engine.rows import PARTITION_TIME, append
from tests.standin.bigquery.engine.types import (
    Field,
    duckdb_type,
    is_repeated,
    item_of,
    literal,
    quoted,
)
from tests.standin.bigquery.errors import invalid, invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.expressions import exact
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.parser import parse
from tests.standin.bigquery.sql.results import Described, describe
from tests.standin.bigquery.sql.statements import Statement
from tests.standin.bigquery.sql.translate import to_duckdb

_COERCIONS = {
    ("BIGNUMERIC", "INTEGER"): "bq_bignumeric({})",
    ("BIGNUMERIC", "NUMERIC"): "bq_bignumeric({})",
    ("BIGNUMERIC", "FLOAT"): "bq_bignumeric({})",
    ("BIGNUMERIC", "STRING"): "bq_bignumeric({})",
    ("GEOGRAPHY", "STRING"): "bq_geography({})",
    ("INTERVAL", "STRING"): "bq_interval({})",
    ("JSON", "STRING"): "bq_json({})",
    ("NUMERIC", "BIGNUMERIC"): "bq_numeric({})",
    ("FLOAT", "BIGNUMERIC"): "bq_float64({})",
}

_EXACT = ("NUMERIC", "BIGNUMERIC")


def writable(entry: Entry) -> Entry:
    """Return a table that rows can be written to.

    Raises:
        BigQueryError: It is a view or a snapshot.
    """
    if not entry.is_table:
        raise invalid(f"Cannot write to {entry.full_name}: it is a {entry.resource['type']}")
    if entry.resource["type"] == "SNAPSHOT":
        raise invalid(f"Table {entry.full_name} is a snapshot and cannot be modified")
    return entry


def coerced(expression: str, source: Field, target: Field, depth: int = 0) -> str:
    """Return a value in the type of a column, in DuckDB's SQL.

    Args:
        expression: The value.
        source: Its type.
        target: The column.
        depth: How many arrays are around it.
    """
    kind = duckdb_type(target)
    if fits(source, target):
        cast = f"CAST({expression} AS {kind})"
        return f"coalesce({cast}, [])" if is_repeated(target) else cast
    if is_repeated(target) and is_repeated(source):
        item = f"v{depth}"
        inner = coerced(item, item_of(source), item_of(target), depth + 1)
        return f"coalesce(list_transform({expression}, lambda {item}: {inner}), [])::{kind}"
    if target["type"] == source["type"] == "RECORD":
        # Members are matched by position, whatever they are called (BigQuery, Struct type).
        members = ", ".join(
            f"{literal(child['name'])}: "
            f"{coerced(f'({expression}).{quoted(given["name"])}', given, child, depth)}"
            for given, child in zip(source["fields"], target["fields"], strict=False)
        )
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE {{{members}}}::{kind} END"
    form = _COERCIONS.get((target["type"], source["type"]), "{}")
    return f"CAST({form.format(expression)} AS {kind})"


def fits(source: Field, target: Field) -> bool:
    """Whether a plain cast does: no tagged type to make, the same members in the same order."""
    if is_repeated(source) != is_repeated(target):
        return True
    if target["type"] == source["type"] == "RECORD":
        pairs = list(zip(source["fields"], target["fields"], strict=False))
        return len(source["fields"]) == len(target["fields"]) and all(
            given["name"].lower() == child["name"].lower() and fits(given, child)
            for given, child in pairs
        )
    return (target["type"], source["type"]) not in _COERCIONS


@dataclass(frozen=True)
class Values:
    """Rows for a table: a SELECT with every column of it, and the names of those columns."""

    select: str
    columns: str


def values_for(
    entry: Entry, query: Described, names: list[str], session: Session, write: Write
) -> Values:
    """Fit the rows of a query to a table, with defaults for the columns that are not named.

    Args:
        entry: The table.
        query: The rows.
        names: The columns they are for, in order.
        session: For default expressions.
        write: The change; `_PARTITIONTIME` of arriving rows is its instant.

    Raises:
        BigQueryError: A column is unknown or the numbers differ.
    """
    if len(names) != len(query.fields):
        raise invalid_query(
            f"Inserted row has wrong column count; Has {len(query.fields)}, expected {len(names)}"
        )
    source = {name.lower(): at for at, name in enumerate(names)}
    known = {field["name"].lower() for field in entry.fields} | {PARTITION_TIME.lower()}
    for name in source:
        if name not in known:
            raise invalid_query(f"Column {name} is not present in table {entry.full_name}")
    columns, values = [], []
    if entry.rows.ingestion:
        columns.append(PARTITION_TIME)
        at = source.get(PARTITION_TIME.lower())
        values.append(
            arrival_time(entry.resource, write.stamp) if at is None else f"c{at}::TIMESTAMPTZ"
        )
    for field in entry.fields:
        at = source.get(field["name"].lower())
        columns.append(quoted(field["name"]))
        values.append(
            default_of(field, session) if at is None else coerced(f"c{at}", query.fields[at], field)
        )
    aliases = ", ".join(f"c{at}" for at in range(len(names)))
    return Values(
        f"SELECT {', '.join(values)} FROM ({query.sql}) AS rb_source({aliases})",
        ", ".join(columns),
    )


def default_of(field: Field, session: Session) -> str:
    """Return the value of a column that nothing is said about."""
    text = field.get("defaultValueExpression")
    if text is None:
        return f"CAST({'[]' if is_repeated(field) else 'NULL'} AS {duckdb_type(field)})"
    tree = parse(f"SELECT {text} AS x")
    described = describe(session.connection, to_duckdb(tree, session))
    value = coerced("x", described.fields[0], field)
    return f"(SELECT {value} FROM ({described.sql}))"


def run_insert(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run an INSERT."""
    tree = statement.tree
    assert isinstance(tree, exp.Insert)
    target = tree.this
    named = target.expressions if isinstance(target, exp.Schema) else []
    table = target.this if isinstance(target, exp.Schema) else target
    entry = writable(session.table(session.key_of(table)))
    names = [item.name for item in named] or [field["name"] for field in entry.fields]
    query = tree.expression
    if isinstance(query, exp.Values):
        text = _values_text(query, names, entry, session)
    else:
        text = to_duckdb(query, session)
    described = describe(session.connection, _unnamed(text, len(names)))
    values = values_for(entry, described, names, session, write)
    count = append(write, entry.rows, values.select, values.columns)
    check_spread(write, entry, values.select, values.columns, count)
    write.save(measured(entry, write))
    return Outcome(kind="INSERT", inserted=count, is_dml=True)


def _unnamed(sql: str, count: int) -> str:
    # Columns are matched by position, so two of one name are no trouble.
    aliases = ", ".join(f"c{at}" for at in range(count))
    return f"SELECT * FROM ({sql}) AS rb_query({aliases})"


def _values_text(values: exp.Values, names: list[str], entry: Entry, session: Session) -> str:
    fields = {field["name"].lower(): field for field in entry.fields}
    selects = []
    for row in values.expressions:
        items = row.expressions if isinstance(row, exp.Tuple) else [row]
        columns = []
        for at, item in enumerate(items):
            field = fields.get(names[at].lower(), {}) if at < len(names) else {}
            is_default = isinstance(item, exp.Column) and item.name.upper() == "DEFAULT"
            value = parse(field.get("defaultValueExpression", "NULL")) if is_default else item
            if field.get("type") in _EXACT:
                value = exp.Anonymous(
                    this=f"bq_{field['type'].lower()}", expressions=[exact(value.copy())]
                )
            columns.append(exp.alias_(value.copy(), f"c{at}"))
        selects.append(to_duckdb(exp.Select(expressions=columns), session))
    return " UNION ALL ".join(selects)
