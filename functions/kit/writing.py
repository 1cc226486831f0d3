"""Stores the kit of a run in the vault, before the manifest that names it."""

from collections.abc import Sequence

import structlog

from functions.kit.contents import kit_bytes
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, CloudError, StrangeObjectError
from manifests.kinds.resources.lines import StoredResource, resources_of
from manifests.kinds.resources.model import ResourceBackup
from manifests.kit_layout import kit_name, kits_prefix
from manifests.model.run import AbandonedObject, Manifest, PartFailure

log = structlog.get_logger()


def with_kit(manifest: Manifest, vault: Bucket) -> Manifest:
    """Return a manifest that names the kit of its run, which is stored now.

    A run without a kit is a complete backup all the same: that it lacks one is told.

    Args:
        manifest: The manifest, which is not stored yet.
        vault: The bucket with the backups; it is written only while the run is ours.
    """
    try:
        return _with_kit(manifest, vault)
    except Exception as error:
        log.exception("no kit was made")
        failure = PartFailure(
            part="kit", message=f"{type(error).__name__}: {error}", retryable=False
        )
        return manifest.model_copy(update={"lacking": (*manifest.lacking, failure)})


def _with_kit(manifest: Manifest, vault: Bucket) -> Manifest:
    resources = {backup.type: _read(backup, vault) for backup in manifest.resources}
    content = kit_bytes(manifest, resources, vault.name)
    name = kit_name(manifest.run_id, content)
    if vault.put_once(name, content) != content:
        raise StrangeObjectError("it was there, and is another", subject=name)
    found = {item.name: item for item in vault.list_objects(kits_prefix(manifest.run_id))}
    if name not in found:
        raise CloudError("it was written, and is not there", subject=name, retryable=True)
    others = tuple(
        AbandonedObject(name=item.name, generation=item.generation)
        for item in found.values()
        if item.name != name
    )
    update = {"kit": found[name], "abandoned": (*manifest.abandoned, *others)}
    return manifest.model_copy(update=update)


def _read(backup: ResourceBackup, vault: Bucket) -> Sequence[StoredResource]:
    content = vault.read(backup.stored.name)
    if content is None:
        raise BackupDamagedError("it is not there any more", subject=backup.stored.name)
    return resources_of(content, backup)
