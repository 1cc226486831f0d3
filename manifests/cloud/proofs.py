"""What was shown to restore, kept in the landing bucket.

proofs/<recovery>.json    written once, when everything in a recovery was proven

A proof tells an operator how old the last one is. Nothing is restored because of it: whoever forges
one can only make what was not looked at seem to have been.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from manifests.catalog_drills import DrillRule
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, CloudError, UsageError
from manifests.layout import recovery_begun_at
from manifests.model.proof import ProofRecord
from manifests.proof_layout import PROOFS_PREFIX, proof_name, proving_recovery
from manifests.store.envelope import decode, encode
from manifests.values import ObjectInfo

# Far more than the names of all parts of a run.
_MOST_BYTES = 4 * 1024 * 1024
_PARALLEL_READS = 16
_LONGEST = timedelta(days=30)
"""No recovery takes longer: what an older one proved is not even read."""


class Proofs:
    """The proofs about the runs of one vault."""

    def __init__(self, landing: Bucket) -> None:
        self._landing = landing

    def record(self, proof: ProofRecord) -> None:
        """Write what a recovery showed, once: an earlier word stays."""
        self._landing.put_once(proof_name(proof.recovery_id), encode(proof))

    def since(self, earliest: datetime, *, now: datetime) -> Iterator[ProofRecord]:
        """Yield what was proven since an instant; what cannot be read, or be true, proves nothing.

        Args:
            earliest: What was proven before is forgotten.
            now: The present instant.
        """
        listed = [
            item
            for item in self._landing.list_objects(PROOFS_PREFIX)
            if item.size_bytes <= _MOST_BYTES
            and (begun_at := _begun_at(item.name)) is not None
            and earliest - _LONGEST <= begun_at <= now
        ]
        with ThreadPoolExecutor(_PARALLEL_READS, thread_name_prefix="proofs") as pool:
            for found in pool.map(self._read, listed):
                if found is not None and _can_be(found, earliest, now):
                    yield found

    def readable(self, rule: DrillRule, *, now: datetime) -> tuple[ProofRecord, ...]:
        """Return every proof that is not forgotten; none to who may not read them."""
        try:
            return tuple(self.since(now - timedelta(days=rule.proof_days), now=now))
        except CloudError:
            return ()

    def _read(self, item: ObjectInfo) -> ProofRecord | None:
        """Return a proof, or None where it cannot be read or is another recovery's."""
        try:
            content = self._landing.read(item.name)
            found = content and decode(content, ProofRecord, subject=item.name)
        except BackupDamagedError:
            return None
        return found if found and proof_name(found.recovery_id) == item.name else None


def _can_be(proof: ProofRecord, earliest: datetime, now: datetime) -> bool:
    """Whether a proof counts still, and is not from before its recovery or from the future."""
    begun_at = recovery_begun_at(proof.recovery_id)
    return max(earliest, begun_at) <= proof.proven_at <= now


def _begun_at(name: str) -> datetime | None:
    recovery_id = proving_recovery(name)
    try:
        return None if recovery_id is None else recovery_begun_at(recovery_id)
    except UsageError:
        return None
