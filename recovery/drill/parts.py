"""What a drill's recoveries restored, thing by thing. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from manifests.model.run import Manifest
from recovery.drill.model import DrilledPart
from recovery.kinds.known import rules_of
from recovery.outcome import RecoveryReport

_MOST_FINDINGS = 20


def drilled_parts(
    reports: Sequence[RecoveryReport], manifest: Manifest, began_at: datetime
) -> tuple[DrilledPart, ...]:
    """Return how each thing ended, with how much of it came back from the vault.

    Args:
        reports: How the recoveries ended.
        manifest: What was restored.
        began_at: When the drill began.
    """
    return tuple(part for report in reports for part in _parts(report, manifest, began_at))


def _parts(report: RecoveryReport, manifest: Manifest, began_at: datetime) -> Iterator[DrilledPart]:
    lost_seconds = (began_at - report.plan.oldest_point).total_seconds()
    for rules in rules_of(report.plan.request.kinds):
        outcomes, steps = rules.outcomes_of(report.outcomes), rules.of(report.plan.steps)
        found = {it.backup.name: it for it in rules.restored(outcomes, steps, manifest)}
        for outcome in outcomes:
            counted = found.get(outcome.name) if outcome.kind == rules.noun else None
            told = [item.text for item in outcome.findings]
            yield DrilledPart(
                label=f"{outcome.kind} {outcome.name}",
                into=outcome.into,
                state=outcome.state,
                held=counted.held if counted else 0,
                restored=counted.things if counted else 0,
                lost_seconds=lost_seconds,
                findings=tuple([*told, *filter(None, [outcome.error])][:_MOST_FINDINGS]),
            )
    for name in report.plan.not_held:
        yield DrilledPart(label=name, into="", state="NOT HELD", lost_seconds=lost_seconds)
    for unseen in report.plan.unseen:
        yield DrilledPart(label=unseen.name, into="", state="NOT LOOKED AT", findings=(unseen.why,))
