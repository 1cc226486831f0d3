"""What an undo would do, and how it ended, as documents. Pure."""

from recovery.document import Document, Facts, Listing, Row, Rows, Section
from recovery.report.conclusion import concluded
from recovery.undo.model import UndoPlan, UndoReport
from recovery.undo.rules import undo_error
from recovery.units import counted, shown


def undo_plan_document(plan: UndoPlan) -> Document:
    """Tell what goes back, what does not, and why."""
    rows = tuple(
        Row(
            f"{step.kind} {shown(step.into)}: {shown(step.why)}{_from(step.source)}",
            step.action.upper() if step.action == "cannot" else step.action,
        )
        for step in plan.steps
    )
    ended = f"{plan.ended_at:%Y-%m-%d %H:%M} UTC"
    until = f"{plan.until:%Y-%m-%d %H:%M} UTC"
    return Document(
        title=f"undo {plan.recovery_id} in {plan.project}",
        sections=(
            Section((Facts((("it ended", ended), ("what was there is kept until", until))),)),
            Section((Rows(rows, "planned"),), "What happens"),
        ),
    )


def undo_document(report: UndoReport) -> Document:
    """Tell how each thing ended."""
    rows = tuple(
        Row(
            f"{item.kind} {shown(item.into)}{_behind(item.failure or item.redo)}",
            "FAILED" if item.failure else "proven",
        )
        for item in report.outcomes
    )
    good = sum(not item.failure for item in report.outcomes)
    told = f"{good} of {counted(len(report.outcomes), 'thing')} proven as before the recovery"
    return Document(
        title=f"undo of {report.recovery_id}",
        conclusion=concluded(undo_error(report), state="undone"),
        sections=(
            Section((Rows(rows, "ended"), Listing(told, ())), "How each ended"),
            Section((Listing("did not go back:", report.left),) if report.left else ()),
        ),
    )


def _from(source: str) -> str:
    return f", from {shown(source)}" if source else ""


def _behind(text: str) -> str:
    return f": {shown(text)}" if text else ""
