"""Table functions: a query with parameters, which has to hold where it is made."""

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.googlesql.judge import check_syntax, check_types
from tests.standin.bigquery.resources.views import judging
from tests.standin.bigquery.shared import Shared
from tests.standin.bigquery.sql.parser import parse
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.table_functions import body_of, type_text
from tests.standin.bigquery.sql.translate import to_duckdb


def check_table_function(service: Shared, key: TableKey, routine: Resource) -> None:
    """Refuse a table function whose query cannot run, or reads what is not there.

    That BigQuery looks at the tables of its query when it is made is not documented; it does so for a view.

    Raises:
        BigQueryError: It cannot.
    """
    if routine.get("language", "SQL") != "SQL" or "returnType" in routine:
        raise invalid("A table function is written in SQL and has no returnType")
    query = str(routine.get("definitionBody", ""))
    columns = (routine.get("returnTableType") or {}).get("columns", ())
    inner = ", ".join(f"`{item['name']}` {type_text(item['type'])}" for item in columns)
    returns = f" RETURNS TABLE<{inner}>" if columns else ""
    sql = f"CREATE TABLE FUNCTION judged({arguments_text(routine)}){returns} AS (\n{query}\n)"
    with judging(service, key) as session:
        check_syntax(sql)
        check_types(sql, session)
        if all("dataType" in item for item in routine.get("arguments", ())):
            of_type = [
                parse(f"SELECT CAST(NULL AS {type_text(item['dataType'])})").expressions[0]
                for item in routine.get("arguments", ())
            ]
            describe(session.connection, to_duckdb(body_of(routine, of_type), session))


def arguments_text(routine: Resource) -> str:
    """Return the parameters of a routine as GoogleSQL writes them."""
    return ", ".join(
        f"`{item['name']}` {type_text(item['dataType']) if 'dataType' in item else 'ANY TYPE'}"
        for item in routine.get("arguments", ())
    )
