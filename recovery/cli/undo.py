"""`rebound undo`: undo what a recovery did, where nobody wrote since."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from manifests.errors import RefusedError, UsageError
from manifests.layout import parse_recovery_id
from recovery.cli.agreement import Words
from recovery.cli.approvals import Approval
from recovery.cli.begun import tell_standing
from recovery.cli.consent import agree, unanswered
from recovery.cli.options import (
    Access,
    ConfirmProject,
    Html,
    Json,
    Out,
    PlanOnly,
    PlanToCarryOut,
    Reason,
    Untrusted,
    Verbose,
    Yes,
    open_session,
    show,
    tell,
)
from recovery.cli.signature import Repeated, repeats
from recovery.kinds.processors.rules.outcome import is_of_dates
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.approval import approved
from recovery.plan.said import WHERE, check_not_drilled, confirming, resuming, unsaid
from recovery.session import Session
from recovery.undo.attempts import with_earlier
from recovery.undo.dates import LeftDates, ended_dates
from recovery.undo.document import undo_document, undo_plan_document
from recovery.undo.model import UndoPlan, UndoReport
from recovery.undo.rules import decided, undo_error
from recovery.undo.running import Undoing

app = typer.Typer()


@app.command()
@repeats(WHERE)
def undo(
    *,
    recovery: Annotated[
        str | None,
        typer.Argument(metavar="RECOVERY", help="The recovery; none where `--plan` names a file."),
    ] = None,
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PART...", help="Only these tables, views, buckets, databases or resources."
        ),
    ] = None,
    again: Repeated,
    confirm_project: ConfirmProject = None,
    access: Access = False,
    untrusted: Untrusted = False,
    reason: Reason = "",
    plan_only: PlanOnly = False,
    out: Out = None,
    plan_file: PlanToCarryOut = None,
    yes: Yes = False,
    verbose: Verbose = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Put back what a recovery replaced, remove what it made.

    What was written since is never lost: it stays, and is named. It shows what it would do, and asks.
    """
    session = open_session()
    approval = Approval(plan_only, out, plan_file)
    beside = [*(["recovery"] if recovery else []), *(["part"] if parts else [])]
    was = approval.read("undo", UndoPlan, beside)
    begun, report, left = _ended(session, _named(recovery, was))
    words = Words(tuple(confirm_project or ()), access, untrusted, yes=yes, as_json=as_json)
    _check_project(session, report, words.confirmed_projects)
    undoing = Undoing(session, begun, report, left)
    undoing.check_own()
    plan = undoing.plan(parts or (() if was is None else was.parts))
    if was is not None:
        approved(was, plan, decided, subject=str(plan_file))
    if approval.changes_nothing:
        document = undo_plan_document(plan, is_whole=verbose or html is not None)
        show(document, plan.model_dump(mode="json"), html, as_json=as_json)
        # Who approves it sees which words it lacks; whether somebody says yes is seen then.
        words = words._replace(yes=True)
        approval.show(
            "undo",
            plan,
            at=session.started_at,
            lacks=lambda: _refuse(session, undoing, plan, words, ()),
        )
        return
    if not as_json:
        tell(undo_plan_document(plan, is_whole=verbose))
    unsaid_words = _unsaid(begun, again) if yes and plan.changes else []
    _refuse(session, undoing, plan, words, unsaid_words)
    agree(yes=yes, changes=plan.changes)
    if plan.changes:
        session.actions.begin("undo", report.recovery_id, reason)
    _tell(session, undoing.carry_out(plan), plan, html, as_json=as_json)


def _named(recovery: str | None, was: UndoPlan | None) -> str:
    """Return the recovery that is undone: the named one, or that of a plan.

    Raises:
        UsageError: None is named.
    """
    named = recovery if was is None else was.recovery_id
    if named is None:
        raise UsageError(
            "nothing says which recovery", hint="`rebound report` lists them; or `--plan FILE`"
        )
    return parse_recovery_id(named)


