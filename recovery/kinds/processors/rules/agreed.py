"""What of a plan was agreed to, and what the catalog does not allow. Pure."""

from manifests.catalog_processors import Processors
from manifests.errors import RefusedError
from recovery.kinds.processors.rules.money import priced
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.units import usd


def continued(plan: ProcessorPlan, begun: ProcessorPlan, rules: Processors) -> ProcessorPlan:
    """Return what of a plan was said yes to when its recovery was begun.

    Args:
        plan: What would be run now.
        begun: What was to be run then.
        rules: The catalog's processors.
    """
    agreed = {(step.processor, day) for step in begun.steps for day in step.runs}
    steps = tuple(
        step.model_copy(
            update={"runs": tuple(day for day in step.runs if (step.processor, day) in agreed)}
        )
        for step in plan.steps
    )
    usd_of_them = priced(rules, {step.processor: len(step.runs) for step in steps})
    return plan.model_copy(update={"steps": steps, "usd": usd_of_them})


def check_plan(plan: ProcessorPlan, rules: Processors) -> None:
    """Refuse a plan that takes more than the catalog allows.

    Raises:
        RefusedError: It takes more requests, or costs more.
    """
    most_usd = rules.bounds.usd
    if most_usd is not None and plan.usd is not None and plan.usd > most_usd:
        raise RefusedError(
            f"its requests cost about {usd(plan.usd)}, and the catalog allows {usd(most_usd)}",
            subject="processor-failure",
            hint="run it in parts: `--since`, `--date`, `--processor`",
        )
    if plan.requests > rules.bounds.requests:
        raise RefusedError(
            f"it takes {plan.requests:,} requests, and the catalog allows "
            f"{rules.bounds.requests:,}",
            subject="processor-failure",
            hint="run it in parts: `--since`, `--date`, `--processor`",
        )
