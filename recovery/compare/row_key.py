"""Which columns of a table tell which row is which. Pure."""

from manifests.catalog import Catalog
from manifests.shapes import inner
from manifests.values import Resource


def row_key(table: str, resource: Resource, catalog: Catalog) -> tuple[str, ...]:
    """Return the key of a table's rows: its own primary key, or what the catalog says; empty where nothing does."""
    primary = inner(resource, "tableConstraints", "primaryKey")
    if primary.get("columns"):
        return tuple(primary["columns"])
    written = catalog.processors.processors if catalog.processors else ()
    for processor in written:
        if processor.table == table:
            return tuple(dict.fromkeys((processor.date_column, *processor.key)))
    return ()
