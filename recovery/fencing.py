"""The fence of a recovery: planned with it, put up before anything is written, taken down when all is proven.

A fence is written down before anything is paused, so that a thaw ends it wherever the recovery broke
off. One that is resumed goes on with the same fence, and pauses what runs again.
"""

from collections.abc import Collection

from manifests import fence_layout
from manifests.catalog_writers import FenceRule
from manifests.errors import (
    CatalogError,
    CloudError,
    PartialError,
)
from manifests.model.run import Manifest
from recovery.fence.executions import Executions
from recovery.fence.insisting import require_quiet
from recovery.fence.large import look_takes, too_large
from recovery.fence.model import FenceRecord, PlannedFence, Quiet
from recovery.fence.quiet import FenceLooks, wait_for_quiet
from recovery.fence.rules import held_by_others, planned_fence
from recovery.fence.text import outcome_lines, quiet_lines
from recovery.fence.work import require_all
from recovery.paused import Tell, fencing_of, own_fences, require_paused
from recovery.plan.model import Plan
from recovery.session import Session
from recovery.units import duration
from recovery.waiting import WAITING

_WITHOUT = "`--no-fence` recovers while writers run"


def rule_of(session: Session) -> FenceRule:
    """Return how the catalog says that writers are fenced.

    Raises:
        CatalogError: It says nothing.
    """
    if session.catalog.fence is None:
        raise CatalogError(
            "the catalog does not say what writes to what", hint="its field `fence` says it"
        )
    return session.catalog.fence


def with_fence(session: Session, plan: Plan, run: Manifest | None = None) -> Plan:
    """Return a plan that says which writers are paused before anything is written.

    A recovery into another place has no writers; where the catalog names none, nothing is fenced.

    Args:
        session: The clients.
        plan: The plan.
        run: What is restored; None where it is no run.

    Raises:
        CloudError: What writes could not be looked at.
    """
    is_own = plan.request.target.project == session.settings.project
    things = {step.written for step in plan.steps if step.changes} - {""} if is_own else set()
    request = plan.request
    fence = planned(session, things, is_left_out=request.no_fence, despite=request.despite)
    rule = session.catalog.fence
    if fence and rule and run and not fence.is_left_out:
        ephemeral = {item.database: item.ephemeral for item in session.catalog.databases}
        told = {
            "too_large": too_large(rule, run, things, ephemeral),
            "look": look_takes(rule, run, things, ephemeral),
        }
        fence = fence.model_copy(update=told)
    return plan.model_copy(update={"fence": fence})


def planned(
    session: Session,
    things: Collection[str],
    *,
    is_left_out: bool,
    despite: tuple[str, ...] = (),
) -> PlannedFence | None:
    """Return what is paused before some things are written; None where nothing is fenced.

    Raises:
        CloudError: What writes could not be looked at.
    """
    rule = session.catalog.fence
    if rule is None or not things:
        return None
    told = PlannedFence(
        things=tuple(sorted(things)),
        writers=(),
        quiet_seconds=rule.quiet_seconds,
        quiet_within_seconds=rule.quiet_within_seconds,
        despite=despite,
    )
    if is_left_out:
        return told.model_copy(update={"is_left_out": True})
    record = fence_record(session, rule, things)
    found = ("writers", "idle", "unsubscribed", "held_by")
    return told.model_copy(update={name: getattr(record, name) for name in found})


