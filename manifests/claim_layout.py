"""Where the landing bucket keeps who is at work: built and parsed here only.

leases/<run>.json             one writer a run
unlocks/<run>/<time>.json     a lease that an operator broke, and why
prune.json                    no run is written while it is in force
"""

from datetime import UTC, datetime

from manifests.layout import is_run_id
from manifests.model import RunId

LEASES_PREFIX = "leases/"
PRUNE_NAME = "prune.json"


def lease_name(run_id: RunId) -> str:
    """Return the name of a run's lease."""
    return f"{LEASES_PREFIX}{run_id}.json"


def leased_run_id(name: str) -> RunId | None:
    """Return the run that a lease is about, or None for any other object."""
    run_id = name.removeprefix(LEASES_PREFIX).removesuffix(".json")
    known = is_run_id(run_id) and name == lease_name(RunId(run_id))
    return RunId(run_id) if known else None


def unlock_name(run_id: RunId, unlocked_at: datetime) -> str:
    """Return the name of the record of a lease that was broken."""
    return f"unlocks/{run_id}/{unlocked_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"
