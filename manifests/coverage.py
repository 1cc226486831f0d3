"""What of a catalog a run holds, and what of a run the catalog names. Pure."""

from collections.abc import Iterable

from manifests.catalog import Catalog
from manifests.model import BucketBackup, DatabaseBackup, Manifest, TableBackup


def missing(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what the catalog protects and a run holds no backup of, by label."""
    held = set(_labels(manifest.tables, manifest.buckets, manifest.databases))
    return tuple(label for label in _protected(catalog) if label not in held)


def unprotected(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what a run holds and the catalog does not name, by label."""
    protected = set(_protected(catalog))
    held = _labels(manifest.tables, manifest.buckets, manifest.databases)
    return tuple(label for label in held if label not in protected)


def within(catalog: Catalog, manifest: Manifest) -> Manifest:
    """Return what a run holds of what the catalog names, with the datasets of its tables.

    Whoever can write into the vault can name anything in a manifest; the catalog says what a
    recovery is about.
    """
    left_out = set(unprotected(catalog, manifest))
    tables = tuple(item for item in manifest.tables if item.name not in left_out)
    datasets = {item.dataset_id for item in tables}
    return manifest.model_copy(
        update={
            "tables": tables,
            "datasets": tuple(item for item in manifest.datasets if item.dataset_id in datasets),
            "buckets": tuple(
                item for item in manifest.buckets if f"bucket {item.name}" not in left_out
            ),
            "databases": tuple(
                item for item in manifest.databases if f"database {item.name}" not in left_out
            ),
        }
    )


def _labels(
    tables: Iterable[TableBackup],
    buckets: Iterable[BucketBackup],
    databases: Iterable[DatabaseBackup],
) -> list[str]:
    names = [item.name for item in tables]
    names += [f"bucket {item.name}" for item in buckets]
    return names + [f"database {item.name}" for item in databases]


def _protected(catalog: Catalog) -> list[str]:
    names = [entry.table for entry in catalog.tables]
    names += [f"bucket {entry.bucket}" for entry in catalog.buckets]
    return names + [f"database {entry.database}" for entry in catalog.databases]
