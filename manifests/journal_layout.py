"""Where the journals of recoveries are in the landing bucket: built and parsed here only. Pure.

    recoveries/<recovery>/plan.json                written once, before anything is changed
    recoveries/<recovery>/<folder>/<name>.json     what was done to one thing
    recoveries/<recovery>/attempts/<time>.json     how an attempt ended that did not prove everything
    recoveries/<recovery>/abandoned.json           an operator closed it before it had ended
    recoveries/<recovery>/report.json              written once, when everything is proven

What the folders of entries are, `recovery.journal` says.
"""

from datetime import datetime

from manifests import layout
from manifests.errors import UsageError

RECOVERIES_PREFIX = "recoveries/"
_PLAN = "plan.json"


class JournalNames:
    """The names of what is in one journal.

    Args:
        recovery_id: The recovery.
    """

    def __init__(self, recovery_id: str) -> None:
        self.prefix = layout.recovery_prefix(recovery_id)
        self.plan = f"{self.prefix}{_PLAN}"
        self.report = f"{self.prefix}report.json"
        self.abandoned = f"{self.prefix}abandoned.json"
        self.attempts = self.folder("attempts")

    def attempt(self, ended_at: datetime) -> str:
        """Return where it is written how an attempt ended."""
        return f"{self.attempts}{ended_at:%Y%m%dT%H%M%S.%fZ}.json"

    def folder(self, name: str) -> str:
        """Return what the names of the entries of one folder begin with."""
        return f"{self.prefix}{name}/"


def recovery_of(name: str) -> str | None:
    """Return the recovery in whose journal an object or folder is; None where it is in none."""
    recovery_id = name.removeprefix(RECOVERIES_PREFIX).partition("/")[0]
    try:
        layout.recovery_begun_at(recovery_id)
    except UsageError:
        return None
    return recovery_id if name.startswith(RECOVERIES_PREFIX) else None


def planned_recovery(name: str) -> str | None:
    """Return the recovery whose plan an object is; None where it is none."""
    recovery_id = recovery_of(name)
    is_plan = recovery_id is not None and name == JournalNames(recovery_id).plan
    return recovery_id if is_plan else None
