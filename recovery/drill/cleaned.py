"""Cleans up after drills, and records which: whatever has the names of their things later is somebody else's."""

from collections.abc import Iterator, Sequence

from manifests.errors import ReboundError
from recovery.drill.cleaning import Cleaning, Leftovers
from recovery.drill.model import DrillCleaned
from recovery.drill.owned import is_over
from recovery.drill.store import drills_of
from recovery.session import Session


def clean_up(
    session: Session, project: str, cleaning: Cleaning, found: Leftovers, stopped: Sequence[str]
) -> tuple[list[str], Leftovers]:
    """Remove what drills made; return what went wrong, and what is there then.

    Args:
        session: The clients.
        project: The sandbox.
        cleaning: Removes.
        found: What is there.
        stopped: Drills that are known to have stopped, by id or mark.
    """
    failures = cleaning.remove(found.made)
    after = cleaning.look()
    failures += _write_cleaned(session, project, found, after, stopped)
    return failures, after


def _write_cleaned(
    session: Session, project: str, before: Leftovers, after: Leftovers, stopped: Sequence[str]
) -> Iterator[str]:
    """Write down each drill of a sandbox of which nothing is left; yield why one could not be.

    Args:
        session: The clients.
        project: The sandbox.
        before: What was there.
        after: What is there now.
        stopped: Drills that are known to have stopped, by id or mark.
    """
    now, drills = session.clock.latest(), drills_of(session.tools)
    open_still = {item.mark for item in after.made}
    # A journal that nobody will ever be able to read is named now; what it was to make is not looked for
    # again.
    open_still |= {item.mark for item in (*before.unread, *after.unread) if item.is_passing}
    for mark, drill in before.drills.items():
        is_here = drill.begun is not None and drill.begun.sandbox == project
        if mark in open_still or not (
            is_here and is_over(drill, now=now, stopped=stopped, mark=mark)
        ):
            continue
        cleaned = DrillCleaned(
            drill_id=drill.drill_id,
            cleaned_at=now,
            removed=tuple(item.label for item in before.made if item.mark == mark),
            left=(
                *(item.told for item in after.doubted if item.mark == mark),
                *(item.what for item in after.unread if item.mark == mark),
            ),
        )
        try:
            drills.clean(cleaned)
        except ReboundError as error:
            yield f"{drill.drill_id}: that it was cleaned up could not be written: {error.message}"
