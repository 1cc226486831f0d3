"""Damage of what is stored: planted in a copy of one file of the vault, and of its manifest."""

from collections.abc import Callable, Iterator, Sequence

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.model.drill import Control
from manifests.model.run import Manifest
from manifests.store.envelope import encode
from manifests.values import ObjectInfo, RunId
from recovery.drill.controls.planting import control
from recovery.kinds.drilled import StoredFile
from recovery.kinds.known import rules_of
from recovery.kinds.works import verify_parts
from recovery.scenarios import RecoveryKind
from recovery.stored import Reading

CHECK = "rebound verify"


def smallest_file(manifest: Manifest, covers: Sequence[RecoveryKind]) -> StoredFile | None:
    """Return the smallest file of what a drill restores; None where there is none."""
    files = (file for rules in rules_of(covers) for file in rules.stored_files(manifest))
    found = [file for file in files if file.stored.size_bytes > 1]
    return min(found, key=lambda item: (item.stored.size_bytes, item.stored.name), default=None)


def stored_controls(
    copies: Bucket, name: str, whole: bytes, look: Callable[[], Sequence[str]]
) -> Iterator[Control]:
    """Plant a flipped byte and a missing file in a copy of a stored file.

    Args:
        copies: The bucket of the sandbox in which damage is planted.
        name: What the file is called.
        whole: Its bytes.
        look: Returns what a check of the copy finds.
    """
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    _put(copies, name, whole)
    yield control(
        "a flipped byte", name, CHECK, look=look, plant=lambda: _put(copies, name, flipped)
    )
    _put(copies, name, whole)
    yield control("a missing file", name, CHECK, look=look, plant=lambda: _drop(copies, name))


def verified(copies: Bucket, manifest: Manifest, file: StoredFile) -> list[str]:
    """Return what `rebound verify` finds wrong with the copy of a file.

    Args:
        copies: The bucket of the sandbox.
        manifest: The run's manifest.
        file: The file.
    """
    found = verify_parts((file.part,), Reading(copies, manifest.run_id, read_bytes=True))
    return [item.text for item in found.findings]


def manifest_control(
    copies: Bucket, manifest: Manifest, look: Callable[[], Sequence[str]]
) -> Control:
    """Put the manifest of another run in the place of this one's.

    Args:
        copies: The bucket of the sandbox in which damage is planted.
        manifest: The run's manifest, as it is stored.
        look: Returns what reading it finds wrong.
    """
    name = layout.manifest_name(manifest.run_id)
    # Only the run id is changed: all names in it stay those of the run.
    other = manifest.model_copy(update={"run_id": RunId(f"{manifest.run_id[:90]}-stale")})
    _put(copies, name, encode(manifest))
    return control(
        "a stale manifest",
        manifest.run_id,
        "the manifest is read",
        look=look,
        plant=lambda: _put(copies, name, encode(other)),
    )


def _put(bucket: Bucket, name: str, content: bytes) -> None:
    found = bucket.info(name)
    generation = 0 if found is None else found.generation
    bucket.put_if(name, content, generation=generation, content_type="application/octet-stream")


def _drop(bucket: Bucket, name: str) -> None:
    found: ObjectInfo | None = bucket.info(name)
    if found is not None:
        bucket.delete(name, generation=found.generation)
