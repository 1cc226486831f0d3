"""Looks again at what the report of a recovery rests on: its run, its journal, its keys."""

from datetime import datetime

from manifests.errors import BackupDamagedError
from recovery.outcome import RecoveryReport
from recovery.report.basis import Basis
from recovery.session import Session


def basis_of(session: Session, found: RecoveryReport, written_at: datetime) -> Basis:
    """Return what the report of a recovery rests on, as far as it can be looked at."""
    run_id = found.plan.run_id
    if run_id is None:
        return Basis(written_at=written_at)
    try:
        session.vault.manifest(run_id)
    except BackupDamagedError:
        return Basis(written_at=written_at, manifest="unreadable")
    is_same = session.vault.digest(run_id) == found.plan.manifest_digest
    return Basis(written_at=written_at, manifest="same" if is_same else "other")
