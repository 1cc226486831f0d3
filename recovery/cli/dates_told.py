"""How recoveries of dates are told of: by `report`, and where one ends."""

from dataclasses import replace
from pathlib import Path

from manifests.catalog_processors import Processors
from manifests.errors import UsageError
from recovery.cli.options import note, print_json, say, write_page
from recovery.cli.options import tell as show
from recovery.document import Conclusion, Document
from recovery.kinds.processors.rules.outcome import (
    SCENARIO,
    DatesReport,
    PlannedDates,
    outcome_error,
)
from recovery.report.fenced import paused_section
from recovery.report.processors import dates_plan_document, dates_report_document
from recovery.report.recoveries import abandoned_text, since_text
from recovery.running import dates_journal
from recovery.session import Session
from recovery.undo.running import undone_told
from recovery.units import counted


def report(
    session: Session, recovery_id: str, html: Path | None, *, as_json: bool, is_whole: bool = False
) -> None:
    """Show how a recovery of dates ended, or that it is under way."""
    journal = dates_journal(session, recovery_id)
    begun, ended = journal.planned(), journal.last_report()
    if ended is not None:
        write_page(html, ended_document(session, ended, is_whole=True))
        note("this is what its journal says; `rebound plan processor-failure` looks at the tables")
        tell(session, ended, as_json=as_json, is_whole=is_whole)
        return
    _tell_begun(session, begun, journal.requests, html, as_json=as_json)


def _tell_begun(
    session: Session, begun: PlannedDates, requests: int, html: Path | None, *, as_json: bool
) -> None:
    """Tell of a recovery that has no report: how far it is, or that somebody closed it."""
    journal = session.journal(begun.recovery_id)
    closed = journal.abandoned()
    state = "under way or interrupted" if closed is None else abandoned_text(closed)
    title = f"recovery {begun.recovery_id}: {state}, {counted(requests, 'request')} sent"
    told = since_text(journal.wrote_at(), now=session.started_at)
    again = begun.plan.request.resuming(begun.recovery_id)
    hint = f"{told}; if nobody is at it any more, it was interrupted: `{again}` goes on"
    page = dates_plan_document(begun.plan, protected_processors(session))
    fences = session.tools.fences.of(begun.recovery_id) if closed else ()
    paused = paused_section(begun.plan.fence, fences) if closed else ()
    page = replace(page, title=title, sections=(*page.sections, *paused))
    write_page(html, replace(page, conclusion=Conclusion(state, hint="" if closed else hint)))
    if as_json:
        print_json(begun.model_dump(mode="json"))
        return
    say(title)
    if closed is None:
        note(f"hint: {hint}")
    elif paused:
        show(Document(paused))


def tell(session: Session, ended: DatesReport, *, as_json: bool, is_whole: bool = False) -> None:
    """Print how a recovery ended.

    Raises:
        ReboundError: Dates still lack.
    """
    if as_json:
        print_json(ended.model_dump(mode="json"))
    else:
        show(ended_document(session, ended, is_whole=is_whole))
    if error := outcome_error(ended):
        raise error


def ended_document(session: Session, ended: DatesReport, *, is_whole: bool) -> Document:
    """Tell how a recovery of dates ended, and that it was undone since.

    Args:
        session: The clients.
        ended: How it ended.
        is_whole: Whether everything is told that a page has room for.
    """
    fences = session.tools.fences.of(ended.recovery_id)
    undone = undone_told(session.journal(ended.recovery_id))
    return dates_report_document(ended, fences, undone=undone, is_whole=is_whole)


def protected_processors(session: Session) -> Processors:
    """Return the processors that the catalog names.

    Raises:
        UsageError: It names none.
    """
    if session.catalog.processors is None:
        raise UsageError("the catalog names no processors", subject=SCENARIO)
    return session.catalog.processors
