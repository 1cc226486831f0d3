"""Refuses a table that no restore could write again, and a copy under another key than its table."""

from manifests.cloud.resources import Resources, TableResource
from manifests.errors import SourceMissingError, SourceUnreadableError
from manifests.kinds.tables.model import encryption_key, generated_columns
from manifests.values import Resource


def readable(resources: Resources, name: str) -> TableResource:
    """Read `dataset.table`, which is a table that a restore can write again.

    Raises:
        SourceMissingError: There is none.
        SourceUnreadableError: It is something else, or nobody could write its rows.
    """
    found = resources.table(name)
    if found is None:
        raise SourceMissingError("does not exist", subject=name)
    if found.resource.get("type", "TABLE") != "TABLE":
        raise SourceUnreadableError(f"is a {found.resource['type']}, not a table", subject=name)
    generated = generated_columns(found.resource)
    if generated:
        raise SourceUnreadableError(
            f"has generated columns, which no restore can write: {', '.join(generated)}",
            subject=name,
            hint="take the table from the catalog, and what its columns are made from into it",
        )
    return found


def refuse_other_key(copy: Resource, table: Resource, *, subject: str) -> None:
    """Refuse a copy that is less protected than its table.

    Raises:
        SourceUnreadableError: It has another key.
    """
    key = encryption_key(table)
    if key and encryption_key(copy) != key:
        raise SourceUnreadableError(f"has a copy that is not encrypted with {key}", subject=subject)
