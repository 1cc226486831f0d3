"""Which parts a catalog protects, and which of them it wants to be shown to restore. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from manifests.catalog import Catalog
from manifests.kind import Backup
from manifests.model.proof import ProofRecord
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


def to_be_shown(
    catalog: Catalog, newest: Manifest | None, proofs: Iterable[ProofRecord], *, now: datetime
) -> tuple[PartId, ...]:
    """Return the protected parts that the catalog wants to be shown to restore.

    Left out are:

    - parts that no drill can restore in a sandbox, where the catalog says that this counts less, or somebody
      decided so; such a decision does not cover a part that a recovery brought back only partly,
    - parts in which a recovery has nothing to make,
    - parts that are backed up by best effort, and that the newest run lacks.

    Args:
        catalog: What is protected.
        newest: The newest run; None where there is none.
        proofs: What was shown to restore.
        now: The present instant: a decision ends, and a proof is forgotten.
    """
    held: dict[PartId, Backup] = {}
    if newest is not None:
        held = {(kind.name, part.name): part for kind, part in newest.every_part}
    partly = _shown_in_part(catalog, proofs, now)
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
        and not (_why_not_drilled(part) and _counts_less(catalog, part, partly, now))
    )


def _counts_less(catalog: Catalog, part: PartId, partly: set[PartId], now: datetime) -> bool:
    rule = catalog.drills
    label = part_kind(part[0]).labelled(part[1])
    is_decided = part not in partly and rule.accepts(label, now.date()) is not None
    return rule.not_drilled == "warning" or is_decided


def _shown_in_part(catalog: Catalog, proofs: Iterable[ProofRecord], now: datetime) -> set[PartId]:
    """Return the parts of which only some came back, by the proofs that still count."""
    since = now - timedelta(days=catalog.drills.proof_days)
    shown = [part for proof in proofs if proof.proven_at >= since for part in proof.parts]
    whole = {(part.kind, part.name) for part in shown if part.is_whole}
    return {(part.kind, part.name) for part in shown} - whole


def _is_nothing(kind: KindName, part: Backup) -> bool:
    return not (part.restorable or part_kind(kind).is_restored_empty)


def _why_not_drilled(part: PartId) -> str:
    return part_kind(part[0]).why_not_drilled(part[1])
