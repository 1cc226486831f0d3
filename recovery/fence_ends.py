"""Ends fences: what a recovery paused is resumed, and that a fence is over is written down."""

from collections.abc import Collection

from manifests.errors import NotEqualError, PartialError, RefusedError
from manifests.kinds.resources.table import resource_type
from recovery.fence.model import ThawRecord, ThawStep
from recovery.fence.text import outcome_lines, staying_lines
from recovery.fence.work import failures
from recovery.fencing import Tell, fencing_of
from recovery.session import Session
from recovery.thawing import Thaw, planned_thaw_of, resumed, strange, unborne
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
            for wave in resumed(session, thaw, tell):
                tell(f"thaw {record.fence_id}{f', wave {wave.name}' if wave.name else ''}")
                for line in outcome_lines(wave.outcomes, "resumed"):
                    tell(line)
            conclude(session, thaw, tell)
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


def conclude(session: Session, thaw: Thaw, tell: Tell) -> None:
    """Write that a fence is over, and resume what was left to another one that is over by now, too.

    Two fences that end at once each leave to the other what both hold. Each is over before it looks, so that
    one of them sees that the other is.

    Args:
        session: The clients.
        thaw: What was done.
        tell: Told what is resumed.

    Raises:
        NotEqualError: Writers were changed meanwhile and stay paused, so that the fence is not over.
        PartialError: A writer that was left to another fence stays paused, and no fence holds it.
    """
    fence_id = thaw.record.fence_id
    if waiting := [step for step in thaw.steps if not step.is_over]:
        raise NotEqualError(
            f"{counted(len(waiting), 'writer')} changed meanwhile, and still paused, the first: "
            f"{waiting[0].name}",
            subject=fence_id,
            hint=f"look at each, then `rebound thaw {fence_id} --changed` resumes them",
        )
    session.tools.fences.end(ThawRecord.of(fence_id, thaw.steps, at=session.clock.latest()))
    if shared := {step.name for step in thaw.steps if step.held_by}:
        _resume_shared(session, thaw, shared, tell)


def _resume_shared(session: Session, thaw: Thaw, shared: Collection[str], tell: Tell) -> None:
    """Resume those of the writers that a fence left to others of which no other fence holds any more.

    Raises:
        PartialError: One stays paused.
    """
    writers = tuple(item for item in thaw.record.writers if item.name in shared)
    record = thaw.record.model_copy(update={"writers": writers})
    again = planned_thaw_of(session, record, changed_too=False, alone=thaw.alone)
    kept = [step.name for step in again.steps if not step.is_over]
    kept += [it.subject for it in (*strange(session, again, ()), *unborne(session, again, ()))]
    if not kept:
        outcomes = fencing_of(session).resume(record, again.steps)
        if outcomes:
            for line in outcome_lines(outcomes, "resumed"):
                tell(line)
        kept = [item.name for item in failures(outcomes)]
    if kept:
        raise PartialError(
            f"{counted(len(kept), 'writer')} still paused, held by no fence any more, the first: {kept[0]}",
            subject=record.fence_id,
            hint="look at each, and resume it by hand",
        )
