"""What of each run leans on what `verify` found damaged."""

from collections.abc import Collection, Sequence
from datetime import datetime

from manifests.kinds.buckets.kind import BUCKETS
from manifests.model.run import Manifest, VerdictRecord
from manifests.store.vault import Vault
from manifests.values import RunId
from recovery.kinds.known import RULES
from recovery.plan.model import Plan
from recovery.verify import Verdict


def recorded(
    run_id: RunId, verdict: Verdict, *, earlier: VerdictRecord | None, now: datetime
) -> VerdictRecord:
    """Return what is kept of a look at a run.

    Args:
        run_id: The run.
        verdict: What was found.
        earlier: The last look, when this one does not read what that one read.
        now: The present instant.
    """
    damaged, buckets = {item.subject for item in verdict.findings}, set(verdict.buckets)
    if earlier is not None:
        damaged |= set(earlier.damaged)
        buckets |= set(earlier.buckets)
    return VerdictRecord(
        run_id=run_id,
        verified_at=now,
        damaged=tuple(sorted(damaged)),
        buckets=tuple(sorted(buckets)),
    )


def damaged_in(manifest: Manifest, damaged: Collection[str]) -> tuple[str, ...]:
    """Return the names of the parts of a run that lean on a damaged file.

    Args:
        manifest: The run's manifest.
        damaged: Every file that was found damaged, whichever run it was found in.
    """
    return tuple(
        dict.fromkeys(
            part.name
            for _, part in manifest.every_part
            if any(item.name in damaged for item in part.needed)
        )
    )


def leaning_parts(manifest: Manifest, verdicts: Sequence[VerdictRecord]) -> tuple[str, ...]:
    """Return which parts of a run lean on what was found damaged, in it or in an earlier run."""
    damaged = {name for verdict in verdicts for name in verdict.damaged}
    contents = (
        name
        for verdict in verdicts
        for name in verdict.buckets
        if verdict.run_id == manifest.run_id and manifest.part(BUCKETS, name)
    )
    return tuple(dict.fromkeys((*damaged_in(manifest, damaged), *contents)))


def with_leaning(plan: Plan, manifest: Manifest, verdicts: Sequence[VerdictRecord]) -> Plan:
    """Return a plan that names what of it leans on a damaged file.

    Args:
        plan: The plan; what a journal says of this is not believed.
        manifest: What is recovered, with what falls back as older runs have it.
        verdicts: What `verify` found.
    """
    planned = {step.name for rules in RULES if rules.from_run for step in rules.of(plan.steps)}
    parts = leaning_parts(manifest, verdicts)
    return plan.model_copy(update={"leaning": tuple(item for item in parts if item in planned)})


def leaning(
    vault: Vault, runs: Sequence[RunId], verdicts: Sequence[VerdictRecord]
) -> dict[RunId, tuple[str, ...]]:
    """Return for each run that leans on a damaged file which of its parts do."""
    if not any(verdict.damaged for verdict in verdicts):
        return {}
    found = {run_id: leaning_parts(vault.manifest(run_id), verdicts) for run_id in runs}
    return {run_id: parts for run_id, parts in found.items() if parts}
