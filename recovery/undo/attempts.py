"""What all attempts at a recovery wrote, in the form of the report of the last one. Pure."""

from collections.abc import Iterable

from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.outcome import RecoveryReport


def with_earlier(last: RecoveryReport, earlier: Iterable[RecoveryReport]) -> RecoveryReport:
    """Return the report of the last attempt, with what earlier ones did to things that it does not tell of.

    An attempt that goes on tells nothing of what it could not look at, though one before it wrote that.

    Args:
        last: The report of the last attempt.
        earlier: Those of the attempts before it, the last one first.
    """
    outcomes, steps = list(last.outcomes), list(last.plan.steps)
    told, planned = set(map(_thing, outcomes)), set(map(_thing, steps))
    for report in earlier:
        outcomes += [item for item in report.outcomes if _thing(item) not in told]
        steps += [item for item in report.plan.steps if _thing(item) not in planned]
        told |= set(map(_thing, report.outcomes))
        planned |= set(map(_thing, report.plan.steps))
    plan = last.plan.model_copy(update={"steps": tuple(steps)})
    return last.model_copy(update={"outcomes": tuple(outcomes), "plan": plan})


def _thing(item: Step | Outcome) -> tuple[str, str]:
    return item.kind, item.name
