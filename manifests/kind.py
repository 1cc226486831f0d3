"""What a kind of part is: the one form in which tables, buckets and databases are described."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal, NamedTuple

from manifests import layout
from manifests.values import RunId, Stored, StoredObject, Value


class Backup(Stored):
    """What a run says of one part."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the name of the part."""

    @property
    def written(self) -> str:
        """Return what of it is written to, as the catalog's writers name it; empty for nothing."""
        return ""

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object of the vault that holds its content and belongs to one run."""
        return ()

    @property
    def needed(self) -> tuple[StoredObject, ...]:
        """Return every object of the vault without which nothing of it can be brought back."""
        return self.objects

    @property
    @abstractmethod
    def count(self) -> int:
        """Return how many it holds of what its kind counts."""

    @property
    def restorable(self) -> int:
        """Return how many of them a recovery can make; the others every project has by itself."""
        return self.count

    @property
    def unprotected(self) -> int:
        """Return how many of them the vault does not hold, though they could have been stored."""
        return 0

    @property
    def size_bytes(self) -> int:
        """Return how many bytes its content takes."""
        return sum(item.size_bytes for item in self.objects)


class CatalogPart(Value):
    """One thing that is protected.

    Attributes:
        backup: Whether a run can be complete without it. A run that lacks a part that is backed up
            by best effort says so, and that part has no recovery point of that run.
    """

    backup: Literal["required", "best effort"] = "required"

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    def written(self) -> str:
        """Return what of it is written to, as the catalog's writers name it; empty for nothing."""
        return ""


def _never(backup: Backup, run_id: RunId, name: str) -> bool:
    del backup, run_id, name
    return False


def _drilled(name: str) -> str:
    del name
    return ""


class PartKind[B: Backup](NamedTuple):
    """A kind of part.

    Attributes:
        name: Of its folder, and of its fields in manifest and catalog.
        noun: What one of them is called.
        label: What one is called where parts of every kind are; `{}` stands for its name.
        counted: What is counted of one: rows, objects, documents.
        model: What a run says of one.
        folder: Returns the segment of an object's name that stands for one, and refuses what is no
            name of any.
        services: The services of Google Cloud whose content it holds.
        is_restored_empty: Whether one that holds nothing is restored, so that it can be shown to be.
        is_written: Whether writers of a catalog write to it, so that a fence tells when it is quiet.
        is_checked: Whether `rebound doctor` checks how one has to be set.
        is_undone: Whether `rebound undo` puts back what a recovery did to one.
        why_not_drilled: Returns why no drill restores one of that name; empty where one does.
        is_record: Whether an object of a run's folder says how one was backed up; no recovery reads
            it.
        check: Refuses a backup that contradicts itself or names what is outside its own places.
    """

    name: str
    noun: str
    label: str
    counted: str
    model: type[B]
    folder: Callable[[str], str]
    check: Callable[[B, RunId], None]
    services: frozenset[str] = frozenset()
    is_restored_empty: bool = True
    is_written: bool = True
    is_checked: bool = True
    is_undone: bool = True
    why_not_drilled: Callable[[str], str] = _drilled
    is_record: Callable[[B, RunId, str], bool] = _never

    def labelled(self, name: str) -> str:
        """Return what a part is called where parts of every kind are."""
        return self.label.format(name)

    def receipt_name(self, run_id: RunId, name: str) -> str:
        """Return the name of the receipt of a part.

        Raises:
            UnsafeNameError: No part of the kind has that name.
        """
        return layout.receipt_name(run_id, self.name, self.folder(name))
