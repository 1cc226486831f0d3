"""The kinds of parts that a run is made of: the one list of them."""

from typing import TYPE_CHECKING, Any, Literal

from manifests.kind import Backup, PartKind
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.resources.kind import RESOURCES
from manifests.kinds.tables.kind import TABLES

PARTS: tuple[PartKind[Any], ...] = (TABLES, BUCKETS, DATABASES, RESOURCES)
"""In the order in which all of them are brought back: data before what reads and writes it."""

if TYPE_CHECKING:
    type KindName = str
else:
    # A model that has such a field refuses every other name.
    KindName = Literal[*(kind.name for kind in PARTS)]


def part_kind(name: KindName) -> PartKind[Any]:
    """Return a kind by its name."""
    return next(kind for kind in PARTS if kind.name == name)


def kind_of(part: Backup) -> PartKind[Any]:
    """Return the kind of a part."""
    return next(kind for kind in PARTS if isinstance(part, kind.model))
