"""Whether a manifest agrees with itself, and names nothing outside its own places. Pure.

Names from a manifest reach object names, statements and REST paths. Each is checked here, once,
when the manifest is read and before it is written; nothing later has to trust it.
"""

from manifests.errors import BackupDamagedError, ManifestAlteredError
from manifests.kinds.tables.checks import check_definitions
from manifests.kit_layout import check_kit_name
from manifests.model.run import Manifest, Place
from manifests.parts import PARTS
from manifests.unique import check_unique


def check_manifest(manifest: Manifest) -> None:
    """Refuse a manifest that contradicts itself.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Something is listed twice or not at all, or the counts of objects,
            exports, partitions and tables do not add up; or its times are not in order.
    """
    if not manifest.recovery_point <= manifest.started_at <= manifest.finished_at:
        raise BackupDamagedError("its times are not in order", subject=manifest.run_id)
    check_unique(manifest.run_id, "dataset", (item.dataset_id for item in manifest.datasets))
    for dataset in manifest.datasets:
        check_definitions(dataset)
    datasets = {dataset.dataset_id for dataset in manifest.datasets}
    for table in manifest.tables:
        if table.dataset_id not in datasets:
            raise BackupDamagedError("its dataset is not listed", subject=table.name)
    if manifest.kit is not None:
        check_kit_name(manifest.kit.name, manifest.run_id)
    for kind in PARTS:
        parts = manifest.parts(kind)
        check_unique(manifest.run_id, kind.noun, (part.name for part in parts))
        for part in parts:
            kind.check(part, manifest.run_id)


def check_place(manifest: Manifest, place: Place) -> None:
    """Refuse, in the vault, a manifest of the second place: it is signed as any, and holds no data.

    Args:
        manifest: The manifest.
        place: Where it lies. In the second place those of older versions do not say where they are.

    Raises:
        ManifestAlteredError: It is another place's.
    """
    if manifest.place not in ("", place):
        raise ManifestAlteredError(
            "it is of the second place, where the platform's configuration alone is kept",
            subject=manifest.run_id,
            hint="is this the second place? then REBOUND_SECOND_BUCKET names it, too; else somebody copied it here",
        )
