"""Ends a fence: exactly what it paused is resumed, wave by wave, and that is written down."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from manifests.catalog_writers import SEEK_SECONDS, FenceRule, FlowCheck
from manifests.errors import NoRecoveryPointError, NotEqualError, PartialError, RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.fence.addresses import own_places, sent_to, strange_addresses
from recovery.fence.doubts import strange_writers
from recovery.fence.due import Due, due
from recovery.fence.flow import run_flow_check
from recovery.fence.model import Discarding, FenceOutcome, FenceRecord, ThawStep
from recovery.fence.quiet import FenceLooks
from recovery.fence.rules import held_by_others, planned_thaw
from recovery.fence.text import flow_line, sought_lines
from recovery.fence.waiting import waiting_messages
from recovery.fence.waves import in_waves
from recovery.fence.work import require_all
from recovery.kinds.resources.cloud.stored import read_resources
from recovery.paused import Tell, doubted, fencing_of
from recovery.session import Session
from recovery.units import counted, duration

_SUBSCRIPTION = "pubsub/subscription"


class ResumedWave(NamedTuple):
    """How the writers of one wave ended; without a name where the catalog has no waves."""

    name: str
    outcomes: list[FenceOutcome]


class Thaw(NamedTuple):
    """What a thaw does.

    Attributes:
        record: The fence.
        steps: What happens to each writer.
        present: The writers as they are, by name.
        alone: The names of those that only one of the two records of the fence has.
        check: The flow check in between; None where nothing that was made anew is resumed.
    """

    record: FenceRecord
    steps: Sequence[ThawStep]
    present: dict[str, Resource]
    alone: Collection[str] = ()
    check: FlowCheck | None = None


def planned_thaw_of(
    session: Session, record: FenceRecord, *, changed_too: bool, alone: Collection[str] = ()
) -> Thaw:
    """Decide what a thaw of a fence does.

    Args:
        session: The clients.
        record: The fence.
        changed_too: Whether writers that were changed meanwhile are resumed too.
        alone: The names of its writers that only one of its two records has.

    Raises:
        CloudError: A writer could not be looked at.
    """
    present = fencing_of(session).present(record)
    held = held_by_others(record, session.tools.fences.holding())
    steps = planned_thaw(
        record,
        present,
        changed_too=changed_too,
        held={name: fence for name, (fence, _) in held.items()},
        is_checked=session.seal.is_checking,
    )
    there = {name: item for name, item in present.items() if item is not None}
    rule, resumes = session.catalog.fence, any(step.action == "resume" for step in steps)
    check = rule.flow_check if rule is not None and resumes and record.is_made else None
    return Thaw(record, steps, there, alone, check)


def strange(session: Session, thaw: Thaw, said: Collection[str]) -> list[RefusedError]:
    """Return a refusal of each address that a thaw would set and that only the fence's record names.

    Args:
        session: The clients.
        thaw: What would be done.
        said: Hosts that the operator names; `*` is any.
    """
    then = _sent_to_then(session) if any(step.address for step in thaw.steps) else {}
    catalog = session.catalog
    buckets = (item.bucket for item in catalog.buckets)
    own = set(own_places(thaw.record.project, catalog.dataset_ids, buckets))
    if not (found := strange_addresses(thaw.steps, own, then, said)):
        return found
    known = own | fencing_of(session).reached(catalog.fence.locations if catalog.fence else ())
    return strange_addresses(thaw.steps, known, then, said)


def unborne(session: Session, thaw: Thaw, said: Collection[str]) -> list[RefusedError]:
    """Return a refusal of each writer that a thaw would resume and that only the fence's record names.

    Args:
        session: The clients.
        thaw: What would be done.
        said: Writers that the operator names; `*` is any.

    Raises:
        CloudError: The project's number could not be asked for.
    """
    return strange_writers(
        thaw.steps, doubted(session, thaw.record, thaw.present, thaw.alone), said
    )


def _sent_to_then(session: Session) -> dict[str, str]:
    """Return where each writer sent to when the newest run was made, by name."""
    try:
        _, manifest = session.choose(run=None, at=None)
    except NoRecoveryPointError:
        return {}
    return {
        stored.name: sent_to(kind, stored.resource, kind.pause_of(stored.resource).field)
        for part in manifest.resources
        if (kind := resource_type(part.type)).pauses
        for stored in read_resources(session.vault_bucket, part)
    }


def coming(session: Session, thaw: Thaw) -> list[tuple[ThawStep, Due]]:
    """Return what each writer that a thaw resumes does within the next hour."""
    steps = [step for step in thaw.steps if step.action == "resume"]
    waiting: dict[str, int] = {}
    if any(step.type == _SUBSCRIPTION for step in steps):
        rest, project = session.tools.rest(), session.settings.project
        waiting = waiting_messages(rest, project, session.started_at)
    return [
        (
            step,
            due(
                step.type,
                thaw.present[step.name],
                now=session.started_at,
                messages=waiting.get(step.name),
            ),
        )
        for step in steps
    ]


def resumed(
    session: Session,
    thaw: Thaw,
    tell: Tell,
    *,
    seek_past: bool = False,
    until: str = "",
    is_checked: bool = True,
) -> Iterator[ResumedWave]:
    """Resume writers wave by wave, and yield how the writers of each ended.

    That the fence holds those of a wave no more is written down before it is looked whether another one does:
    of two that are thawed at once the later one sees that of the other, and resumes what both held. Where the
    platform was made anew, the catalog's flow check runs behind the wave that it names.

    Args:
        session: The clients.
        thaw: What is done.
        tell: Told of what is discarded, and of the flow check.
        seek_past: Whether what waits for subscriptions is discarded.
        until: The last wave; all when empty.
        is_checked: Whether there is a flow check.

    Raises:
        CloudError: A writer of a wave could not be resumed; later waves are not begun.
        NotEqualError: Nothing came of the flow check, or a writer that another fence held was changed
            meanwhile; later waves are not begun.
        PartialError: Another fence holds a writer of a wave by now, or one that another fence held is
            doubted; neither that wave nor later ones are begun.
    """
    fencing, rule = fencing_of(session), session.catalog.fence
    waves = rule.waves if rule is not None else ()
    check = thaw.check if is_checked else None
    later = sum(step.action == "resume" for step in thaw.steps)
    for name, wave in waves_until(session, thaw, until):
        steps = _released(session, thaw, wave)
        discarding = _discarding(session, rule) if seek_past else None
        outcomes = fencing.resume(thaw.record, steps, discarding=discarding)
        for line in sought_lines(outcomes, discarding) if discarding else ():
            tell(line)
        if outcomes:
            yield ResumedWave(name if waves else "", outcomes)
        require_all(outcomes, hint=f"`rebound thaw {thaw.record.fence_id}` goes on")
        later -= sum(step.action == "resume" for step in wave)
        if rule is not None and check is not None and check.after == name:
            tell(flow_line(check, later))
            _check_flow(session, rule, check, thaw.record.project, tell)


def waves_until(session: Session, thaw: Thaw, until: str) -> list[tuple[str, list[ThawStep]]]:
    """Return the steps of a thaw in waves, of which the one that is named is the last.

    Later steps are a part of it where none of them resumes anything, or leaves it to another fence.

    Args:
        session: The clients.
        thaw: What is done.
        until: The last wave; all when empty.
    """
    rule = session.catalog.fence
    waves = in_waves(rule.waves if rule is not None else (), thaw.steps)
    if not until:
        return waves
    last = [name for name, _ in waves].index(until)
    later = [step for _, wave in waves[last + 1 :] for step in wave]
    is_whole = not any(step.action == "resume" or step.held_by for step in later)
    return [*waves[:last], (until, [*waves[last][1], *(later if is_whole else ())])]


def _released(session: Session, thaw: Thaw, wave: Sequence[ThawStep]) -> list[ThawStep]:
    """Write down that the fence holds the writers of a wave no more, and return the steps that resume some.

    Raises:
        CloudError: It could not be written down, or a writer not be looked at.
        NotEqualError: One that another fence held, and holds no more, was changed meanwhile.
        PartialError: Another fence that began since the thaw was decided holds one; or one that another
            fence held, and holds no more, is doubted.
    """
    if not (over := {step.name for step in wave if step.is_over}):
        return []
    fence_id, fences = thaw.record.fence_id, session.tools.fences
    fences.release(fence_id, over)
    held = held_by_others(thaw.record, fences.holding())
    steps = [step for step in wave if step.action == "resume"]
    if step := next((step for step in steps if step.name in held), None):
        raise PartialError(
            f"{held[step.name][0]} began meanwhile and holds it, too: it stays paused, as do those that "
            "were to be resumed with it or later",
            subject=step.name,
            hint=f"`rebound thaw {fence_id}` goes on",
        )
    left = {step.name for step in wave if step.held_by and step.name not in held}
    return [*steps, *(_left_to_us(session, thaw, left) if left else ())]


def _left_to_us(session: Session, thaw: Thaw, names: Collection[str]) -> list[ThawStep]:
    """Return the steps that resume writers which another fence held when the thaw was decided, and holds no more.

    Raises:
        NotEqualError: One was changed meanwhile.
        PartialError: One is doubted: nobody was asked whether it is to be resumed.
    """
    writers = tuple(item for item in thaw.record.writers if item.name in names)
    record = thaw.record.model_copy(update={"writers": writers})
    now = planned_thaw_of(session, record, changed_too=False, alone=thaw.alone)
    require_over(record.fence_id, now.steps)
    for refused in (*strange(session, now, ()), *unborne(session, now, ())):
        raise PartialError(
            f"no other fence holds it any more, and it stays paused: {refused.message}",
            subject=refused.subject,
            hint=f"`rebound thaw {record.fence_id}` shows it and asks",
        )
    return [step for step in now.steps if step.action == "resume"]


def require_over(fence_id: str, steps: Sequence[ThawStep]) -> None:
    """Refuse to call a fence over of which writers stay paused because they were changed meanwhile.

    Raises:
        NotEqualError: One was.
    """
    if waiting := [step for step in steps if not step.is_over]:
        raise NotEqualError(
            f"{counted(len(waiting), 'writer')} changed meanwhile, and still paused, the first: "
            f"{waiting[0].name}",
            subject=fence_id,
            hint=f"look at each, then `rebound thaw {fence_id} --changed` resumes them",
        )


def _discarding(session: Session, rule: FenceRule | None) -> Discarding:
    """Return what is discarded now, and how long that takes, by the catalog."""
    seconds = SEEK_SECONDS if rule is None else rule.seek_seconds
    return Discarding(before=session.clock.latest(), seconds=seconds)


def _check_flow(
    session: Session, rule: FenceRule, check: FlowCheck, project: str, tell: Tell
) -> None:
    """Run the flow check, and tell meanwhile how long it has been waiting."""
    looking = FenceLooks(session.catalog, project)
    seconds = run_flow_check(fencing_of(session), looking, rule, check, project=project, tell=tell)
    tell(f"flow check: {check.produces} was written within {duration(seconds)}")
