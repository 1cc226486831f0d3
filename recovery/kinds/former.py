"""What a thing was before a recovery changed it: written down first, once, for the way back. Pure."""

import hashlib

from manifests.kinds.buckets.model import ObjectVersion
from manifests.values import Resource, Value

FOLDER = "before"
"""Of a journal, with one entry a thing that is about to be written."""


class Former(Value):
    """A thing as it was. Its content is kept elsewhere, as an undo point.

    Attributes:
        resource: As its API gave it; None where there was none.
        policies: The row access policies of a table.
        access: The IAM policy of a bucket.
        archive: The name in the landing bucket of what a function was built from; empty for none.
    """

    resource: Resource | None
    policies: tuple[Resource, ...] = ()
    access: Resource | None = None
    archive: str = ""


class FormerObjects(Value):
    """Objects of which only what is said of them is about to be set: their content stays."""

    objects: tuple[ObjectVersion, ...]

    @property
    def name(self) -> str:
        """Return the name of the entry about them."""
        seen = ((item.name, item.generation, item.metageneration) for item in self.objects)
        return hashlib.sha256(repr(tuple(seen)).encode()).hexdigest()[:32]


def objects_folder(bucket: str) -> str:
    """Return the folder of a journal about the objects of a bucket."""
    return f"{FOLDER}/objects/{bucket}"


def former_name(kind: str, name: str) -> str:
    """Return the name of the entry about a thing.

    Args:
        kind: What it is, as a sentence names it.
        name: The name of what is written.
    """
    return f"{kind} {name}"
