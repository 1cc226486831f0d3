"""The fence of a recovery: planned with it, put up before anything is written, taken down when all is proven.

A fence is written down before anything is paused, so that a thaw ends it wherever the recovery broke
off. One that is resumed goes on with the same fence, and pauses what runs again.
"""

from collections.abc import Callable, Collection, Mapping

from manifests import fence_layout
from manifests.catalog_writers import FenceRule
from manifests.cloud.configuration import Configuration
from manifests.errors import (
    BackupDamagedError,
    CatalogError,
    CloudError,
    PartialError,
    RefusedError,
    UsageError,
)
from manifests.model.run import Manifest
from manifests.values import Resource
from recovery.fence.doubts import doubts, projects_of
from recovery.fence.executions import Executions
from recovery.fence.insisting import require_quiet
from recovery.fence.large import look_takes, too_large
from recovery.fence.model import FenceRecord, PlannedFence, Quiet
from recovery.fence.quiet import FenceLooks, wait_for_quiet
from recovery.fence.rules import held_by_others, planned_fence
from recovery.fence.text import outcome_lines, quiet_lines
from recovery.fence.work import Fencing, require_all
from recovery.kinds.resources.rules.steps import FOLDER, ConfigurationOutcome
from recovery.plan.model import Plan
from recovery.session import Session
from recovery.units import duration
from recovery.waiting import WAITING

type Tell = Callable[[str], None]

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


def fencing_of(session: Session) -> Fencing:
    """Return what pauses and resumes the writers of the project."""
    rest = session.tools.rest()
    return Fencing(Configuration(rest, session.settings.project))


def doubted(
    session: Session,
    record: FenceRecord,
    present: Mapping[str, Resource | None],
    alone: Collection[str] = (),
) -> dict[str, str]:
    """Return the writers of a fence that nothing but its record confirms: by name, each with the reason.

    Args:
        session: The clients.
        record: The fence.
        present: Its writers as they are.
        alone: The names of those that only one of its two records has.

    Raises:
        CloudError: The project's number, or its triggers of Eventarc, could not be asked for.
    """
    rule = session.catalog.fence
    projects = {session.settings.project}
    if projects_of(record) - projects:
        projects.add(fencing_of(session).project_number())
    made = _made(session, record) if record.is_made else frozenset()
    if rule is not None:
        made |= fencing_of(session).carriers(rule)
    return doubts(record, present, rule, projects=projects, made=made, alone=alone)


def _made(session: Session, record: FenceRecord) -> frozenset[str]:
    """Return the names of what the recovery of a fence makes; of none where its plan is not there.

    What its service names is in the journal alone, when it is made.
    """
    journal = session.journal(record.recovery_id)
    try:
        planned = journal.planned()
        ended = journal.entries(FOLDER, ConfigurationOutcome)
    except (BackupDamagedError, RefusedError, UsageError):
        return frozenset()
    made = {step.into for step in planned.plan.steps if step.changes}
    return frozenset(made | {item.into for item in ended if item.action == "create"})


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
    own = [
        item for item in fences.readable() if item.recovery_id == recovery_id and not item.is_made
    ]
    own = [_borne_out(session, item, tell) for item in own]
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
    return frozenset(writer.name for item in own for writer in item.writers)


def _borne_out(session: Session, record: FenceRecord, tell: Tell) -> FenceRecord:
    """Return a fence with the writers that something else bears out; the others are left alone."""
    strange = doubted(session, record, fencing_of(session).present(record))
    if not strange:
        return record
    for name, why in strange.items():
        tell(f"left alone: {name}: {why}")
    writers = tuple(item for item in record.writers if item.name not in strange)
    return record.model_copy(update={"writers": writers})


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
