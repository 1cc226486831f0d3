"""Drills on a schedule, with nobody watching: one sample into the sandbox for each scheduled time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from manifests.drill_layout import mark_of
from manifests.errors import MisconfiguredError, RunInProgressError
from manifests.layout import recovery_begun_at
from manifests.settings import read_settings
from recovery.drill.asked import Asked
from recovery.drill.cleaned import clean_up
from recovery.drill.cleaning import Cleaning
from recovery.drill.document import drill_error
from recovery.drill.model import DrillRecord, Kept
from recovery.drill.preparing import prepared
from recovery.drill.running import Drill
from recovery.drill.sandbox import sandbox_of
from recovery.drill.store import Drills, drills_of
from recovery.drill.tasks import SAMPLE
from recovery.session import Session
from recovery.settings import Settings

log = structlog.get_logger()

OPERATOR = "rebound-drill"
"""Who runs the drills that a schedule asks for."""
_EARLY = timedelta(minutes=1)
_LONGEST_CALL = timedelta(hours=2)
"""Nothing of a call goes on for longer. Cloud Run ends a call after an hour, and may leave its code
running (Configure request timeout for services), which has no processor once the call is over."""


def drilled(at: datetime | None) -> dict[str, object]:
    """Drill a sample, unless that was done for the same time, and return what it showed.

    What a drill made that did not come to its end is removed first.

    Args:
        at: The time of the schedule; None, and one that has not come, for now.

    Raises:
        MisconfiguredError: No sandbox is named.
        RunInProgressError: Another call is at it.
        ReboundError: It was refused, or did not pass.
    """
    settings = read_settings(Settings)
    if not settings.sandbox:
        raise MisconfiguredError(
            "no sandbox is named", hint="set REBOUND_SANDBOX to a project that drills may fill"
        )
    session = Session(settings)
    drills, latest = drills_of(session.tools), session.started_at + _EARLY
    earlier = (
        [item for item in _own(drills, at, latest=latest) if _is_timely(drills, item)]
        if at is not None and at <= latest
        else []
    )
    ended = next((item.record for item in earlier if _is_believed(item)), None)
    if ended is None:
        _remove(session, settings.sandbox, earlier)
        ended = Drill(prepared(_asked(settings.sandbox)), lambda *_, **__: None).record()
    if error := drill_error(ended):
        raise error
    return told_of(ended)


def told_of(record: DrillRecord) -> dict[str, object]:
    """Return what a line tells of a drill."""
    return {
        "drill_id": record.begun.drill_id,
        "run": record.begun.run_id,
        "seconds": round(record.seconds, 1),
        "parts": len(record.parts),
        "planted": len(record.controls),
        "caught": record.caught,
    }


def _asked(sandbox: str) -> Asked:
    return Asked(
        scenario=SAMPLE,
        sandbox=sandbox,
        run=None,
        is_random=False,
        criteria=None,
        criteria_from="",
        operator=OPERATOR,
        approver="",
        looks_at_platform=False,
    )


def _own(drills: Drills, at: datetime, *, latest: datetime) -> list[Kept]:
    """Return the drills of the schedule that were begun at its time or since, none of them later."""
    since = [name for name in drills.ids() if recovery_begun_at(name) >= at - _EARLY]
    kept = (drills.kept(name) for name in since if recovery_begun_at(name) <= latest)
    return [item for item in kept if item.begun is not None and item.begun.operator == OPERATOR]


def _is_timely(drills: Drills, kept: Kept) -> bool:
    """Whether a drill was written down when it says that it began: nobody begins one beforehand."""
    at = drills.begun_at(kept.drill_id)
    return at is not None and at >= recovery_begun_at(kept.drill_id) - _EARLY


def _is_believed(kept: Kept) -> bool:
    """Whether a record is that of the drill that began, and nobody doubts who wrote it."""
    is_its_own = kept.record is not None and kept.record.begun == kept.begun
    return is_its_own and kept.has_ended


def _remove(session: Session, sandbox: str, broken: Iterable[Kept]) -> None:
    """Remove what drills made that were killed.

    Raises:
        RunInProgressError: One may be under way.
    """
    marks = set()
    for item in broken:
        if session.started_at - recovery_begun_at(item.drill_id) < _LONGEST_CALL:
            raise RunInProgressError("another call is at this drill", subject=item.drill_id)
        marks.add(mark_of(item.drill_id))
    if not marks:
        return
    project = sandbox_of(sandbox, session.catalog, session.settings)
    cleaning = Cleaning(session, project)
    found = cleaning.look()
    own = found._replace(
        made=tuple(item for item in found.made if item.mark in marks),
        drills={mark: item for mark, item in found.drills.items() if mark in marks},
    )
    failures, _ = clean_up(session, project, cleaning, own, tuple(marks))
    for line in (*failures, *own.untold):
        log.warning("what a drill made may be there still", what=line)
