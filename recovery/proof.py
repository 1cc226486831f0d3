"""Tells which parts a recovery has shown to restore. Pure."""

from manifests.model.proof import ProofHow, ProofRecord, ProvenPart
from manifests.model.run import Manifest
from manifests.parts import PARTS
from recovery.kinds.known import rules_of
from recovery.outcome import RecoveryReport

_KINDS = {kind.model: kind.name for kind in PARTS}


def proof_of(report: RecoveryReport, manifest: Manifest, how: ProofHow) -> ProofRecord | None:
    """Return what a recovery showed to restore; None where not everything is proven, or nothing.

    What was equal already, or came from time travel or from earlier versions, shows nothing of the
    backup.

    Args:
        report: How the recovery ended.
        manifest: What was brought back, with what falls back as older runs have it.
        how: What it was.
    """
    if not report.is_proven:
        return None
    older = {(item.kind, item.name): item for item in report.plan.fallen_back}
    parts = tuple(
        ProvenPart(
            kind=_KINDS[type(found.backup)],
            name=found.backup.name,
            run_id=fallen.run_id if fallen else manifest.run_id,
            recovery_point=fallen.recovery_point if fallen else manifest.recovery_point,
            restored=found.things,
            held=found.held,
            size_bytes=found.backup.size_bytes,
        )
        for rules in rules_of(report.plan.request.kinds)
        for found in rules.restored(
            rules.outcomes_of(report.outcomes), rules.of(report.plan.steps), manifest
        )
        for fallen in [older.get((_KINDS[type(found.backup)], found.backup.name))]
    )
    if not parts:
        return None
    return ProofRecord(
        recovery_id=report.recovery_id,
        scenario=report.plan.request.scenario,
        how=how,
        proven_at=report.finished_at,
        seconds=(report.finished_at - report.started_at).total_seconds(),
        parts=parts,
    )
