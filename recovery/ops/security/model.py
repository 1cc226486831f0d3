"""The findings of `rebound security`: how urgent each is, and the step to take. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from manifests.catalog_operations import Security
from recovery.health import Health, HealthFinding

type Severity = Literal["P0", "P1", "P2", "P3"]
"""How soon somebody has to look: at once, within 15 minutes, within an hour, within four."""

PAGE = "runbooks/security.md"
_HEALTH: dict[Severity, Health] = {
    "P0": Health.CRITICAL,
    "P1": Health.CRITICAL,
    "P2": Health.WARNING,
    "P3": Health.WARNING,
}


@dataclass(frozen=True, slots=True)
class SecurityFinding:
    """One thing that was found.

    Attributes:
        severity: How urgent it is; None where nothing is wrong.
        finding: What it is, and the step to take.
    """

    severity: Severity | None
    finding: HealthFinding


@dataclass(frozen=True, slots=True)
class Light:
    """What findings are judged by.

    Attributes:
        now: The present instant.
        hours: How far back logs are read.
        project: The protected project.
        vault: The vault bucket.
        security: What the catalog expects.
    """

    now: datetime
    hours: float
    project: str
    vault: str
    security: Security

    def own(self, name: str) -> str:
        """Return the email of one of Rebound's own identities."""
        return f"rebound-{name}@{self.project}.iam.gserviceaccount.com"


def wrong(
    severity: Severity, check: str, subject: str, what: str, *, step: str, danger: str = ""
) -> SecurityFinding:
    """Return the finding that something is wrong.

    Args:
        severity: How urgent it is.
        check: What was looked at.
        subject: Of what.
        what: What was found, a sentence.
        step: The command that mends it, or looks closer.
        danger: What that command stops or makes final; empty where it does nothing of the sort.
    """
    finding = HealthFinding(check, subject, _HEALTH[severity], what, step, PAGE, danger)
    return SecurityFinding(severity, finding)


def well(check: str, what: str) -> SecurityFinding:
    """Return the finding that nothing is wrong."""
    return SecurityFinding(None, HealthFinding(check, "", Health.HEALTHY, what))


def unknown(check: str, what: str, *, step: str, subject: str = "") -> SecurityFinding:
    """Return the finding that something could not be looked at; it is as urgent as a fault."""
    return SecurityFinding(
        "P1", HealthFinding(check, subject, Health.UNKNOWN, what, mend=step, page=PAGE)
    )


def is_expected(name: str, patterns: Collection[str]) -> bool:
    """Whether a name fits one of some patterns, in which `*` stands for anything."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
