"""What of a project no run holds, so that no recovery brings it back. Pure."""

from collections.abc import Collection, Iterator

from manifests.model import Manifest, Unprotected
from recovery.units import shown

_MOST_NAMES = 5


def never_held(manifest: Manifest, kinds: Collection[str]) -> Iterator[str]:
    """Say what there was in the project beside what its run holds.

    Args:
        manifest: The run's manifest.
        kinds: What of a project is recovered, as the manifest names it.
    """
    for item in manifest.unprotected:
        what = unprotected_text(item)
        if what and item.kind in kinds:
            yield f"{item.kind}s of the project that are not in the catalog: {what}"


def unprotected_text(item: Unprotected) -> str:
    """Name what the catalog does not; empty where there is nothing."""
    if item.unknown:
        return f"UNKNOWN, they could not be listed: {shown(item.unknown)}"
    if not item.count:
        return ""
    names = item.names[:_MOST_NAMES]
    more = item.count - len(names)
    return ", ".join(map(shown, names)) + (f", ... {more:,} more" if more else "")
