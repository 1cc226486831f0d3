"""Which resource is the one in the backup, where a service gives the names. Pure."""

from collections.abc import Mapping

from manifests.kinds.resources.fields import differences, title
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource


def counterparts(
    kind: ResourceType, wanted: Mapping[str, Resource], present: Mapping[str, Resource]
) -> dict[str, str]:
    """Return for each resource of the backup the one that is there and stands for it, by their names.

    That is the one of the same name, unless resources of the type have no name of their own. The service
    gives one that was made again another name: then it is one of the same title that stands for no other,
    an equal one before one that differs. Several can have the same title.

    Args:
        kind: The type, of which the service assigns the names.
        wanted: The resources of the backup, as they are to be, by their names then.
        present: What is there, by name.
    """
    pairs = {name: name for name in wanted if kind.key and name in present}
    for is_equal in (True, False):
        for name in sorted(wanted.keys() - pairs.keys()):
            free = sorted(present.keys() - set(pairs.values()))
            if there := _first(
                kind, wanted[name], {it: present[it] for it in free}, is_equal=is_equal
            ):
                pairs[name] = there
    return pairs


def _first(
    kind: ResourceType, wanted: Resource, present: Mapping[str, Resource], *, is_equal: bool
) -> str | None:
    for name, item in present.items():
        if title(kind, item) == title(kind, wanted) and not (
            is_equal and differences(kind, wanted, item)
        ):
            return name
    return None
