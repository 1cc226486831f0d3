"""What a thing was before a recovery changed it: recorded once, before the change, for an undo. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from manifests.kinds.buckets.model import ObjectVersion
from manifests.kinds.databases.model import IndexSettings
from manifests.values import Resource, Value

FOLDER = "before"
"""Of a journal, with one entry a thing that is about to be written."""


DELETED = "deleted:"
"""What the name of a member begins with that is no more.

One that is undeleted "retains the role in the binding" (IAM REST, Binding: members), but not in a view that was
made again since. Nobody tried whether BigQuery takes such a member.
"""

GRANTED = "granted"
"""Of a journal, with one entry a view that is about to be deleted, because it is made again."""

GRANTED_UNDOING = "granted-undoing"
"""The same, where an undo of the recovery makes it again."""


class Binding(Value):
    """A role, and who has it.

    Attributes:
        condition: When they have it; None for always.
    """

    role: str
    members: tuple[str, ...]
    condition: Resource | None = None

    @property
    def each(self) -> Iterator[tuple[str, str]]:
        """Yield each member, with all that it is granted."""
        what = f"{self.role}{f' if {json.dumps(self.condition)}' if self.condition else ''}"
        yield from ((what, member) for member in self.members)


class FormerGrants(Value):
    """What was granted on a view alone, which goes with the view."""

    bindings: tuple[Binding, ...] = ()

    @classmethod
    def of(cls, policy: Resource) -> "FormerGrants":
        """Return what an IAM policy grants."""
        known = ("role", "members", "condition")
        bindings = policy.get("bindings") or ()
        return cls.model_validate(
            {"bindings": [{key: item[key] for key in known if key in item} for item in bindings]}
        )

    def lacking(self, now: "FormerGrants") -> tuple[str, ...]:
        """Return what is granted no more: of each role its members.

        Nothing where all of them were deleted since: nobody can be granted it, however often it is told.
        """
        there = {one for item in now.bindings for one in item.each}
        was = [one for item in self.bindings for one in item.each]
        gone: dict[str, list[str]] = {}
        for what, member in dict.fromkeys(was):
            if (what, member) not in there:
                gone.setdefault(what, []).append(member)
        if all(member.startswith(DELETED) for members in gone.values() for member in members):
            return ()
        return tuple(f"{what} of {', '.join(members)}" for what, members in gone.items())


class Former(Value):
    """A thing as it was. Its content is kept elsewhere, as an undo point.

    Attributes:
        resource: As its API gave it; None where there was none.
        policies: The row access policies of a table.
        access: The IAM policy of a bucket.
        indexes: What was set about the indexes and fields of a database; None where it is not known.
        archive: The name in the landing bucket of what a function was built from; empty for none.
    """

    resource: Resource | None
    policies: tuple[Resource, ...] = ()
    access: Resource | None = None
    indexes: IndexSettings | None = None
    archive: str = ""


class FormerObjects(Value):
    """Objects whose metadata is about to be set, while their content stays."""

    objects: tuple[ObjectVersion, ...]

    @property
    def name(self) -> str:
        """Return the name of the entry about them."""
        return _named_by((it.name, it.generation, it.metageneration) for it in self.objects)


class AsideObject(Value):
    """An object of which a copy was put aside: its content is about to go.

    Attributes:
        name: What the copy is called in the landing bucket.
        generation: The generation of the copy, which nobody else can write.
        before: The object as it was.
        is_extra: Whether it goes altogether; else another content takes its place.
    """

    name: str
    generation: int
    before: ObjectVersion
    is_extra: bool


class AsideObjects(Value):
    """Objects whose content is about to go."""

    objects: tuple[AsideObject, ...]

    @property
    def name(self) -> str:
        """Return the name of the entry about them."""
        return _named_by((it.name, it.generation) for it in self.objects)


class FormerFile(Value):
    """A file in which documents are kept that are about to be written over.

    Attributes:
        name: Where it is in the landing bucket.
        sha256: Of its content, in hexadecimal.
        are_removed: Whether the documents are removed; else they are replaced.
    """

    name: str
    sha256: str
    are_removed: bool

    @property
    def own_name(self) -> str:
        """Return the name of the entry about it."""
        return f"{'removed' if self.are_removed else 'replaced'} {self.sha256}"


def _named_by(objects: Iterable[tuple[object, ...]]) -> str:
    """Return the name of an entry about objects: of each, what tells its state apart."""
    return hashlib.sha256(repr(tuple(objects)).encode()).hexdigest()[:32]


def documents_folder(database: str) -> str:
    """Return the folder of a journal about the files of documents of a database."""
    return f"{FOLDER}/documents/{database}"


def objects_folder(bucket: str) -> str:
    """Return the folder of a journal about the objects of a bucket."""
    return f"{FOLDER}/objects/{bucket}"


def aside_folder(bucket: str) -> str:
    """Return the folder of a journal about the copies of objects of a bucket."""
    return f"{FOLDER}/aside/{bucket}"


def former_name(kind: str, name: str) -> str:
    """Return the name of the entry about a thing.

    Args:
        kind: What it is, as a sentence names it.
        name: The name of what is written.
    """
    return f"{kind} {name}"
