"""`plan`, `recover` and `resume` of dates that processors missed."""

import os
from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import typer

from manifests import layout
from manifests.catalog_processors import Processors
from manifests.errors import ReboundError, RefusedError
from manifests.kinds.tables.kind import TABLES
from recovery import fencing
from recovery.cli import dates_of_vault as vault
from recovery.cli.approvals import write_plan
from recovery.cli.dates_agreed import agree, others_under_way
from recovery.cli.dates_asked import asked, asked_before
from recovery.cli.dates_told import ended_document, protected_processors, tell
from recovery.cli.options import note, print_json, say, write_page
from recovery.cli.options import tell as show
from recovery.cli.thawing import end_left
from recovery.console import Console
from recovery.document import Document
from recovery.fence_ends import end
from recovery.kinds.processors.cloud.rerun import Rerun
from recovery.kinds.processors.cloud.services import Services
from recovery.kinds.processors.cloud.tables import DateTables
from recovery.kinds.processors.rules.agreed import continued
from recovery.kinds.processors.rules.calendar import Games
from recovery.kinds.processors.rules.outcome import (
    SCENARIO,
    DatesReport,
    PlannedDates,
    require_complete,
    unread_error,
)
from recovery.kinds.processors.rules.plan import (
    ProcessorPlan,
    games_by_date,
    make_plan,
)
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.plan.approval import approved, decided_of_dates
from recovery.plan.said import OF_DATES, unsaid
from recovery.report.processors import NOT_HELD, dates_plan_document
from recovery.running import dates_journal
from recovery.session import Session
from recovery.undo.dates import DatesKept
from recovery.undo.running import require_not_undone


class _Planned(NamedTuple):
    plan: ProcessorPlan
    games: Mapping[date, Games]
    tables: DateTables


def plan(session: Session, context: typer.Context) -> None:
    """Show which dates processors lack, and what would be run.

    Raises:
        CloudError: A table could not be looked at.
    """
    rules = protected_processors(session)
    request = asked(session, rules, context)
    made, said = _planned(session, rules, request).plan, context.params
    unread = unread_error(made)
    held = vault.told(session, rules, made, said) if request.from_vault else NOT_HELD
    document = partial(dates_plan_document, made, rules, error=unread, held=held)
    write_page(said["html"], document())
    _show(made, document(is_whole=said["verbose"]), as_json=said["as_json"])
    if said["out"] is not None:
        write_plan("dates", made, said["out"], made_at=session.started_at)
    if unread:
        raise unread


def recover(session: Session, console: Console, context: typer.Context) -> None:
    """Plan, ask, run the missed dates again, and show that their rows are there."""
    rules, said = protected_processors(session), context.params
    was = asked_before(session, rules, context)
    request = asked(session, rules, context) if was is None else was.request
    made = _planned(session, rules, request)
    if was is not None:
        approved(was, made.plan, decided_of_dates, subject=str(said["plan_file"]))
    if not said["as_json"]:
        in_vault = request.from_vault and made.plan.requests
        held = vault.told(session, rules, made.plan, said) if in_vault else NOT_HELD
        show(dates_plan_document(made.plan, rules, held=held, is_whole=said["verbose"]))
    if request.from_vault:
        done = vault.recover(session, console, rules, made.plan, said)
        left = _planned(session, rules, request, made.tables).plan
        vault.tell(session, done, left, as_json=said["as_json"])
        return
    others = [] if said["anew"] else others_under_way(session)
    services = _services(rules, made.plan)
    agree(session, rules, made.plan, said, others)
    began = session.begun_at()
    recovery_id = layout.recovery_id(SCENARIO, began, session.own_id[:4])
    who = session.actions.begin("recover", recovery_id, said["reason"])
    planned = PlannedDates(recovery_id=recovery_id, started_at=began, plan=made.plan, operator=who)
    _execute(session, console, made, planned, services, said, begins=True)


