"""Returns how a recovery ended: its state, and the error that the command ends with. Pure."""

from collections.abc import Sequence
from typing import Literal

from manifests.errors import NotEqualError, ObjectiveMissedError, PartialError, ReboundError
from recovery.document import Conclusion
from recovery.kinds.completions.rules.rebuild import CompletionsStep
from recovery.kinds.outcome import Outcome
from recovery.outcome import AbandonedRecovery, RecoveryReport
from recovery.plan.said import resuming
from recovery.units import duration, shown

RecoveryState = Literal[
    "under way", "partial", "not equal", "proven", "late", "abandoned", "damaged"
]
"""What became of a recovery.

    under way  no attempt at it has ended: somebody is at it, or it was interrupted
    partial    something could not be recovered; `rebound resume` continues it
    not equal  recovered, and not equal to the recovery point
    proven     everything is proven
    late       everything is proven, and an objective was missed
    abandoned  an operator closed it
    damaged    its journal cannot be read
"""

UNDONE_IN_PART = "undone in part"
"""How a sentence begins that tells of an undo which left something."""
_MEND_THEN_RECOVER = "mend what the plan says of them, and begin another recovery"


def outcome_error(
    report: RecoveryReport,
) -> NotEqualError | PartialError | ObjectiveMissedError | None:
    """Return the error a recovery ends with, or None when everything is proven in time."""
    unequal = [
        item
        for item in report.outcomes
        if item.findings or item.exit_code == NotEqualError.exit_code
    ]
    failed = [item for item in report.outcomes if item.error and item not in unequal]
    unseen = [f"{shown(item.name)} ({item.left_because})" for item in report.plan.unseen]
    names = [item.title for item in failed]
    missing = f"not recovered: {', '.join([*names, *unseen])}" if names or unseen else ""
    if unequal:
        message = f"not equal to the recovery point: {', '.join(item.title for item in unequal)}"
        return NotEqualError(
            f"{message}; {missing}" if missing else message,
            subject=report.recovery_id,
            hint=_way_on(report, failed)
            if names
            else f"`rebound report {report.recovery_id}` lists every difference",
        )
    if missing:
        return PartialError(
            missing,
            subject=report.recovery_id,
            hint=_way_on(report, failed) if names else _MEND_THEN_RECOVER,
        )
    if not_held := report.plan.not_held:
        name = not_held[0].rpartition(" ")[2]
        return NotEqualError(
            f"all that run {report.plan.run_id} holds is proven; it does not hold "
            f"{', '.join(map(shown, not_held))}",
            subject=report.recovery_id,
            hint=f"`--exclude {name}` asks for the rest alone; an older run may hold it, see "
            "`rebound list`",
        )
    return _missed(report)


def _missed(report: RecoveryReport) -> ObjectiveMissedError | None:
    """Return the error of a recovery that is proven and missed an objective, or None."""
    objective = report.plan.objective.rto_seconds
    took_seconds = (report.finished_at - report.started_at).total_seconds()
    if took_seconds > objective:
        return ObjectiveMissedError(
            f"proven after {duration(took_seconds)}, the objective is {duration(objective)}",
            subject=report.recovery_id,
        )
    lost_seconds = (report.started_at - report.plan.oldest_point).total_seconds()
    may_be_lost = report.plan.objective.rpo_seconds
    if lost_seconds > may_be_lost and not report.plan.request.point_was_named:
        return ObjectiveMissedError(
            f"proven equal to what was there {duration(lost_seconds)} before, the objective is "
            f"{duration(may_be_lost)}",
            subject=report.recovery_id,
            hint="`rebound list` shows why no newer run could be used",
        )
    return None


def _way_on(report: RecoveryReport, failed: Sequence[Outcome]) -> str:
    hints = [item.hint for item in failed if item.hint]
    if hints and report.plan.of(CompletionsStep):
        return hints[0]
    return f"`{resuming(report.recovery_id, report.plan)}` continues"


def state_of(
    ended: RecoveryReport | None, abandoned: AbandonedRecovery | None
) -> tuple[RecoveryState, str]:
    """Return the state of a recovery, and what failed, differs or was the reason to close it.

    Args:
        ended: The report, or that of the last attempt; None when no attempt has ended.
        abandoned: The record that an operator closed it, with the reason; None when nobody did.
    """
    error = None if ended is None else outcome_error(ended)
    is_proven = ended is not None and ended.is_proven
    return ending(error, is_proven=is_proven, abandoned=abandoned)


def ending(
    error: ReboundError | None, *, is_proven: bool, abandoned: AbandonedRecovery | None
) -> tuple[RecoveryState, str]:
    """Return the state of a recovery, and the text about it, from its last attempt that ended.

    Args:
        error: The error of that attempt; None when it had none, or no attempt has ended.
        is_proven: Whether that attempt proved everything.
        abandoned: The record that an operator closed it; None when nobody did.
    """
    if is_proven:
        return ("proven", "") if error is None else ("late", error.message)
    if abandoned is not None:
        return "abandoned", abandoned.why
    if isinstance(error, NotEqualError):
        return "not equal", error.message
    return ("partial", error.message) if isinstance(error, PartialError) else ("under way", "")


def can_go_back(undone: str) -> bool:
    """Return whether an undo may find something to put back.

    Args:
        undone: What is told of the last undo; empty where there was none.
    """
    return not undone or undone.startswith(UNDONE_IN_PART)


def concluded(error: ReboundError | None, *, state: str, undone: str = "") -> Conclusion:
    """Return the conclusion of a document.

    Args:
        error: What the command ends with; None when all is well.
        state: What it is called; in capitals when there is an error.
        undone: A text that it was undone since, and when; empty where it was not.
    """
    then = f", then {undone}" if undone else ""
    if error is None:
        return Conclusion(f"{state}{then}")
    return Conclusion(f"{state.upper()}{then}", error.message, error.hint)
