"""Whether the backup of a type agrees with itself, and names nothing outside its own places. Pure."""

from manifests.errors import BackupDamagedError, UnsafeNameError
from manifests.kinds.resources.layout import check_resources_name, type_segment
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type
from manifests.values import RunId


def check_resources(backup: ResourceBackup, run_id: RunId) -> None:
    """Refuse a backup of a type that contradicts itself.

    Args:
        backup: The backup.
        run_id: The run that it is of.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Its resources are not in order, or their number is not the file's.
    """
    type_segment(backup.type)
    for item in backup.objects:
        check_resources_name(item.name, run_id=run_id, kind=backup.type)
    names = [item.name for item in backup.entries]
    kind = resource_type(backup.type)
    for name in names:
        if not kind.is_name(name):
            raise UnsafeNameError(f"not the name of any {kind.name}", subject=name)
    if names != sorted(set(names)):
        raise BackupDamagedError("its resources are not in order", subject=backup.type)
    if backup.stored.row_count != len(names):
        raise BackupDamagedError("the file's resources do not add up", subject=backup.stored.name)
