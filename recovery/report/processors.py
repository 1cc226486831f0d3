"""Writes plans and reports about dates that processors missed as documents. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from manifests.catalog_processors import Bounds, Processors
from manifests.errors import ReboundError
from recovery.document import (
    Block,
    Command,
    Document,
    FactLine,
    Listing,
    Paragraph,
    ProofLine,
    Row,
    Rows,
    Section,
    more,
)
from recovery.fence.model import StandingFence
from recovery.kinds.processors.rules.outcome import SCENARIO, DatesReport, outcome_error
from recovery.kinds.processors.rules.plan import FaultyDate, ProcessorPlan, ProcessorStep
from recovery.kinds.processors.rules.vault import TableDates
from recovery.limits import price
from recovery.plan.said import confirming
from recovery.report.acted import begun_by
from recovery.report.conclusion import concluded, ending
from recovery.report.fenced import fence_section, paused_section
from recovery.units import counted, duration, size, usd

_MOST_SPANS = 8
_MOST_FAULTY = 8
_TIB = 2**40


class DatesHeld(NamedTuple):
    """What a backup holds of dates that lack.

    Attributes:
        tables: The dates of each table; empty where they do not come from a backup.
        run_id: The id of the run; empty where they do not come from one.
    """

    tables: tuple[TableDates, ...] = ()
    run_id: str = ""


NOT_HELD = DatesHeld()


def dates_plan_document(
    plan: ProcessorPlan,
    rules: Processors,
    *,
    held: DatesHeld = NOT_HELD,
    error: ReboundError | None = None,
    is_whole: bool = True,
) -> Document:
    """Tell which dates each processor lacks, and what happens to them.

    Args:
        plan: The plan.
        rules: The catalog's processors.
        held: What a backup holds of the dates, where they come from one.
        error: What the command ends with; None when all could be looked at.
        is_whole: Whether each of many writers that are paused is named.
    """
    rows = tuple(_step_row(step, _waiting(plan, rules, step)) for step in plan.steps)
    games = (
        f"games by {rules.schedule.table}"
        if plan.has_schedule and rules.schedule
        else "no schedule says on which dates there were games: rows of other processors do"
    )
    return Document(
        title=f"{SCENARIO} in {plan.request.project}, dates to {plan.until}",
        conclusion=concluded(error, state="not looked at" if error else _verdict(plan)),
        sections=(
            Section((Paragraph(games),)),
            *fence_section(plan.fence, is_whole=is_whole),
            Section((Rows(rows, "planned"),), "What lacks"),
            Section(tuple(_cost(plan, rules, *held)), "What it takes"),
        ),
    )


def _verdict(plan: ProcessorPlan) -> str:
    if plan.requests:
        return "can be done"
    return "nothing lacks" if plan.is_complete else "WHAT LACKS IS NOT RUN"


def dates_report_document(
    report: DatesReport,
    fences: Sequence[StandingFence] = (),
    *,
    undone: str = "",
    is_whole: bool = False,
) -> Document:
    """Tell how each date ended that was run, and what lacks now.

    Args:
        report: The report.
        fences: The fences of the recovery.
        undone: A text that it was undone, and when; empty where it was not.
        is_whole: Whether each of many writers that were left is named, and what does not come back and
            the command that asked for it are told too.
    """
    error = outcome_error(report)
    state, _ = ending(error, is_proven=report.is_proven, abandoned=None)
    ran = tuple(row for step in report.plan.steps for row in _ended(report, step.processor))
    conclusion = concluded(error, state=state, undone=undone)
    return Document(
        title=f"recovery {report.recovery_id}: {SCENARIO}, {conclusion.state}",
        conclusion=conclusion,
        sections=(
            Section(begun_by(report.operator)),
            Section((Rows(ran, "ended"),), "How each date ended"),
            left_section(report.left),
            Section(tuple(_what_is_proven(report)), "What is proven"),
            *paused_section(report.plan.fence, fences, is_whole=is_whole),
            *(_planned(report) if is_whole else ()),
        ),
    )


def _planned(report: DatesReport) -> Iterator[Section]:
    """Yield what does not come back, and the command that would run the same again."""
    if lost := not_back(report):
        yield Section((Listing("by running dates again:", lost),), "What does not come back")
    again = report.plan.request.recovering()
    yield Section((Command("to recover the same again", again),), "To repeat it")


def not_back(report: DatesReport) -> tuple[str, ...]:
    """Return what running dates again does not bring back; nothing where none was run."""
    ran = sorted({item.processor for item in report.dates if item.state in ("proven", "lacks")})
    if not ran:
        return ()
    names = ", ".join(ran)
    why = "each made its rows anew, of what its sources say now (`--from-vault` brings back what a run holds)"
    return (f"the rows that there once were of {names}: {why}",)


def left_section(left: ProcessorPlan) -> Section:
    """Tell what lacks after everything was tried."""
    rows = tuple(_step_row(step, (), is_left=True) for step in left.steps)
    return Section((Rows(rows, "planned"),), "What lacks now")


def spans(dates: Sequence[date]) -> str:
    """Write dates; consecutive ones as a span, and of many spans the first eight."""
    found: list[list[date]] = []
    for day in dates:
        if found and day - found[-1][-1] == timedelta(days=1):
            found[-1] = [found[-1][0], day]
        else:
            found.append([day])
    texts = [" to ".join(map(str, span)) for span in found[:_MOST_SPANS]]
    rest = f", ... {len(found) - _MOST_SPANS:,} more" if len(found) > _MOST_SPANS else ""
    return ", ".join(texts) + rest


def _step_row(step: ProcessorStep, waiting: Iterable[Row], *, is_left: bool = False) -> Row:
    name = f"{step.processor}  ({step.table})"
    if step.unread is not None:
        return Row(f"{name}: {step.unread.why}", "NOT LOOKED AT")
    idle = tuple(Row(f"{item.day}: {item.why}", "not due") for item in step.idle)
    if not step.lacking:
        return Row(f"{name}: {counted(step.due, 'date')}", "complete", below=idle)
    below = (*idle, *_lacking_rows(step, is_left=is_left), *waiting)
    return Row(f"{name}: {_how_many(step)}", "LACKS", below=below)


def _how_many(step: ProcessorStep) -> str:
    """Say of how many dates something lacks; what nobody knows is not told as missing."""
    of_each = {
        "without rows": len(step.missing),
        "faulty": len(step.faulty),
        "unknown": len(step.undecided),
    }
    told = ", ".join(f"{number:,} {what}" for what, number in of_each.items() if number)
    return f"{told}, of {counted(step.due, 'date')}"


def _lacking_rows(step: ProcessorStep, *, is_left: bool) -> Iterator[Row]:
    if step.missing:
        yield Row(spans(step.missing), "no rows")
    faulty = step.faulty[:_MOST_FAULTY]
    hint = f" (left; `--overwrite {step.table}` runs it again)"
    for item in faulty:
        is_run = is_left or item.day in step.runs
        yield Row(f"{_wrong(item)}{'' if is_run else hint}", "faulty")
        if not is_run:
            hint = " (left)"
    yield from more(len(faulty), len(step.faulty))
    if step.undecided:
        yield Row(
            f"{spans(step.undecided)}: nobody knows whether there were games (`--date` runs one, "
            "`pauses` of the catalog's season say that there were none)",
            "unknown",
        )


def _wrong(item: FaultyDate) -> str:
    wrong = "; ".join(finding.text for finding in item.findings)
    return f"{item.day}, {counted(item.rows, 'row')}: {wrong}"


def _waiting(plan: ProcessorPlan, rules: Processors, step: ProcessorStep) -> Iterator[Row]:
    processor = next(item for item in rules.processors if item.name == step.processor)
    waits: dict[tuple[str, ...], list[date]] = {}
    for day in step.runs:
        if names := plan.waiting(processor, day):
            waits.setdefault(names, []).append(day)
    for names, dates in waits.items():
        yield Row(f"for {', '.join(names)}, which nobody runs: {spans(dates)}", "waits")


def _cost(
    plan: ProcessorPlan, rules: Processors, held: tuple[TableDates, ...], run_id: str
) -> Iterator[Block]:
    if plan.request.from_vault:
        yield Paragraph(f"from run {run_id}")
        yield Rows(tuple(row for item in held for row in _held_rows(item)), "planned")
        return
    bounds = rules.bounds
    yield Paragraph(
        f"{counted(plan.requests, 'request')}, about {duration(plan.seconds)} as a rule"
    )
    yield Paragraph(
        f"bounds of the catalog: {bounds.requests:,} requests, none begun after "
        f"{duration(bounds.seconds)}, queries of {size(bounds.query_bytes)}"
    )
    scanning = price("scanned_usd_per_tib")
    scans = usd(bounds.query_bytes / _TIB * scanning.value)
    yield Paragraph(f"queries cost at most {scans}, at Google's list price as of {scanning.as_of}")
    if plan.sent:
        yield Paragraph(f"{counted(plan.sent, 'request')} of the bound were sent before")
    yield Paragraph(_money(plan, bounds))
    if plan.requests and (plan.fence is None or plan.fence.is_left_out):
        yield Paragraph(f"what else runs these dates: `rebound fence {SCENARIO}` pauses it")


def _money(plan: ProcessorPlan, bounds: Bounds) -> str:
    """Say what requests cost, and which bound of the catalog ends that."""
    if plan.usd is None:
        return (
            "NOT BOUNDED IN MONEY: the catalog does not say what a request costs (`usd_a_request`)"
        )
    told = f"requests cost about {usd(plan.usd)} by the catalog when each succeeds at once"
    if bounds.usd is None:
        return f"{told}; NOT BOUNDED IN MONEY: the catalog's `bounds` have no `usd`"
    spent = f"; {usd(plan.spent_usd)} of that were spent before" if plan.spent_usd else ""
    return f"{told}, {usd(bounds.usd)} at most: no request is begun that would cost more{spent}"


def _held_rows(item: TableDates) -> Iterator[Row]:
    if item.held:
        yield Row(f"{item.table}: {spans(sorted(item.held))}", "bring back")
    if item.lacked:
        why = f" ({item.why})" if item.why else ""
        yield Row(f"{item.table}: {spans(item.lacked)}{why}", "NOT HELD")


def _ended(report: DatesReport, processor: str) -> Iterator[Row]:
    """Tell how dates of one processor ended; those that ended alike together."""
    alike: dict[tuple[str, str], list[date]] = {}
    for item in report.dates:
        if item.processor == processor:
            said = "" if item.state == "proven" else f"  ({item.said})"
            alike.setdefault((item.state, said), []).append(item.day)
    for (state, said), dates in alike.items():
        told = state if state == "proven" else state.upper()
        yield Row(f"{processor} {spans(dates)}{said}", told)


def _what_is_proven(report: DatesReport) -> Iterator[Block]:
    proven = sum(item.state == "proven" for item in report.dates)
    text = f"{proven:,} of {counted(len(report.dates), 'date')} proven by their rows"
    yield ProofLine(text, is_good=report.is_proven)
    for name in sorted({item.undo for item in report.dates if item.undo}):
        yield Paragraph(f"kept as it was before, for a while: {name}")
    if any(item.undo for item in report.dates):
        confirmed = confirming(report.plan.request.project)
        yield Command("to go back", f"rebound undo {report.recovery_id} {confirmed}")
    objective = duration(report.plan.objective.rto_seconds)
    yield FactLine(
        (
            ("requests", f"{report.requests:,}"),
            ("queries billed", size(report.billed_bytes)),
            ("achieved RTO", f"{duration(report.took_seconds)} (objective {objective})"),
        )
    )
