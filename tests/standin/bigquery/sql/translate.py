"""From a GoogleSQL query to DuckDB's text."""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.aggregates import resolve_aliases
from tests.standin.bigquery.sql.expressions import rewrite_expressions
from tests.standin.bigquery.sql.functions import inline_functions
from tests.standin.bigquery.sql.json_text import rewrite_json
from tests.standin.bigquery.sql.known import check_functions
from tests.standin.bigquery.sql.ordering import resolve_order
from tests.standin.bigquery.sql.parameters import replace_parameters
from tests.standin.bigquery.sql.relations import replace_tables
from tests.standin.bigquery.sql.table_functions import replace_calls


def to_duckdb(tree: exp.Expression, session: Session, *, depth: int = 0) -> str:
    """Return the DuckDB text of a query or expression; the tree is used up.

    Raises:
        BigQueryError: Something in it is missing or not understood.
    """
    replace_parameters(tree, session.parameters)
    replace_calls(tree, session, to_duckdb, depth=depth)
    tree = inline_functions(tree, session)
    check_functions(tree)
    resolve_aliases(tree)
    resolve_order(tree)
    name_columns(tree)
    replace_tables(tree, session, to_duckdb, depth=depth)
    tree = rewrite_expressions(tree)
    tree = rewrite_json(tree, session)
    try:
        return tree.sql("duckdb", copy=False, unsupported_level=sqlglot.ErrorLevel.IGNORE)
    except SqlglotError as error:
        raise invalid_query(str(error)) from error


def name_columns(tree: exp.Expression) -> None:
    """Give unnamed result columns the names that BigQuery gives them."""
    query = tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select) or query.args.get("kind"):
        return
    number = 0
    for column in query.expressions:
        if column.alias_or_name or column.is_star:
            continue
        column.replace(exp.alias_(column.copy(), f"f{number}_"))
        number += 1
