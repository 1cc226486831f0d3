"""Writes the report of a recovery that ended as a document. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from recovery.document import (
    Block,
    Command,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Rows,
    Section,
    Span,
    Timeline,
)
from recovery.fence.model import StandingFence
from recovery.kinds.known import rules_of
from recovery.outcome import RecoveryReport
from recovery.plan.said import recovering, undoing
from recovery.report.acted import begun_by
from recovery.report.basis import Basis
from recovery.report.conclusion import can_go_back, concluded, outcome_error, state_of
from recovery.report.fenced import paused_section
from recovery.report.folding import folded
from recovery.report.planned import (
    came_first_rows,
    erasure_rows,
    fallen_back_rows,
    left_alone_rows,
    unseen_rows,
)
from recovery.units import duration


def report_document(
    report: RecoveryReport,
    basis: Basis | None = None,
    fences: Sequence[StandingFence] = (),
    *,
    undo_until: datetime | None = None,
    undone: str = "",
    is_whole: bool = False,
) -> Document:
    """Tell how each part ended, what is proven, whether it was in time, and how to go back.

    Args:
        report: The report.
        basis: What it rests on when it is read again; None where everything was looked at just now.
        fences: The fences of the recovery.
        undo_until: Until when what was there before is kept; None where that is not known.
        undone: A text that it was undone, and when; empty where it was not.
        is_whole: Whether each of many resources and of many writers that were left is named, and what the
            plan says does not come back and the command that asked for it are told too.
    """
    rests_on = (
        () if basis is None else (Section(tuple(basis.sentences(report)), "What this rests on"),)
    )
    state, _ = state_of(report, None)
    conclusion = concluded(outcome_error(report), state=state, undone=undone)
    return Document(
        title=f"recovery {report.recovery_id}: {report.plan.request.scenario}, {conclusion.state}",
        conclusion=conclusion,
        sections=(
            Section(()),
            Section(tuple(_how_each_ended(report, is_whole=is_whole)), "How each part ended"),
            Section(tuple(_what_is_proven(report)), "What is proven"),
            *paused_section(report.plan.fence, fences, is_whole=is_whole),
            *rests_on,
            *_way_back(report, undo_until, undone),
            *(_planned(report) if is_whole else ()),
        ),
    )


def _planned(report: RecoveryReport) -> Iterator[Section]:
    """Yield what does not come back, and the command that would recover the same again."""
    plan = report.plan
    if plan.cannot_bring_back:
        yield Section((Listing("by its plan:", plan.cannot_bring_back),), "What does not come back")
    again = recovering(plan, run_id=plan.run_id)
    yield Section((Command("to recover the same again", again),), "To repeat it")


def _how_each_ended(report: RecoveryReport, *, is_whole: bool) -> Iterator[Rows]:
    plan = report.plan
    before = (
        *came_first_rows(plan),
        *fallen_back_rows(plan),
        *unseen_rows(plan),
        *left_alone_rows(plan),
        *erasure_rows(plan),
    )
    yield Rows(before, "planned")
    for rules in rules_of(plan.request.kinds):
        outcomes = rules.outcomes_of(report.outcomes)
        for told in rules.outcome_rows(outcomes, rules.of(plan.steps), plan.request):
            yield told if is_whole else Rows(tuple(folded(told.rows)), told.telling)


def _what_is_proven(report: RecoveryReport) -> Iterator[Block]:
    point = f"{report.plan.recovery_point:%Y-%m-%d %H:%M} UTC"
    older = [f"{item.name} at its older point" for item in report.plan.fallen_back]
    for rules in rules_of(report.plan.request.kinds):
        outcomes, steps = rules.outcomes_of(report.outcomes), rules.of(report.plan.steps)
        yield from rules.proven(outcomes, steps, point, older)
    took = duration((report.finished_at - report.started_at).total_seconds())
    objective = duration(report.plan.objective.rto_seconds)
    lost = duration((report.started_at - report.plan.oldest_point).total_seconds())
    rto = ("achieved RTO", f"{took} (objective {objective})")
    yield FactLine((rto, ("achieved RPO", lost), *_estimated(report)))
    if report.phases:
        spans = (Span(item.name, item.state, item.seconds) for item in report.phases)
        yield Timeline("how long each phase of the last attempt took", tuple(spans))
    yield from begun_by(report.operator)
    if report.plan.trust is not None:
        yield Paragraph(f"manifest of the run: {report.plan.trust.told}")


def _estimated(report: RecoveryReport) -> Iterator[tuple[str, str]]:
    """Yield how long the plan said that it would take, beside what it took."""
    takes = report.plan.takes
    if takes is not None and takes.measured_seconds is not None:
        yield "estimated", takes.told


def kept_until(report: RecoveryReport, undo_days: int) -> datetime:
    """Return until when everything that a recovery replaced is kept, at least.

    The undo point of a table is made after the recovery began, so it expires later.

    Args:
        report: The report of the recovery.
        undo_days: How many days undo points stay.
    """
    return report.started_at + timedelta(days=undo_days)


def _way_back(report: RecoveryReport, until: datetime | None, undone: str) -> Iterator[Section]:
    """Yield the command that undoes what a recovery changed, or that somebody did so."""
    undone_kinds = [rules for rules in rules_of(report.plan.request.kinds) if rules.is_undone]
    has_changed = any(
        item.action not in ("leave", "cannot")
        for rules in undone_kinds
        for item in rules.outcomes_of(report.outcomes)
    )
    if until is None or not has_changed:
        return
    command = undoing(report.recovery_id, report.plan.request)
    condition = f"until {until:%Y-%m-%d %H:%M} UTC, where nobody wrote since"
    told = (Paragraph(undone),) if undone else ()
    back = (Command("to go back", command, condition),) if can_go_back(undone) else ()
    yield Section((*told, *back), "The way back")
