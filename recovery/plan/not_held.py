"""Tells which parts a scenario should bring back and the chosen run does not hold. Pure."""

from manifests import coverage
from manifests.catalog import Catalog
from manifests.model.run import Manifest
from recovery.plan.model import Plan
from recovery.request import Request


def not_held(catalog: Catalog, manifest: Manifest, request: Request) -> tuple[str, ...]:
    """Return what a scenario is about and its run does not hold, unless it was left out.

    Args:
        catalog: What is protected.
        manifest: What of the run is recovered.
        request: What the operator asked for; what was named is in the run, or was refused.
    """
    if request.names_parts:
        return ()
    lacked = coverage.lacked(catalog, manifest, request.kinds)
    return tuple(label for label, name in lacked if name not in request.exclude)


def with_not_held(plan: Plan, catalog: Catalog, manifest: Manifest) -> Plan:
    """Return a plan that names what its scenario is about and its run does not hold.

    A recovery of all that a run holds is not one of all that is protected.

    Args:
        plan: The plan.
        catalog: What is protected.
        manifest: What of the run is recovered.
    """
    lacked = not_held(catalog, manifest, plan.request)
    told = tuple(
        f"{label}: the run does not hold it; an older one may, see `rebound list`"
        for label in lacked
    )
    return plan.model_copy(
        update={"cannot_bring_back": (*told, *plan.cannot_bring_back), "not_held": lacked}
    )
