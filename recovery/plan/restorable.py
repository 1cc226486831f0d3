"""What of a run is brought back, in the form in which it is. Pure."""

from datetime import datetime

from manifests import coverage
from manifests.catalog import Catalog
from manifests.errors import RefusedError
from manifests.model import Manifest
from recovery.plan.copies import referring_to_copy
from recovery.plan.expirations import Expiration, without_past
from recovery.plan.request import Request


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


def restorable(
    catalog: Catalog, manifest: Manifest, request: Request, *, now: datetime
) -> tuple[Manifest, tuple[Expiration, ...]]:
    """Return what of a run is brought back, and the expirations that are left out of it.

    Args:
        catalog: What is protected: the rest is left out, unless it was asked for.
        manifest: The run's manifest.
        request: What the operator asked for.
        now: The present instant.
    """
    if not request.not_in_catalog:
        manifest = coverage.within(catalog, manifest)
    if request.rewrite_references:
        manifest = referring_to_copy(manifest, request.target)
    return without_past(manifest, now=now, expire_at=request.expire_at)
