"""Begins a recovery that somebody said yes to, or goes on with one from its journal, and carries it out."""

from collections.abc import Collection
from typing import Any

import structlog

from manifests import coverage, layout
from manifests.errors import ManifestAlteredError, ReboundError, RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.model.proof import ProofHow
from manifests.values import RunId
from recovery.execute import carried_out
from recovery.fence_ends import end
from recovery.fencing import stand, with_fence
from recovery.journal import Journal
from recovery.kinds.decision import Origin
from recovery.kinds.known import rules_of
from recovery.kinds.processors.cloud.journal import DatesJournal
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.work import Begun
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.paused import Tell
from recovery.plan.estimate import takes
from recovery.plan.model import Plan
from recovery.plan.not_held import with_not_held
from recovery.plan.restorable import check_project
from recovery.plan.resumed import resumed
from recovery.plan.said import check_not_drilled
from recovery.plan.whole import visible
from recovery.progress import Progress
from recovery.proof import proof_of
from recovery.request import Request, said_of_databases
from recovery.session import Session
from recovery.verdicts import with_leaning

log = structlog.get_logger()


def new_recovery(session: Session, plan: Plan, reason: str = "") -> PlannedRecovery:
    """Return the recovery that is to begin with a plan; nothing but who begins it is written yet.

    Args:
        session: The clients.
        plan: What was agreed to.
        reason: Why, in the operator's words.
    """
    scenario, began = plan.request.scenario, session.begun_at()
    recovery_id = layout.recovery_id(scenario, began, session.own_id[:4])
    operator = session.actions.begin("recover", recovery_id, reason)
    return PlannedRecovery(recovery_id=recovery_id, started_at=began, plan=plan, operator=operator)


def dates_journal(session: Session, recovery_id: str) -> DatesJournal:
    """Return the journal of a recovery of dates."""
    return DatesJournal(session.landing, recovery_id, session.seal, session.catalog.objectives)


def seen_again(
    session: Session,
    planned: PlannedRecovery,
    *,
    lock_again: bool,
    confirmed_projects: Collection[str],
    make: Collection[str] = (),
) -> PlannedRecovery:
    """Look at the world again, and return what is left of a journal's plan, with its changes of access.

    Args:
        session: The clients.
        planned: What the journal says.
        lock_again: Whether the operator allows now what nobody can undo, if the plan asks for it.
        confirmed_projects: The projects that the operator names now.
        make: Resources that are made now although Terraform keeps them, beside those of the journal.

    Raises:
        ManifestAlteredError: The plan is none that was begun, or names what its run has not.
        RefusedError: It goes to another project, and the operator did not name that one.
    """
    request = _asked(session, planned, lock_again=lock_again, confirmed_projects=confirmed_projects)
    request = request.model_copy(update={"make": tuple(dict.fromkeys((*request.make, *make)))})
    plan = planned.plan
    plan = plan.model_copy(
        update={"request": request, "takes": None, **told_of_run(session, plan.run_id, request)}
    )
    origin = visible(origin_of(session, plan), {item.name for item in plan.unseen}, plan.request)
    written_at = session.journal(planned.recovery_id).written_at()
    world = {
        rules.kind: session.work(rules.kind, request.target).observe(
            origin, request, Begun(planned.started_at, rules.of(plan.steps), written_at)
        )
        for rules in rules_of(request.kinds)
    }
    left = resumed(plan, origin, world)
    if origin.manifest is not None:
        left = with_leaning(left, origin.manifest, session.verdicts.readable())
        left = with_not_held(left, session.catalog, origin.manifest)
        proofs = session.proofs.readable(session.catalog.drills, now=session.started_at)
        told = takes(left, origin.run, proofs)
        left = left.model_copy(update={"takes": told})
    return planned.model_copy(update={"plan": with_fence(session, left, origin.manifest)})


def differing(
    session: Session,
    planned: PlannedRecovery,
    ended: RecoveryReport,
    *,
    confirmed_projects: Collection[str],
) -> list[str]:
    """Look again at what an ended recovery brought back, and return what differs now.

    Args:
        session: The clients.
        planned: What the journal says.
        ended: How it ended.
        confirmed_projects: The projects that the operator names now.

    Raises:
        RefusedError: It went to another project, and the operator did not name that one.
    """
    request = _asked(session, planned, lock_again=False, confirmed_projects=confirmed_projects)
    plan = planned.plan
    chosen = session.choose(run=plan.run_id, at=None) if plan.run_id else None
    if session.seal.is_checking and chosen is not None:
        # What a trusted key signed says what was left without the rows that stay erased.
        for item in ended.of(TableOutcome):
            if (table := chosen[1].part(TABLES, item.name)) is not None:
                session.tools.left.learn(table, item.erased.left)
    now = session.plan(chosen, request, plan.fallen_back)
    differ = [step.title for step in now.steps if step.falls_short]
    return [*differ, *(f"{item.name} ({item.left_because})" for item in now.unseen)]


