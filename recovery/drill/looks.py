"""Reads out of a plan what of a drill's restored things differs from the recovery point. Pure."""

from collections.abc import Iterator

from manifests.kinds.resources.given import is_given
from recovery.kinds.known import rules_of
from recovery.kinds.resources.rules.steps import ConfigurationStep
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


def in_the_way(plan: Plan) -> list[str]:
    """Return the resources of a plan that are there: what a drill makes has to be new, and goes again."""
    left = [tuple(title.split(" ", 1)) for title in plan.left_alone]
    left += [
        (step.type, step.own_name)
        for step in plan.of(ConfigurationStep)
        if not (step.create or step.is_managed)
    ]
    return [f"{kind} {name}" for kind, name in left if not is_given(kind, name)]
