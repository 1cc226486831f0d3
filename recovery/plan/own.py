"""Refuses a plan that would write to Rebound's own buckets and datasets. Pure."""

from recovery.kinds.decision import Own
from recovery.kinds.known import RULES
from recovery.plan.model import Plan


def check_own(plan: Plan, own: Own) -> None:
    """Refuse a plan that writes where Rebound keeps what is its own.

    Args:
        plan: The plan.
        own: Where that is.

    Raises:
        RefusedError: Nothing was changed.
    """
    for rules in RULES:
        rules.check_own(rules.of(plan.steps), plan.request.target, own)
