"""Ends fences: what a recovery paused is resumed, and that a fence is over is written down."""

from collections.abc import Collection, Iterable

from manifests.errors import PartialError, RefusedError
from manifests.kinds.resources.table import resource_type
from recovery.fence.model import FenceOutcome, ThawRecord, ThawStep
from recovery.fence.text import outcome_lines, staying_lines
from recovery.paused import Tell
from recovery.session import Session
from recovery.thawing import Thaw, planned_thaw_of, require_over, resumed, strange
from recovery.units import counted


def end(session: Session, recovery_id: str, paused: Collection[str], tell: Tell) -> None:
    """Resume exactly what a recovery paused, when all of it is proven.

    Two sorts of writers stay paused until `rebound thaw` shows and resumes them: those that the recovery
    made anew, stopped, and those that only the record of the fence names, which others can write.

    Args:
        session: The clients.
        recovery_id: The recovery.
        paused: The full names of the writers that it paused.
        tell: Told what is done.

    Raises:
        CloudError: A writer could not be resumed.
        NotEqualError: Writers were changed meanwhile and stay paused.
        PartialError: One would send to where nothing of the project is, or is none of the recovery's.
    """
    left = set(paused)
    for record in session.tools.fences.readable():
        if paused and record.recovery_id == recovery_id and not record.is_made:
            left -= {writer.name for writer in record.writers}
            thaw = planned_thaw_of(session, record, changed_too=False)
            refused = [
                *strange(session, thaw, ()),
                *(
                    RefusedError("the recovery did not pause it", subject=step.name)
                    for step in thaw.steps
                    if step.action == "resume" and step.name not in paused
                ),
            ]
            if refused:
                raise PartialError(
                    f"what was paused stays so, the first: {refused[0]}",
                    subject=record.fence_id,
                    hint=f"`rebound thaw {record.fence_id}` shows it and asks",
                )
            for line in staying_lines(_staying(thaw)):
                tell(line)
            outcomes: list[FenceOutcome] = []
            for wave in resumed(session, thaw, tell):
                outcomes += wave.outcomes
                tell(f"thaw {record.fence_id}{f', wave {wave.name}' if wave.name else ''}")
                for line in outcome_lines(wave.outcomes, "resumed"):
                    tell(line)
            conclude(session, thaw, outcomes)
    if left:
        raise PartialError(
            f"{counted(len(left), 'writer')} still paused: no record of the fence can be read",
            subject=recovery_id,
            hint="`rebound fence --status` says why; find out who wrote it",
        )


def _staying(thaw: Thaw) -> list[ThawStep]:
    """Return the steps that leave a writer as it is, where it does not run."""
    return [
        step
        for step in thaw.steps
        if step.action == "leave"
        if (found := thaw.present.get(step.name)) and not resource_type(step.type).runs(found)
    ]


def conclude(session: Session, thaw: Thaw, outcomes: Iterable[FenceOutcome]) -> None:
    """Write that a fence is over: what it held runs, is gone, or is held by another fence.

    Args:
        session: The clients.
        thaw: What was done.
        outcomes: The writers that were resumed.

    Raises:
        CloudError: It could not be written.
        NotEqualError: Writers were changed meanwhile and stay paused, so that the fence is not over.
    """
    fence_id, resumed_names = thaw.record.fence_id, {item.name for item in outcomes}
    require_over(fence_id, thaw.steps)
    steps = [
        step.model_copy(update={"action": "resume"}) if step.name in resumed_names else step
        for step in thaw.steps
    ]
    session.tools.fences.end(ThawRecord.of(fence_id, steps, at=session.clock.latest()))
