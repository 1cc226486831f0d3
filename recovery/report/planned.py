"""What a plan says to the person who is to agree to it, as a document. Pure."""

from collections.abc import Iterator
from datetime import datetime

from manifests.errors import ReboundError
from recovery.kinds.kind import of
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.plan.model import Plan
from recovery.report.buckets import bucket_row
from recovery.report.conclusion import concluded
from recovery.report.databases import database_row, rebuild_row
from recovery.report.document import Document, Facts, Listing, Paragraph, Row, Rows, Section
from recovery.report.resources import resource_rows
from recovery.report.tables import (
    definition_rows,
    fallen_back_rows,
    left_alone_rows,
    table_cost,
    table_rows,
)
from recovery.units import duration, shown, size


def plan_document(plan: Plan, *, now: datetime, refusal: ReboundError | None = None) -> Document:
    """Tell what happens to what, why, and what cannot be brought back.

    Args:
        plan: The plan.
        now: The present instant.
        refusal: What it still lacks; None when nothing, or when nobody looked.
    """
    age = duration((now - plan.recovery_point).total_seconds())
    point = f"{plan.recovery_point:%Y-%m-%d %H:%M} UTC, {age} ago"
    foreign = (Paragraph(f"NOT OURS: {shown(plan.foreign)}"),) if plan.foreign else ()
    cost = tuple(map(Paragraph, _cost(plan)))
    lost = Listing("cannot be brought back:", plan.cannot_bring_back)
    return Document(
        title=f"{plan.request.scenario} in {plan.request.target.project}, {_source(plan)}",
        conclusion=concluded(refusal, state="not yet" if refusal else "can be done"),
        sections=(
            Section((Facts((("recovery point", point),)), *foreign)),
            Section((Rows(tuple(_rows(plan)), "planned"),), "What happens"),
            Section((*cost, lost), "What it costs, and what does not come back"),
        ),
    )


def _rows(plan: Plan) -> Iterator[Row]:
    yield from _left_out(plan)
    yield from unseen_rows(plan)
    for run in plan.passed_over:
        yield Row(f"passed over {run.run_id}: {shown(run.reason)}")
    yield from fallen_back_rows(plan)
    yield from _leaning(plan)
    yield from left_alone_rows(plan)
    yield from table_rows(plan)
    yield from map(bucket_row, plan.buckets)
    yield from map(database_row, plan.databases)
    yield from map(rebuild_row, plan.rebuilds)
    yield from definition_rows(plan)
    yield from resource_rows(of(plan.steps, ConfigurationStep))
    for item in plan.access:
        yield Row(f"{shown(item.subject)}: {shown(item.what)}", item.change.upper())


def unseen_rows(plan: Plan) -> Iterator[Row]:
    """Name what could not be looked at, so that it is left as it is."""
    for item in plan.unseen:
        yield Row(f"{shown(item.name)}: {item.why}", "NOT LOOKED AT, left")


def _leaning(plan: Plan) -> Iterator[Row]:
    """Name what leans on a damaged file of the vault."""
    for name in plan.leaning:
        yield Row(
            f"{shown(name)}: `rebound verify {plan.run_id}` lists it, `--fall-back` takes what is "
            "damaged from an older run",
            "LEANS ON A DAMAGED FILE",
        )


def _left_out(plan: Plan) -> Iterator[Row]:
    """Name what the catalog does not: it is taken along only when that was asked for."""
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
    yield from table_cost(plan)
    if not plan.databases:
        return
    written = sum(step.writes for step in plan.databases)
    documents = (
        f"{written:,} documents to write and {sum(step.removes for step in plan.databases):,} to "
        f"remove, {size(sum(step.stored_bytes for step in plan.databases))} of the backup to read; "
        "proving reads every document twice"
    )
    seconds = sum(step.ramp_seconds for step in plan.databases)
    if seconds > 1:
        documents += (
            f"; at the rate Firestore asks for the writes take {duration(seconds)}, "
            "`--unthrottled` does not wait"
        )
    yield documents
