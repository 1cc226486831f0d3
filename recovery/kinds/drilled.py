"""What a drill asks of a kind: what it restores, and what it looks at. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from manifests.catalog import Catalog
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.values import StoredObject
from recovery.kinds.places import Places
from recovery.kinds.step import Step


class Drilled(NamedTuple):
    """One recovery of a drill.

    Attributes:
        name: What it restores, in a few words.
        target: Where it writes: fields of a target beside the project.
        asked: What it restores: fields of a request.
    """

    name: str
    target: Mapping[str, str]
    asked: Mapping[str, Any] = {}


class Draw(NamedTuple):
    """How a drill chooses one of several things.

    Attributes:
        oldest: Returns the part of a kind that was not shown to restore for longest.
        lot: Returns the number that the drill draws for a name; the lowest is chosen.
    """

    oldest: Callable[[Sequence[Any]], Any]
    lot: Callable[[str], str]


class StoredFile(NamedTuple):
    """A file of a run, with the part that holds nothing else."""

    part: Backup
    stored: StoredObject


class DrillRules:
    """What a drill restores of one kind, and how it is looked at.

    Attributes:
        why_not_drilled: Why a drill restores none of what is no kind of part: of one, its `PartKind` says so.
        never_drilled: What of each part a drill does not restore, and why.
    """

    why_not_drilled: ClassVar[str] = ""
    never_drilled: ClassVar[tuple[str, ...]] = ()

    def drilled(self, manifest: Manifest, places: Places) -> Iterator[Drilled]:
        """Yield the recoveries of everything that a run holds of the kind.

        Args:
            manifest: What is restored.
            places: The names of what the drill makes.
        """
        del manifest, places
        return iter(())

    def sampled(
        self, manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
    ) -> Iterator[Drilled]:
        """Yield the recovery of some of one part, if a run holds any.

        Args:
            manifest: What is restored.
            catalog: What is protected.
            places: The names of what the drill makes.
            draw: How one of several is chosen.
        """
        del manifest, catalog, places, draw
        return iter(())

    def labelled(self, manifest: Manifest, mark: str) -> Manifest:
        """Return a run in which all of the kind that can have a label has that of a drill.

        It is then written with what is restored, and compared like any other.

        Args:
            manifest: What is restored.
            mark: That of the drill.
        """
        del mark
        return manifest

    def stored_files(self, manifest: Manifest) -> Iterator[StoredFile]:
        """Yield each stored file of a run that can be verified alone."""
        del manifest
        return iter(())

    def differences(self, step: Step) -> Iterator[str]:
        """Yield what of a thing differs, by what a plan would do to it: nothing where it is equal."""
        if step.changes:
            yield step.why or step.action
