"""What a drill restores of Firestore databases, and what it finds to differ. Pure."""

from collections.abc import Iterator, Sequence

from manifests.catalog import Catalog
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from recovery.compare.documents import DocumentState
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import of
from recovery.kinds.places import Places
from recovery.kinds.step import Step

_UNEQUAL: tuple[DocumentState, ...] = ("missing", "changed", "newer", "extra", "later", "added")


def drilled_databases(manifest: Manifest, places: Places) -> Iterator[Drilled]:
    """Yield the recovery of each database."""
    for number, database in enumerate(manifest.databases):
        yield _drilled(database, number, places)


def sampled_database(
    manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
) -> Iterator[Drilled]:
    """Yield the recovery of one collection of a database, if one holds what a recovery restores."""
    ephemeral = {entry.database: entry.ephemeral for entry in catalog.databases}
    paths = {
        item.name: found
        for item in manifest.databases
        if (found := _restored_paths(item, ephemeral.get(item.name, ())))
    }
    if databases := [item for item in manifest.databases if item.name in paths]:
        database = draw.oldest(databases)
        drawn = min(paths[database.name], key=draw.lot)
        yield _drilled(database, 0, places, collection=drawn.partition("/")[0])


def _drilled(
    database: DatabaseBackup, number: int, places: Places, *, collection: str = ""
) -> Drilled:
    asked = {"databases": (database.name,), "collections": (collection,) if collection else ()}
    return Drilled(f"database {database.name}", {"database": places.database(number)}, asked)


def _restored_paths(database: DatabaseBackup, ephemeral: Sequence[str]) -> list[str]:
    """Return the documents that the index of a database's files names, and a recovery restores."""
    paths = [path for file in database.files for path in (file.first_path, file.last_path)]
    return [path for path in paths if path.partition("/")[0] not in ephemeral]


def document_files(manifest: Manifest) -> Iterator[StoredFile]:
    """Yield each file with documents."""
    for database in manifest.databases:
        for file in database.files:
            yield StoredFile(database.model_copy(update={"files": (file,)}), file.stored)


def document_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the documents of databases, by state."""
    return [
        f"{number} {state}"
        for step in of(steps, DatabaseStep)
        for state in _UNEQUAL
        if (number := step.state.count(state))
    ]
