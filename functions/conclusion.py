"""Ends a run: makes its manifest out of what every exporter has done."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from functions.exporter import Exporter
from functions.parts import Parts
from manifests import __version__, coverage
from manifests.catalog import Catalog
from manifests.errors import RefusedError, UnprotectedError
from manifests.model.run import AbandonedObject, Manifest, Owner, RunStart


def concluded(
    start: RunStart,
    owner: Owner,
    exporters: Sequence[Exporter[Any, Any]],
    parts: Parts,
    *,
    clock: Callable[[], datetime],
) -> Manifest:
    """Return the manifest of a run whose parts are all done, but for those it may lack.

    Args:
        start: The run.
        owner: Whose it is.
        exporters: What has backed the parts up, and reads what is told beside them.
        parts: What is done.
        clock: Gives the present instant: the run has finished once everything is read.
    """
    besides = [exporter.beside(parts.of(exporter.kind)) for exporter in exporters]
    unprotected = [item for exporter in exporters for item in exporter.unprotected()]
    fields: dict[str, Any] = {item.kind.name: parts.of(item.kind) for item in exporters}
    fields |= {name: value for beside in besides for name, value in beside.fields.items()}
    manifest = Manifest(
        run_id=start.run_id,
        platform=start.platform,
        project=owner.project,
        recovery_point=start.recovery_point,
        started_at=start.started_at,
        finished_at=clock(),
        rebound_version=__version__,
        lacking=(*parts.lacking, *(item for beside in besides for item in beside.lacking)),
        unprotected=tuple(unprotected),
        **fields,
    )
    skews = [skew for exporter in exporters for skew in exporter.skews(manifest)]
    left_over = [item for exporter in exporters for item in exporter.left_over(manifest)]
    abandoned = [AbandonedObject(name=item.name, generation=item.generation) for item in left_over]
    return manifest.model_copy(update={"skews": tuple(skews), "abandoned": tuple(abandoned)})


def require_whole(manifest: Manifest, catalog: Catalog) -> Manifest:
    """Return a run's manifest if it holds what the catalog protects.

    Raises:
        RefusedError: It does not, and no other attempt at the run can.
    """
    if missing := coverage.missing(catalog, manifest):
        raise RefusedError(
            f"the run is complete without a backup of {', '.join(missing)}",
            subject=manifest.run_id,
            hint='send {"run_id": "..."} with another id for a run that has them',
        )
    return manifest


def require_protected(manifest: Manifest) -> None:
    """Refuse to call a run complete that holds less of a part than it could.

    Raises:
        UnprotectedError: The run can be restored, but for some objects.
    """
    left = {part.name: part.unprotected for _, part in manifest.every_part if part.unprotected}
    if left:
        objects = ", ".join(f"{count:,} in {name}" for name, count in left.items())
        raise UnprotectedError(
            f"the run is written, but the content of some objects is not in the vault: {objects}",
            subject=manifest.run_id,
            hint="the next run copies more; what is under a key of the customer's own is never "
            "copied, only who has the key can move it to a key of Cloud KMS",
        )
