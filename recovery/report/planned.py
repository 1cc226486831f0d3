"""Writes a plan as a document, for the person who is to agree to it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from manifests.errors import ReboundError
from recovery.access_change import AccessChange
from recovery.document import (
    Block,
    Column,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Row,
    Rows,
    Section,
    Table,
)
from recovery.kinds.known import RULES, rules_of
from recovery.kinds.rows import ONLY_MISSING
from recovery.ledger import REMOVED_OR_PLANTED
from recovery.plan.model import Plan
from recovery.plan.said import scope_of
from recovery.plan.takes import StepTakes, Takes
from recovery.report.conclusion import concluded
from recovery.report.fenced import fence_section
from recovery.report.folding import folded
from recovery.units import counted, duration, printable, shown, size, usd

_LEAST_TOLD_SECONDS = 1.0
_CENT = 0.01
_MOST_STEPS = 20
_OF_STEPS = (
    Column("step"),
    Column("takes", "right"),
    Column("reads", "right"),
    Column("scans", "right"),
    Column("stores", "right"),
    Column("jobs", "right"),
    Column("costs", "right"),
    Column("of Google's limits"),
)
_NOTHING = ("nothing to recover: what was asked for is equal, or stays as it is",)


def plan_document(
    plan: Plan, *, now: datetime, refusal: ReboundError | None = None, is_whole: bool = True
) -> Document:
    """Tell what happens to what, why, and what cannot be brought back.

    Args:
        plan: The plan.
        now: The present instant.
        refusal: The error that says what it still lacks; None when it lacks nothing, or nobody looked.
        is_whole: Whether each of many writers that are paused, and of many resources, is named.
    """
    age = duration((now - plan.recovery_point).total_seconds())
    named = ", as it was named" if plan.request.point_was_named else ""
    point = f"{plan.recovery_point:%Y-%m-%d %H:%M} UTC, {age} ago{named}"
    asked = scope_of(plan.request)
    scope = (Paragraph(f"asked for: {printable(asked)}"),) if asked else ()
    foreign = (Paragraph(f"NOT OURS: {shown(plan.foreign)}"),) if plan.foreign else ()
    cost = tuple(map(Paragraph, _cost(plan) if plan.changes or plan.unseen else _NOTHING))
    lost = Listing("cannot be brought back:", plan.cannot_bring_back)
    rows = _rows(plan) if is_whole else folded(_rows(plan, is_whole=False))
    return Document(
        title=f"{plan.request.scenario} in {plan.request.target.project}, {_source(plan)}",
        conclusion=concluded(refusal, state="not yet" if refusal else "can be done"),
        sections=(
            Section((FactLine((("recovery point", point),)), *foreign, *_distrust(plan), *scope)),
            Section((*_summary(plan), Rows(tuple(rows), "planned")), "What happens"),
            *fence_section(plan.fence, is_whole=is_whole),
            Section(
                (*cost, *_steps(plan.takes), lost), "What it costs, and what does not come back"
            ),
        ),
    )


def _distrust(plan: Plan) -> Iterator[Paragraph]:
    if plan.trust and plan.trust.doubt:
        yield Paragraph(f"NOT TRUSTED: {plan.trust.doubt}")


def _summary(plan: Plan) -> Iterator[Paragraph]:
    """Say of many things first how many there are of each fate."""
    if len(plan.steps) <= _MOST_STEPS:
        return
    fates = Counter(step.action for step in plan.steps)
    told = ", ".join(f"{number:,} {fate}" for fate, number in fates.most_common())
    yield Paragraph(f"{len(plan.steps):,} things: {told}")


def _rows(plan: Plan, *, is_whole: bool = True) -> Iterator[Row]:
    dangers = [item for item in plan.access if item.is_danger]
    others = [item for item in plan.access if not item.is_danger]
    # Never folded: what is left out could be who gets access.
    yield from (_access_row(item, (item.subject,)) for item in dangers)
    yield from _left_out(plan)
    yield from unseen_rows(plan)
    for run in plan.passed_over:
        yield Row(f"passed over {run.run_id}: {shown(run.reason)}")
    yield from came_first_rows(plan)
    yield from fallen_back_rows(plan)
    yield from _leaning(plan)
    yield from left_alone_rows(plan)
    yield from erasure_rows(plan)
    for rules in rules_of(plan.request.kinds):
        yield from rules.plan_rows(rules.of(plan.steps), plan.request)
    if is_whole:
        yield from (_access_row(item, (item.subject,)) for item in others)
        return
    alike: dict[tuple[str, str], list[AccessChange]] = {}
    for item in others:
        alike.setdefault((item.change, item.what), []).append(item)
    for same in alike.values():
        yield _access_row(same[0], tuple(item.subject for item in same))


def _access_row(change: AccessChange, subjects: Sequence[str]) -> Row:
    """Tell a change, of all things of which the same is told."""
    names = ", ".join(map(shown, subjects))
    return Row(f"{names}: {printable(change.what)}", change.change.upper())


def came_first_rows(plan: Plan) -> Iterator[Row]:
    """Tell what was done before the rest was planned: what is left below may be there because of it."""
    for told in plan.came_first:
        yield Row(shown(told), "came first")


def left_alone_rows(plan: Plan) -> Iterator[Row]:
    """Name what differs and is not part of the recovery, because only what is missing is."""
    for name in plan.left_alone:
        yield Row(f"{name}: it differs, and {ONLY_MISSING}", "leave")


def erasure_rows(plan: Plan) -> Iterator[Row]:
    """Tell how many keys stay erased, and what of their ledger is not believed."""
    told = plan.erasures
    if told is None:
        return
    if told.keys:
        yield Row(f"{counted(told.keys, 'key')}, by the ledger of erasures", "stays erased")
    if told.unsigned:
        stays = (
            "what they name stays erased"
            if plan.request.unsigned_erasures
            else "WHAT THEY NAME COMES BACK"
        )
        yield Row(f"{counted(told.unsigned, 'erasure')} of the ledger: {stays}", "NOT SIGNED")
    if told.gone:
        copies = f"{counted(told.gone, 'erasure')} by copies in the landing bucket"
        yield Row(f"{copies}: somebody removed them from the vault", "GONE")
    if told.doubtful:
        copies = f"{counted(len(told.doubtful), 'erasure')} by copies in the landing bucket alone"
        yield Row(f"{copies}: {REMOVED_OR_PLANTED}; what they name COMES BACK", "NOT CHECKED")
    for why in told.unreadable:
        yield Row(f"{shown(why)}: what it names COMES BACK", "NOT READ")


def fallen_back_rows(plan: Plan) -> Iterator[Row]:
    """Tell what comes from an older run, and how much older that is."""
    for item in plan.fallen_back:
        older = duration((plan.recovery_point - item.recovery_point).total_seconds())
        yield Row(
            f"{item.name} to {item.recovery_point:%Y-%m-%d %H:%M} UTC, {older} before the rest, "
            f"from run {item.run_id}: a file of it in run {plan.run_id} is damaged",
            "fall back",
        )


def unseen_rows(plan: Plan) -> Iterator[Row]:
    """Name what could not be looked at, or has a damaged backup, so that it is left as it is."""
    for item in plan.unseen:
        if item.is_damaged:
            yield Row(f"{shown(item.name)}: {item.why}; {item.hint}", "DAMAGED, left")
        else:
            yield Row(f"{shown(item.name)}: {item.why}", "NOT LOOKED AT, left")


def _leaning(plan: Plan) -> Iterator[Row]:
    """Name what leans on a damaged file of the vault."""
    falling = {step.name for rules in RULES if rules.falls_back for step in rules.of(plan.steps)}
    for name in plan.leaning:
        told = f"{shown(name)}: `rebound verify {plan.run_id}` lists it"
        way = ", `--fall-back` takes what is damaged from an older run" if name in falling else ""
        yield Row(told + way, "LEANS ON A DAMAGED FILE")


def _left_out(plan: Plan) -> Iterator[Row]:
    """Name what the run holds and the catalog does not name: it comes back only when that was asked for."""
    if not plan.left_out:
        return
    names = ", ".join(map(shown, plan.left_out))
    if plan.request.not_in_catalog:
        yield Row(f"NOT IN THE CATALOG, recovered too: {names}")
    else:
        yield Row(f"not in the catalog, left out: {names} (`--not-in-catalog` takes them along)")


def _source(plan: Plan) -> str:
    return f"from run {plan.run_id}" if plan.run_id else "rebuilt from history, without a backup"


def _cost(plan: Plan) -> Iterator[str]:
    for rules in rules_of(plan.request.kinds):
        yield from rules.cost(rules.of(plan.steps))
    if plan.takes is not None:
        yield from _time(plan.takes)


def _money(takes: Takes) -> Iterator[str]:
    """Say what it costs; nothing where that is less than a cent."""
    told = [f"{usd(takes.scanned_usd)} to scan"] if takes.scanned_usd >= _CENT else []
    told += (
        [f"{usd(takes.documents_usd)} to write documents"] if takes.documents_usd >= _CENT else []
    )
    if takes.stored_usd >= _CENT:
        told.append(f"{usd(takes.stored_usd)} a month to store what comes back")
    if told:
        is_written = takes.documents_usd >= _CENT
        documents = f", documents as in {takes.documents_in or 'nam5'}" if is_written else ""
        yield (
            f"costs about {', '.join(told)}, at Google's list prices as of {takes.priced_on}: to scan in "
            f"{takes.priced_in}, to store in the US{documents}; other locations cost more"
        )


def _steps(takes: Takes | None) -> Iterator[Block]:
    """Tell what each step takes, those first that read most: the totals hide which holds all others up."""
    found = sorted(takes.steps, key=lambda it: -it.moved_bytes) if takes is not None else []
    if not found:
        return
    yield Table(_OF_STEPS, tuple(map(_step, found[:_MOST_STEPS])))
    if left := found[_MOST_STEPS:]:
        read = size(sum(item.moved_bytes for item in left))
        yield Paragraph(
            f"{counted(len(left), 'smaller step')} more, {read} to read; `--json` has each"
        )


def _step(item: StepTakes) -> tuple[str, ...]:
    least = max(item.at_least_seconds, item.measured_seconds or 0.0)
    money = [f"{usd(item.usd)} once"] if item.usd >= _CENT else []
    money += [f"{usd(item.usd_per_month)} a month"] if item.usd_per_month >= _CENT else []
    limits = [item.quota.told] if item.quota else []
    if item.at_least_seconds >= _LEAST_TOLD_SECONDS:
        limits.append(f"at least {duration(item.at_least_seconds)}: {item.binding}")
    return (
        shown(item.name),
        duration(least) if least >= _LEAST_TOLD_SECONDS else "-",
        size(item.moved_bytes),
        size(item.scanned_bytes) if item.scanned_bytes else "-",
        size(item.stored_bytes) if item.stored_bytes else "-",
        f"{item.jobs:,}" if item.jobs else "-",
        ", ".join(money) or "-",
        "; ".join(limits) or "-",
    )


def _time(takes: Takes) -> Iterator[str]:
    """Say how long it takes, as measured before and as limits allow."""
    work = [f"{size(takes.moved_bytes)} to read"]
    work += [counted(takes.jobs, "job") + " of BigQuery"] if takes.jobs else []
    work += [f"{size(takes.scanned_bytes)} scanned to prove tables"] if takes.scanned_bytes else []
    yield ", ".join(work)
    yield from _money(takes)
    if takes.measured_seconds is not None:
        yield f"takes about {takes.told}, as measured by {shown(takes.measured_by)}"
    if takes.binding and takes.at_least_seconds >= _LEAST_TOLD_SECONDS:
        least = duration(takes.at_least_seconds)
        yield f"takes at least {least}, by a limit of Google Cloud: {takes.binding}"
    for item in takes.impossible:
        yield f"IMPOSSIBLE in one day: {shown(item)}"
