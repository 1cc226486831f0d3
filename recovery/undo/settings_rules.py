"""Which settings of a dataset, bucket or database go back after a recovery. Pure."""

from collections.abc import Callable

from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.compare.properties import is_authorized, same_entry
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.undo.model import AS_BEFORE, UndoStep


def undo_settings[State](
    step: UndoStep,
    former: State,
    ours: State,
    live: State | None,
    differing: Callable[[State, State], tuple[Finding, ...]],
) -> UndoStep:
    """Decide what happens to the settings of one thing.

    Args:
        step: What is told of it.
        former: What it was before the recovery.
        ours: What the recovery made it.
        live: What it is; None where it is gone.
        differing: Says how the second of two states of it is not the first.
    """
    if live is None:
        return step.cannot("it is gone")
    if not (back := differing(former, live)):
        return step.because("leave", AS_BEFORE)
    since = {item.aspect for item in differing(ours, live)}
    if theirs := [item.text for item in back if item.aspect in since]:
        return step.cannot("it was changed since the recovery", *theirs)
    return step.because("put back", "its settings as they were", *(item.text_to for item in back))


def dataset_left(planned: DatasetStep, former: Resource, backed_up: Resource) -> Resource:
    """Return what a recovery made a dataset that was there.

    Args:
        planned: What was planned: where it was not set only entries of its access were given again.
        former: What it was.
        backed_up: What the run has of it.
    """
    if planned.sets:
        return backed_up
    again = [entry for entry in planned.authorizes if is_authorized(entry)]
    others = [
        entry
        for entry in former.get("access") or ()
        if not any(same_entry(entry, item) for item in again)
    ]
    return {**former, "access": [*others, *again]}
