"""The recoveries that were begun: which there are, and what became of each."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from manifests import layout
from manifests.cloud.recoveries import recoveries_begun
from manifests.errors import BackupDamagedError, ReboundError, RefusedError, UsageError
from manifests.layout import parse_recovery_id
from recovery.cli import dates_told, repairs
from recovery.cli.basis import basis_of
from recovery.cli.incidents import tell_incident
from recovery.cli.options import (
    Html,
    Json,
    Verbose,
    note,
    open_session,
    print_json,
    say,
    tell,
    write_page,
)
from recovery.document import Document
from recovery.fence.model import StandingFence
from recovery.journal import Journal
from recovery.kinds.processors.rules.outcome import is_of_dates
from recovery.kinds.processors.rules.outcome import outcome_error as outcome_error_of_dates
from recovery.outcome import AbandonedRecovery, RecoveryReport
from recovery.repair.rules import is_repair
from recovery.report.basis import Basis
from recovery.report.conclusion import ending, outcome_error, state_of
from recovery.report.ended import kept_until, report_document
from recovery.report.recoveries import Standing, progress_document, so_far_of, standings_document
from recovery.running import dates_journal, finish
from recovery.session import Session
from recovery.undo.running import undone_told

_PARALLEL_LOOKS = 16

app = typer.Typer()


@app.command()
def report(
    recovery: Annotated[
        str | None,
        typer.Argument(metavar="RECOVERY", help="The recovery; a list of all when omitted."),
    ] = None,
    incident: Annotated[
        bool,
        typer.Option(
            "--incident", help="As an incident report: what is known, and what to fill in."
        ),
    ] = False,
    verbose: Verbose = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Show how a recovery ended, or list all recoveries.

    One that has not ended is told as far as it is.
    """
    if incident and recovery is None:
        raise UsageError(
            "an incident report is about one recovery", hint="`rebound report` lists them"
        )
    session = open_session()
    if recovery is None:
        _list_recoveries(session, html, as_json=as_json)
        return
    recovery_id = parse_recovery_id(recovery)
    if incident:
        session.journal(recovery_id).require()
        tell_incident(session, standing(session, recovery_id), html, as_json=as_json)
        return
    if is_repair(recovery):
        repairs.report(session, recovery_id, html, as_json=as_json, is_whole=verbose)
        return
    if is_of_dates(recovery):
        dates_told.report(session, recovery_id, html, as_json=as_json, is_whole=verbose)
        return
    journal = session.journal(recovery_id)
    journal.planned()
    found, now = journal.dated_report(), standing(session, recovery_id)
    if found is None or now.state == "abandoned":
        _show_under_way(session, journal, now, html, as_json=as_json)
        return
    basis = basis_of(session, *found)
    fences = session.tools.fences.of(found[0].recovery_id)
    write_page(html, _document(session, found[0], basis, fences, is_whole=True))
    tell_ended(session, found[0], basis, as_json=as_json, is_whole=verbose)


@app.command()
def abandon(
    recovery: Annotated[str, typer.Argument(metavar="RECOVERY", help="The recovery.")],
    why: Annotated[
        str, typer.Option("--why", "--reason", help="Why nobody goes on with it; kept with it.")
    ],
    as_json: Json = False,
) -> None:
    """Close a recovery that nobody goes on with.

    What it did stays; a process at it is not stopped.
    """
    session = open_session()
    journal = session.journal(parse_recovery_id(recovery))
    if is_of_dates(recovery):
        dates_journal(session, journal.recovery_id).planned()
    else:
        journal.require()
    found = standing(session, journal.recovery_id)
    if found.state in ("proven", "late", "abandoned"):
        raise RefusedError(f"it is {found.state} already", subject=recovery)
    session.actions.begin("abandon", journal.recovery_id, why)
    closed = journal.abandon(
        AbandonedRecovery(recovery_id=journal.recovery_id, abandoned_at=session.started_at, why=why)
    )
    if as_json:
        print_json(closed.model_dump(mode="json"))
    else:
        say(f"{journal.recovery_id}: abandoned")
        for item in session.tools.fences.of(journal.recovery_id):
            if item.thawed_at is None:
                note(f"hint: what it paused stays so, `rebound thaw {item.fence_id}` resumes it")


def tell_ended(
    session: Session,
    found: RecoveryReport,
    basis: Basis | None = None,
    *,
    as_json: bool,
    is_whole: bool = False,
) -> None:
    """Print how a recovery ended, what became of its fences, and what that rests on.

    Nothing is said of that where everything was looked at just now.

    Raises:
        ReboundError: It did not end well.
    """
    fences = session.tools.fences.of(found.recovery_id)
    if as_json:
        rests_on = {} if basis is None else {"rests_on": basis.model_dump(mode="json")}
        of_fences = {"fences": [item.model_dump(mode="json") for item in fences]} if fences else {}
        undone = undone_told(session.journal(found.recovery_id))
        of_undo = {"undone": undone} if undone else {}
        print_json(found.model_dump(mode="json") | rests_on | of_fences | of_undo)
    else:
        tell(_document(session, found, basis, fences, is_whole=is_whole))
        tell_standing(session, {item.fence_id for item in fences})
    if error := outcome_error(found):
        raise error


