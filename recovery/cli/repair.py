"""The command that takes back what went wrong in one table, and nothing else."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from manifests.errors import ManifestAlteredError, RefusedError, UsageError
from manifests.layout import recovery_id
from recovery.cli.agreement import Words, ask, silence
from recovery.cli.options import (
    ConfirmProject,
    Html,
    Json,
    Partitions,
    Reason,
    Untrusted,
    Yes,
    moment,
    note,
    open_session,
    print_json,
    say,
    show,
    tell,
)
from recovery.fencing import stand, with_fence
from recovery.journal import Journal
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from recovery.repair.document import ended_document, repair_document
from recovery.repair.looking import RepairLook
from recovery.repair.model import FOLDER, PREFIX, Ask, Repair
from recovery.repair.rules import agrees, check_ask, is_repair, plan_of
from recovery.repair.running import Repairing
from recovery.report.conclusion import outcome_error
from recovery.report.recoveries import abandoned_text
from recovery.request import Target
from recovery.running import finish
from recovery.session import Session

app = typer.Typer()


@app.command()
def repair(
    table: Annotated[str, typer.Argument(help="The table, `dataset.table`.")],
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
    confirm_project: ConfirmProject = None,
    untrusted: Untrusted = False,
    reason: Reason = "",
    yes: Yes = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Take back what one job, or one hour, did wrongly to rows.

    Later writes stay. It shows what goes and what comes back, and asks.
    """
    session = open_session()
    asked = _asked(
        table=table,
        since=moment(since),
        until=moment(until),
        job=job,
        partitions=tuple(partition or ()),
        key=tuple(key or ()),
        where=where,
        once=once,
        newest=newest,
        run=run,
    )
    check_ask(asked, now=session.started_at)
    words = Words(confirm_project, access=False, untrusted=untrusted, yes=yes, as_json=as_json)
    begin(session, asked, words, reason, html, samples=samples)


def begin(
    session: Session, asked: Ask, words: Words, reason: str, html: Path | None, *, samples: int
) -> None:
    """Find what is wrong, show it, ask, and take it back.

    Raises:
        RefusedError: A word is missing, or the answer is no.
    """
    began = session.begun_at()
    name = recovery_id(PREFIX, began, session.own_id[:4])
    target = bigquery_target(session.tools, Target(project=session.settings.project))
    look = RepairLook(session, target, asked, name)
    try:
        found = look.find(samples=samples)
        if found is None or not (found.rows.going or found.rows.coming):
            _tell_nothing(asked, found, as_json=words.as_json)
            look.clean_up()
            return
        plan = _planned(session, found)
        _agree(session, found, plan, words)
    except BaseException:
        look.clean_up()
        raise
    operator = session.actions.begin(PREFIX, name, reason)
    planned = PlannedRecovery(recovery_id=name, started_at=began, plan=plan, operator=operator)
    journal = session.journal(name)
    journal.begin(planned)
    journal.record(FOLDER, asked.table, found)
    report = _carried_out(session, Repairing(session, target, planned, found, journal), planned)
    if report.is_proven:
        look.clean_up()
    tell_ended(session, found, report, html, as_json=words.as_json)


def resumed(session: Session, recovery: str, words: Words, reason: str) -> bool:
    """Show a repair that was interrupted, ask, and bring it to its end; return whether it is one.

    Raises:
        RefusedError: What it was to publish is gone, a word is missing, or somebody closed it.
    """
    if not is_repair(recovery):
        return False
    journal = session.journal(recovery)
    planned = journal.planned()
    found = _found(journal, planned)
    if (ended := journal.report()) is not None:
        tell_ended(session, found, ended, None, as_json=words.as_json)
        return True
    if (closed := journal.abandoned()) is not None:
        raise RefusedError(abandoned_text(closed), subject=recovery)
    target = bigquery_target(session.tools, Target(project=session.settings.project))
    again = planned.model_copy(update={"plan": _planned(session, found)})
    _agree(session, found, again.plan, words)
    session.actions.begin("resume", recovery, reason)
    report = _carried_out(session, Repairing(session, target, again, found, journal), again)
    tell_ended(session, found, report, None, as_json=words.as_json)
    return True