def _asked(
    session: Session,
    planned: PlannedRecovery,
    *,
    lock_again: bool,
    confirmed_projects: Collection[str],
) -> Request:
    """Return the request of a journal; what only the operator or the catalog may say is not read from it.

    Raises:
        RefusedError: It goes to another project, and the operator did not name that one; or it
            asks for what only drills do.
    """
    request = planned.plan.request
    check_not_drilled(request, subject=planned.recovery_id)
    into = request.target.project
    if into not in (session.settings.project, *confirmed_projects):
        raise RefusedError(
            f"it goes to the project {into}, which is not REBOUND_PROJECT",
            subject=planned.recovery_id,
            hint=f"`--confirm-project {into}`, if that was asked for",
        )
    locks = request.lock_again and lock_again
    is_own = into == session.settings.project
    return request.model_copy(
        update={"lock_again": locks, **said_of_databases(session.catalog, is_own=is_own)}
    )


def execute(
    session: Session,
    journal: Journal,
    planned: PlannedRecovery,
    *,
    progress: Progress,
    tell: Tell,
) -> tuple[RecoveryReport, frozenset[str]]:
    """Carry out what was agreed to behind its fence, which `finish` ends, and prove it.

    Args:
        session: The clients.
        journal: What was done so far; what is to be done is not read from it again.
        planned: What the operator said yes to.
        progress: Told how far it is.
        tell: Told what is paused.
    """
    plan = planned.plan
    paused = stand(session, planned.recovery_id, plan.fence, tell)
    report = carried_out(
        planned,
        origin_of(session, plan),
        lambda kind: session.work(kind, plan.request.target),
        journal=journal,
        clock=session.clock.latest,
        progress=progress,
    )
    return report, paused


def remember(
    session: Session,
    report: RecoveryReport,
    how: ProofHow,
    *,
    drill: tuple[str, str] = ("", ""),
    passed: bool = True,
) -> None:
    """Record which parts a recovery has shown to restore; without the record their last proof is an older one.

    Args:
        session: The clients.
        report: How it ended.
        how: What it was.
        drill: The drill that it was a part of, and that drill's scenario; empty for none.
        passed: Whether that drill passed.
    """
    try:
        origin = origin_of(session, report.plan)
        if origin.manifest is None or (proof := proof_of(report, origin.manifest, how)) is None:
            return
        drill_id, drilled = drill
        of_drill = {"drill_id": drill_id, "drilled": drilled, "passed": passed}
        session.proofs.record(proof.model_copy(update=of_drill))
    except ReboundError as error:
        log.warning("`rebound status` will not tell of this proof", reason=str(error))


def finish(session: Session, report: RecoveryReport, paused: Collection[str], tell: Tell) -> None:
    """Resume what a recovery paused, when everything of it is proven; else that stays paused.

    Args:
        session: The clients.
        report: How it ended.
        paused: The full names of the writers that it paused.
        tell: Told what is done.

    Raises:
        CloudError: A writer could not be resumed.
        NotEqualError: A writer was changed meanwhile and stays paused.
    """
    if report.is_proven:
        end(session, report.recovery_id, paused, tell)


def told_of_run(session: Session, run_id: RunId | None, request: Request) -> dict[str, Any]:
    """Read anew what a plan tells of its run and its objective: what a journal says is not believed.

    Raises:
        RefusedError: The run is another project's, and nobody named the project it goes to.
    """
    anew = {
        "erasures": session.ledger.told(request),
        "agreed": session.catalog.objectives.get(request.scenario),
    }
    if run_id is None:
        return anew
    manifest = session.vault.manifest(run_id)
    check_project(manifest, request)
    return {
        **anew,
        "foreign": session.vault.foreign(manifest.platform, manifest.project),
        "trust": session.vault.trust(run_id),
        "left_out": coverage.unprotected(session.catalog, manifest, request.named),
    }


def origin_of(session: Session, plan: Plan) -> Origin:
    """Return what a plan brings back.

    Raises:
        ManifestAlteredError: Its run has not the manifest that the plan was made of.
    """
    if plan.run_id is None:
        return session.origin(None, plan.request)
    manifest = session.vault.manifest(plan.run_id)
    if session.vault.digest(plan.run_id) != plan.manifest_digest:
        raise ManifestAlteredError(
            "its manifest is not the one that the plan was made of",
            subject=plan.run_id,
            hint=f"find out who wrote it; `rebound plan {plan.request.scenario}` begins anew",
        )
    return session.origin(manifest, plan.request, plan.fallen_back)
