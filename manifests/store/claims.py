"""Who writes a run, or prunes, and how long that is believed. Pure.

What a process says of its own clock can be wrong by years, or forged. So a claim is in force for the
time that it names, an hour at most, from when Cloud Storage says that it was written; one that
cannot be read keeps others out for an hour, too.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from manifests.claim_layout import PRUNE_NAME, lease_name
from manifests.errors import BackupDamagedError
from manifests.model.run import LeaseRecord, PruneRecord
from manifests.store.envelope import decode
from manifests.values import RunId

MOST_SECONDS = 3600
"""No claim is believed longer than this without being renewed."""


class Dated(NamedTuple):
    """A document as it is in a bucket.

    Attributes:
        written_at: When, on Cloud Storage's clock.
    """

    content: bytes
    generation: int
    written_at: datetime


class Claim(NamedTuple):
    """What a lease says.

    Attributes:
        holder: Who wrote it; empty where it cannot be read.
        until: Until when it keeps others out.
        problem: Why it cannot be read; empty where it can.
    """

    holder: str
    until: datetime
    problem: str = ""


def lease_claim(found: Dated, run_id: RunId) -> Claim:
    """Return what the lease of a run says."""
    try:
        record = decode(found.content, LeaseRecord, subject=lease_name(run_id))
    except BackupDamagedError as error:
        return Claim("", _later(found, MOST_SECONDS), error.message)
    if record.run_id != run_id:
        return Claim("", _later(found, MOST_SECONDS), f"it is the lease of {record.run_id}")
    return Claim(record.holder, _later(found, record.term_seconds))


def pruned_until(found: Dated) -> datetime:
    """Return until when somebody says that contents are pruned."""
    try:
        record = decode(found.content, PruneRecord, subject=PRUNE_NAME)
    except BackupDamagedError:
        return _later(found, MOST_SECONDS)
    return _later(found, record.term_seconds)


def _later(found: Dated, seconds: float) -> datetime:
    return found.written_at + timedelta(seconds=min(seconds, MOST_SECONDS))
