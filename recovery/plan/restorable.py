"""Reduces a run to what can be brought back of it, and refuses the run of another project. Pure."""

from datetime import datetime

from manifests import coverage
from manifests.catalog import Catalog
from manifests.errors import RefusedError
from manifests.model.run import Manifest
from manifests.values import UtcTime
from recovery.kinds.decision import Origin
from recovery.kinds.known import RULES
from recovery.request import Request


def check_project(manifest: Manifest, request: Request) -> None:
    """Refuse the run of another project, unless somebody named the project it goes to.

    Raises:
        RefusedError: Nobody did.
    """
    target = request.target.project
    if manifest.project != target and not request.project_was_named:
        raise RefusedError(
            f"the run is of the project {manifest.project} and would go into {target}",
            subject=manifest.run_id,
            hint=f"set REBOUND_PROJECT right, or say `--into-project {target}`",
        )


def restorable(catalog: Catalog, origin: Origin, request: Request, *, now: datetime) -> Origin:
    """Return what of a run is brought back, in the form in which it is.

    Args:
        catalog: What is protected: the rest is left out, unless it was asked for or is named.
        origin: What the run holds.
        request: What the operator asked for.
        now: The present instant.
    """
    manifest = origin.run
    if not request.not_in_catalog:
        manifest = coverage.within(catalog, manifest, request.named)
    expired: dict[str, UtcTime] = {}
    for rules in RULES:
        manifest, over = rules.restorable(manifest, request, now=now)
        expired |= over
        if request.target.label:
            manifest = rules.labelled(manifest, request.target.label)
    protected = frozenset(entry.name for _, entry in catalog.parts)
    return origin._replace(manifest=manifest, expired=expired, protected=protected)
