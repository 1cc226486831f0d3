"""Moves the files of a table from the landing bucket to the vault: each byte is checked, copied and compared."""

from collections.abc import Collection, Sequence
from threading import BoundedSemaphore

from functions.log import LoggingPool
from manifests.cloud.measuring import measured
from manifests.cloud.objects import Bucket
from manifests.encoding import check_table_file, field_count
from manifests.errors import BackupDamagedError, ObjectChangedError, ObjectMissingError
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.model import Export
from manifests.values import ObjectInfo, Resource, StoredObject

_PARALLEL_FILES = 4


def landed(landing: Bucket, folder: str, expected_files: int) -> tuple[ObjectInfo, ...] | None:
    """Return what an extract left in its folder, or None when it is not what the job counted.

    BigQuery says how many files it wrote, and counts them from 0 (BigQuery, Export table data). What
    else lies in the folder somebody else wrote: it is left alone, and keeps no night from its end.
    """
    found = {item.name: item for item in landing.list_objects(folder)}
    wanted = [table_layout.data_file_name(folder, number) for number in range(expected_files)]
    return tuple(found[name] for name in wanted) if found.keys() >= set(wanted) else None


def bring_to_vault(
    landing: Bucket,
    vault: Bucket,
    files: Sequence[ObjectInfo],
    *,
    resource: Resource,
    expected_rows: int,
    reading: BoundedSemaphore,
    subject: str,
) -> tuple[StoredObject, ...]:
    """Check every file of one extract and copy it to the vault, server-side.

    Args:
        landing: Where the files are.
        vault: Where they are kept.
        files: What `landed` found.
        resource: The table's resource, whose columns each file must have.
        expected_rows: The rows of the frozen copy that the extract covers.
        reading: Held while a file is read, so that the memory of all tables together is bounded.
        subject: The table, for errors.

    Raises:
        BackupDamagedError: A file is not Avro, has another codec or other columns, the counts do
            not add up, or a copy differs from its source.
    """
    with LoggingPool(_PARALLEL_FILES, thread_name_prefix="files") as pool:
        counts = list(pool.map(lambda item: _checked_rows(landing, item, resource, reading), files))
        if sum(counts) != expected_rows:
            raise BackupDamagedError(
                f"the files hold {sum(counts)} rows, the frozen copy {expected_rows}",
                subject=subject,
                retryable=True,
            )
        copies = list(
            pool.map(
                lambda item: vault.copy_here(landing, item, table_layout.vault_name(item.name)),
                files,
            )
        )
    return tuple(
        StoredObject(**copy.model_dump(), row_count=rows)
        for copy, rows in zip(copies, counts, strict=True)
    )


def still_stored(
    vault: Bucket, exports: Sequence[Export], table: str, *, damaged: Collection[str]
) -> tuple[Export, ...]:
    """Return the earlier exports of a table whose objects still are what their runs stored.

    Args:
        vault: Where they are.
        exports: The exports.
        table: The table.
        damaged: Objects whose bytes were read, and are not what Cloud Storage says of them.
    """
    folders = {table_layout.table_prefix(export.run_id, table) for export in exports}
    found = {item.name: item for folder in folders for item in vault.list_objects(folder)}

    def is_there(stored: StoredObject) -> bool:
        item = found.get(stored.name)
        return item is not None and (item.generation, item.size_bytes, item.crc32c) == (
            stored.generation,
            stored.size_bytes,
            stored.crc32c,
        )

    def is_whole(stored: StoredObject) -> bool:
        return is_there(stored) and stored.name not in damaged

    return tuple(export for export in exports if all(map(is_whole, export.objects)))


def remove_landed(landing: Bucket, folder: str) -> None:
    """Delete what is left of a run in the landing bucket."""
    for item in landing.list_objects(folder):
        landing.delete(item.name, generation=item.generation)


def _checked_rows(
    landing: Bucket, item: ObjectInfo, resource: Resource, reading: BoundedSemaphore
) -> int:
    with reading:
        file = measured(landing, item, fields=field_count(resource["schema"]["fields"]))
    subject = landing.uri(item.name)
    if file.size_bytes != item.size_bytes:
        raise ObjectMissingError("bytes are missing", subject=subject, retryable=True)
    if file.crc32c != item.crc32c:
        raise ObjectChangedError(
            f"its bytes have crc32c {file.crc32c}, Cloud Storage says {item.crc32c}",
            subject=subject,
            retryable=True,
        )
    check_table_file(file.frame, resource)
    return file.frame.row_count
