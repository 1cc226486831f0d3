"""Table functions, each call replaced by the rows that its query gives."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.nodes import raw
from tests.standin.bigquery.sql.parser import parse
from tests.standin.bigquery.sql.relations import Translate, filtered_by

_DEPTH = 16


def replace_calls(
    tree: exp.Expression, session: Session, translate: Translate, *, depth: int = 0
) -> None:
    """Replace every call of a table function of a project by its rows.

    Raises:
        BigQueryError: There is none of that name, or its arguments are not those that it takes.
    """
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Anonymous) and (names := _names(table)):
            _replace(table, names, session, translate, depth)


def body_of(routine: Resource, values: Sequence[exp.Expression]) -> exp.Expression:
    """Return the query of a table function with its parameters replaced, of the columns it says it has."""
    names = [item["name"].lower() for item in routine.get("arguments", ())]
    given = dict(zip(names, values, strict=True))
    body = parse(str(routine["definitionBody"]))
    for column in list(body.find_all(exp.Column)):
        if not column.table and column.name.lower() in given:
            column.replace(exp.Paren(this=given[column.name.lower()].copy()))
    columns = (routine.get("returnTableType") or {}).get("columns", ())
    if not columns:
        return body
    # "Cast to match the column types specified, at query time" (BigQuery REST, Routine).
    casts = ", ".join(
        f"CAST(`{item['name']}` AS {type_text(item['type'])}) AS `{item['name']}`"
        for item in columns
    )
    whole = parse(f"SELECT {casts} FROM (SELECT 1) AS body")
    inner = whole.find(exp.Subquery)
    assert inner is not None
    inner.set("this", body)
    return whole


def type_text(kind: Resource) -> str:
    """Return a type as GoogleSQL writes it (BigQuery REST, StandardSqlDataType)."""
    if element := kind.get("arrayElementType"):
        return f"ARRAY<{type_text(element)}>"
    if members := kind.get("structType"):
        fields = (f"`{item['name']}` {type_text(item['type'])}" for item in members["fields"])
        return f"STRUCT<{', '.join(fields)}>"
    if element := kind.get("rangeElementType"):
        return f"RANGE<{type_text(element)}>"
    return str(kind["typeKind"])


def _names(table: exp.Table) -> list[str]:
    """Return the name that is called, where it is in a dataset: others are of GoogleSQL."""
    names = ".".join(part.name for part in table.parts if part.name).split(".")
    return names if len(names) > 1 else []


def _replace(
    table: exp.Table, names: list[str], session: Session, translate: Translate, depth: int
) -> None:
    values = table.this.expressions
    entry = session.service.database.catalog.find("routine", session.full_key(names))
    if entry is None or entry.resource.get("routineType") != "TABLE_VALUED_FUNCTION":
        raise invalid_query(f"Table-valued function not found: {'.'.join(names)}")
    arguments = entry.resource.get("arguments", ())
    if len(arguments) != len(values):
        raise invalid_query(f"Number of arguments does not match for function {entry.full_name}")
    if not all("dataType" in item for item in arguments):
        raise invalid_query(f"{entry.full_name} takes a table, which the stand-in does not know")
    if depth > _DEPTH:
        raise invalid_query(f"{entry.full_name} is nested too deeply")
    outside = None if session.filtered is None else session.filtered | filtered_by(table)
    inner = replace(
        session, filtered=outside, default_dataset=None, project=entry.key[0], parameters=[]
    )
    rows = translate(body_of(entry.resource, values), inner, depth=depth + 1)
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(names[-1], quoted=True)))
    table.set("this", raw(f"({rows})"))
    for name in ("db", "catalog"):
        table.set(name, None)
