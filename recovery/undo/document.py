"""What an undo would do, and how it ended, as documents. Pure."""

from collections import Counter
from collections.abc import Iterator

from recovery.document import (
    Alike,
    Block,
    Command,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Row,
    Rows,
    Section,
)
from recovery.kinds.events import started_text
from recovery.report.conclusion import concluded
from recovery.report.folding import folded
from recovery.undo.model import Starts, UndoAction, UndoPlan, UndoReport, UndoStep
from recovery.undo.rules import left_of, named, undo_error
from recovery.units import counted, printable, shown

_WRITTEN = {"bucket": "object", "database": "document", "table": "table"}
_FIRST_TOLD: tuple[UndoAction, ...] = ("cannot", "put back", "remove", "leave")


def undo_plan_document(plan: UndoPlan, *, is_whole: bool = True) -> Document:
    """Tell what goes back, what would be written, what does not go back, and why: what changes first.

    Args:
        plan: The plan.
        is_whole: Whether each of many things that are left alike is named.
    """
    doubts = tuple(Row(printable(item), "NOT OURS") for item in plan.doubts)
    rows = (_planned_row(step, plan.started_by(step)) for step in sorted(plan.steps, key=_rank))
    told = tuple(rows) if is_whole else tuple(folded(rows))
    return Document(
        title=f"undo {plan.recovery_id} in {plan.project}",
        conclusion=_verdict(plan),
        sections=(
            Section((FactLine(tuple(_facts(plan))),)),
            Section(
                (*_summary(plan), Rows((*doubts, *told), "planned"), *_nothing_left(plan)),
                "What happens",
            ),
        ),
    )


def _verdict(plan: UndoPlan) -> Conclusion:
    if left := left_of(plan):
        return Conclusion("NOT EVERYTHING GOES BACK", f"does not go back: {named(left)}")
    return Conclusion("everything can go back" if plan.changes else "nothing has to go back")


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
    told = "nothing had to go back"
    if report.outcomes:
        told = f"{good} of {counted(len(report.outcomes), 'thing')} proven as before the recovery"
    again = (Command("to recover again", report.again),) if report.again and report.outcomes else ()
    error = undo_error(report)
    conclusion = concluded(error, state="not all undone" if error else "undone")
    return Document(
        title=f"undo of {report.recovery_id}, {conclusion.state}",
        conclusion=conclusion,
        sections=(
            Section((Rows(rows, "ended"), Listing(told, ())), "How each ended"),
            Section(
                (Listing("did not go back:", report.left),) if report.left else (), "What stays"
            ),
            Section(again, "To repeat it"),
        ),
    )


def _rank(step: UndoStep) -> tuple[int, int, str]:
    """Return when a step is told: access that needs a word first, then what changes, then what is left alike."""
    is_danger = any(item.needs_word for item in step.access)
    return not is_danger, _FIRST_TOLD.index(step.action), step.why if step.action == "leave" else ""


def _planned_row(step: UndoStep, starts: Starts | None) -> Row:
    name = f"{step.kind} {shown(step.into)}"
    return Row(
        f"{name}: {printable(step.why)}{_from(step.source)}",
        step.action.upper() if step.action == "cannot" else step.action,
        below=tuple(_below(step, starts)),
        alike=Alike(name, "things", f"({printable(step.why)})")
        if step.action == "leave" and not step.left
        else None,
    )


def _summary(plan: UndoPlan) -> Iterator[Paragraph]:
    """Say of several things first how many there are of each fate."""
    if len(plan.steps) > 1:
        fates = Counter(step.action for step in plan.steps)
        told = ", ".join(f"{fates[item]:,} {item}" for item in _FIRST_TOLD if fates[item])
        yield Paragraph(f"{len(plan.steps):,} things: {told}")


def _facts(plan: UndoPlan) -> Iterator[tuple[str, str]]:
    yield "it ended", f"{plan.ended_at:%Y-%m-%d %H:%M} UTC"
    if plan.undone:
        yield "before now", f"it was {plan.undone}"
    yield "what was there is kept until", f"{plan.until:%Y-%m-%d %H:%M} UTC"
    yield "what the recovery wrote down", plan.trust.told


def _below(step: UndoStep, starts: Starts | None) -> Iterator[Row]:
    yield from (Row(printable(line)) for line in step.told)
    yield from (Row(printable(line), "starts") for line in _started(starts))
    if step.left:
        yield Row(printable(step.left), "LEFT")
    for item in step.access:
        change = item.change.upper() if item.needs_word else item.change
        yield Row(printable(f"{change}: {item.what}, {item.subject}"))


def _started(starts: Starts | None) -> Iterator[str]:
    if starts is None:
        return
    if starts.notified and starts.notified.unasked:
        yield f"UNKNOWN which notifications of the bucket: {starts.notified.unasked}"
    elif starts.notified and starts.notified.topics:
        yield f"TELLS {', '.join(starts.notified.topics)} OF EVERY OBJECT THAT IS WRITTEN"
    told = starts.listening.text
    if starts.kind == "database":
        told = started_text(starts.by_catalog, starts.listening)
    yield f"by each {_WRITTEN[starts.kind]}'s event: {told}"


def _nothing_left(plan: UndoPlan) -> Iterator[Block]:
    """Say that everything is as it was, where it is."""
    if not plan.changes and not left_of(plan):
        yield Paragraph("nothing has to go back")
        yield Command("to recover again", plan.again)


def _from(source: str) -> str:
    return f", from {shown(source)}" if source else ""


def _behind(text: str) -> str:
    return f": {printable(text)}" if text else ""
