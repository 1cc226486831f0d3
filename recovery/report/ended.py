"""What a recovery that ended says to the person who asked, as a document. Pure."""

from collections.abc import Iterator, Sequence

from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.resources.rules.steps import ConfigurationOutcome
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.outcome import RecoveryReport
from recovery.report.buckets import bucket_outcome_row
from recovery.report.conclusion import concluded, outcome_error, state_of
from recovery.report.databases import database_outcome_row, proven_databases
from recovery.report.document import (
    Block,
    Command,
    Document,
    Facts,
    Rows,
    Section,
    Verdict,
)
from recovery.report.planned import unseen_rows
from recovery.report.resources import proven_resources, resource_outcome_rows
from recovery.report.tables import (
    expiration_rows,
    fallen_back_rows,
    left_alone_rows,
    table_outcome_rows,
    unmade_rows,
)
from recovery.scenarios import scenario
from recovery.units import counted, duration


def report_document(report: RecoveryReport) -> Document:
    """Tell how each part ended, what is proven, and whether it was in time."""
    state, _ = state_of(report, None)
    return Document(
        title=f"recovery {report.recovery_id}: {report.plan.request.scenario}",
        conclusion=concluded(outcome_error(report), state=state),
        sections=(
            Section(()),
            Section(tuple(_how_each_ended(report)), "How each part ended"),
            Section(tuple(_what_is_proven(report)), "What is proven"),
        ),
    )


def _how_each_ended(report: RecoveryReport) -> Iterator[Rows]:
    plan = report.plan
    before = (*fallen_back_rows(plan), *unseen_rows(plan), *left_alone_rows(plan))
    yield Rows(before, "planned")
    buckets = map(bucket_outcome_row, report.buckets)
    yield Rows((*table_outcome_rows(report), *buckets), "ended")
    yield Rows(tuple(map(database_outcome_row, _databases(report))), "ended documents")
    yield Rows(tuple(unmade_rows(report)), "ended")
    yield Rows(tuple(resource_outcome_rows(report.of(ConfigurationOutcome))), "ended")
    yield Rows(tuple(expiration_rows(plan)), "planned")


def _databases(report: RecoveryReport) -> tuple[DatabaseOutcome | CompletionsOutcome, ...]:
    return (*report.databases, *report.of(CompletionsOutcome))


def _what_is_proven(report: RecoveryReport) -> Iterator[Block]:
    point = f"{report.plan.recovery_point:%Y-%m-%d %H:%M} UTC"
    older = [f"{item.name} at its older point" for item in report.plan.fallen_back]
    yield from _proven(report.tables, "tables", point, [*older, *_kept_partitions(report)])
    yield from _proven(report.buckets, "buckets", point, [*older, *_kept_objects(report)])
    yield from proven_databases(_databases(report), point, older)
    yield from proven_resources(report.of(ConfigurationOutcome))
    yield from _way_back(report)
    took = duration((report.finished_at - report.started_at).total_seconds())
    objective = duration(scenario(report.plan.request.scenario).rto_seconds)
    lost = duration((report.started_at - report.plan.oldest_point).total_seconds())
    rto = ("achieved RTO", f"{took} (objective {objective})")
    yield Facts((rto, ("achieved RPO", lost)))


def _proven(
    outcomes: Sequence[TableOutcome] | Sequence[BucketOutcome],
    kind: str,
    point: str,
    exceptions: Sequence[str],
) -> Iterator[Verdict]:
    if outcomes:
        proven = sum(item.is_proven for item in outcomes)
        but = f", but for {' and '.join(exceptions)}" if exceptions else ""
        text = f"{proven} of {len(outcomes)} {kind} proven equal to {point}{but}"
        yield Verdict(text, is_good=proven == len(outcomes))


def _kept_partitions(report: RecoveryReport) -> list[str]:
    partitions = sum(len(item.kept.partitions) for item in report.tables)
    rows = counted(sum(item.kept.rows for item in report.tables), "row")
    return [f"{counted(partitions, 'newer partition')} kept ({rows})"] if partitions else []


def _kept_objects(report: RecoveryReport) -> list[str]:
    extra = sum(
        left.objects for item in report.buckets for left in item.left if left.reason == "extra"
    )
    later = sum(step.later for step in report.plan.buckets)
    notes = [f"{counted(extra, 'extra object')} kept"] if extra else []
    notes += [f"{counted(later, 'object')} as they were later"] if later else []
    return notes + [
        f"what was deleted from bucket {step.name} in the {duration(step.untold_seconds)} until it "
        "was listed, which is not known"
        for step in report.plan.buckets
        if step.untold_seconds
    ]


def _way_back(report: RecoveryReport) -> Iterator[Command]:
    undone = [item.undo for item in report.tables if item.undo]
    if undone:
        statement = f"CREATE OR REPLACE TABLE ... CLONE `{undone[0]}`"
        yield Command("to go back", statement, "while the undo point is kept")
