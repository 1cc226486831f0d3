"""The command that takes back what went wrong in one table, and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import ValidationError

from manifests.errors import RefusedError, UsageError
from manifests.layout import recovery_id
from recovery.cli.agreement import Words
from recovery.cli.approvals import Approval
from recovery.cli.options import (
    ConfirmProject,
    Html,
    Json,
    Out,
    Partitions,
    PlanOnly,
    PlanToCarryOut,
    Reason,
    Untrusted,
    Verbose,
    Yes,
    moment,
    open_session,
    print_json,
    say,
    show,
    write_page,
)
from recovery.cli.repairs import agree, carried_out, planned_of, refuse, tell_ended
from recovery.cli.statement import statement
from recovery.fencing import despite_too
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.outcome import PlannedRecovery
from recovery.plan.approval import approved
from recovery.repair.document import repair_document
from recovery.repair.looking import RepairLook
from recovery.repair.model import FOLDER, PREFIX, Ask, Repair, RepairPlan
from recovery.repair.rules import check_ask, decided
from recovery.repair.running import Repairing
from recovery.request import Target
from recovery.session import Session

app = typer.Typer()


class Told(NamedTuple):
    """How a repair is told of.

    Attributes:
        samples: How many rows of each side are shown.
        reason: Why it is done, in the operator's words.
        html: Where it is written as a page; None for nowhere.
    """

    samples: int
    reason: str
    html: Path | None


@app.command()
def repair(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE", help="The table, `dataset.table`; none where `--plan` names a file."
        ),
    ] = None,
    job: Annotated[str, typer.Option(help="The job of BigQuery that wrote what is wrong.")] = "",
    since: Annotated[
        str | None, typer.Option(help="When all was well, as 2026-11-24T09:00Z.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="When all that is wrong had been written; now when omitted.")
    ] = None,
    where: Annotated[
        str, typer.Option(help="Only rows that meet this condition, then or now.")
    ] = "",
    partition: Partitions = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="A column that identifies a row, where the table has no primary key and the catalog names none."
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Of equal rows that come back only one does.")
    ] = False,
    newest: Annotated[
        str, typer.Option(help="Of rows of one key only that with most in this column comes back.")
    ] = "",
    samples: Annotated[int, typer.Option(min=0, max=1000, help="Rows shown of each side.")] = 5,
    run: Annotated[
        str | None,
        typer.Option(
            help="Compare with this run; with the table's own history when omitted, or where that is gone "
            "with the newest run from before."
        ),
    ] = None,
    despite: Annotated[list[str] | None, statement("despite")] = None,
    confirm_project: ConfirmProject = None,
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
    """Take back what one job, or one hour, did wrongly to rows.

    Later writes stay. It shows what goes and what comes back, and asks.
    """
    session = open_session()
    words = Words(
        tuple(confirm_project or ()),
        access=False,
        untrusted=untrusted,
        yes=yes,
        as_json=as_json,
        verbose=verbose,
    )
    told = Told(samples, reason, html)
    asked = {
        "since": moment(since),
        "until": moment(until),
        "job": job,
        "partitions": tuple(partition or ()),
        "key": tuple(key or ()),
        "where": where,
        "once": once,
        "newest": newest,
        "run": run,
    }
    approval = Approval(plan_only, out, plan_file)
    named = {"table": table, **asked, "despite": despite}
    beside = [name for name, value in named.items() if value]
    was = approval.read("repair", RepairPlan, beside)
    if table is None and was is None:
        raise UsageError("nothing says which table", hint="`dataset.table`, or `--plan FILE`")
    ask = _asked(table=table, **asked) if was is None else was.ask
    check_ask(ask, now=session.started_at)
    begin(session, ask, words, told, approval, was, despite or ())


def begin(
    session: Session,
    asked: Ask,
    words: Words,
    told: Told,
    approval: Approval,
    was: RepairPlan | None = None,
    despite: Sequence[str] = (),
) -> None:
    """Find what is wrong, show it, ask, and take it back.

    Args:
        session: The clients.
        asked: What the operator knows.
        words: What else the operator says.
        told: How it is told of.
        approval: Whether it is planned, or carries out what was.
        was: The plan that is carried out; None for none.
        despite: Patterns of what may run on or be unknown, where nothing was planned.

    Raises:
        RefusedError: A word is missing, the answer is no, or it is not what was approved.
    """
    began = session.begun_at()
    name = recovery_id(PREFIX, began, session.own_id[:4])
    target = bigquery_target(session.tools, Target(project=session.settings.project))
    look = RepairLook(session, target, asked, name)
    try:
        going_on = was.plan.request.despite if was is not None else despite
        made = _made(session, look, asked, words, told.samples, going_on)
        if was is not None:
            _require_approved(was, made, subject=str(approval.file))
        if made is None or approval.changes_nothing:
            if made is not None:
                _show(session, made, words, told, approval)
            look.clean_up()
            return
        found, plan = made.found, made.plan
        agree(session, found, plan, words)
    except BaseException:
        look.clean_up()
        raise
    operator = session.actions.begin(PREFIX, name, told.reason)
    planned = PlannedRecovery(recovery_id=name, started_at=began, plan=plan, operator=operator)
    journal = session.journal(name)
    journal.begin(planned)
    journal.record(FOLDER, asked.table, found)
    report = carried_out(session, Repairing(session, target, planned, found, journal), planned)
    if report.is_proven:
        look.clean_up()
    tell_ended(session, found, report, told.html, as_json=words.as_json)


def _made(
    session: Session,
    look: RepairLook,
    asked: Ask,
    words: Words,
    samples: int,
    despite: Sequence[str],
) -> RepairPlan | None:
    """Return what would be taken back; None, and tell so, where that is nothing."""
    found = look.find(samples=samples)
    if found is None or not (found.rows.going or found.rows.coming):
        _tell_nothing(asked, found, as_json=words.as_json)
        return None
    return RepairPlan(ask=asked, found=found, plan=despite_too(planned_of(session, found), despite))


def _require_approved(was: RepairPlan, made: RepairPlan | None, *, subject: str) -> None:
    if made is None:
        raise RefusedError(
            "the world is not what the plan saw: nothing of it is wrong any more", subject=subject
        )
    approved(was, made, decided, subject=subject)


def _show(session: Session, made: RepairPlan, words: Words, told: Told, approval: Approval) -> None:
    """Show a plan, write it where it is asked for, and change nothing."""
    write_page(told.html, repair_document(made.found, made.plan))
    document = repair_document(made.found, made.plan, is_whole=words.verbose)
    show(document, made.model_dump(mode="json"), None, as_json=words.as_json)
    # Who approves it sees which words it lacks; whether somebody says yes is seen then.
    words = words._replace(yes=True)
    approval.show(
        "repair", made, at=session.started_at, lacks=lambda: refuse(session, made.plan, words)
    )


def _asked(**told: Any) -> Ask:  # noqa: ANN401 - the fields
    try:
        return Ask.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0]
        raise UsageError(f"not a {name}: {first['msg']}", subject=str(told[str(name)])) from error


def _tell_nothing(asked: Ask, found: Repair | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"repair": None if found is None else found.model_dump(mode="json")})
    elif found is None:
        say(f"{asked.table}: nothing went wrong in that time")
    else:
        say(f"{asked.table}: what went wrong is as it was, or was written since")
