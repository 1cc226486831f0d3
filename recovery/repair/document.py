"""What a repair would do, and how it ended, as documents. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from recovery.document import (
    Block,
    Command,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    ProofLine,
    Section,
)
from recovery.fence.model import StandingFence
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.outcome import RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.said import undoing
from recovery.repair.model import Repair, Window, Witness
from recovery.report.conclusion import can_go_back, concluded, outcome_error, state_of
from recovery.report.difference import difference_blocks
from recovery.report.fenced import fence_section, paused_section
from recovery.units import counted, shown


def repair_document(
    found: Repair, plan: Plan, state: str = "can be done", *, is_whole: bool = True
) -> Document:
    """Tell what went wrong, who says so, and what becomes of it.

    Args:
        found: What went wrong.
        plan: What becomes of it.
        state: How far it is, which a page says first.
        is_whole: Whether each of many writers that are paused is named.
    """
    return Document(
        title=f"repair of {found.table} in {plan.request.target.project}",
        conclusion=Conclusion(state),
        sections=(
            Section((FactLine(tuple(_facts(found))),), "What went wrong"),
            Section(tuple(_rows(found)), "What happens"),
            *fence_section(plan.fence, is_whole=is_whole),
        ),
    )


def _facts(found: Repair) -> Iterator[tuple[str, str]]:
    yield "went wrong", _window(found.window)
    yield "witness", _witness(found.witness, found.window.since)
    if found.key:
        yield "one row of each", ", ".join(map(shown, found.key))
    if found.where:
        yield "where", shown(found.where)


def _window(window: Window) -> str:
    since = f"after {window.since:%Y-%m-%d %H:%M:%S} UTC"
    until = f", by {window.until:%Y-%m-%d %H:%M:%S} UTC" if window.until else ""
    return f"{since}{until}{f' ({shown(window.by)})' if window.by else ''}"


def _witness(witness: Witness, since: datetime) -> str:
    if witness.name == "vault":
        told = f"run {witness.run_id} of {witness.point:%Y-%m-%d %H:%M} UTC ({witness.why})"
        if witness.point is not None and witness.point < since:
            told += ": what was written between that and then counts as wrong"
        return told
    told = "the table's own history"
    if witness.run_id is not None:
        equal = counted(witness.equal, "partition")
        told += f"; {equal} just so in run {witness.run_id} of {witness.point:%Y-%m-%d %H:%M} UTC"
    return told


def _rows(found: Repair) -> Iterator[Block]:
    yield from difference_blocks(found.rows, going="that go", coming="that come back")
    if found.kept_keys:
        yield Paragraph(
            f"{counted(found.kept_keys, 'row')} of those that went wrong, written since, left as is"
        )
    if found.left_out:
        yield Paragraph(f"{counted(found.left_out, 'duplicate')} left out")
    yield Paragraph("everything else stays as it is; what is there now is kept to go back to")


def ended_document(
    found: Repair,
    report: RecoveryReport,
    fences: Sequence[StandingFence] = (),
    *,
    undo_until: datetime,
    undone: str = "",
    is_whole: bool = False,
) -> Document:
    """Tell how a repair ended, and how to go back; each of many writers left is named where it is whole.

    Args:
        found: What went wrong.
        report: How taking it back ended.
        fences: The fences of the repair.
        undo_until: Until when what was there before is kept.
        undone: That it was undone, and when; empty where it was not.
        is_whole: Whether each of many writers that were left as they are is named.
    """
    error = outcome_error(report)
    (outcome,) = report.of(TableOutcome)
    state, _ = state_of(report, None)
    conclusion = concluded(error, state=state, undone=undone)
    return Document(
        title=f"repair {report.recovery_id}, {conclusion.state}",
        conclusion=conclusion,
        sections=(
            Section(tuple(_ended(found, outcome)), "How it ended"),
            *paused_section(report.plan.fence, fences, is_whole=is_whole),
            *(_way_back(report, outcome, undo_until) if can_go_back(undone) else ()),
        ),
    )


def _ended(found: Repair, outcome: TableOutcome) -> Iterator[Block]:
    back, gone = counted(found.rows.coming, "row"), counted(found.rows.going, "row")
    partitions = counted(len(found.partitions), "partition")
    if outcome.is_proven:
        yield ProofLine(
            f"{found.table}: {back} back and {gone} gone in {partitions}, proven; "
            "every other partition is proven to be as it was",
            is_good=True,
        )
        return
    yield ProofLine(f"{found.table}: NOT proven", is_good=False)
    yield Listing("what is not as it was to be:", tuple(item.text for item in outcome.findings))
    if outcome.failure is not None:
        yield Paragraph(outcome.failure.message)


def _way_back(report: RecoveryReport, outcome: TableOutcome, until: datetime) -> Iterator[Section]:
    if outcome.undo:
        command = undoing(report.recovery_id, report.plan.request)
        condition = f"until {until:%Y-%m-%d %H:%M} UTC, where nobody wrote since"
        yield Section((Command("to go back", command, condition),), "The way back")
