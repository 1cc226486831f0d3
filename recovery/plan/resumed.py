"""What of a plan that was begun is left, when it comes back from a journal. Pure.

A journal lies where others can write, and what it says was seen is shown to whoever resumes it. So
buckets and databases are planned again as they are now. What a table may lose is bound when it is
written: only what the plan told, and that is as it was then (`recovery.targets.tables.publish`).
"""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from manifests.errors import ManifestAlteredError
from manifests.model import Manifest
from manifests.table_types import Settings
from recovery.compare.documents import DatabaseState
from recovery.plan.buckets import BucketPlan
from recovery.plan.definitions import DefinitionStep
from recovery.plan.documents import plan_database
from recovery.plan.unseen import Unseen
from recovery.plan.whole import Plan


def resumed(
    plan: Plan,
    manifest: Manifest,
    *,
    buckets: Sequence[BucketPlan],
    databases: Mapping[str, DatabaseState],
    unseen: Sequence[Unseen] = (),
) -> Plan:
    """Return a begun plan with its buckets and databases as they are now.

    Args:
        plan: The plan from the journal.
        manifest: The manifest of its run.
        buckets: What would happen to each bucket that was asked for.
        databases: How each database that was asked for compares with the backup.
        unseen: Those of both that could not be looked at this time, and are left.

    Raises:
        ManifestAlteredError: The plan is about something else than was asked for, or about it twice, or
            what it says was replaced is nothing that could have been.
    """
    steps = tuple(
        plan_database(item, databases[item.database_id], plan.request, manifest.project)
        for item in manifest.databases
        if item.database_id in databases
    )
    for step in plan.definitions:
        _check_replaced(step)
    planned = [f"bucket {item.bucket}" for item in plan.buckets]
    planned += [f"database {item.database}" for item in plan.databases]
    planned += [f"table {item.table}" for item in plan.tables]
    asked = [f"bucket {item.bucket}" for item in buckets]
    asked += [f"database {item.database}" for item in steps]
    asked += [f"table {item.name}" for item in manifest.tables if plan.request.wants(item)]
    expected = {*asked, *(item.name for item in unseen)}
    if other := set(planned) ^ expected or {name for name in planned if planned.count(name) > 1}:
        raise ManifestAlteredError("the plan is not about what was asked for", subject=min(other))
    # What the interrupted attempt made gets its rules and its access only at the end.
    made = {item.bucket for item in plan.buckets if item.create}
    created = {item.database for item in plan.databases if item.create}
    return plan.model_copy(
        update={
            "unseen": (*plan.unseen, *unseen),
            "buckets": tuple(
                item.model_copy(update={"create": item.create or item.bucket in made})
                for item in buckets
            ),
            "databases": tuple(
                item.model_copy(update={"create": item.create or item.database in created})
                for item in steps
            ),
        }
    )


def _check_replaced(step: DefinitionStep) -> None:
    """Refuse what cannot be compared with what is there."""
    try:
        Settings.model_validate(step.replaced or {})
    except ValidationError as error:
        raise ManifestAlteredError(
            "what the plan says is replaced is no view or routine", subject=step.name
        ) from error
