"""What of a catalog a run holds, and what of a run the catalog names. Pure."""

from collections.abc import Collection

from manifests.catalog import Catalog
from manifests.model import Manifest


def missing(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what the catalog protects and a run holds no backup of, by label.

    What the run says it lacks is not missing, where the catalog lets a run be complete without it.
    """
    required = {
        kind.labelled(entry.name) for kind, entry in catalog.parts if entry.backup == "required"
    }
    known = held(manifest) | {item.part for item in manifest.lacking}.difference(required)
    labels = (kind.labelled(entry.name) for kind, entry in catalog.parts)
    return tuple(label for label in labels if label not in known)


def lacked(
    catalog: Catalog, manifest: Manifest, kinds: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return the label and name of what the catalog names of some kinds and a run does not hold."""
    known = held(manifest)
    return tuple(
        (label, entry.name)
        for kind, entry in catalog.parts
        if kind.name in kinds and (label := kind.labelled(entry.name)) not in known
    )


def held(manifest: Manifest) -> frozenset[str]:
    """Return what a run holds a backup of, by label."""
    return frozenset(kind.labelled(part.name) for kind, part in manifest.every_part)


def unprotected(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what a run holds and the catalog does not name, by label."""
    return tuple(
        kind.labelled(part.name)
        for kind, part in manifest.every_part
        if not catalog.protects(kind, part.name)
    )


def within(catalog: Catalog, manifest: Manifest) -> Manifest:
    """Return what a run holds of what the catalog names, with the datasets of its tables.

    Whoever can write into the vault can name anything in a manifest; the catalog says what a
    recovery is about.
    """
    named = manifest.each(lambda kind, part: part if catalog.protects(kind, part.name) else None)
    datasets = {item.dataset_id for item in named.tables}
    datasets.update(entry.dataset for entry in catalog.datasets)
    kept = tuple(item for item in named.datasets if item.dataset_id in datasets)
    return named.model_copy(update={"datasets": kept})
