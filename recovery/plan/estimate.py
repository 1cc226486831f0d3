"""How long a recovery takes, and which limit holds it up. Pure."""

from collections.abc import Iterable, Iterator

from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest
from recovery.kinds.demand import Demand
from recovery.kinds.known import rules_of
from recovery.limits import Price, price
from recovery.plan.model import Plan
from recovery.plan.takes import Takes

_FEWEST_SECONDS = 1.0
_GIB, _TIB = 2**30, 2**40
_SCANNED = "scanned_usd_per_tib"


def takes(plan: Plan, manifest: Manifest, proofs: Iterable[ProofRecord]) -> Takes:
    """Return what a recovery will take.

    Args:
        plan: The plan.
        manifest: What is brought back.
        proofs: What was measured before.
    """
    demands = [
        rules.demand(rules.of(plan.steps), manifest) for rules in rules_of(plan.request.kinds)
    ]
    moved = sum(item.moved_bytes for item in demands)
    bound = max((bound for item in demands for bound in item.bounds), default=(0.0, ""))
    measured = _measured(plan.request.scenario, moved, proofs)
    scanning = price(_SCANNED, _location(manifest))
    scanned_usd, stored_usd = _money(demands, scanning)
    return Takes(
        measured_seconds=measured[0] if measured else None,
        measured_least_seconds=measured[1] if measured else None,
        measured_by=measured[2].recovery_id if measured else "",
        measured_at=measured[2].proven_at if measured else None,
        at_least_seconds=bound[0],
        binding=bound[1],
        jobs=sum(item.jobs for item in demands),
        scanned_bytes=sum(item.scanned_bytes for item in demands),
        scanned_usd=scanned_usd,
        stored_usd=stored_usd,
        priced_on=scanning.as_of,
        priced_in=scanning.location,
        moved_bytes=moved,
        impossible=tuple(what for item in demands for what in item.impossible),
    )


def _location(manifest: Manifest) -> str:
    """Return where the tables are, which is where they are scanned; empty where there is none."""
    return next((str(table.resource.get("location", "")) for table in manifest.tables), "")


def _money(demands: Iterable[Demand], scanning: Price) -> tuple[float, float]:
    """Return what scans cost, and what a month of what is stored does, in US dollars."""
    scanned = stored = 0.0
    for item in demands:
        scanned += item.scanned_bytes / _TIB * scanning.value
        stored += item.table_bytes / _GIB * price("table_usd_per_gib_month").value
        stored += item.object_bytes / _GIB * price("object_usd_per_gib_month").value
    return scanned, stored


def _measured(
    scenario: str, moved_bytes: int, proofs: Iterable[ProofRecord]
) -> tuple[float, float, ProofRecord] | None:
    """Return how long the newest proven recovery of a scenario would take for so many bytes.

    All of its time may grow with the bytes, or none of it: that is the most and the least.
    """
    known = [
        (proof.proven_at, size, proof)
        for proof in proofs
        if proof.scenario == scenario and proof.how != "sample"
        if (size := sum(_restored_bytes(proof))) > 0
    ]
    if not known:
        return None
    _, size, proof = max(known, key=lambda item: item[0])
    took, scaled = proof.seconds, proof.seconds * moved_bytes / size
    return (
        max(_FEWEST_SECONDS, took, scaled),
        max(_FEWEST_SECONDS, min(took, scaled)),
        proof,
    )


def _restored_bytes(proof: ProofRecord) -> Iterator[float]:
    for part in proof.parts:
        share = part.restored / part.held if part.held else 1.0
        yield part.size_bytes * min(1.0, share)
