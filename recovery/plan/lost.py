"""What of a project no run holds, so that no recovery brings it back. Pure."""

from collections.abc import Collection, Iterator, Sequence

from manifests.catalog_decisions import LeftOut
from manifests.model.run import DROPPED, Manifest, Unprotected
from recovery.units import counted, listed, shown

_MOST_NAMES = 5


def never_held(manifest: Manifest, kinds: Collection[str]) -> Iterator[str]:
    """Say what there was in the project beside what its run holds.

    Args:
        manifest: The run's manifest.
        kinds: What of a project is recovered, as the manifest names it.
    """
    for item in manifest.unprotected:
        if (what := unprotected_text(item)) and item.kind in kinds:
            yield what


def left_out_text(decision: LeftOut, kind: str, names: Sequence[str]) -> str:
    """Name what no run holds by somebody's decision, and whose that is."""
    return f"{counted(len(names), kind)}: {listed(names)}: {decision.why}; {decision.told}"


def unprotected_text(item: Unprotected) -> str:
    """Name what no run holds; empty where there is nothing."""
    what = _names(item)
    if not what:
        return ""
    if item.kind == DROPPED:
        return f"tables that were made and dropped since the run before, of which no run holds any: {what}"
    return f"{item.kind}s of the project that are not in the catalog: {what}"


def _names(item: Unprotected) -> str:
    if item.unknown:
        return f"UNKNOWN, they could not be listed: {shown(item.unknown)}"
    if not item.count:
        return ""
    names = item.names[:_MOST_NAMES]
    more = item.count - len(names)
    return ", ".join(map(shown, names)) + (f", ... {more:,} more" if more else "")
