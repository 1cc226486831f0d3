"""`rebound undo`: undo what a recovery did, where nobody wrote since."""

from collections.abc import Mapping
from typing import Annotated

import typer

from manifests.errors import RefusedError, UsageError
from manifests.layout import parse_recovery_id
from recovery.cli import dates
from recovery.cli.agreement import require_yes, silence
from recovery.cli.options import (
    Access,
    ConfirmProject,
    Html,
    Json,
    Reason,
    Untrusted,
    Yes,
    open_session,
    show,
    tell,
)
from recovery.cli.statement import repeated
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.said import unsaid
from recovery.session import Session
from recovery.undo.document import undo_document, undo_plan_document
from recovery.undo.model import UndoPlan
from recovery.undo.rules import undo_error
from recovery.undo.running import Undoing

app = typer.Typer()


@app.command()
def undo(
    recovery: Annotated[str, typer.Argument(help="The recovery.")],
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PART...", help="Only these tables, views, buckets, databases or resources."
        ),
    ] = None,
    into_prefix: Annotated[str, repeated("into_prefix")] = "",
    into_bucket: Annotated[str, repeated("into_bucket")] = "",
    into_bucket_prefix: Annotated[str, repeated("into_bucket_prefix")] = "",
    into_database: Annotated[str, repeated("into_database")] = "",
    into_region: Annotated[list[str] | None, repeated("into_region")] = None,
    confirm_project: ConfirmProject = None,
    access: Access = False,
    untrusted: Untrusted = False,
    reason: Reason = "",
    yes: Yes = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Put back what a recovery replaced, remove what it made.

    What was written since is never lost: it stays, and is named. It shows what it would do, and asks.
    """
    session = open_session()
    recovery_id = parse_recovery_id(recovery)
    if dates.is_ours(recovery_id):
        raise RefusedError(
            "processors that ran again wrote rows, and nothing that was sent can be taken back",
            subject=recovery_id,
            hint=f"`rebound report {recovery_id}` names where each table is kept as it was",
        )
    begun = session.journal(recovery_id).planned()
    report = _report(session, begun)
    _check_project(session, report, confirm_project)
    undoing = Undoing(session, begun, report)
    undoing.check_own()
    plan = undoing.plan(parts or ())
    if not as_json:
        tell(undo_plan_document(plan))
    said = {
        "into_prefix": into_prefix,
        "into_bucket": into_bucket,
        "into_bucket_prefix": into_bucket_prefix,
        "into_database": into_database,
        "into_region": into_region,
    }
    words = _unsaid(begun, said) if yes and plan.changes else []
    session.refuse(
        undoing.judged(plan),
        confirmed_project=confirm_project,
        access=access,
        untrusted=untrusted,
        others=(*_of_others(plan, confirm_project), *silence(plan, yes=yes), *words),
    )
    if plan.changes:
        if not yes:
            require_yes()
        session.actions.begin("undo", report.recovery_id, reason)
    done = undoing.carry_out(plan)
    document = undo_document(done)
    show(
        document,
        {**done.model_dump(mode="json"), "plan": plan.model_dump(mode="json")},
        html,
        as_json=as_json,
    )
    if error := undo_error(done):
        raise error


def _report(session: Session, begun: PlannedRecovery) -> RecoveryReport:
    """Return how a recovery ended; its end is no later than when that was written down.

    Raises:
        UsageError: No attempt at it has ended.
    """
    recovery_id = begun.recovery_id
    if (found := session.journal(recovery_id).dated_report(begun)) is None:
        raise UsageError(
            "no attempt at it has ended, so that nobody knows what it wrote",
            subject=recovery_id,
            hint=f"`rebound resume {recovery_id}` brings it to an end",
        )
    report, written_at = found
    # Otherwise a forged report could make later writes look like the recovery's own.
    return report.model_copy(update={"finished_at": min(report.finished_at, written_at)})


def _check_project(session: Session, report: RecoveryReport, confirmed: str | None) -> None:
    """Refuse to change a project that nobody named: a journal lies where others can write.

    Raises:
        RefusedError: It is protected, or another than REBOUND_PROJECT.
    """
    project = report.plan.request.target.project
    is_own = (
        project == session.settings.project and project not in session.catalog.protected_projects
    )
    if not is_own and confirmed != project:
        raise RefusedError(
            "the project is protected, or another than REBOUND_PROJECT",
            subject=project,
            hint=f"`--confirm-project {project}` allows it",
        )


def _unsaid(begun: PlannedRecovery, said: Mapping[str, object]) -> list[RefusedError]:
    """Return a refusal of each word of a journal that says where it wrote, and nobody says now."""
    return unsaid(begun.plan.request, said, recovery_id=begun.recovery_id, words=tuple(said))


def _of_others(plan: UndoPlan, confirmed: str | None) -> list[RefusedError]:
    """Return a refusal of each bucket of another project that nobody named."""
    return [
        RefusedError(
            f"it belongs to the project with the number {step.owner}",
            subject=f"{step.kind} {step.into}",
            hint=f"`--confirm-project {step.owner}` allows it",
        )
        for step in plan.steps
        if step.changes and step.owner and confirmed != step.owner
    ]
