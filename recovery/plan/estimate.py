"""How long a recovery takes, and which limit holds it up. Pure."""

from collections.abc import Iterable, Iterator
from math import ceil

from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest
from manifests.partitions import is_ingestion_time
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.kind import of
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.limits import limit
from recovery.plan.model import Plan
from recovery.plan.takes import Takes

_LOOKS = 3
"""So often the rows of a table are scanned: before, in staging, and once they are published."""
_FEWEST_SECONDS = 1.0


def takes(plan: Plan, manifest: Manifest, proofs: Iterable[ProofRecord]) -> Takes:
    """Return what a recovery will take.

    Args:
        plan: The plan.
        manifest: What is brought back.
        proofs: What was measured before.
    """
    tables = [step for step in of(plan.steps, TableStep) if step.source is not None]
    moved = sum(step.stored_bytes for step in tables)
    moved += sum(step.moved_bytes for step in of(plan.steps, BucketStep) if step.writes)
    moved += sum(step.stored_bytes for step in of(plan.steps, DatabaseStep) if step.writes)
    bound = max(_bounds(plan), default=(0.0, ""))
    measured = _measured(plan.request.scenario, moved, proofs)
    jobs = sum(map(_jobs, tables))
    return Takes(
        measured_seconds=measured[0] if measured else None,
        measured_by=measured[1].recovery_id if measured else "",
        measured_at=measured[1].proven_at if measured else None,
        at_least_seconds=bound[0],
        binding=bound[1],
        jobs=jobs,
        scanned_bytes=_LOOKS * _logical_bytes(manifest, {step.name for step in tables}),
        moved_bytes=moved,
        impossible=tuple(_impossible(tables, manifest)),
    )


def _measured(
    scenario: str, moved_bytes: int, proofs: Iterable[ProofRecord]
) -> tuple[float, ProofRecord] | None:
    """Return how long the newest proven recovery of a scenario would take for so many bytes."""
    known = [
        (proof.proven_at, size, proof)
        for proof in proofs
        if proof.scenario == scenario and proof.how != "sample"
        if (size := sum(_restored_bytes(proof))) > 0
    ]
    if not known:
        return None
    _, size, proof = max(known, key=lambda item: item[0])
    return max(_FEWEST_SECONDS, proof.seconds * moved_bytes / size), proof


def _restored_bytes(proof: ProofRecord) -> Iterator[float]:
    for part in proof.parts:
        share = part.restored / part.held if part.held else 1.0
        yield part.size_bytes * min(1.0, share)


def _bounds(plan: Plan) -> Iterator[tuple[float, str]]:
    """Yield what each published limit alone takes, and where it is written."""
    documents = sum(step.ramp_seconds for step in of(plan.steps, DatabaseStep))
    if documents:
        yield documents, "Firestore, Best practices, Ramping up traffic"
    writes = sum(
        item.objects
        for step in of(plan.steps, BucketStep)
        for item in step.counts
        if step.writes and item.source != "none" and item.damage != "extra"
    )
    if writes:
        yield object_seconds(writes), limit("object_writes_per_second").source


def object_seconds(writes: int) -> float:
    """Return how long so many writes to one bucket take, whose rate may double every so often."""
    rate = float(limit("object_writes_per_second").value)
    doubling = limit("object_doubling_seconds").value
    seconds = 0.0
    while writes > rate * doubling:
        writes -= int(rate * doubling)
        seconds += doubling
        rate *= 2
    return seconds + writes / rate


def _jobs(step: TableStep) -> int:
    """Return how many jobs write a table: one load and one copy, or so many for its partitions."""
    written = ceil(len(step.partitions) / limit("partitions_per_job").value)
    return 1 + max(1, written)


def _logical_bytes(manifest: Manifest, names: set[str]) -> int:
    return sum(
        int(table.resource.get("numBytes") or 0) for table in manifest.tables if table.name in names
    )


def _impossible(tables: Iterable[TableStep], manifest: Manifest) -> Iterator[str]:
    """Yield what no quota of one day allows."""
    known = {table.name: table for table in manifest.tables}
    for step in tables:
        table = known.get(step.name)
        if table is None:
            continue
        arrives = is_ingestion_time(table.resource)
        most = limit("arrival_changes_per_day" if arrives else "partition_changes_per_day")
        number = len(step.partitions) or len(table.partitions)
        if number > most.value:
            yield (
                f"{step.name}: {number:,} partitions are written, and {most.value:,} may be in a "
                f"day ({most.source})"
            )