def resume(session: Session, console: Console, recovery_id: str, said: Mapping[str, Any]) -> None:
    """Look at the dates of a recovery again, ask, and run those that lack."""
    rules, journal = protected_processors(session), dates_journal(session, recovery_id)
    begun, ended = journal.planned(), journal.last_report()
    # Others can write to a journal: what it says was asked for has to be said again.
    again = {
        "project": session.settings.project,
        # What comes from a backup has no journal of dates, and is not fenced here.
        "from_vault": False,
        "no_fence": said["no_fence"],
        "despite": tuple(said["despite"] or ()),
    }
    request = begun.plan.request.model_copy(update=again)
    request.check(rules)
    if ended is not None and ended.is_proven:
        now = _planned(session, rules, request).plan
        if now.is_complete:
            end_left(session, recovery_id, said["reason"], yes=said["yes"])
        tell(session, ended, as_json=said["as_json"])
        # And what it says of its end is looked at again.
        require_complete(now)
        say("everything is proven already; this is the report", err=True)
        return
    lacks = f"`rebound plan {SCENARIO}` shows what lacks"
    if session.journal(recovery_id).abandoned() is not None:
        raise RefusedError("it was abandoned", subject=recovery_id, hint=lacks)
    require_not_undone(session.journal(recovery_id), lacks)
    made = _planned(session, rules, request)
    made = made._replace(plan=continued(made.plan, begun.plan, rules, journal.sent))
    if not said["as_json"]:
        show(dates_plan_document(made.plan, rules, is_whole=said["verbose"]))
    words: list[RefusedError] = []
    if said["yes"]:
        words = unsaid(request, said, recovery_id=recovery_id, words=OF_DATES)
    services = _services(rules, made.plan)
    agree(session, rules, made.plan, said, words)
    session.actions.begin("resume", recovery_id, said["reason"])
    planned = begun.model_copy(update={"plan": made.plan})
    _execute(session, console, made, planned, services, said, begins=False)


def _end(
    session: Session,
    ended: DatesReport,
    paused: Collection[str],
    html: Path | None,
    *,
    as_json: bool,
) -> None:
    """Resume what was paused, when nothing lacks any more, and print how the recovery ended."""
    if ended.is_proven:
        end(session, ended.recovery_id, paused, note)
    write_page(html, ended_document(session, ended, is_whole=True))
    tell(session, ended, as_json=as_json)


def _planned(
    session: Session, rules: Processors, request: DatesRequest, tables: DateTables | None = None
) -> _Planned:
    """Look at the tables and decide what is run.

    Args:
        session: The clients.
        rules: The catalog's processors.
        request: What the operator asked for.
        tables: What looked at them before in this process: it never adopts its own earlier job.
    """
    location = session.catalog.location
    tables = tables or DateTables(
        rules,
        session.settings.project,
        location,
        session.own_id,
        is_protected=partial(session.catalog.protects, TABLES),
    )
    session.tools.reach.require(tables.endpoint)
    seen = tables.observe(request.first_day(), now=session.started_at)
    made = make_plan(rules, seen, request)
    # Where dates come from the vault, each table's recovery has a fence of its own.
    things = set() if request.from_vault else made.written
    fence = fencing.planned(session, things, is_left_out=request.no_fence, despite=request.despite)
    agreed = session.catalog.objectives.get("processor-failure")
    made = made.model_copy(update={"fence": fence, "agreed": agreed})
    return _Planned(made, games_by_date(rules, seen, request), tables)


def _show(made: ProcessorPlan, document: Document, *, as_json: bool) -> None:
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        show(document)


def _services(rules: Processors, made: ProcessorPlan) -> Services:
    """Return what asks the services that a plan needs: what one lacks is told before anybody says yes.

    Raises:
        UsageError: The key of a service is not set.
        CloudError: There are no credentials that give identity tokens.
    """
    services = Services(rules, os.environ)
    running = {step.processor for step in made.steps if step.runs}
    services.prepare(item for item in rules.processors if item.name in running)
    return services


def _execute(
    session: Session,
    console: Console,
    made: _Planned,
    planned: PlannedDates,
    services: Services,
    said: Mapping[str, Any],
    *,
    begins: bool,
) -> None:
    rules, recovery_id = protected_processors(session), planned.recovery_id
    again = f"`{planned.plan.request.resuming(recovery_id)}` continues"
    with console.ending_at_once(f"interrupted; {again}"):
        journal = dates_journal(session, recovery_id)
        if begins:
            journal.begin(planned)
        say(f"recovery {recovery_id}", err=True)
        paused = fencing.stand(session, recovery_id, made.plan.fence, note)
        undo = made.tables.keep(made.plan, session.settings, recovery_id)
        kept = DatesKept(session, recovery_id, (journal.planned().plan, made.plan))
        kept.before()
        names = [f"{step.processor} {day}" for step in made.plan.steps for day in step.runs]
        with console.recovering(names) as progress:
            attempt = Rerun(
                rules,
                planned,
                made.games,
                tables=made.tables,
                services=services,
                journal=journal,
                clock=session.clock.latest,
                progress=progress,
            )
            try:
                ended = attempt.run(undo, ran=kept.left)
            except ReboundError as error:
                error.hint = f"{error.hint}; then {again}" if error.hint else again
                raise
    _end(session, ended, paused, said.get("html"), as_json=said["as_json"])
