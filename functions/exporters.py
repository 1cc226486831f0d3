"""What backs up which kind of part: the one list of exporters."""

from typing import Any

from functions.exporter import Exporter
from functions.exports.buckets.exporter import BucketExporter
from functions.exports.databases.exporter import DatabaseExporter
from functions.exports.resources.exporter import ResourceExporter
from functions.exports.tables.exporter import TableExporter

EXPORTERS: tuple[type[Exporter[Any, Any]], ...] = (
    TableExporter,
    BucketExporter,
    DatabaseExporter,
    ResourceExporter,
)
