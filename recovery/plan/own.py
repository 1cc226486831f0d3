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
    target = plan.request.target
    # A plan comes back from where others can write: its targets are made out from what it names.
    stored = {name for step in plan.buckets for name in (step.target, target.bucket or step.bucket)}
    if taken := stored.intersection(buckets):
        raise RefusedError("backups and journals are kept there", subject=min(taken))
    named = [step.table for step in plan.tables] + [step.name for step in plan.definitions]
    originals = [name.partition(".")[0] for name in named]
    originals += [step.dataset_id for step in plan.datasets]
    written = {target.dataset_id(name) for name in originals}
    if taken := written.intersection(datasets):
        raise RefusedError("staging and undo points are kept there", subject=min(taken))
