"""Whether a manifest agrees with itself, and names nothing outside its own places. Pure.

Names from a manifest reach object names, statements and REST paths. Each is checked here, once,
when the manifest is read and before it is written; nothing later has to trust it.
"""

from manifests.errors import BackupDamagedError
from manifests.kinds.tables.checks import check_definitions
from manifests.kit_layout import check_kit_name
from manifests.model.run import Manifest
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
