"""GoogleSQL read by sqlglot."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid_query


def parse(sql: str) -> exp.Expression:
    """Parse one GoogleSQL statement.

    Raises:
        BigQueryError: It cannot be parsed.
    """
    try:
        return sqlglot.parse_one(sql, read="bigquery")
    except SqlglotError as error:
        # The text of sqlglot's error underlines with a terminal's escapes.
        told = getattr(error, "errors", None) or [{}]
        where = f" at [{told[0]['line']}:{told[0]['col']}]" if told[0].get("line") else ""
        raise invalid_query(
            f"Syntax error: {told[0].get('description', 'invalid')}{where}"
        ) from error


def view_query(resource: Resource) -> str:
    """Return the query of a view or materialized view."""
    definition = resource.get("view") or resource.get("materializedView") or {}
    return str(definition.get("query", ""))
