"""How long a recovery takes, and which limit holds it up. Pure."""

from collections.abc import Iterable, Iterator

from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest
from recovery.kinds.demand import StepDemand
from recovery.kinds.known import rules_of
from recovery.limits import Price, price
from recovery.plan.model import Plan
from recovery.plan.takes import StepTakes, Takes

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
    every = [step for item in demands for step in item.steps]
    moved = sum(item.moved_bytes for item in every)
    bound = max((bound for item in demands for bound in item.bounds), default=(0.0, ""))
    measured = _measured(plan.request.scenario, moved, proofs)
    scanning = price(_SCANNED, _location(manifest))
    most = measured[0] if measured else None
    steps = tuple(_step(item, most, moved, scanning) for item in every)
    scanned = sum(item.scanned_bytes for item in every)
    return Takes(
        measured_seconds=most,
        measured_least_seconds=measured[1] if measured else None,
        measured_by=measured[2].recovery_id if measured else "",
        measured_at=measured[2].proven_at if measured else None,
        at_least_seconds=bound[0],
        binding=bound[1],
        jobs=sum(item.jobs for item in every),
        scanned_bytes=scanned,
        scanned_usd=scanned / _TIB * scanning.value,
        stored_usd=sum(item.usd_per_month for item in steps),
        priced_on=scanning.as_of,
        priced_in=scanning.location,
        moved_bytes=moved,
        impossible=tuple(what for item in demands for what in item.impossible),
        documents_usd=sum(map(_documents_usd, every)),
        documents_in=" and ".join(sorted({_writing(it).location for it in every if it.documents})),
        steps=steps,
    )


def _step(item: StepDemand, most: float | None, moved: int, scanning: Price) -> StepTakes:
    """Return what a step takes.

    Args:
        item: What it does.
        most: How long the whole was measured to take, at most; None where nothing was.
        moved: How many bytes all steps read.
        scanning: What a scan costs.
    """
    by_bytes = None if most is None or not item.moved_bytes else most * item.moved_bytes / moved
    return StepTakes(
        name=item.name,
        measured_seconds=by_bytes,
        at_least_seconds=item.seconds,
        binding=item.bound,
        moved_bytes=item.moved_bytes,
        jobs=item.jobs,
        scanned_bytes=item.scanned_bytes,
        stored_bytes=item.table_bytes + item.object_bytes,
        documents=item.documents,
        usd=item.scanned_bytes / _TIB * scanning.value + _documents_usd(item),
        usd_per_month=item.table_bytes / _GIB * price("table_usd_per_gib_month").value
        + item.object_bytes / _GIB * price("object_usd_per_gib_month").value,
        quota=next(iter(item.quotas), None),
    )


def _documents_usd(item: StepDemand) -> float:
    return item.documents / 100_000 * _writing(item).value


def _writing(item: StepDemand) -> Price:
    """Return what writing documents costs where their database is."""
    return price("document_write_usd_per_100000", item.location)


def _location(manifest: Manifest) -> str:
    """Return where the tables are, which is where they are scanned; empty where there is none."""
    return next((str(table.resource.get("location", "")) for table in manifest.tables), "")


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
