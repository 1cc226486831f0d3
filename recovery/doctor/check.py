"""One thing that is looked at, the rule that judges it, and how such checks are run."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from manifests.errors import ReboundError
from recovery.doctor.rules.problem import Problem, told
from recovery.health import Health, HealthFinding

_AT_ONCE = 8

type Look = Callable[[], Iterable[Problem]]


class Check(NamedTuple):
    """One thing that is looked at.

    Attributes:
        name: What is looked at.
        subject: Of what.
        look: Looks, and returns what is wrong.
        well: What is told when nothing is.
    """

    name: str
    subject: str
    look: Look
    well: str


def examined(checks: Iterable[Check]) -> tuple[HealthFinding, ...]:
    """Run checks, some at once; one that cannot be run is unknown, and stops no other."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="doctor") as pool:
        found = pool.map(_examined, checks)
        return tuple(finding for findings in found for finding in findings)


def _examined(check: Check) -> tuple[HealthFinding, ...]:
    try:
        return told(check.name, check.subject, check.look(), well=check.well)
    except ReboundError as error:
        what = f"could not be looked at: {error.message}"
        mend = error.hint or "rebound doctor"
        return (HealthFinding(check.name, check.subject, Health.UNKNOWN, what, mend),)


def judged(
    rule: Callable[..., Iterator[Problem]],
    look: Callable[[str], Any],
    name: str,
    **how: Any,  # noqa: ANN401 - what the rule takes
) -> Look:
    """Return a look at the thing with a name, and the rule that judges it."""
    return lambda: rule(look(name), name, **how)
