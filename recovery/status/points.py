"""Finds the newest complete run of each part in as few manifests as possible. Pure."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from manifests.catalog import Catalog
from manifests.model.run import Manifest
from manifests.protected import protected
from manifests.values import RunId
from recovery.status.model import PartName, Point

MOST_READ = 30
"""What none of so many newest runs holds is looked for no further."""


class StoredRun(NamedTuple):
    """A run, and when its manifest was written, on Cloud Storage's clock."""

    written_at: datetime
    run_id: RunId


class Points(NamedTuple):
    """What the newest runs hold.

    Attributes:
        newest: The manifest with the newest recovery point; None where there is none.
        of: The newest complete point of each part.
        unusable: Runs of those that were read which are no backup of this platform, and why.
    """

    newest: Manifest | None
    of: dict[PartName, Point]
    unusable: tuple[tuple[RunId, str], ...]


def protected_parts(catalog: Catalog, newest: Manifest | None) -> tuple[PartName, ...]:
    """Return every protected part: those listed, and those of datasets that are protected whole."""
    return tuple(PartName(*part) for part in protected(catalog, newest))


def newest_points(
    runs: Sequence[StoredRun],
    catalog: Catalog,
    read: Callable[[RunId], Manifest | str],
    leaning: Callable[[Manifest], Collection[str]],
) -> Points:
    """Find the newest complete point of each protected part.

    A recovery point is never later than its manifest was written, so that a run whose manifest is
    older than all points that were found holds no newer one.

    Args:
        runs: Every run that has a manifest.
        catalog: What is protected.
        read: Returns a run's manifest, or why it is no backup of this platform.
        leaning: Returns which parts of a run lean on a damaged file.
    """
    found: dict[PartName, Point] = {}
    newest: Manifest | None = None
    unusable: list[tuple[RunId, str]] = []
    for run in sorted(runs, reverse=True)[:MOST_READ]:
        wanted = protected_parts(catalog, newest)
        # Only a run says which tables there are of datasets that are protected whole.
        if newest is not None and all(
            part in found and run.written_at < found[part].recovery_point for part in wanted
        ):
            break
        manifest = read(run.run_id)
        if isinstance(manifest, str):
            unusable.append((run.run_id, manifest))
            continue
        if newest is None or newest.recovery_point < manifest.recovery_point:
            newest = manifest
        for part, point in _points(manifest, leaning(manifest)):
            if part not in found or found[part].recovery_point < point.recovery_point:
                found[part] = point
    return Points(newest, found, tuple(unusable))


def _points(manifest: Manifest, leaning: Collection[str]) -> Iterator[tuple[PartName, Point]]:
    for kind, part in manifest.every_part:
        yield (
            PartName(kind.name, part.name),
            Point(
                manifest.run_id,
                manifest.recovery_point,
                part.restorable,
                part.size_bytes,
                part.name in leaning,
            ),
        )
