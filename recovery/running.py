"""A recovery that somebody says yes to: made of a plan, or of a journal, and carried out."""

from manifests import coverage, layout
from manifests.errors import ManifestAlteredError, RefusedError
from manifests.model import Manifest, RunId
from recovery.execute import Recovery
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan import Plan, PresentAccess, with_access
from recovery.plan.request import said_of_databases
from recovery.plan.restorable import check_project, restorable
from recovery.plan.resumed import resumed
from recovery.plan.unseen import seen_part
from recovery.progress import Progress
from recovery.session import Session
from recovery.targets.documents.observe import observe_databases
from recovery.targets.documents.recover import DatabaseRecovery
from recovery.verdicts import with_leaning


def new_recovery(session: Session, plan: Plan) -> PlannedRecovery:
    """Return the recovery that is to begin with a plan; nothing is written yet."""
    scenario, began = plan.request.scenario, session.begun_at()
    recovery_id = layout.recovery_id(scenario, began, session.own_id[:4])
    return PlannedRecovery(recovery_id=recovery_id, started_at=began, plan=plan)


def seen_again(
    session: Session,
    planned: PlannedRecovery,
    *,
    lock_again: bool,
    confirmed_project: str | None,
) -> PlannedRecovery:
    """Return what of a journal's plan is left, with what it changes about access, looked at anew.

    Args:
        session: The clients.
        planned: What the journal says.
        lock_again: Whether the operator allows now what nobody can undo, if the plan asks for it.
        confirmed_project: The project that the operator names now.

    Raises:
        ManifestAlteredError: The plan is none that was begun, or names what its run has not.
        RefusedError: It goes to another project, and the operator did not name that one.
    """
    plan, run_id = planned.plan, planned.plan.run_id
    into = plan.request.target.project
    if into not in (session.settings.project, confirmed_project):
        raise RefusedError(
            f"it goes to the project {into}, which is not REBOUND_PROJECT",
            subject=planned.recovery_id,
            hint=f"`--confirm-project {into}`, if that was asked for",
        )
    if run_id is None:
        anew = session.plan_rebuild(plan.request)
        return planned.model_copy(update={"plan": anew})
    if plan.undeletes:
        raise ManifestAlteredError(
            "a plan that was begun undeletes nothing", subject=planned.recovery_id
        )
    locks = plan.request.lock_again and lock_again
    is_own = into == session.settings.project
    request = plan.request.model_copy(
        update={"lock_again": locks, **said_of_databases(session.catalog, is_own=is_own)}
    )
    origin, where = session.vault.manifest(run_id), plan.request.target
    check_project(origin, request)
    told = {
        "foreign": session.vault.foreign(origin.platform, origin.project),
        "left_out": coverage.unprotected(session.catalog, origin),
    }
    plan = plan.model_copy(update={"request": request, **told})
    manifest, tables = _origin(session, plan, run_id), session.target(where)
    targets, known = session.buckets(where, plan.fallen_back), seen_part(manifest, plan.unseen)
    buckets, unlisted = targets.observe(known, plan.request, session.clock())
    databases, unread = observe_databases(
        known,
        plan.request,
        vault=session.vault_bucket,
        parallel=session.settings.parallel_streams,
        begun_at=planned.started_at,
    )
    left = resumed(plan, known, buckets=buckets, databases=databases, unseen=(*unread, *unlisted))
    datasets = tables.datasets(manifest)
    present = PresentAccess(
        datasets=datasets,
        account=tables.account(datasets),
        originals=tables.originals(manifest),
        tables=tables.protections(step.table for step in plan.tables),
        buckets=targets.present(manifest, left.buckets, where),
    )
    seen = with_access(left, manifest, present)
    seen = with_leaning(seen, known, session.verdicts.readable())
    return planned.model_copy(update={"plan": seen})


def execute(
    session: Session, journal: Journal, planned: PlannedRecovery, *, progress: Progress
) -> RecoveryReport:
    """Carry out, or continue, a recovery.

    Args:
        session: The clients.
        journal: What was done so far; what is to be done is not read from it again.
        planned: What the operator said yes to.
        progress: Told how far it is.
    """
    if planned.plan.run_id is None:
        return session.rebuilding().run(planned, journal, progress=progress)
    manifest = _origin(session, planned.plan, planned.plan.run_id)
    target = planned.plan.request.target
    recovery = Recovery(
        planned,
        manifest,
        target=session.target(target),
        buckets=session.buckets(target, planned.plan.fallen_back),
        databases=DatabaseRecovery(
            manifest,
            target.project,
            begun_at=planned.started_at,
            vault=session.vault_bucket,
            landing=session.landing,
            journal=journal,
            parallel=session.settings.parallel_streams,
            progress=progress,
        ),
        vault=session.vault_bucket,
        journal=journal,
        clock=session.clock.latest,
        progress=progress,
    )
    return recovery.run()


def _origin(session: Session, plan: Plan, run_id: RunId) -> Manifest:
    """Return what of a run's manifest a plan brings back.

    Raises:
        ManifestAlteredError: It is not the manifest that the plan was made of.
    """
    manifest = session.vault.manifest(run_id)
    if session.vault.digest(run_id) != plan.manifest_digest:
        raise ManifestAlteredError(
            "its manifest is not the one that the plan was made of",
            subject=run_id,
            hint="find out who wrote it; `rebound recover` begins anew",
        )
    manifest = session.pieced(manifest, plan.fallen_back)
    return restorable(session.catalog, manifest, plan.request, now=session.clock())[0]
