"""What a writer calls that is still in the project or region that is lost: it is not resumed. Pure."""

from collections.abc import Collection, Mapping

from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.kinds.resources.rules.rewriting import left_in, remaining

_ADDRESS = "https://"


def lost_references(
    kind: ResourceType,
    wanted: Resource,
    lost: Collection[str],
    now: Collection[str],
    regions: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Return what of a writer may still point at the project, or at a region, that is lost.

    Only in an address does the name of a region mean that region: a bucket or a topic can have the same
    name.

    Args:
        kind: Its type.
        wanted: The writer, rewritten.
        lost: The project that is lost, its number, and addresses in it.
        now: What stands for them.
        regions: The new region of each that is left.
    """
    told = dict.fromkeys(_paths(kind, wanted, lost, now), "project")
    for path, text in left_in(wanted, regions, now):
        if path in kind.calls and _ADDRESS in text:
            told.setdefault(path, "region")
    return tuple(
        Finding(
            subject=kind.name,
            aspect=path,
            expected="whole",
            actual=f"it still points at the lost {place}, and stays stopped",
        )
        for path, place in told.items()
    )


def waits_for(
    kind: ResourceType, wanted: Resource, lost: Collection[str], now: Collection[str]
) -> str:
    """Return an address that a writer calls and that has no replacement yet; empty for none.

    Args:
        kind: Its type.
        wanted: The writer, rewritten.
        lost: As above.
        now: As above.
    """
    addresses = sorted(name for name in lost if name.startswith(_ADDRESS))
    called = (item for item in addresses if _paths(kind, wanted, [item], now))
    return next(called, "")


def _paths(
    kind: ResourceType, wanted: Resource, lost: Collection[str], now: Collection[str]
) -> list[str]:
    return sorted(set(remaining(wanted, lost, now)) & set(kind.calls)) if lost else []
