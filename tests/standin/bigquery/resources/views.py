"""Views and materialized views: a query and the schema it gives."""

from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.tables import described, drop_table
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.session import Session
from tests.standin.bigquery.sql.translate import parse, to_duckdb, view_query


def view_schema(service: Service, key: TableKey, query: str) -> list[Field]:
    """Return the columns of a view's query.

    Raises:
        BigQueryError: The query cannot run.
    """
    # Imported here: running statements needs views, and views are statements.
    from tests.standin.bigquery.sql.execute import engine_errors  # noqa: PLC0415

    with service.database.reading() as connection, engine_errors():
        session = Session(service=service, connection=connection, project=key[0])
        return describe(connection, to_duckdb(parse(query), session)).fields


def create_view(
    service: Service, key: TableKey, body: Resource, *, replacing: Entry | None = None
) -> Entry:
    """Create a view or materialized view.

    Args:
        service: The parts that requests share.
        key: Its name.
        body: Its resource.
        replacing: The view that it replaces.

    Raises:
        BigQueryError: The name is taken, or the query cannot run.
    """
    query = view_query(body)
    if not query:
        raise invalid_query("View query cannot be empty")
    service.database.catalog.require_dataset(key[0], key[1])
    fields = _described_as(view_schema(service, key, query), body)
    part = "view" if "view" in body else "materializedView"
    kind = "VIEW" if part == "view" else "MATERIALIZED_VIEW"
    if part == "view":
        body = {**body, "view": {"useLegacySql": False, **body["view"]}}
    with service.database.writing([key]) as write:
        if replacing is not None:
            drop_table(write, replacing)
        entry = described(write, key, {**body, "schema": {"fields": fields}}, kind=kind)
        entry = entry.with_resource(numRows="0", numBytes="0", numLongTermBytes="0")
        write.save(entry)
    return entry


def _described_as(fields: list[Field], body: Resource) -> list[Field]:
    """Return the fields with the descriptions and policy tags that a caller gave them."""
    given = {item["name"].lower(): item for item in body.get("schema", {}).get("fields", [])}
    return [{**given.get(field["name"].lower(), {}), **field} for field in fields]
