"""Whether a drill made a resource that has the name of one that it was to make. Pure.

It has the name that it has on the platform: somebody else may have made one of that name meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from manifests.layout import recovery_begun_at
from manifests.values import Resource
from recovery.drill.model import Kept
from recovery.drill.under_way import LONGEST
from recovery.kinds.made import made_at_of

_SKEW = timedelta(minutes=5)
"""Between Google's clocks, generously."""


class Made(NamedTuple):
    """One thing that a drill was to make, and that is there.

    Attributes:
        kind: What it is called, as `dataset`; of a resource its type, as `pubsub/topic`.
        name: Its name; of a resource the full one.
        mark: That of the drill.
        doubt: Why nothing shows that the drill made it; empty where something does.
    """

    kind: str
    name: str
    mark: str
    doubt: str = ""

    @property
    def label(self) -> str:
        """Return how a sentence names it: the full name of a resource has its project."""
        return f"{self.kind} {self.name}"

    @property
    def told(self) -> str:
        """Return it with why it is left."""
        return f"{self.label}: {self.doubt}" if self.doubt else self.label


class AtWork(NamedTuple):
    """When a drill was at work.

    Attributes:
        since: When its recovery began.
        until: When it ended, at the latest; None where it is at work.
        doubt: Why that recovery is not one of the drill's; empty where it is.
    """

    since: datetime
    until: datetime | None = None
    doubt: str = ""


def at_work(drill: Kept, began_at: datetime, *, sandbox: str) -> AtWork:
    """Return when a recovery of a drill was at work.

    Args:
        drill: What is known of the drill.
        began_at: When the recovery began.
        sandbox: The project that it wrote to.
    """
    began = recovery_begun_at(drill.drill_id)
    ended = drill.record.ended_at if drill.has_ended and drill.record is not None else None
    until, doubt = ended or began + LONGEST, ""
    if drill.begun is None:
        doubt = "no record that is believed tells what its drill was to do"
    elif drill.begun.sandbox != sandbox:
        doubt = f"its drill wrote to {drill.begun.sandbox}"
    elif not began - _SKEW <= began_at <= until + _SKEW:
        doubt = "the recovery that was to make it began when its drill was not at work"
    return AtWork(began_at, until, doubt)


def doubt_of(resource: Resource, work: AtWork, *, is_recorded: bool) -> str:
    """Return why nothing shows that a drill made a resource; empty where something does.

    Args:
        resource: As it is there.
        work: When the drill was at work.
        is_recorded: Whether the drill wrote down that it made it, or is about to say so.
    """
    if work.doubt:
        return work.doubt
    made_at = made_at_of(resource)
    if made_at is None:
        return "" if is_recorded else "its drill did not write down that it made it"
    is_early = made_at < work.since - _SKEW
    if is_early or (work.until is not None and made_at > work.until + _SKEW):
        return f"it was made {made_at:%Y-%m-%d %H:%M} UTC, when its drill was not at work"
    return ""


def doubt_of_label(resource: Resource, drill: Kept | None, *, sandbox: str) -> str:
    """Return why the label of a drill does not show that the drill made a resource; empty where it does.

    A label is copied with what has it. Where the API tells when the resource was made, the drill has to have
    been at work then; where it does not, as of topics, the label is what the drill wrote down.

    Args:
        resource: As it is there.
        drill: The drill of which something may be left that has the mark; None where there is none.
        sandbox: The project.
    """
    if drill is None:
        return "it has the label of a drill of which nothing can be left"
    work = at_work(drill, recovery_begun_at(drill.drill_id), sandbox=sandbox)
    return doubt_of(resource, work, is_recorded=True)


def is_over(drill: Kept, *, now: datetime, stopped: Iterable[str], mark: str) -> bool:
    """Whether nothing of a drill is at work any more.

    Args:
        drill: What is known of it.
        now: The present instant.
        stopped: Drills that the operator knows to have stopped, by id or mark.
        mark: Its mark.
    """
    is_old = now - recovery_begun_at(drill.drill_id) >= LONGEST
    return drill.has_ended or is_old or not {drill.drill_id, mark}.isdisjoint(stopped)
