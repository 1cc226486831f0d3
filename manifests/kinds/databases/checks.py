"""Whether the backup of a database agrees with itself, and names nothing outside its own places. Pure."""

from manifests.documents import PathKey, check_document_path, path_key
from manifests.errors import BackupDamagedError
from manifests.fingerprint import combined
from manifests.kinds.databases.layout import attempt_of, database_segment
from manifests.kinds.databases.model import DatabaseBackup
from manifests.values import RunId


def check_database(database: DatabaseBackup, run_id: RunId) -> None:
    """Refuse a backup of a database that contradicts itself.

    Args:
        database: The backup.
        run_id: The run that it is of.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Its documents are not in order, or its counts do not add up.
    """
    database_segment(database.name)
    last_key: PathKey = ()
    for file in database.files:
        attempt_of(file.stored.name, run_id=run_id, database_id=database.name)
        check_document_path(file.first_path)
        check_document_path(file.last_path)
        if not last_key < path_key(file.first_path) <= path_key(file.last_path):
            raise BackupDamagedError("its documents are not in order", subject=database.name)
        if file.fingerprint.row_count != file.stored.row_count:
            raise BackupDamagedError("the file's counts differ", subject=file.stored.name)
        last_key = path_key(file.last_path)
    content = combined(file.fingerprint for file in database.files)
    if content != combined(item.fingerprint for item in database.collections):
        raise BackupDamagedError(
            "the files do not add up to the collections", subject=database.name
        )
    if content.row_count != database.document_count:
        raise BackupDamagedError("the documents do not add up", subject=database.name)
