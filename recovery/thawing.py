"""Ends a fence: exactly what it paused is resumed, wave by wave, and that is written down."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from manifests.catalog_writers import SEEK_SECONDS, FenceRule, FlowCheck
from manifests.errors import NoRecoveryPointError, PartialError, RefusedError
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
from recovery.fencing import Tell, doubted, fencing_of
from recovery.kinds.resources.cloud.stored import read_resources
from recovery.session import Session
from recovery.units import duration

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
    held = held_by_others(record, session.tools.fences.readable())
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
    kept = _kept(session) if any(step.address for step in thaw.steps) else {}
    catalog = session.catalog
    buckets = (item.bucket for item in catalog.buckets)
    own = set(own_places(thaw.record.project, catalog.dataset_ids, buckets))
    if not (found := strange_addresses(thaw.steps, own, kept, said)):
        return found
    known = own | fencing_of(session).reached(catalog.fence.locations if catalog.fence else ())
    return strange_addresses(thaw.steps, known, kept, said)


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


def _kept(session: Session) -> dict[str, str]:
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

    Where the platform was made anew, the catalog's flow check runs behind the wave that it names.

    Args:
        session: The clients.
        thaw: What is done.
        tell: Told of what is discarded, and of the flow check.
        seek_past: Whether what waits for subscriptions is discarded.
        until: The last wave; all when empty.
        is_checked: Whether there is a flow check.

    Raises:
        CloudError: A writer of a wave could not be resumed; later waves are not begun.
        NotEqualError: Nothing came of the flow check; later waves are not begun.
        PartialError: Another fence holds a writer of a wave by now; neither that wave nor later ones are begun.
    """
    fencing, rule = fencing_of(session), session.catalog.fence
    waves = rule.waves if rule is not None else ()
    steps = [step for step in thaw.steps if step.action == "resume"]
    check, later = thaw.check if is_checked else None, len(steps)
    for name, wave in in_waves(waves, steps):
        _require_unheld(session, thaw.record, wave)
        discarding = _discarding(session, rule) if seek_past else None
        outcomes = fencing.resume(thaw.record, wave, discarding=discarding)
        for line in sought_lines(outcomes, discarding) if discarding else ():
            tell(line)
        if outcomes:
            yield ResumedWave(name if waves else "", outcomes)
        require_all(outcomes, hint=f"`rebound thaw {thaw.record.fence_id}` goes on")
        later -= len(wave)
        if rule is not None and check is not None and check.after == name:
            tell(flow_line(check, later))
            _check_flow(session, rule, check, thaw.record.project, tell)
        if name == until:
            return


def _require_unheld(session: Session, record: FenceRecord, wave: Sequence[ThawStep]) -> None:
    """Refuse to resume a wave of which another fence, that began since the thaw was decided, holds a writer.

    Raises:
        PartialError: One does.
    """
    held = held_by_others(record, session.tools.fences.readable()) if wave else {}
    if step := next((step for step in wave if step.name in held), None):
        raise PartialError(
            f"{held[step.name][0]} began meanwhile and holds it, too: it stays paused, as do those that "
            "were to be resumed with it or later",
            subject=step.name,
            hint=f"`rebound thaw {record.fence_id}` goes on",
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
