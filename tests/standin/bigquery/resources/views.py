"""Views and materialized views: a query and the schema it gives."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.tables import described, drop_table
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import invalid, invalid_query
from tests.standin.bigquery.googlesql.judge import check_syntax, check_types
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.shared import Shared
from tests.standin.bigquery.sql.engine_errors import engine_errors
from tests.standin.bigquery.sql.parser import parse, view_query
from tests.standin.bigquery.sql.results import describe
from tests.standin.bigquery.sql.translate import to_duckdb


@contextmanager
def judging(service: Shared, key: TableKey) -> Generator[Session]:
    """Give the session in which what stands in a dataset is tried, in that dataset's location.

    Raises:
        BigQueryError: There is no such dataset, or the block's query cannot run.
    """
    with service.database.reading() as connection, engine_errors():
        dataset = service.database.catalog.require_dataset(key[0], key[1])
        yield Session(
            service=service,
            connection=connection,
            project=key[0],
            location=str(dataset.resource["location"]),
            filtered=None,
        )


def view_schema(service: Shared, key: TableKey, query: str) -> tuple[list[Field], tuple[int, ...]]:
    """Return the columns of a view's query, and the numbers of the tables it reads.

    Raises:
        BigQueryError: The query cannot run, or reads what is in another location.
    """
    with judging(service, key) as session:
        check_syntax(query)
        check_types(query, session)
        fields = describe(session.connection, to_duckdb(parse(query), session)).fields
        tables = [session.table(name) for name in dict.fromkeys(session.referenced)]
        return fields, tuple(item.number for item in tables if item.is_table)


def create_view(
    service: Shared, key: TableKey, body: Resource, *, replacing: Entry | None = None
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
    if "schema" in body:
        # googleapis/google-cloud-python issue 7246
        raise invalid("Schema field shouldn't be used as input with a view")
    fields, bases = view_schema(service, key, query)
    part = "view" if "view" in body else "materializedView"
    kind = "VIEW" if part == "view" else "MATERIALIZED_VIEW"
    if part == "view":
        body = {**body, "view": {"useLegacySql": False, **body["view"]}}
    with service.database.writing([key]) as write:
        if replacing is not None:
            drop_table(write, replacing)
        entry = described(write, key, {**body, "schema": {"fields": fields}}, kind=kind)
        entry = entry.with_resource(numRows="0", numBytes="0", numLongTermBytes="0")
        if kind == "MATERIALIZED_VIEW":
            entry = replace(entry, bases=bases)
        write.save(entry)
    return entry


def refreshed(service: Shared, entry: Entry) -> Resource:
    """Return a view's resource; a materialized one was refreshed when a base table last changed."""
    if not entry.bases:
        return entry.resource
    catalog = service.database.catalog
    bases = [found for number in entry.bases if (found := catalog.numbered(number))]
    changed = max(int(item.resource["lastModifiedTime"]) for item in bases)
    at = str(max(changed, int(entry.resource["creationTime"])))
    definition = {**entry.resource["materializedView"], "lastRefreshTime": at}
    return {**entry.resource, "materializedView": definition}


def check_materialized_change(entry: Entry, changes: Resource) -> None:
    """Refuse what cannot change of a materialized view (Alter materialized views).

    Raises:
        BigQueryError: Its query would be another, or be refreshed in another way.
    """
    if entry.resource["type"] != "MATERIALIZED_VIEW" or "materializedView" not in changes:
        return
    old, new = entry.resource["materializedView"], changes["materializedView"] or {}
    for name in ("query", "allowNonIncrementalDefinition"):
        if old.get(name) != new.get(name):
            raise invalid(f"Cannot change {name} of materialized view {entry.full_name}")