def fence_record(
    session: Session,
    rule: FenceRule,
    things: Collection[str],
    *,
    why: str = "",
    recovery_id: str = "",
) -> FenceRecord:
    """Return the fence that would be begun now.

    Args:
        session: The clients.
        rule: The catalog's rule.
        things: What is fenced.
        why: What it is for.
        recovery_id: The recovery that it is a part of.

    Raises:
        CloudError: What writes could not be looked at.
    """
    WAITING.doing("looking for what writes")
    held = held_by_others(None, session.tools.fences.readable())
    try:
        found = fencing_of(session).found(rule)
    except CloudError as error:
        error.hint = f"{error.hint}; {_WITHOUT}" if error.hint else _WITHOUT
        raise
    # A fence that begins or ends meanwhile holds what is found paused, and nobody else resumes it.
    held |= held_by_others(None, session.tools.fences.readable())
    return planned_fence(
        rule,
        things,
        found,
        fence_id=fence_layout.fence_id(session.begun_at(), session.own_id[:4]),
        project=session.settings.project,
        why=why,
        now=session.started_at,
        recovery_id=recovery_id,
        held=held,
    )


def stand(
    session: Session, recovery_id: str, fence: PlannedFence | None, tell: Tell
) -> frozenset[str]:
    """Pause the writers of everything that a recovery writes, and wait until nothing is written any more.

    Args:
        session: The clients.
        recovery_id: The recovery, which is written down already.
        fence: What was planned and agreed to; what was added to the platform since is paused, too.
        tell: Told what is done.

    Returns:
        The full names of the writers that are paused: no others are resumed before an operator looks.

    Raises:
        CloudError: A writer could not be paused.
        PartialError: Something is written or runs all the same, or nobody could look whether it does.
    """
    if fence is None or fence.is_left_out:
        return frozenset()
    rule, fencing, fences = rule_of(session), fencing_of(session), session.tools.fences
    own = own_fences(session, fences.holding(), recovery_id, tell)
    known = {writer.name for item in own for writer in item.writers}
    why = f"the recovery {recovery_id}"
    record = fence_record(session, rule, fence.things, why=why, recovery_id=recovery_id)
    new = tuple(writer for writer in record.writers if writer.name not in known)
    if new:
        own.append(record.model_copy(update={"writers": new}))
        fences.begin(own[-1])
    for item in own:
        outcomes = fencing.pause(item)
        for line in (f"fence {item.fence_id}", *outcome_lines(outcomes, "paused")):
            tell(line)
        require_all(outcomes, hint=f"`rebound thaw {item.fence_id}` undoes the fence")
    _await_quiet(session, rule, fence, recovery_id, tell)
    require_paused(session, own, PartialError("nothing was recovered", subject=recovery_id))
    return frozenset(writer.name for item in own for writer in item.writers)


def _await_quiet(
    session: Session, rule: FenceRule, fence: PlannedFence, recovery_id: str, tell: Tell
) -> None:
    within = rule.quiet_within_seconds
    quiet = quiet_of(session, rule, fence.things, fence.despite, within_seconds=within, tell=tell)
    for line in quiet_lines(quiet):
        tell(line)
    failure = PartialError("nothing was recovered", subject=recovery_id)
    require_quiet(quiet, failure, "rebound resume")


def quiet_of(
    session: Session,
    rule: FenceRule,
    things: Collection[str],
    despite: Collection[str],
    *,
    within_seconds: float = 0,
    tell: Tell = lambda _: None,
) -> Quiet:
    """Look whether anything writes to some things, as `wait_for_quiet` does."""
    project, location = session.settings.project, session.catalog.location
    WAITING.doing(f"looking for {duration(rule.quiet_seconds)} whether anything is written")
    return wait_for_quiet(
        FenceLooks(session.catalog, project),
        things,
        runs=Executions(session.tools.rest(), project, location, rule),
        seconds=rule.quiet_seconds,
        within_seconds=within_seconds,
        despite=despite,
        tell=tell,
    )


def despite_too(plan: Plan, despite: Collection[str]) -> Plan:
    """Return a plan that goes on although these, too, still run or could not be looked at."""
    request, fence = plan.request, plan.fence
    told = tuple(dict.fromkeys((*request.despite, *despite)))
    return plan.model_copy(
        update={
            "request": request.model_copy(update={"despite": told}),
            "fence": fence and fence.model_copy(update={"despite": told}),
        }
    )
