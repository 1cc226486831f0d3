"""What backs up which kind of part: the one list of exporters."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from functions.exporter import Exporter
from functions.exports.buckets.exporter import BucketExporter
from functions.exports.databases.exporter import DatabaseExporter
from functions.exports.resources.exporter import ResourceExporter
from functions.exports.tables.exporter import TableExporter
from functions.settings import FunctionSettings
from manifests.catalog import Catalog
from manifests.cloud.api import StorageApi

EXPORTERS: tuple[type[Exporter[Any, Any]], ...] = (
    TableExporter,
    BucketExporter,
    DatabaseExporter,
    ResourceExporter,
)


def parts_made(catalog: Catalog, settings: FunctionSettings, api: StorageApi) -> Iterator[datetime]:
    """Yield when each part was made, of the kinds that tell; tables are told with their datasets.

    Args:
        catalog: What must be protected.
        settings: Where things are.
        api: Reads buckets.
    """
    for exporter in EXPORTERS:
        yield from exporter.made(catalog, settings, api)
