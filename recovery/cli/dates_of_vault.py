"""Missed dates brought back from the backup: the recovery of tables, of single partitions."""

from collections.abc import Iterator, Mapping
from typing import Any

from manifests.catalog_objectives import ScenarioName
from manifests.catalog_processors import Processors
from manifests.model.run import Manifest
from manifests.selection import Selection
from recovery.cli.agreement import another, check_backup, show_plan
from recovery.cli.consent import agree, unanswered
from recovery.cli.options import moment, note, past, print_json, say
from recovery.cli.options import tell as show
from recovery.console import Console
from recovery.document import Document
from recovery.fencing import with_fence
from recovery.kinds.processors.rules.outcome import require_complete
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.kinds.processors.rules.vault import TableDates, held_dates
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.said import resuming
from recovery.report.conclusion import outcome_error
from recovery.report.ended import kept_until, report_document
from recovery.report.processors import DatesHeld, left_section
from recovery.request import Request, Target
from recovery.running import execute, finish, new_recovery
from recovery.session import Session

_SCENARIO: ScenarioName = "bigquery-dataset-loss"


def told(
    session: Session, rules: Processors, made: ProcessorPlan, said: Mapping[str, Any]
) -> DatesHeld:
    """Return which of the dates that lack the chosen run holds."""
    selection, manifest = _chosen(session, said)
    return DatesHeld(tuple(held_dates(made, rules, manifest)), selection.run_id)


def recover(
    session: Session,
    console: Console,
    rules: Processors,
    made: ProcessorPlan,
    said: Mapping[str, Any],
) -> tuple[RecoveryReport, ...]:
    """Plan the recovery of each table, ask, and carry them out, each with a journal of its own.

    The caller looks whether dates lack afterwards.
    """
    if not made.requests:
        return ()
    selection, manifest = _chosen(session, said)
    held = tuple(held_dates(made, rules, manifest))
    plans = list(_plans(session, selection, manifest, made, held, said))
    for plan in plans:
        if not said["as_json"]:
            show_plan(plan, now=session.started_at, as_json=False)
        others = () if said["anew"] else another(session, plan)
        session.refuse(
            plan,
            confirmed_projects=said["confirm_project"] or (),
            access=said["access"],
            untrusted=said["untrusted"],
            others=(*others, *unanswered(yes=said["yes"], changes=plan.changes)),
        )
        check_backup(session, console, plan)
    agree(yes=said["yes"], changes=any(plan.changes for plan in plans))
    return tuple(_carried_out(session, console, plan, said["reason"]) for plan in plans)


def tell(
    session: Session, done: tuple[RecoveryReport, ...], left: ProcessorPlan, *, as_json: bool
) -> None:
    """Print how each table's recovery ended, and what lacks now.

    Raises:
        ReboundError: A recovery did not end well, or dates still lack.
    """
    if as_json:
        recoveries = [item.model_dump(mode="json") for item in done]
        print_json({"recoveries": recoveries, "left": left.model_dump(mode="json")})
    else:
        for item in done:
            until = kept_until(item, session.settings.undo_days)
            show(report_document(item, undo_until=until))
        show(Document((left_section(left),)))
    for item in done:
        if error := outcome_error(item):
            raise error
    require_complete(left)


def _carried_out(session: Session, console: Console, plan: Plan, reason: str) -> RecoveryReport:
    recovery = new_recovery(session, plan, reason)
    journal = session.journal(recovery.recovery_id)
    again = f"`{resuming(recovery.recovery_id, plan)}` continues"
    with console.ending_at_once(f"interrupted; {again}"):
        journal.begin(recovery)
        say(f"recovery {recovery.recovery_id}", err=True)
        with console.recovering(plan.followed) as progress:
            done, paused = execute(session, journal, recovery, progress=progress, tell=note)
        finish(session, done, paused, note)
        return done


def _plans(
    session: Session,
    selection: Selection,
    manifest: Manifest,
    made: ProcessorPlan,
    held: tuple[TableDates, ...],
    said: Mapping[str, Any],
) -> Iterator[Plan]:
    for item in held:
        if not item.held:
            continue
        request = Request(
            scenario=_SCENARIO,
            target=Target(project=made.request.project),
            tables=(item.table,),
            partitions=tuple(item.held.values()),
            overwrite=made.request.overwrite,
            from_vault=True,
            # The rows of a past date do not change, so the age of the backup does not matter.
            point_was_named=True,
            no_fence=made.request.no_fence,
            despite=made.request.despite,
            unsigned_erasures=said["unsigned_erasures"],
            skip_erasures=said["skip_erasures"],
        )
        yield with_fence(session, session.plan((selection, manifest), request))


def _chosen(session: Session, said: Mapping[str, Any]) -> tuple[Selection, Manifest]:
    return session.choose(run=said["run"], at=past(moment(said["at"]), now=session.started_at))
