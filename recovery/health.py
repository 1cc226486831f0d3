"""The states of health, with the same names in every command that looks at the platform or its backups. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from manifests.errors import NeedsAttentionError, ReboundError, UnhealthyError


class Health(StrEnum):
    """How something is, from good to bad; what could not be read is unknown, never healthy."""

    HEALTHY = "healthy"
    WARNING = "warning"
    UNKNOWN = "unknown"
    CRITICAL = "critical"


_FROM_GOOD_TO_BAD = tuple(Health)


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One thing that was looked at, and what mends it.

    Attributes:
        check: What was looked at, a word or two; the same in each command.
        subject: The table, bucket, identity or schedule; empty where it is about all.
        health: How it is.
        what: What was found, one sentence.
        mend: The command that mends it or looks closer; empty where nothing is wrong.
        danger: What that command stops, opens or makes final; empty where it does nothing of the sort.
        page: The runbook page that tells more, relative to the repository; empty for none.
    """

    check: str
    subject: str
    health: Health
    what: str
    mend: str = ""
    page: str = ""
    danger: str = ""


def worst(findings: Iterable[Health]) -> Health:
    """Return the worst; unknown when nothing was looked at."""
    return max(findings, key=_FROM_GOOD_TO_BAD.index, default=Health.UNKNOWN)


def health_error(health: Health, *, hint: str = "") -> ReboundError | None:
    """Return the error that a command ends with; None when all is healthy.

    Args:
        health: The worst of what was found.
        hint: The next command.
    """
    if health is Health.HEALTHY:
        return None
    if health is Health.WARNING:
        return NeedsAttentionError("something needs attention", hint=hint)
    what = "something is unknown" if health is Health.UNKNOWN else "not healthy"
    return UnhealthyError(what, hint=hint)
