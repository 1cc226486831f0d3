"""Tells of a run without a manifest how far it came, and why it is no backup."""

from typing import TypedDict

from manifests import layout
from manifests.errors import BackupDamagedError
from manifests.model.run import FailedAttempt, PartFailure
from manifests.selection import RunSummary
from manifests.store.decoded import decoded_start, judging
from manifests.store.envelope import decode
from manifests.store.object_store import ObjectStore
from manifests.store.seal import Seal
from manifests.values import RunId


class _Failure(TypedDict, total=False):
    reason: str
    failures: tuple[PartFailure, ...]


def unfinished(bucket: ObjectStore, run_id: RunId, seal: Seal) -> RunSummary:
    """Return a run that has no manifest.

    Args:
        bucket: The vault.
        run_id: The run.
        seal: Tells what is believed.
    """
    content = bucket.read(layout.start_name(run_id))
    if content is None:
        return RunSummary(run_id=run_id, state="partial", reason="no manifest, no start record")
    try:
        start, _ = decoded_start(content, run_id, seal)
    except BackupDamagedError as error:
        return RunSummary(run_id=run_id, state="damaged", reason=error.message)
    return RunSummary(
        run_id=run_id,
        state="partial",
        recovery_point=start.recovery_point,
        base_run_id=start.base_run_id,
        parts=len(parts_done(bucket, run_id)),
        **_failure(bucket, run_id),
    )


def parts_done(bucket: ObjectStore, run_id: RunId) -> tuple[str, ...]:
    """Return the parts of a run that have a receipt, `tables/nba.games`, in order."""
    found = bucket.list_dated(layout.receipts_prefix(run_id))
    return tuple(layout.received_part(run_id, item.name) for item in found)


def _failure(bucket: ObjectStore, run_id: RunId) -> _Failure:
    """Return why the last attempt of a run failed."""
    attempts = [item.name for item in bucket.list_dated(layout.attempts_prefix(run_id))]
    content = bucket.read(attempts[-1]) if attempts else None
    if content is None:
        return {"reason": "no manifest: interrupted or still running"}
    try:
        with judging(attempts[-1]):
            failures = decode(content, FailedAttempt, subject=attempts[-1]).failures
    except BackupDamagedError:
        # A record of a failure that cannot be read must not hide its run.
        return {"reason": "no manifest: the record of the last attempt cannot be read"}
    names = ", ".join(item.part for item in failures)
    return {"reason": f"no manifest: not backed up: {names}", "failures": failures}