def report(session: Session, recovery: str, html: Path | None, *, as_json: bool) -> None:
    """Tell how a repair ended, or how far it is."""
    journal = session.journal(recovery)
    planned = journal.planned()
    found, ended = _found(journal, planned), journal.last_report()
    if ended is not None:
        tell_ended(session, found, ended, html, as_json=as_json)
        return
    document = repair_document(found, planned.plan)
    told = {"recovery_id": recovery, "repair": found.model_dump(mode="json")}
    show(document, told, html, as_json=as_json)
    if not as_json:
        note(f"hint: if nobody is at it, `rebound resume {recovery}` brings it to an end")


def tell_ended(
    session: Session, found: Repair, ended: RecoveryReport, html: Path | None, *, as_json: bool
) -> None:
    """Print how a repair ended.

    Raises:
        ReboundError: It did not end well.
    """
    until = ended.finished_at + timedelta(days=session.settings.undo_days)
    fences = session.tools.fences.of(ended.recovery_id)
    document = ended_document(found, ended, fences, undo_until=until)
    show(
        document,
        {**ended.model_dump(mode="json"), "repair": found.model_dump(mode="json")},
        html,
        as_json=as_json,
    )
    if error := outcome_error(ended):
        raise error


def _asked(**told: Any) -> Ask:  # noqa: ANN401 - the fields
    try:
        return Ask.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0]
        raise UsageError(f"not a {name}: {first['msg']}", subject=str(told[str(name)])) from error


def _planned(session: Session, found: Repair) -> Plan:
    """Return the recovery that a repair is, with what it pauses.

    Raises:
        ManifestAlteredError: The run that is its witness has another manifest now.
    """
    target = Target(project=session.settings.project)
    run_id = found.witness.run_id
    if found.witness.name != "vault" or run_id is None:
        return with_fence(session, plan_of(found, target))
    manifest = session.vault.manifest(run_id)
    told = {
        "manifest_digest": session.vault.digest(run_id),
        "foreign": session.vault.foreign(manifest.platform, manifest.project),
        "trust": session.vault.trust(run_id),
    }
    return with_fence(session, plan_of(found, target, **told))


def _agree(session: Session, found: Repair, plan: Plan, words: Words) -> None:
    if not words.as_json:
        tell(repair_document(found, plan))
    session.refuse(
        plan,
        confirmed_project=words.confirmed_project,
        access=False,
        untrusted=words.untrusted,
        others=silence(plan, yes=words.yes),
    )
    ask(plan, yes=words.yes)


def _carried_out(
    session: Session, repairing: Repairing, planned: PlannedRecovery
) -> RecoveryReport:
    """Carry a repair out behind its fence, which ends when all is proven."""
    note(f"repair {planned.recovery_id}")
    paused = stand(session, planned.recovery_id, planned.plan.fence, note)
    ended = repairing.carry_out()
    finish(session, ended, paused, note)
    return ended


def _found(journal: Journal, planned: PlannedRecovery) -> Repair:
    """Return what a repair was made of.

    Raises:
        ManifestAlteredError: It is not there, of another table, or does something else than it tells.
    """
    names = [step.name for step in planned.plan.of(TableStep)]
    found = journal.entry(FOLDER, names[0], Repair) if len(names) == 1 else None
    if found is None or found.table != names[0] or not agrees(found):
        raise ManifestAlteredError(
            "what it was made of is not in its journal",
            subject=journal.recovery_id,
            hint="`rebound abandon` closes it, `rebound repair` looks anew",
        )
    return found


def _tell_nothing(asked: Ask, found: Repair | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"repair": None if found is None else found.model_dump(mode="json")})
    elif found is None:
        say(f"{asked.table}: nothing went wrong in that time")
    else:
        say(f"{asked.table}: what went wrong is as it was, or was written since")
