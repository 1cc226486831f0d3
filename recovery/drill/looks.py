"""What a look at what was restored says differs from the recovery point. Pure."""

from collections.abc import Iterator

from recovery.kinds.known import rules_of
from recovery.plan.model import Plan


def differences_of(plan: Plan) -> Iterator[str]:
    """Yield what of a plan's things is not as it was at the recovery point: nothing after a drill.

    Args:
        plan: A plan of what was just restored.
    """
    for rules in rules_of(plan.request.kinds):
        for step in rules.of(plan.steps):
            yield from (f"{step.title}: {what}" for what in rules.differences(step))
    yield from (f"{item.name}: {item.why}" for item in plan.unseen)
