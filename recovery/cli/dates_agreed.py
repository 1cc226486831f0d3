"""What has to be said before missed dates are run again."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from manifests import layout
from manifests.catalog_processors import Processors
from manifests.cloud.recoveries import recoveries_begun
from manifests.errors import ReboundError, RefusedError
from recovery.cli import consent
from recovery.kinds.processors.cloud.journal import DatesJournal
from recovery.kinds.processors.rules.agreed import check_plan
from recovery.kinds.processors.rules.outcome import is_of_dates
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.plan.said import confirming
from recovery.plan.words import refuse_all
from recovery.running import dates_journal
from recovery.session import Session

_UNDER_WAY = timedelta(days=1)


def agree(
    session: Session,
    rules: Processors,
    made: ProcessorPlan,
    said: Mapping[str, Any],
    others: Iterable[RefusedError],
) -> None:
    """Refuse a plan that lacks a word, and ask whether it is to be carried out.

    Raises:
        RefusedError: One is missing, or the plan takes more than the catalog allows.
    """
    if not made.requests:
        return
    check_plan(made, rules)
    project = session.settings.project
    refusals = list(others)
    if project in session.catalog.protected_projects and project not in (
        said["confirm_project"] or ()
    ):
        refusals.append(
            RefusedError(
                "the project is protected", subject=project, hint=f"`{confirming(project)}`"
            )
        )
    refuse_all((*refusals, *consent.unanswered(yes=said["yes"])))
    consent.agree(yes=said["yes"])


def others_under_way(session: Session) -> list[RefusedError]:
    """Return a refusal while another recovery of dates is under way."""
    since = session.started_at - _UNDER_WAY
    found = recoveries_begun(session.landing, is_of_dates).ids
    for recovery_id in [it for it in found if layout.recovery_begun_at(it) > since]:
        journal = dates_journal(session, recovery_id)
        if session.journal(recovery_id).abandoned() is None and journal.last_report() is None:
            return [
                RefusedError(
                    "another recovery of this scenario was begun and has not ended",
                    subject=recovery_id,
                    hint=f"{_continuing(journal)}, `--anew` begins another",
                )
            ]
    return []


def _continuing(journal: DatesJournal) -> str:
    try:
        asked = journal.planned().plan.request
    except ReboundError:
        return f"`rebound report {journal.recovery_id}` tells what became of it"
    return f"`{asked.resuming(journal.recovery_id)}` continues it"
