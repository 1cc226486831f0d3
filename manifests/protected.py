"""Which parts a catalog protects, and which of them it wants to be shown to restore. Pure."""

from datetime import date

from manifests.catalog import Catalog
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.parts import PARTS, KindName, part_kind

type PartId = tuple[KindName, str]
"""The kind and the name of a part."""


def protected(catalog: Catalog, newest: Manifest | None) -> tuple[PartId, ...]:
    """Return every protected part: those listed, and those of datasets that are protected whole.

    Args:
        catalog: What is protected.
        newest: The newest run, whose tables are those of such datasets; None where there is none.
    """
    listed: list[PartId] = [(kind.name, entry.name) for kind, entry in catalog.parts]
    held = [] if newest is None else newest.every_part
    found: list[PartId] = [
        (kind.name, part.name) for kind, part in held if catalog.protects(kind, part.name)
    ]
    return tuple(dict.fromkeys([*listed, *found]))


def to_be_shown(catalog: Catalog, newest: Manifest | None, on: date) -> tuple[PartId, ...]:
    """Return the protected parts of which the catalog wants to have seen that they restore.

    What no drill can restore in a sandbox is not asked for where the catalog says that this counts
    less, or somebody decided so; what holds nothing that a recovery makes, and is restored as nothing, cannot be shown; what is
    backed up by best effort has to be in the run.

    Args:
        catalog: What is protected.
        newest: The newest run; None where there is none.
        on: The day: a decision ends.
    """
    held: dict[PartId, Backup] = {}
    if newest is not None:
        held = {(kind.name, part.name): part for kind, part in newest.every_part}
    best_effort = {
        (kind.name, entry.name)
        for kind in PARTS
        for entry in catalog.entries(kind)
        if entry.backup == "best effort"
    }
    return tuple(
        part
        for part in protected(catalog, newest)
        if not (part in best_effort and part not in held)
        and not (part in held and _is_nothing(part[0], held[part]))
        and not (_why_not_drilled(part) and _counts_less(catalog, part, on))
    )


def _counts_less(catalog: Catalog, part: PartId, on: date) -> bool:
    rule = catalog.drills
    label = part_kind(part[0]).labelled(part[1])
    return rule.not_drilled == "warning" or rule.accepts(label, on) is not None


def _is_nothing(kind: KindName, part: Backup) -> bool:
    return not (part.restorable or part_kind(kind).is_restored_empty)


def _why_not_drilled(part: PartId) -> str:
    return part_kind(part[0]).why_not_drilled(part[1])
