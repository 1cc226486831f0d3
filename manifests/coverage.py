"""Compares a catalog with a run: what the run lacks, and what the catalog does not name. Pure."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Any

from manifests.catalog import Catalog
from manifests.kind import Backup, PartKind
from manifests.model.run import Manifest


def missing(catalog: Catalog, manifest: Manifest) -> tuple[str, ...]:
    """Return what the catalog protects and a run holds no backup of, by label.

    What the run says it lacks is not missing, where the catalog lets a run be complete without it.
    """
    return owed(catalog, held(manifest), {item.part for item in manifest.lacking})


def owed(catalog: Catalog, parts: AbstractSet[str], lacks: AbstractSet[str]) -> tuple[str, ...]:
    """Return the labels of what the catalog protects and a run neither has nor may lack.

    Args:
        catalog: What is protected.
        parts: The labels of what the run has.
        lacks: The labels of what it says that it lacks.
    """
    required = {
        kind.labelled(entry.name) for kind, entry in catalog.parts if entry.backup == "required"
    }
    known = parts | (lacks - required)
    labels = (kind.labelled(entry.name) for kind, entry in catalog.parts)
    return tuple(label for label in labels if label not in known)


def lacked(
    catalog: Catalog, manifest: Manifest, kinds: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return the label and name of each part of some kinds that the catalog names and a run does not hold."""
    known = held(manifest)
    return tuple(
        (label, entry.name)
        for kind, entry in catalog.parts
        if kind.name in kinds and (label := kind.labelled(entry.name)) not in known
    )


def held(manifest: Manifest) -> frozenset[str]:
    """Return what a run holds a backup of, by label."""
    return frozenset(kind.labelled(part.name) for kind, part in manifest.every_part)


def unprotected(
    catalog: Catalog, manifest: Manifest, named: Collection[str] = ()
) -> tuple[str, ...]:
    """Return what a run holds and neither the catalog nor somebody names, by label.

    Args:
        catalog: What is protected.
        manifest: The run's manifest.
        named: Labels of what somebody names, datasets among them.
    """
    return tuple(
        kind.labelled(part.name)
        for kind, part in manifest.every_part
        if not (catalog.protects(kind, part.name) or _is_named(kind, part, named))
    )


def within(catalog: Catalog, manifest: Manifest, named: Collection[str] = ()) -> Manifest:
    """Return what a run holds of what is named, with the datasets of its tables.

    Whoever can write into the vault can name anything in a manifest; the catalog, or who asks for
    a recovery, says what that is about.

    Args:
        catalog: What is protected.
        manifest: The run's manifest.
        named: Labels of what somebody names, datasets among them.
    """
    taken = manifest.each(
        lambda kind, part: (
            part if catalog.protects(kind, part.name) or _is_named(kind, part, named) else None
        )
    )
    datasets = {item.dataset_id for item in taken.tables}
    datasets.update(entry.dataset for entry in catalog.datasets)
    chosen = tuple(
        item
        for item in taken.datasets
        if item.dataset_id in datasets or _of_dataset(item.dataset_id) in named
    )
    return taken.model_copy(update={"datasets": chosen})


def _is_named(kind: PartKind[Any], part: Backup, named: Collection[str]) -> bool:
    return part.written in named or kind.labelled(part.name) in named


def _of_dataset(dataset_id: str) -> str:
    return f"dataset {dataset_id}"
