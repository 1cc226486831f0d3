"""Reads what a run has of the platform's configuration."""

from collections.abc import Sequence
from functools import partial

from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ObjectChangedError, ObjectMissingError
from manifests.kinds.resources.lines import MOST_BYTES, StoredResource, resources_of
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import TYPES, resource_type
from manifests.values import StoredObject
from recovery.compare.findings import finding
from recovery.kinds.places import labelled
from recovery.stored import Reading
from recovery.unseen import Unseen, looked_at
from recovery.verify import Verdict


def verify_resources(backups: Sequence[ResourceBackup], reading: Reading) -> Verdict:
    """Read every file of resources, which are small, and say what is not as the run says.

    Raises:
        CloudError: The vault could not be read.
    """
    findings = []
    for backup in backups:
        try:
            read_resources(reading.vault, backup)
            for archive in backup.sources:
                read_object(reading.vault, archive)
        except BackupDamagedError as error:
            findings.append(
                finding(error.subject or backup.type, "file", "readable", error.message)
            )
    objects = [item for backup in backups for item in backup.objects]
    return Verdict(
        objects=len(objects),
        read_bytes=sum(item.size_bytes for item in objects),
        findings=tuple(findings),
    )


def read_resources(
    vault: Bucket, backup: ResourceBackup, mark: str = ""
) -> tuple[StoredResource, ...]:
    """Return the resources of one type, in order of their names.

    Args:
        vault: Where they are.
        backup: What the run says of them.
        mark: The mark of a drill, set as a label where a type has labels; empty for none.

    Raises:
        BackupDamagedError: The file is not there, or not what the manifest says.
        CloudError: It could not be read.
    """
    found = resources_of(read_object(vault, backup.stored), backup)
    if not mark:
        return found
    field = resource_type(backup.type).labels
    return tuple(
        it.model_copy(update={"resource": labelled(it.resource, mark, field)}) for it in found
    )


def read_types(
    vault: Bucket, backups: Sequence[ResourceBackup], mark: str = ""
) -> tuple[list[tuple[ResourceBackup, tuple[StoredResource, ...]]], list[Unseen]]:
    """Return types with their resources, and each resource of those whose file cannot be read.

    They are in the order in which they are made.

    Raises:
        BackupDamagedError: A file does not hold what the manifest says.
        CloudError: One could not be read, and can be later.
    """
    read, unread = [], list[Unseen]()
    order = [kind.name for kind in TYPES]
    for backup in sorted(backups, key=lambda backup: order.index(backup.type)):
        found = looked_at(
            backup.type,
            partial(read_resources, vault, backup, mark),
            if_damaged="an older run may have it whole, see `rebound list`; "
            f"`--exclude {backup.type}` asks for the rest alone",
        )
        if not isinstance(found, Unseen):
            read.append((backup, found))
            continue
        for entry in backup.entries:
            # The name that its step would have.
            own_name = entry.name.rpartition("/")[2]
            unread.append(found.model_copy(update={"name": f"{backup.type} {own_name}"}))
    return read, unread


def read_object(vault: Bucket, stored: StoredObject) -> bytes:
    """Return the content of one object of a run.

    Raises:
        BackupDamagedError: It is not there, or not what the manifest says.
        CloudError: It could not be read.
    """
    if stored.size_bytes > MOST_BYTES:
        raise ObjectChangedError("it is larger than any such file", subject=stored.name)
    info = vault.info(stored.name)
    if info is None:
        raise ObjectMissingError("it is not in the vault", subject=stored.name)
    if (info.size_bytes, info.crc32c) != (stored.size_bytes, stored.crc32c):
        raise ObjectChangedError("it is not what the manifest says", subject=stored.name)
    return b"".join(vault.chunks(info))
