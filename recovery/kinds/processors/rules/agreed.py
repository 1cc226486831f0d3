"""What of a plan was agreed to, and what the catalog does not allow. Pure."""

from collections.abc import Mapping

from manifests.catalog_processors import Processors
from manifests.errors import RefusedError
from recovery.kinds.processors.rules.money import exact, priced
from recovery.kinds.processors.rules.outcome import BoundName, raising
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.units import counted, usd


def continued(
    plan: ProcessorPlan, begun: ProcessorPlan, rules: Processors, sent: Mapping[str, int]
) -> ProcessorPlan:
    """Return the part of a plan that was agreed to when its recovery began, with what it took by now.

    Args:
        plan: What would be run now.
        begun: What was to be run then.
        rules: The catalog's processors.
        sent: How many requests of each processor were sent, by its name.
    """
    agreed = {(step.processor, day) for step in begun.steps for day in step.runs}
    steps = tuple(
        step.model_copy(
            update={"runs": tuple(day for day in step.runs if (step.processor, day) in agreed)}
        )
        for step in plan.steps
    )
    usd_of_them = priced(rules, {step.processor: len(step.runs) for step in steps})
    took = {"sent": sum(sent.values()), "spent_usd": priced(rules, sent)}
    return plan.model_copy(update={"steps": steps, "usd": usd_of_them, **took})


def check_plan(plan: ProcessorPlan, rules: Processors) -> None:
    """Refuse a plan that takes more than the catalog allows.

    Raises:
        RefusedError: It takes more requests, or costs more.
    """
    most_usd, needed, spent = rules.bounds.usd, exact(plan.usd or 0.0), exact(plan.spent_usd or 0.0)
    if most_usd is not None and needed + spent > exact(most_usd):
        before = f", {usd(plan.spent_usd)} were spent before" if plan.spent_usd else ""
        raise RefusedError(
            f"its requests cost about {usd(float(needed))}{before}, and the catalog allows {usd(most_usd)}",
            subject="processor-failure",
            hint=_way_on(plan, "usd"),
        )
    if plan.requests + plan.sent > rules.bounds.requests:
        before = f", {plan.sent:,} were sent before" if plan.sent else ""
        raise RefusedError(
            f"it takes {counted(plan.requests, 'request')}{before}, and the catalog allows "
            f"{rules.bounds.requests:,}",
            subject="processor-failure",
            hint=_way_on(plan, "requests"),
        )


def _way_on(plan: ProcessorPlan, bound: BoundName) -> str:
    """Return what helps: a recovery that sent requests cannot be cut into parts any more."""
    if not plan.sent:
        return "run it in parts: `--since`, `--date`, `--processor`"
    return raising(bound)
