"""What a look at what was restored says differs from the recovery point. Pure."""

from collections.abc import Iterator, Sequence

from recovery.compare.documents import DocumentState
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.model import Plan

_ROWS = ("partition ", "content")
_UNEQUAL: tuple[DocumentState, ...] = ("missing", "changed", "newer", "extra", "later", "added")


def differences_of(plan: Plan) -> Iterator[str]:
    """Yield what of a plan's things is not as it was at the recovery point: nothing after a drill.

    Args:
        plan: A plan of what was just restored.
    """
    for step in plan.steps:
        yield from (f"{step.title}: {what}" for what in _differences(step))
    yield from (f"{item.name}: {item.why}" for item in plan.unseen)


def row_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the rows of tables; what else of a table does is no row."""
    return [
        item.text
        for step in steps
        if isinstance(step, TableStep)
        for item in step.damage
        if item.aspect.startswith(_ROWS)
    ]


def property_differences(steps: Sequence[Step], aspect: str) -> list[str]:
    """Return what differs in one aspect of tables."""
    return [
        item.text
        for step in steps
        if isinstance(step, TableStep)
        for item in step.damage
        if item.aspect == aspect
    ]


def object_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the objects of buckets, by damage."""
    return [
        f"{count.objects} {count.damage}"
        for step in steps
        if isinstance(step, BucketStep)
        for count in step.counts
    ]


def document_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the documents of databases, by state."""
    return [
        f"{number} {state}"
        for step in steps
        if isinstance(step, DatabaseStep)
        for state in _UNEQUAL
        if (number := step.state.count(state))
    ]


def _differences(step: Step) -> list[str]:
    if isinstance(step, TableStep):
        return [item.text for item in step.damage]
    if isinstance(step, BucketStep):
        return object_differences([step])
    if isinstance(step, DatabaseStep):
        return document_differences([step])
    return [step.why or step.action] if step.changes else []
