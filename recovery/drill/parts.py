"""Lists what the recoveries of a drill restored, thing by thing. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from manifests.model.run import Manifest
from recovery.drill.model import NOT_LOOKED_AT, DrilledPart, Since
from recovery.kinds.known import rules_of
from recovery.kinds.outcome import Outcome, Restored
from recovery.kinds.resources.rules.steps import ConfigurationOutcome
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


def with_since(parts: Sequence[DrilledPart], since: Mapping[str, Since]) -> tuple[DrilledPart, ...]:
    """Return parts with what was written to each on the platform since its recovery point.

    Args:
        parts: What was restored.
        since: What was written, by label.
    """
    return tuple(part.model_copy(update={"since": since.get(part.label)}) for part in parts)


def _parts(report: RecoveryReport, manifest: Manifest, began_at: datetime) -> Iterator[DrilledPart]:
    lost_seconds = (began_at - report.plan.oldest_point).total_seconds()
    for rules in rules_of(report.plan.request.kinds):
        outcomes, steps = rules.outcomes_of(report.outcomes), rules.of(report.plan.steps)
        found = {it.backup.name: it for it in rules.restored(outcomes, steps, manifest)}
        for outcome in outcomes:
            counted = _counted(outcome, found) if outcome.kind == rules.noun else None
            told = [item.text for item in outcome.findings]
            yield DrilledPart(
                label=f"{outcome.kind} {outcome.name}",
                into=outcome.into,
                state=outcome.state,
                held=counted[1] if counted else 0,
                restored=counted[0] if counted else 0,
                lost_seconds=lost_seconds,
                findings=tuple([*told, *filter(None, [outcome.error])][:_MOST_FINDINGS]),
            )
    for name in report.plan.not_held:
        yield DrilledPart(label=name, into="", state="NOT HELD", lost_seconds=lost_seconds)
    for unseen in report.plan.unseen:
        yield not_looked_at(unseen.name, unseen.why)


def not_looked_at(label: str, why: object) -> DrilledPart:
    """Tell of what was to be restored and could not be looked at, so that it was not."""
    return DrilledPart(label=label, into="", state=NOT_LOOKED_AT, findings=(str(why),))


def _counted(outcome: Outcome, found: Mapping[str, Restored]) -> tuple[int, int] | None:
    """Return how many things of one came back and how many there are; one resource is one."""
    if isinstance(outcome, ConfigurationOutcome):
        return int(outcome.is_proven and outcome.comes_from_run), 1
    part = found.get(outcome.name)
    return None if part is None else (part.things, part.held)
