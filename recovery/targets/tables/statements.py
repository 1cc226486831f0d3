"""What statements that move rows of a table have in common. Pure."""

from collections.abc import Iterable

from manifests.fingerprint import is_ingestion_time, partition_expression, quoted
from manifests.model import Resource


def in_partitions(resource: Resource, partitions: Iterable[str], *, negated: bool = False) -> str:
    """Return the condition that chooses the rows, of `row_`, of some partitions; or all others."""
    listed = ", ".join(f"'{name}'" for name in partitions)
    return f"{partition_expression(resource)} {'NOT IN' if negated else 'IN'} ({listed})"


def column_names(resource: Resource) -> str:
    """Return a table's columns as a statement lists them."""
    return ", ".join(quoted(field["name"]) for field in resource["schema"]["fields"])


def moved_columns(resource: Resource) -> str:
    """Return what has to be inserted of a row: its columns, and its partition where none holds it."""
    names = column_names(resource)
    return f"_PARTITIONTIME, {names}" if is_ingestion_time(resource) else names
