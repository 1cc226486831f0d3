"""`rebound report RECOVERY --incident`: an incident report, filled in as far as facts are known."""

from pathlib import Path

from manifests.layout import parse_recovery_id
from recovery.cli.basis import basis_of
from recovery.cli.options import print_json, tell, write_page
from recovery.document import Document
from recovery.kinds.processors.rules.outcome import SCENARIO, is_of_dates
from recovery.report.ended import report_document
from recovery.report.incident import TO_FILL_IN, Incident, incident_document
from recovery.report.processors import dates_report_document, not_back, spans
from recovery.report.recoveries import Standing
from recovery.running import dates_journal
from recovery.session import Session


def tell_incident(session: Session, now: Standing, html: Path | None, *, as_json: bool) -> None:
    """Print what is known of the incident that a recovery was begun for.

    It is no failure to report one, so that the command ends well however the recovery ended.

    Args:
        session: The command's clients.
        now: What became of the recovery.
        html: Where it is also written as a page.
        as_json: Whether it is printed as JSON.
    """
    known = _of_dates if is_of_dates(now.recovery_id) else _of_backup
    incident, told = known(session, now)
    document = incident_document(incident, told)
    write_page(html, document)
    if as_json:
        print_json({**incident.model_dump(mode="json"), "to_fill_in": TO_FILL_IN})
    else:
        tell(document)


def _of_backup(session: Session, now: Standing) -> tuple[Incident, Document]:
    journal = session.journal(parse_recovery_id(now.recovery_id))
    begun, dated = journal.planned(), journal.dated_report()
    ended = None if dated is None else dated[0]
    outcomes = () if ended is None else ended.outcomes
    told = Document(()) if dated is None else report_document(dated[0], basis_of(session, *dated))
    incident = Incident(
        recovery_id=now.recovery_id,
        scenario=begun.plan.request.scenario,
        project=begun.plan.request.target.project,
        rto_seconds=begun.plan.objective.rto_seconds,
        state=now.state,
        detail=now.detail,
        begun_by=begun.operator.told if begun.operator else "",
        reason=begun.operator.reason if begun.operator else "",
        began_at=begun.started_at,
        ended_at=None if ended is None else ended.finished_at,
        recovery_point=begun.plan.oldest_point if begun.plan.run_id else None,
        run_id=begun.plan.run_id,
        not_proven=(
            *(item.title for item in outcomes if not item.is_proven),
            *(item.name for item in begun.plan.unseen),
            *begun.plan.not_held,
        ),
        not_back=begun.plan.cannot_bring_back,
    )
    return incident, told


def _of_dates(session: Session, now: Standing) -> tuple[Incident, Document]:
    journal = dates_journal(session, parse_recovery_id(now.recovery_id))
    begun, ended = journal.planned(), journal.last_report()
    lacking = () if ended is None else [step for step in ended.left.steps if not step.is_complete]
    incident = Incident(
        recovery_id=now.recovery_id,
        scenario=SCENARIO,
        project=begun.plan.request.project,
        rto_seconds=begun.plan.objective.rto_seconds,
        state=now.state,
        detail=now.detail,
        begun_by=begun.operator.told if begun.operator else "",
        reason=begun.operator.reason if begun.operator else "",
        began_at=begun.started_at,
        ended_at=None if ended is None else ended.finished_at,
        not_proven=tuple(
            f"{step.processor} {spans(sorted(step.lacking))}".rstrip() for step in lacking
        ),
        not_back=() if ended is None else not_back(ended),
    )
    return incident, Document(()) if ended is None else dates_report_document(ended)
