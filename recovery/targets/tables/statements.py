"""What statements that move rows of a table have in common. Pure."""

from collections.abc import Iterable
from itertools import batched
from typing import NamedTuple

from manifests.model import Resource
from manifests.partitions import in_partitions, is_ingestion_time
from manifests.sql import quoted

MOST_PARTITIONS = 4000
"""So many partitions one statement or load may change (BigQuery, Quotas and limits)."""


class Limits(NamedTuple):
    """How much BigQuery takes of one table.

    Attributes:
        loads: Loads of one table in a recovery; a table takes 1,500 in a day, failed ones included.
        uris: Files that one load may name.
    """

    loads: int = 1000
    uris: int = 10_000


def replacing(
    into: str,
    resource: Resource,
    partitions: Iterable[str],
    *,
    select: str,
    removed: Iterable[str] = (),
    columns: str = "",
) -> str:
    """Write the script that replaces partitions in one transaction, however many there are.

    Args:
        into: The quoted full id of the table.
        resource: The table's resource.
        partitions: The partitions that are written.
        select: The rows, of `row_`, up to their WHERE.
        removed: Partitions that are only removed.
        columns: What is inserted; the moved columns when empty.
    """
    written = list(batched(partitions, MOST_PARTITIONS, strict=False))
    deletes = [
        f"DELETE FROM {into} AS row_ WHERE {in_partitions(resource, some)};"
        for some in (*written, *batched(removed, MOST_PARTITIONS, strict=False))
    ]
    inserts = [
        f"INSERT INTO {into} ({columns or moved_columns(resource)}) {select} "
        f"WHERE {in_partitions(resource, some)};"
        for some in written
    ]
    return " ".join(["BEGIN TRANSACTION;", *deletes, *inserts, "COMMIT TRANSACTION;"])


def column_names(resource: Resource) -> str:
    """Return a table's columns as a statement lists them."""
    return ", ".join(quoted(field["name"]) for field in resource["schema"]["fields"])


def moved_columns(resource: Resource) -> str:
    """Return what has to be inserted of a row: its columns, and its partition where none holds it."""
    names = column_names(resource)
    return f"_PARTITIONTIME, {names}" if is_ingestion_time(resource) else names
