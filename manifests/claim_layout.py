"""Where the landing bucket keeps who is at work, and who did what: built and parsed here only.

leases/<run>.json             one writer a run
leases/<run>~<mark>.json      the same, where something cannot be replaced there
unlocks/<run>/<time>.json     a lease that an operator broke, and why
prune.json                    no run is written while it is in force
actions/<time>-<id>.json      what an operator did, to what, and why; never changed
"""

import re
from datetime import UTC, datetime

from manifests.layout import RUN_ID, between, time_in
from manifests.values import RunId

LEASES_PREFIX = "leases/"
PRUNE_NAME = "prune.json"
ACTIONS_PREFIX = "actions/"
_LEASE = re.compile(rf"{RUN_ID.pattern}(~[0-9a-f]+)?")


def lease_name(run_id: RunId) -> str:
    """Return the name of a run's lease."""
    return f"{LEASES_PREFIX}{run_id}.json"


def lease_beside(run_id: RunId, mark: str) -> str:
    """Return the name of a run's lease where the object of its own name cannot be replaced.

    Args:
        run_id: The run.
        mark: Hexadecimal digits that nobody knows before.
    """
    return f"{leases_beside(run_id)}{mark}.json"


def leases_beside(run_id: RunId) -> str:
    """Return what the names of such leases begin with."""
    return f"{LEASES_PREFIX}{run_id}~"


def leased_run_id(name: str) -> RunId | None:
    """Return the run that a lease is about, or None for any other object."""
    found = between(LEASES_PREFIX, name, ".json", _LEASE)
    return None if found is None else RunId(found.partition("~")[0])


def action_name(did_at: datetime, own_id: str) -> str:
    """Return the name of the record of what a command did; no two commands have one name.

    Args:
        did_at: When.
        own_id: The command's own id.
    """
    return f"{ACTIONS_PREFIX}{did_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{own_id}.json"


def acted_at(name: str) -> datetime | None:
    """Return when a command did what a record is about, or None for any other object."""
    return time_in(name.partition("-")[0], f"{ACTIONS_PREFIX}%Y%m%dT%H%M%S.%fZ")


def unlock_name(run_id: RunId, unlocked_at: datetime) -> str:
    """Return the name of the record of a lease that was broken."""
    return f"unlocks/{run_id}/{unlocked_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"
