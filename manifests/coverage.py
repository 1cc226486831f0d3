"""What of a catalog a run holds, and what of a run the catalog names. Pure."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from manifests.catalog import Catalog
from manifests.catalog_databases import CatalogPart
from manifests.layout import PartKind
from manifests.model import BucketBackup, DatabaseBackup, Manifest, TableBackup


def missing(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what the catalog protects and a run holds no backup of, by label.

    What the run says it lacks is not missing, where the catalog lets a run be complete without it.
    """
    spared = {item.part for item in manifest.lacking}.difference(_required(catalog))
    known = held(manifest) | spared
    return tuple(label for label in _protected(catalog) if label not in known)


def lacked(
    catalog: Catalog, manifest: Manifest, kinds: Collection[PartKind]
) -> tuple[tuple[str, str], ...]:
    """Return the label and name of what the catalog names of some kinds and a run does not hold."""
    known = held(manifest)
    return tuple(
        (entry.label, entry.name)
        for entry in _entries(catalog)
        if entry.kind in kinds and entry.label not in known
    )


def held(manifest: Manifest) -> frozenset[str]:
    """Return what a run holds a backup of, by label."""
    return frozenset(_labels(manifest.tables, manifest.buckets, manifest.databases))


def label(kind: PartKind, name: str) -> str:
    """Return how a part is called where parts of every kind are."""
    return name if kind == "tables" else f"{kind.removesuffix('s')} {name}"


def unprotected(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what a run holds and the catalog does not name, by label."""
    protected = set(_protected(catalog))
    tables = [item for item in manifest.tables if not catalog.protects(item.name)]
    others = _labels((), manifest.buckets, manifest.databases)
    left_out = [label for label in others if label not in protected]
    return (*_labels(tables, (), ()), *left_out)


def within(catalog: Catalog, manifest: Manifest) -> Manifest:
    """Return what a run holds of what the catalog names, with the datasets of its tables.

    Whoever can write into the vault can name anything in a manifest; the catalog says what a
    recovery is about.
    """
    left_out = set(unprotected(catalog, manifest))
    tables = tuple(item for item in manifest.tables if item.name not in left_out)
    datasets = {item.dataset_id for item in tables}
    datasets.update(entry.dataset for entry in catalog.datasets)
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
    names = [label("tables", item.name) for item in tables]
    names += [label("buckets", item.name) for item in buckets]
    return names + [label("databases", item.name) for item in databases]


class _Entry(NamedTuple):
    """One part that the catalog names."""

    kind: PartKind
    name: str
    part: CatalogPart

    @property
    def label(self) -> str:
        return label(self.kind, self.name)


def _protected(catalog: Catalog) -> list[str]:
    return [entry.label for entry in _entries(catalog)]


def _required(catalog: Catalog) -> set[str]:
    return {entry.label for entry in _entries(catalog) if entry.part.backup == "required"}


def _entries(catalog: Catalog) -> list[_Entry]:
    entries = [_Entry("tables", item.table, item) for item in catalog.tables]
    entries += [_Entry("buckets", item.bucket, item) for item in catalog.buckets]
    return entries + [_Entry("databases", item.database, item) for item in catalog.databases]
