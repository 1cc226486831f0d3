"""Writes the platform's configuration into a second vault, whose runs hold nothing else.

A run of the second place can be read like any other: `REBOUND_VAULT_BUCKET` names the bucket. It is
there before the run's own manifest, so that each complete run is in both.
"""

from typing import Any

from manifests.errors import StrangeObjectError
from manifests.kinds.resources.kind import RESOURCES
from manifests.model.run import Manifest
from manifests.parts import PARTS
from manifests.store.decoded import STRANGE_HINT
from manifests.store.vault import Vault


def configuration_of(manifest: Manifest) -> Manifest:
    """Return what a run says of the platform's configuration alone."""
    others: dict[str, Any] = {kind.name: () for kind in PARTS if kind is not RESOURCES}
    skews = tuple(skew for skew in manifest.skews if skew.kind == RESOURCES.name)
    others |= {"datasets": (), "skews": skews, "abandoned": (), "kit": None}
    # It is signed like any manifest, so the manifest itself has to say that it is not one of the vault.
    others["place"] = "configuration"
    return manifest.model_copy(update=others)


def put_configuration(manifest: Manifest, second: Vault) -> None:
    """Write the manifest of a run's configuration into the second place, once.

    Args:
        manifest: What the run is going to say; the files of its resources are in the second place.
        second: The second place.

    Raises:
        StrangeObjectError: What lies there says something else.
        BackupDamagedError: What lies there cannot be read, or nobody we trust signed it.
    """
    written = second.put_manifest(configuration_of(manifest))
    if written.resources != manifest.resources:
        raise StrangeObjectError(
            "the manifest in the second place is not what this run says",
            subject=manifest.run_id,
            hint=STRANGE_HINT,
        )
