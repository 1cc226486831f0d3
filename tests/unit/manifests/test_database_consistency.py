"""What a manifest must agree on about databases, and the names of their files."""

import pytest

from manifests.documents import DocumentRecord, tallied
from manifests.errors import BackupDamagedError, UnsafeNameError
from manifests.kinds.databases.layout import attempt_of, document_file_name
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile
from manifests.model.run import Manifest
from manifests.store.consistency import check_manifest
from manifests.values import RunId, StoredObject
from tests.unit import samples
from tests.unit.samples import POINT, RUN

FILES = (("a/1", "a/2"), ("b/1",))


def database(**changes: object) -> DatabaseBackup:
    """Return a database of two files, with some of its fields changed."""
    files = []
    for number, paths in enumerate(FILES):
        name = document_file_name(RUN, "(default)", attempt=0, name_range=number, number=0)
        records = [DocumentRecord(path, b"", 1, 1) for path in paths]
        stored = StoredObject(
            name=name, size_bytes=1, crc32c="", generation=1, row_count=len(records)
        )
        files.append(
            DocumentFile(
                stored=stored,
                first_path=paths[0],
                last_path=paths[-1],
                fingerprint=tallied(records).fingerprint(),
            )
        )
    everything = tallied(DocumentRecord(path, b"", 1, 1) for paths in FILES for path in paths)
    made = DatabaseBackup(
        database_id="(default)",
        resource={},
        read_time=POINT,
        document_count=3,
        collections=everything.collections(),
        files=tuple(files),
    )
    return made.model_copy(update=changes)


def manifest(backup: DatabaseBackup) -> Manifest:
    """Return a manifest with one database."""
    return samples.manifest(databases=(backup,))


def renamed(name: str) -> DatabaseBackup:
    """Return the database with another name for its first file."""
    first, second = database().files
    stored = first.stored.model_copy(update={"name": name})
    return database(files=(first.model_copy(update={"stored": stored}), second))


def test_consistent():
    """A manifest whose database adds up is accepted."""
    check_manifest(manifest(database()))


@pytest.mark.parametrize(
    "changes",
    [
        {"document_count": 4},
        {"files": database().files[:1]},
        {"files": database().files[::-1]},
        {"files": (database().files[0],) * 2},
        {"collections": database().collections[:1]},
    ],
)
def test_inconsistent(changes: dict[str, object]):
    """Files, collections and counts that contradict each other are refused."""
    with pytest.raises(BackupDamagedError):
        check_manifest(manifest(database(**changes)))


@pytest.mark.parametrize(
    "name",
    [
        f"runs/{RUN}/databases/(default)/../000/000000000000.avro",
        f"runs/other-run/databases/(default)/000/{0:012d}.avro",
        f"runs/{RUN}/databases/other-db/000/{0:012d}.avro",
        f"runs/{RUN}/databases/(default)/000/{0:012d}.avro\n",
    ],
)
def test_foreign_names(name: str):
    """A file that belongs elsewhere is refused."""
    with pytest.raises(UnsafeNameError):
        check_manifest(manifest(renamed(name)))


def test_attempt():
    """A file's name tells which attempt wrote it, and no other database's name does."""
    name = document_file_name(RUN, "db-1", attempt=7, name_range=2, number=3)
    assert attempt_of(name, run_id=RUN, database_id="db-1") == 7
    with pytest.raises(UnsafeNameError):
        document_file_name(RunId("r-1"), "../up", attempt=0, name_range=0, number=0)