def _ended(
    session: Session, recovery_id: str
) -> tuple[PlannedRecovery, RecoveryReport, LeftDates | None]:
    """Return a recovery as it was begun and how it ended, with what only its journal says that it left.

    Raises:
        UsageError: No attempt at it has ended.
        RefusedError: It is a part of a drill.
    """
    if is_of_dates(recovery_id):
        return ended_dates(session, recovery_id)
    begun = session.journal(recovery_id).planned()
    check_not_drilled(begun.plan.request, subject=recovery_id)
    return begun, _report(session, begun), None


def _refuse(
    session: Session,
    undoing: Undoing,
    plan: UndoPlan,
    words: Words,
    unsaid_words: Sequence[RefusedError],
) -> None:
    """Refuse a plan that lacks a word.

    Raises:
        RefusedError: It names every one.
    """
    others = _of_others(session, plan, words.confirmed_projects)
    session.refuse(
        undoing.judged(plan),
        confirmed_projects=words.confirmed_projects,
        access=words.access,
        untrusted=words.untrusted,
        others=(*others, *unanswered(yes=words.yes, changes=plan.changes), *unsaid_words),
    )


def _tell(
    session: Session, done: UndoReport, plan: UndoPlan, html: Path | None, *, as_json: bool
) -> None:
    """Print how an undo ended, and what stays paused.

    Raises:
        ReboundError: Something did not go back.
    """
    document = undo_document(done)
    show(
        document,
        {**done.model_dump(mode="json"), "plan": plan.model_dump(mode="json")},
        html,
        as_json=as_json,
    )
    if not as_json:
        tell_standing(session)
    if error := undo_error(done):
        raise error


def _report(session: Session, begun: PlannedRecovery) -> RecoveryReport:
    """Return how a recovery ended, with what earlier attempts at it wrote; its end is when that was written down.

    Raises:
        UsageError: No attempt at it has ended.
    """
    recovery_id = begun.recovery_id
    found = list(session.journal(recovery_id).dated_reports(begun))
    if not found:
        raise UsageError(
            "no attempt at it has ended, so that nobody knows what it wrote",
            subject=recovery_id,
            hint=f"`{resuming(recovery_id, begun.plan)}` brings it to an end",
        )
    (report, written_at), *others = found
    # What was written behind the last one is not what an attempt before it wrote.
    earlier = [item for item, before in others if before <= written_at]
    report = with_earlier(report, earlier)
    # Otherwise a forged report could make later writes look like the recovery's own.
    return report.model_copy(update={"finished_at": min(report.finished_at, written_at)})


def _check_project(session: Session, report: RecoveryReport, confirmed: Collection[str]) -> None:
    """Refuse to look at a project that nobody named: a journal lies where others can write.

    Raises:
        RefusedError: It is another than REBOUND_PROJECT.
    """
    project = report.plan.request.target.project
    if project not in (session.settings.project, *confirmed):
        raise RefusedError(
            "the project is another than REBOUND_PROJECT",
            subject=project,
            hint=f"`{confirming(project)}` allows it",
        )


def _unsaid(begun: PlannedRecovery, said: Mapping[str, object]) -> list[RefusedError]:
    """Return a refusal of each word of a journal that says where it wrote, and nobody says now."""
    return unsaid(begun.plan.request, said, recovery_id=begun.recovery_id, words=tuple(said))


def _of_others(
    session: Session, plan: UndoPlan, confirmed: Collection[str]
) -> Iterator[RefusedError]:
    """Yield a refusal of a protected project, and of each bucket of another, that nobody named."""
    protected = session.catalog.protected_projects
    if plan.changes and plan.project in protected and plan.project not in confirmed:
        yield RefusedError(
            "the project is protected",
            subject=plan.project,
            hint=f"`{confirming(plan.project)}` allows it",
        )
    for step in plan.steps:
        if step.changes and step.owner and step.owner not in confirmed:
            yield RefusedError(
                f"it belongs to the project with the number {step.owner}",
                subject=f"{step.kind} {step.into}",
                hint=f"`{confirming(step.owner)}` allows it",
            )
