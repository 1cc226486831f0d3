"""What an undo would do, and how it ended, as documents. Pure."""

from collections.abc import Iterator

from recovery.document import (
    Block,
    Command,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Row,
    Rows,
    Section,
)
from recovery.report.conclusion import concluded
from recovery.undo.model import UndoPlan, UndoReport, UndoStep
from recovery.undo.rules import left_of, undo_error
from recovery.units import counted, printable, shown


def undo_plan_document(plan: UndoPlan) -> Document:
    """Tell what goes back, what would be written, what does not go back, and why."""
    doubts = tuple(Row(printable(item), "NOT OURS") for item in plan.doubts)
    rows = tuple(
        Row(
            f"{step.kind} {shown(step.into)}: {printable(step.why)}{_from(step.source)}",
            step.action.upper() if step.action == "cannot" else step.action,
            below=tuple(_below(step)),
        )
        for step in plan.steps
    )
    return Document(
        title=f"undo {plan.recovery_id} in {plan.project}",
        sections=(
            Section((FactLine(tuple(_facts(plan))),)),
            Section((Rows((*doubts, *rows), "planned"), *_nothing_left(plan)), "What happens"),
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
    again = (Command("to recover again", report.again),) if report.again and report.outcomes else ()
    return Document(
        title=f"undo of {report.recovery_id}",
        conclusion=concluded(undo_error(report), state="undone"),
        sections=(
            Section((Rows(rows, "ended"), Listing(told, ())), "How each ended"),
            Section((Listing("did not go back:", report.left),) if report.left else ()),
            Section(again),
        ),
    )


def _facts(plan: UndoPlan) -> Iterator[tuple[str, str]]:
    yield "it ended", f"{plan.ended_at:%Y-%m-%d %H:%M} UTC"
    if plan.undone:
        yield "before now", f"it was {plan.undone}"
    yield "what was there is kept until", f"{plan.until:%Y-%m-%d %H:%M} UTC"
    yield "what the recovery wrote down", plan.trust.told


def _below(step: UndoStep) -> Iterator[Row]:
    yield from (Row(printable(line)) for line in step.told)
    yield from (Row(printable(line), "starts") for line in step.starts)
    if step.left:
        yield Row(printable(step.left), "LEFT")
    for item in step.access:
        change = item.change.upper() if item.needs_word else item.change
        yield Row(printable(f"{change}: {item.what}, {item.subject}"))


def _nothing_left(plan: UndoPlan) -> Iterator[Block]:
    """Say that everything is as it was, where it is."""
    if not plan.changes and not left_of(plan):
        yield Paragraph(f"nothing has to go back; to recover again: {plan.again}")


def _from(source: str) -> str:
    return f", from {shown(source)}" if source else ""


def _behind(text: str) -> str:
    return f": {printable(text)}" if text else ""
