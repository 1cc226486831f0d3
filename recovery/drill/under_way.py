"""Which drills may be under way, so that nobody removes what they use. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from manifests.drill_layout import mark_of
from manifests.errors import RefusedError
from manifests.layout import recovery_begun_at
from recovery.drill.model import Kept
from recovery.units import age, listed

LONGEST = timedelta(days=1)
"""No drill is at work for longer."""


def refuse_under_way(
    made: Mapping[str, Collection[str]],
    kept: Iterable[Kept],
    *,
    now: datetime,
    stopped: Collection[str],
) -> None:
    """Refuse to remove what a drill may still use.

    One that was killed and one that is at work look alike: neither has a record that is believed.

    Args:
        made: What there is, by the mark of the drill that made it.
        kept: What is known of drills.
        now: The present instant.
        stopped: Drills that the operator knows to have stopped, by id or mark.

    Raises:
        RefusedError: One began within a day and has not ended, or nobody here knows of it.
    """
    drills = {mark_of(item.drill_id): item for item in kept}
    for mark, things in sorted(made.items()):
        drill = drills.get(mark)
        name = mark if drill is None else drill.drill_id
        if mark in stopped or name in stopped:
            continue
        if drill is None:
            why = f"no record here tells of the drill that made {listed(sorted(things))}"
        elif not drill.has_ended and now - (began := recovery_begun_at(name)) < LONGEST:
            since = age((now - began).total_seconds())
            why = f"the drill may be under way: it began {since} ago and has no record"
        else:
            continue
        raise RefusedError(
            why,
            subject=name,
            hint=f"wait until it has ended; if it was stopped, `--stopped {name}` says so",
        )
