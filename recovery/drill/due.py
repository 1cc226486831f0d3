"""Decides which scenario the next drill is about. Pure."""

from collections.abc import Sequence

from manifests.errors import UsageError
from recovery.scenarios import scenario
from recovery.status.model import PartStatus, ScenarioStatus


def due_scenario(parts: Sequence[PartStatus], scenarios: Sequence[ScenarioStatus]) -> str:
    """Return the scenario that is due first: because of one part of it, or as a whole.

    Of several that are due at the same time it is the one that brings back most kinds.

    Raises:
        UsageError: There is nothing that a drill restores.
    """
    told = [(item.drill_due_at, item.scenario) for item in parts]
    told += [(item.drill_due_at, item.scenario) for item in scenarios]
    due = [(at, name) for at, name in told if at is not None]
    if not due:
        raise UsageError("there is nothing that a drill restores")
    first = min(at for at, _ in due)
    names = sorted({name for at, name in due if at == first})
    return max(names, key=lambda name: len(scenario(name).covers))
