"""The stored file of one type of resources: one line of JSON a resource. Pure.

A line is canonical: ASCII, keys sorted, nothing between tokens. So equal resources have equal lines,
and a digest of a line says whether a resource is what it was.
"""

import hashlib
import json
from collections.abc import Iterable

from pydantic import Field, field_validator

from manifests.errors import BackupDamagedError
from manifests.json_text import parsed
from manifests.kinds.resources.model import ResourceBackup, ResourceEntry
from manifests.values import Resource, Stored

MOST_BYTES = 64 * 1024 * 1024
"""No file of resources is larger: a reader refuses to fetch more."""


class _Binding(Stored):
    role: str
    members: tuple[str, ...] | None = ()
    condition: dict[str, str | None] | None = None


class _Policy(Stored):
    bindings: tuple[_Binding, ...] | None = ()


class StoredResource(Stored):
    """One resource with what belongs to it.

    Attributes:
        name: As its API names it.
        resource: As its API returned it, fields that nobody here knows included.
        policy: Its IAM policy; None where its type has none.
        below: What is below it and not in it, as the versions of a secret, by the list's name.
        source: Where the vault keeps the archive that it is built from.
        images: The digest of each image that it runs, by how it names it; empty for one that is gone.
    """

    name: str
    resource: Resource
    policy: Resource | None = None
    below: dict[str, tuple[Resource, ...]] = Field(default_factory=dict)
    source: str = ""
    images: dict[str, str] = Field(default_factory=dict)

    @field_validator("policy")
    @classmethod
    def _is_policy(cls, policy: Resource | None) -> Resource | None:
        """Refuse what no API returns as a policy (IAM, Policy structure): everything in it is granted again.

        Null stands for what is not said (Protocol Buffers, ProtoJSON format).
        """
        if policy is not None:
            _Policy.model_validate(policy)
        return policy


def line(stored: StoredResource) -> bytes:
    """Return a resource's line, without its end.

    What runs no images says nothing of them, as no line did before 1.4.
    """
    fields = stored.model_dump(mode="json")
    if not stored.images:
        del fields["images"]
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode(
        "ascii"
    )


def entry_of(stored: StoredResource) -> ResourceEntry:
    """Return what the manifest says of a resource."""
    return ResourceEntry(name=stored.name, sha256=hashlib.sha256(line(stored)).hexdigest())


def file_of(resources: Iterable[StoredResource]) -> bytes:
    """Return the content of a file."""
    return b"".join(line(item) + b"\n" for item in resources)


def resources_of(content: bytes, backup: ResourceBackup) -> tuple[StoredResource, ...]:
    """Return the resources of a file, in order.

    Args:
        content: The file.
        backup: What the manifest says of it.

    Raises:
        BackupDamagedError: The file does not hold what the manifest says.
    """
    lines = content.splitlines()
    if len(lines) != len(backup.entries):
        raise BackupDamagedError(
            f"it holds {len(lines):,} resources, not {len(backup.entries):,}",
            subject=backup.stored.name,
        )
    return tuple(
        _resource(text, entry, backup.stored.name)
        for text, entry in zip(lines, backup.entries, strict=True)
    )


def _resource(text: bytes, entry: ResourceEntry, name: str) -> StoredResource:
    # The digest first: what is not the line that was stored is not even read.
    if hashlib.sha256(text).hexdigest() != entry.sha256:
        raise BackupDamagedError(f"a line of it is not {entry.name}", subject=name)
    try:
        found = StoredResource.model_validate(parsed(text))
        is_told = entry_of(found) == entry
    except (ValueError, RecursionError) as error:
        raise BackupDamagedError(
            f"a line of it is no resource: {type(error).__name__}", subject=name
        ) from error
    if not is_told:
        raise BackupDamagedError(f"a line of it is not {entry.name}", subject=name)
    return found
