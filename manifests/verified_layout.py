"""Where the landing bucket keeps what was read of the vault: built and parsed here only.

verdicts/<run>.json      what the last look at a run found
verified/<night>.json    what was found of the share of the vault that was read in a night
"""

from collections.abc import Iterable
from datetime import datetime

from manifests.layout import time_in
from manifests.values import RunId

VERDICTS_PREFIX = "verdicts/"
SHARES_PREFIX = "verified/"


def verdict_name(run_id: RunId) -> str:
    """Return the name of the record of the last look at a run."""
    return f"{VERDICTS_PREFIX}{run_id}.json"


def share_name(scheduled_at: datetime) -> str:
    """Return where the landing bucket keeps that a night's share was read."""
    return f"{SHARES_PREFIX}{scheduled_at:%Y%m%dT%H%M%SZ}.json"


def verified_nights(
    shares: Iterable[tuple[str, datetime]], *, now: datetime
) -> tuple[datetime, ...]:
    """Return since when shares of the vault are known to be read; a night to come does not count.

    What was written before its night was planted: its name would hide for years that nobody reads.

    Args:
        shares: The name of each record, and when Cloud Storage says that it was written.
        now: The present instant.
    """
    found = ((verified_at(name), written_at) for name, written_at in shares)
    return tuple(
        min(night, written_at) for night, written_at in found if night is not None and night <= now
    )


def verified_at(name: str) -> datetime | None:
    """Return for which night it is written that a share was read, or None for any other object."""
    return time_in(name, f"{SHARES_PREFIX}%Y%m%dT%H%M%SZ.json")