def tell_standing(session: Session, own: Collection[str] = ()) -> None:
    """Name the fences of the project that stand beside some others: nobody ends them but an operator."""
    for item in session.tools.fences.readable():
        if item.project == session.settings.project and item.fence_id not in own:
            why = f" ({item.why})" if item.why else ""
            note(
                f"hint: {item.fence_id} still stands{why}: `rebound thaw {item.fence_id}` resumes "
                "what it paused"
            )


def finish_and_tell(
    session: Session,
    found: RecoveryReport,
    paused: Collection[str],
    html: Path | None = None,
    *,
    as_json: bool,
) -> None:
    """Resume what a recovery paused, when everything is proven, and print how it ended.

    Raises:
        ReboundError: It did not end well, or a writer could not be resumed.
    """
    failure: ReboundError | None = None
    try:
        finish(session, found, paused, note)
    except ReboundError as error:
        failure = error
    fences = session.tools.fences.of(found.recovery_id)
    write_page(html, _document(session, found, None, fences, is_whole=True))
    tell_ended(session, found, as_json=as_json)
    if failure is not None:
        raise failure


def _document(
    session: Session,
    found: RecoveryReport,
    basis: Basis | None,
    fences: Sequence[StandingFence],
    *,
    is_whole: bool = False,
) -> Document:
    until = kept_until(found, session.settings.undo_days)
    undone = undone_told(session.journal(found.recovery_id))
    return report_document(found, basis, fences, undo_until=until, undone=undone, is_whole=is_whole)


def _list_recoveries(session: Session, html: Path | None, *, as_json: bool) -> None:
    """List the recoveries, the last one last, and what became of each."""
    found = sorted(_standings(session), key=lambda item: (item.started_at, item.recovery_id))
    document = standings_document(found, now=session.started_at)
    write_page(html, document)
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
    elif found:
        tell(document)
    else:
        say("no recoveries", err=True)


def only_open(session: Session) -> str:
    """Return the one recovery that `rebound resume` continues.

    Raises:
        UsageError: There is none, or more than one.
    """
    open_ones = [item.recovery_id for item in _standings(session) if item.is_open]
    if len(open_ones) != 1:
        raise UsageError(
            f"{len(open_ones)} recoveries are open, so one has to be named"
            if open_ones
            else "no recovery is open, so that there is nothing to go on with",
            hint="`rebound report` lists them",
        )
    return open_ones[0]


def standing(session: Session, recovery_id: str) -> Standing:
    """Return what became of a recovery."""
    journal = session.journal(recovery_id)
    try:
        abandoned = journal.abandoned()
        if is_of_dates(recovery_id):
            ran = dates_journal(session, recovery_id).last_report()
            error = None if ran is None else outcome_error_of_dates(ran)
            is_proven = ran is not None and ran.is_proven
            state, detail = ending(error, is_proven=is_proven, abandoned=abandoned)
        else:
            ended = journal.last_report()
            state, detail = state_of(ended, abandoned)
            if not (ended or abandoned) and journal.ended_before():
                state, detail = "damaged", "an older version of Rebound wrote how it ended"
            elif problem := journal.problem():
                detail = f"{detail or 'its report is not believed'}: {problem}"
    except BackupDamagedError as error:
        state, detail = "damaged", error.message
    return Standing(
        recovery_id=recovery_id,
        started_at=layout.recovery_begun_at(recovery_id),
        state=state,
        detail=detail,
        wrote_at=journal.wrote_at() if state == "under way" else None,
    )


def _show_under_way(
    session: Session, journal: Journal, found: Standing, html: Path | None, *, as_json: bool
) -> None:
    """Show how far a recovery is that has no report."""
    planned, abandoned = journal.planned(), journal.abandoned()
    so_far = so_far_of(planned, journal.entries)
    now, wrote_at = session.started_at, found.wrote_at
    fences = session.tools.fences.of(found.recovery_id) if abandoned else ()
    document = progress_document(
        planned, so_far, now=now, abandoned=abandoned, wrote_at=wrote_at, fences=fences
    )
    write_page(html, document)
    if as_json:
        values = {name: value for item in so_far for name, value in item.values.items()}
        print_json({**found.model_dump(mode="json"), **values})
        return
    tell(document)
    if document.conclusion and document.conclusion.hint:
        say(f"hint: {document.conclusion.hint}", err=True)


def _standings(session: Session) -> list[Standing]:
    begun = recoveries_begun(session.landing)
    if begun.left:
        note(f"{begun.left:,} more recoveries are not looked at: somebody may have made them up")
    with ThreadPoolExecutor(_PARALLEL_LOOKS, thread_name_prefix="journals") as pool:
        return list(pool.map(lambda name: standing(session, name), begun.ids))
