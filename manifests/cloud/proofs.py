"""What was shown to restore, kept in the vault.

proofs/<recovery>.json    written once, when everything in a recovery was proven

`rebound status` tells how old the newest proof is. No recovery depends on a proof: a forged one can
only make an untested part look tested. Where operators have a key only what it signed counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from manifests.catalog_drills import DrillRule
from manifests.cloud.kept import KeptRecords
from manifests.errors import BackupDamagedError, CloudError, UsageError
from manifests.layout import recovery_begun_at
from manifests.model.proof import ProofRecord
from manifests.proof_layout import PROOFS_PREFIX, proof_name, proving_recovery
from manifests.store.bounded import Records, read
from manifests.store.seal import Seal

log = structlog.get_logger()

# Far more than the names of all parts of a run.
_MOST_BYTES = 4 * 1024 * 1024
_LONGEST = timedelta(days=30)
"""No recovery takes longer, so that proofs of recoveries which began earlier are not even read."""


class Proofs:
    """The proofs about the runs of one vault.

    Args:
        records: Where proofs are kept.
        seal: Signs what is written, and tells what is believed.
    """

    def __init__(self, records: KeptRecords, seal: Seal) -> None:
        self._kept = records
        self._seal = seal

    def record(self, proof: ProofRecord) -> None:
        """Write the proof of a recovery, once; an earlier record stays.

        A warning is logged where that is not ours.
        A proof that cannot be signed is written all the same, since what it proves is restored.
        """
        name = proof_name(proof.recovery_id)
        written = self._kept.put_once(name, self._seal.encode_anyway(proof, subject=name))
        try:
            found, trust = self._seal.decode(written, ProofRecord, subject=name)
            problem = "" if found.recovery_id == proof.recovery_id else "it is another recovery's"
            problem = problem or trust.problem
        except BackupDamagedError as error:
            problem = error.message
        if problem:
            log.warning("a proof counts for nothing", name=name, reason=problem)

    def since(self, earliest: datetime, *, now: datetime) -> Iterator[ProofRecord]:
        """Yield the proofs since an instant; unreadable ones and impossible times are left out.

        Args:
            earliest: What was proven before is forgotten.
            now: The present instant.
        """

        def age(name: str) -> datetime | None:
            begun_at = _begun_at(name)
            is_wanted = begun_at is not None and earliest - _LONGEST <= begun_at <= now
            return begun_at if is_wanted else None

        records = Records(self._kept, most_bytes=_MOST_BYTES, seal=self._seal, only_believed=True)
        for found in records.below(PROOFS_PREFIX, ProofRecord, age=age):
            proof = read(found)
            if (
                proof is not None
                and proof_name(proof.recovery_id) == found.name
                and _can_be(proof, earliest, now)
            ):
                yield proof

    def readable(self, rule: DrillRule, *, now: datetime) -> tuple[ProofRecord, ...]:
        """Return every proof that still counts; none where the caller may not read them."""
        try:
            return tuple(self.since(now - timedelta(days=rule.proof_days), now=now))
        except CloudError:
            return ()


def _can_be(proof: ProofRecord, earliest: datetime, now: datetime) -> bool:
    """Whether a proof counts still, and neither it nor a point that it proves is of the future."""
    begun_at = recovery_begun_at(proof.recovery_id)
    is_of_the_past = all(part.recovery_point <= proof.proven_at for part in proof.parts)
    return is_of_the_past and max(earliest, begun_at) <= proof.proven_at <= now


def _begun_at(name: str) -> datetime | None:
    recovery_id = proving_recovery(name)
    try:
        return None if recovery_id is None else recovery_begun_at(recovery_id)
    except UsageError:
        return None
