"""Carrying a recovery out that was agreed to, and telling how it ended."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from manifests.errors import NotEqualError, ReboundError, RefusedError
from recovery.cli.basis import basis_of
from recovery.cli.begun import finish_and_tell, tell_ended
from recovery.cli.options import note, say
from recovery.cli.thawing import end_left
from recovery.console import Console
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.said import recovering, resuming
from recovery.report.recoveries import abandoned_text
from recovery.running import differing, execute, remember
from recovery.session import Session
from recovery.undo.running import require_not_undone, undone_told


def tell_proven(
    session: Session,
    begun: PlannedRecovery,
    ended: RecoveryReport,
    written_at: datetime,
    *,
    confirmed_projects: Collection[str],
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Print the report of a recovery that is over, if what it brought back is still equal, and end its fence.

    Nothing is recovered again: later changes are no damage. But others can write a report, so it is
    compared.

    Raises:
        NotEqualError: Something of it is not equal now.
        ReboundError: What it left paused could not be resumed, or nobody said yes.
    """
    found = differing(session, begun, ended, confirmed_projects=confirmed_projects)
    if found:
        why = "the report says that everything was proven"
        if undone := undone_told(session.journal(begun.recovery_id)):
            why = f"it was {undone}, after everything was proven"
        raise NotEqualError(
            f"{why}, and it is not so now: {found[0]}",
            subject=begun.recovery_id,
            hint=f"`rebound plan {ended.plan.request.scenario}` shows what differs",
        )
    end_left(session, begun.recovery_id, reason, yes=yes)
    tell_ended(session, ended, basis_of(session, ended, written_at), as_json=as_json)
    say("everything is proven already; this is the report", err=True)
    remember(session, ended, "recovery")


def carry_out(
    session: Session,
    console: Console,
    recovery: PlannedRecovery,
    *,
    begins: bool,
    html: Path | None = None,
    as_json: bool,
) -> None:
    """Carry out the very recovery that was agreed to; write it down first when it begins."""
    journal = session.journal(recovery.recovery_id)
    again = f"`{resuming(journal.recovery_id, recovery.plan)}` continues"
    if (fence := recovery.plan.fence) is not None and fence.writers:
        again += ", until then what was paused stays so (`rebound thaw`)"
    with console.ending_at_once(f"interrupted; {again}"):
        if begins:
            journal.begin(recovery)
        say(f"recovery {journal.recovery_id}", err=True)
        with console.recovering(recovery.plan.followed) as progress:
            try:
                done, paused = execute(session, journal, recovery, progress=progress, tell=note)
            except ReboundError as error:
                error.hint = f"{error.hint}; then {again}" if error.hint else again
                raise
        remember(session, done, "recovery")
    finish_and_tell(session, done, paused, html, as_json=as_json)


def require_not_over(journal: Journal, begun: PlannedRecovery) -> None:
    """Refuse to go on with what was closed or undone: what an undo wrote is somebody else's to it.

    Raises:
        RefusedError: It was.
    """
    hint = f"`{recovering(begun.plan, run_id=begun.plan.run_id)}` begins another"
    if (closed := journal.abandoned()) is not None:
        raise RefusedError(abandoned_text(closed), subject=journal.recovery_id, hint=hint)
    require_not_undone(journal, hint)
