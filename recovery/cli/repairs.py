"""Repairs as other commands meet them: gone on with, told of, planned, agreed to, carried out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from manifests.errors import ManifestAlteredError, NotEqualError, RefusedError
from recovery.cli import consent
from recovery.cli.agreement import Words
from recovery.cli.options import note, show, tell, write_page
from recovery.cli.thawing import end_left
from recovery.document import Conclusion
from recovery.fencing import despite_too, stand, with_fence
from recovery.journal import Journal
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.said import resuming
from recovery.repair.document import ended_document, repair_document
from recovery.repair.model import FOLDER, Repair
from recovery.repair.rules import agrees, is_repair, plan_of
from recovery.repair.running import Repairing
from recovery.report.conclusion import outcome_error
from recovery.report.fenced import paused_section
from recovery.report.recoveries import abandoned_text, since_text
from recovery.request import Target
from recovery.running import finish
from recovery.session import Session
from recovery.undo.running import require_not_undone, undone_told


def resumed(
    session: Session,
    recovery: str,
    words: Words,
    reason: str,
    despite: Sequence[str] = (),
    html: Path | None = None,
) -> bool:
    """Show a repair that was interrupted, ask, and bring it to its end; return whether it is one.

    Raises:
        RefusedError: What it was to publish is gone, a word is missing, or somebody closed or undid it.
        NotEqualError: It has ended, and the table does not hold now what it was to hold.
    """
    if not is_repair(recovery):
        return False
    journal = session.journal(recovery)
    planned = journal.planned()
    found = _found(journal, planned)
    target = bigquery_target(session.tools, Target(project=session.settings.project))
    if (ended := journal.report()) is not None:
        # Others can write a report, so it is compared.
        differ = Repairing(session, target, planned, found, journal).differing()
        if differ:
            why = "the report says that everything was proven"
            if told := undone_told(journal):
                why = f"it was {told}, after everything was proven"
            raise NotEqualError(
                f"{why}, and it is not so now: partition {differ[0]} of {found.table}",
                subject=recovery,
                hint=f"`rebound report {recovery}` tells what was done; `rebound repair` looks again",
            )
        end_left(session, recovery, reason, yes=words.yes)
        tell_ended(session, found, ended, None, as_json=words.as_json)
        return True
    if (closed := journal.abandoned()) is not None:
        hint = "`rebound repair` begins another"
        raise RefusedError(abandoned_text(closed), subject=recovery, hint=hint)
    require_not_undone(journal, "`rebound repair` begins another")
    again = planned.model_copy(update={"plan": despite_too(planned_of(session, found), despite)})
    agree(session, found, again.plan, words)
    session.actions.begin("resume", recovery, reason)
    report = carried_out(session, Repairing(session, target, again, found, journal), again)
    tell_ended(session, found, report, html, as_json=words.as_json)
    return True


def report(
    session: Session, recovery: str, html: Path | None, *, as_json: bool, is_whole: bool = False
) -> None:
    """Tell how a repair ended, or how far it is."""
    journal = session.journal(recovery)
    planned = journal.planned()
    found, ended = _found(journal, planned), journal.last_report()
    if ended is not None:
        tell_ended(session, found, ended, html, as_json=as_json, is_whole=is_whole)
        return
    closed = journal.abandoned()
    state = "under way or interrupted" if closed is None else abandoned_text(closed)
    since = since_text(journal.wrote_at(), now=session.started_at)
    again = f"`{resuming(recovery, planned.plan)}` brings it to an end"
    hint = f"{since}; if nobody is at it any more, it was interrupted: {again}"
    paused = paused_section(planned.plan.fence, session.tools.fences.of(recovery)) if closed else ()
    page = repair_document(found, planned.plan, state)
    page = replace(page, sections=(*page.sections, *paused))
    write_page(html, replace(page, conclusion=Conclusion(state, hint="" if closed else hint)))
    document = repair_document(found, planned.plan, is_whole=is_whole)
    document = replace(document, sections=(*document.sections, *paused))
    told = {"recovery_id": recovery, "repair": found.model_dump(mode="json")}
    show(document, told, None, as_json=as_json)
    if closed is not None:
        note(state)
    elif not as_json:
        note(f"hint: {hint}")


def tell_ended(
    session: Session,
    found: Repair,
    ended: RecoveryReport,
    html: Path | None,
    *,
    as_json: bool,
    is_whole: bool = False,
) -> None:
    """Print how a repair ended.

    Raises:
        ReboundError: It did not end well.
    """
    until = ended.finished_at + timedelta(days=session.settings.undo_days)
    fences = session.tools.fences.of(ended.recovery_id)
    undone = undone_told(session.journal(ended.recovery_id))
    document = ended_document(
        found, ended, fences, undo_until=until, undone=undone, is_whole=is_whole
    )
    told = {**ended.model_dump(mode="json"), "repair": found.model_dump(mode="json")}
    show(document, told, html, as_json=as_json)
    if error := outcome_error(ended):
        raise error


def planned_of(session: Session, found: Repair) -> Plan:
    """Return a repair in the form of a recovery, with what it pauses.

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


def agree(session: Session, found: Repair, plan: Plan, words: Words) -> None:
    """Show a repair, insist on every word that it needs, and ask.

    Raises:
        RefusedError: A word is missing, or the answer is no.
    """
    if not words.as_json:
        tell(repair_document(found, plan, is_whole=words.verbose))
    refuse(session, plan, words)
    consent.agree(yes=words.yes, changes=plan.changes)


def refuse(session: Session, plan: Plan, words: Words) -> None:
    """Refuse a repair that lacks a word.

    Raises:
        RefusedError: It names every one.
    """
    session.refuse(
        plan,
        confirmed_projects=words.confirmed_projects,
        access=False,
        untrusted=words.untrusted,
        others=consent.unanswered(yes=words.yes, changes=plan.changes),
    )


def carried_out(session: Session, repairing: Repairing, planned: PlannedRecovery) -> RecoveryReport:
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
            hint=f"`rebound abandon {journal.recovery_id} --why ...` closes it, then repair it anew",
        )
    return found
