"""Finds the stored files that a recovery reads and its plan has not read. Pure."""

from manifests.kind import Backup
from manifests.model.run import Manifest
from recovery.kinds.known import rules_of
from recovery.plan.model import Plan


def unread(plan: Plan, manifest: Manifest) -> tuple[Backup, ...]:
    """Return the parts whose files are to be verified before anything is touched.

    Args:
        plan: The plan.
        manifest: What is brought back.
    """
    kinds = rules_of(plan.request.kinds)
    return tuple(part for rules in kinds for part in rules.unread(rules.of(plan.steps), manifest))
