"""The kinds of parts that a run is made of: the one list of them."""

from typing import Any

from manifests.kind import Backup, KindName, PartKind
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.resources.kind import RESOURCES
from manifests.kinds.tables.kind import TABLES

PARTS: tuple[PartKind[Any], ...] = (TABLES, BUCKETS, DATABASES, RESOURCES)


def part_kind(name: KindName) -> PartKind[Any]:
    """Return a kind by its name."""
    return next(kind for kind in PARTS if kind.name == name)


def kind_of(part: Backup) -> PartKind[Any]:
    """Return the kind of a part."""
    return next(kind for kind in PARTS if isinstance(part, kind.model))
