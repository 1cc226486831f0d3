"""Which documents a recovery is about: ranges of names, and the files of the backup that hold them. Pure."""

from manifests.errors import RefusedError, UsageError
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile
from manifests.names import EVERYTHING, NameRange, Position, below, cut, only, united, without
from recovery.request import Request

_WITH_ALL_BELOW = "/**"


def named_ranges(request: Request) -> dict[str, NameRange]:
    """Return the range of each path that the operator named.

    Raises:
        UsageError: A path is not one of a collection or document.
        RefusedError: A path is in an ephemeral collection.
    """
    for path in (*request.collections, *request.documents):
        if any(path.split("/")[0] in names for names in request.ephemeral.values()):
            raise RefusedError("locks, heartbeats and instances are never restored", subject=path)
    named = {path: _range(path, is_collection=True) for path in request.collections}
    return named | {path: _range(path, is_collection=False) for path in request.documents}


def files_with(backup: DatabaseBackup, names: NameRange) -> list[DocumentFile]:
    """Return the files that may hold a document of a range."""
    return [file for file in backup.files if _may_hold(file, names)]


def scope(
    collections: tuple[str, ...], documents: tuple[str, ...], left_out: tuple[str, ...]
) -> list[NameRange]:
    """Return the ranges that paths name, without the collections that are left out."""
    named = [_range(path, is_collection=True) for path in collections]
    named += [_range(path, is_collection=False) for path in documents]
    ranges = united(named) if named else [EVERYTHING]
    return without(ranges, *map(below, left_out))


def file_ranges(
    backup: DatabaseBackup, ranges: list[NameRange]
) -> list[tuple[DocumentFile | None, list[NameRange]]]:
    """Cut the recovery of a database into files and the ranges of names that belong to each.

    Together they hold every name of the ranges, so that a document the backup does not know
    is found too. A file without any document in the ranges is left out.
    """
    if not backup.files:
        return [(None, ranges)]
    spans = cut([file.first_path for file in backup.files[1:]])
    found: list[tuple[DocumentFile | None, list[NameRange]]] = []
    for file, span in zip(backup.files, spans, strict=True):
        mine = [common for item in ranges if (common := item.common(span)) is not None]
        if mine:
            needed = any(_may_hold(file, names) for names in mine)
            found.append((file if needed else None, mine))
    return found


def apart(count: int, at_once: int) -> list[int]:
    """Return the order in which neighbours are begun, so that those at once are far apart.

    Documents with neighbouring names are kept by one server of Firestore's, which would take all
    that is written at once (Firestore, Best practices, Hotspots).
    """
    step = -(-count // at_once)
    return [number for first in range(step) for number in range(first, count, step)]


def wanted_ranges(backup: DatabaseBackup, request: Request) -> list[NameRange]:
    """Return the documents of a database that the operator asked for, without ephemeral ones."""
    return scope(request.collections, request.documents, ephemeral_of(backup, request))


def ephemeral_of(backup: DatabaseBackup, request: Request) -> tuple[str, ...]:
    """Return the top-level collections of a database that are left out."""
    return request.ephemeral.get(backup.database_id, ())


def _range(path: str, *, is_collection: bool) -> NameRange:
    target = path.removesuffix(_WITH_ALL_BELOW)
    segments = target.split("/")
    if not all(segments) or bool(len(segments) % 2) != is_collection:
        kind = "collection" if is_collection else "document"
        raise UsageError(
            f"not the path of a {kind}",
            subject=path,
            hint="a collection's path has an odd number of segments, a document's an even one",
        )
    if is_collection or path.endswith(_WITH_ALL_BELOW):
        return below(target)
    return only(target)


def _may_hold(file: DocumentFile, names: NameRange) -> bool:
    span = NameRange(Position(file.first_path), Position(file.last_path, after=True))
    return span.common(names) is not None
