"""What is wrong with something, and what mends it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from recovery.health import Health, HealthFinding

APPLY = "terraform -chdir=terraform apply"
"""What makes and sets all that Terraform keeps, in the checkout."""


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        what: What was found, one sentence.
        mend: The command that mends it or looks closer.
        danger: What that command stops, opens or makes final; empty where it does nothing of the sort.
    """

    what: str
    mend: str
    health: Health = Health.CRITICAL
    danger: str = ""


def warning(what: str, mend: str, danger: str = "") -> Problem:
    """Return a problem of something that works, and will not for long."""
    return Problem(what, mend, Health.WARNING, danger)


def fine(what: str) -> Problem:
    """Return that nothing is wrong, where there is more to tell than that."""
    return Problem(what, "", Health.HEALTHY)


def told(
    check: str, subject: str, problems: Iterable[Problem], *, well: str
) -> tuple[HealthFinding, ...]:
    """Return what is told of one thing that was looked at: its problems, or that it is well.

    Args:
        check: What was looked at.
        subject: Of what.
        problems: What is wrong.
        well: What is told where nothing is.
    """
    found = tuple(
        HealthFinding(check, subject, item.health, item.what, item.mend, danger=item.danger)
        for item in problems
    )
    return found or (HealthFinding(check, subject, Health.HEALTHY, well),)


def section(resource: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object within a resource, which an API leaves out where it is empty."""
    found: Mapping[str, Any] = resource.get(key) or {}
    return found
