"""Where the vault keeps what belongs to a protected database: built and parsed here only.

    runs/<run>/databases/<database>/<attempt>/ranges.json          where the names are cut
    runs/<run>/databases/<database>/<attempt>/<range><file>.avro

Ranges and the files of each are numbered in name order, so that a listing gives the documents in
their order. An attempt is continued by each call that finds its ranges.
"""

import re

from manifests.errors import UnsafeNameError
from manifests.ids import DATABASE_ID
from manifests.kinds.databases.model import DatabaseBackup
from manifests.layout import checked_segment, run_prefix
from manifests.values import RunId

_DATABASE = re.compile(DATABASE_ID)
_FILE = re.compile(r"([0-9]{3})/[0-9]{12}\.avro")
_RANGES = re.compile(r"([0-9]{3})/ranges\.json")


def database_segment(database_id: str) -> str:
    """Return the segment of names that stands for a database; raises as `checked_segment`."""
    return checked_segment(_DATABASE, database_id)


def databases_prefix(run_id: RunId) -> str:
    """Return the folder of all databases of a run."""
    return f"{run_prefix(run_id)}databases/"


def database_folder(run_id: RunId, database_id: str) -> str:
    """Return the folder of one database in a run."""
    return f"{databases_prefix(run_id)}{database_segment(database_id)}/"


def document_file_name(
    run_id: RunId, database_id: str, *, attempt: int, name_range: int, number: int
) -> str:
    """Return the name of one file of documents.

    Args:
        run_id: The run.
        database_id: The protected database.
        attempt: Which attempt of the run writes it, from 0.
        name_range: Which range of names, from 0.
        number: Which file of the range, from 0.
    """
    prefix = range_prefix(run_id, database_id, attempt=attempt, name_range=name_range)
    return f"{prefix}{number:06d}.avro"


def range_prefix(run_id: RunId, database_id: str, *, attempt: int, name_range: int) -> str:
    """Return what the names of all files of one range begin with."""
    return f"{database_folder(run_id, database_id)}{attempt:03d}/{name_range:06d}"


def ranges_name(run_id: RunId, database_id: str, *, attempt: int) -> str:
    """Return the name of the record of where an attempt cuts a database."""
    return f"{database_folder(run_id, database_id)}{attempt:03d}/ranges.json"


def ranges_attempt(name: str, *, run_id: RunId, database_id: str) -> int | None:
    """Return the attempt whose ranges an object records, or None for any other object."""
    found = _RANGES.fullmatch(name.removeprefix(database_folder(run_id, database_id)))
    return None if found is None else int(found[1])


def is_database_record(backup: DatabaseBackup, run_id: RunId, name: str) -> bool:
    """Whether an object records where an attempt cut a database."""
    return ranges_attempt(name, run_id=run_id, database_id=backup.database_id) is not None


def attempt_of(name: str, *, run_id: RunId, database_id: str) -> int:
    """Return the attempt that wrote a file of documents.

    Raises:
        UnsafeNameError: The name does not belong to this run and database.
    """
    folder = database_folder(run_id, database_id)
    found = _FILE.fullmatch(name.removeprefix(folder)) if name.startswith(folder) else None
    if found is None:
        raise UnsafeNameError(
            f"holds no documents of database {database_id} in run {run_id}", subject=name
        )
    return int(found[1])
