"""What is Rebound's own, and no recovery writes to. Pure."""

from collections.abc import Collection

from manifests.errors import RefusedError
from recovery.plan.whole import Plan


def check_own(plan: Plan, *, buckets: Collection[str], datasets: Collection[str]) -> None:
    """Refuse a plan that writes where Rebound keeps what is its own.

    Args:
        plan: The plan.
        buckets: The buckets with backups and journals.
        datasets: The datasets with staging tables and undo points.

    Raises:
        RefusedError: Nothing was changed.
    """
    if taken := {step.target for step in plan.buckets}.intersection(buckets):
        raise RefusedError("backups and journals are kept there", subject=min(taken))
    written = {plan.request.target.dataset_id(step.dataset_id) for step in plan.datasets}
    if taken := written.intersection(datasets):
        raise RefusedError("staging and undo points are kept there", subject=min(taken))
