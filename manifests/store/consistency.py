"""Whether a manifest agrees with itself, and names nothing outside its own places. Pure.

Names from a manifest reach object names, statements and REST paths. Each is checked here, once,
when the manifest is read and before it is written; nothing later has to trust it.
"""

from collections.abc import Iterable

from manifests import layout
from manifests.bucket_layout import check_shard_name
from manifests.database_layout import attempt_of
from manifests.documents import PathKey, check_document_path, path_key
from manifests.encoding import decode_sql, encodings_of
from manifests.errors import BackupDamagedError, SourceUnreadableError
from manifests.fingerprint import combined, fingerprint_sql
from manifests.model import (
    BucketBackup,
    DatabaseBackup,
    DatasetBackup,
    Export,
    Manifest,
    RunId,
    TableBackup,
)
from manifests.partitions import in_partitions
from manifests.resource_types import check_resource


def check_manifest(manifest: Manifest) -> None:
    """Refuse a manifest that contradicts itself.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Something is listed twice or not at all, or the counts of objects,
            exports, partitions and tables do not add up; or its times are not in order.
    """
    if not manifest.recovery_point <= manifest.started_at <= manifest.finished_at:
        raise BackupDamagedError("its times are not in order", subject=manifest.run_id)
    datasets = {dataset.dataset_id for dataset in manifest.datasets}
    _check_unique(manifest.run_id, "dataset", (item.dataset_id for item in manifest.datasets))
    _check_unique(manifest.run_id, "table", (item.name for item in manifest.tables))
    _check_unique(manifest.run_id, "bucket", (item.name for item in manifest.buckets))
    _check_unique(manifest.run_id, "database", (item.name for item in manifest.databases))
    for dataset in manifest.datasets:
        _check_definitions(dataset)
    for table in manifest.tables:
        if table.dataset_id not in datasets:
            raise BackupDamagedError("its dataset is not listed", subject=table.name)
        _check_names(table)
        _check_resource(table)
        _check_counts(table, manifest.run_id)
    for bucket in manifest.buckets:
        layout.check_part_name("buckets", bucket.name)
        _check_bucket(bucket)
        _check_inventory(bucket, manifest.run_id)
    for database in manifest.databases:
        layout.check_part_name("databases", database.name)
        _check_documents(database, manifest.run_id)


def _check_bucket(bucket: BucketBackup) -> None:
    check_resource("bucket", bucket.resource, subject=bucket.name)
    if bucket.access is not None:
        check_resource("access policy", bucket.access, subject=bucket.name)
    if bucket.resource["name"] != bucket.name:
        raise BackupDamagedError("its resource is another bucket's", subject=bucket.name)


def _check_inventory(bucket: BucketBackup, run_id: RunId) -> None:
    last_name: str | None = None
    for shard in bucket.shards:
        check_shard_name(shard.stored.name, run_id=run_id, bucket=bucket.name)
        in_order = last_name is None or shard.first_name > last_name
        if not in_order or shard.last_name < shard.first_name:
            raise BackupDamagedError("its inventory is not in order", subject=bucket.name)
        last_name = shard.last_name


def _check_definitions(dataset: DatasetBackup) -> None:
    layout.check_dataset_id(dataset.dataset_id)
    check_resource("dataset", dataset.resource, subject=dataset.dataset_id)
    if dataset.resource["datasetReference"]["datasetId"] != dataset.dataset_id:
        raise BackupDamagedError("its resource is another dataset's", subject=dataset.dataset_id)
    for view in dataset.views:
        check_resource("view", view, subject=dataset.dataset_id)
        layout.check_definition_id(view["tableReference"]["tableId"])
    for routine in dataset.routines:
        check_resource("routine", routine, subject=dataset.dataset_id)
        layout.check_definition_id(routine["routineReference"]["routineId"])


def _check_names(table: TableBackup) -> None:
    layout.check_part_name("tables", table.name)
    for policy in table.row_access_policies:
        check_resource("row access policy", policy, subject=table.name)
        layout.check_policy_id(policy["rowAccessPolicyReference"]["policyId"])
    for partition in table.partitions:
        layout.check_partition_id(partition.partition_id)
    for export in table.exports:
        if export.export_id != layout.export_id(export.run_id, export.partition_id):
            raise BackupDamagedError("not the id of its export", subject=export.export_id)
        for stored in export.objects:
            layout.check_data_name(stored.name, run_id=export.run_id, table=table.name)
    _check_unique(table.name, "partition", (item.partition_id for item in table.partitions))
    _check_unique(table.name, "export", (item.export_id for item in table.exports))
    _check_unique(table.name, "object", (item.name for item in table.objects))


def _check_resource(table: TableBackup) -> None:
    """Write the statements a restore will need: whatever they refuse is no table of BigQuery."""
    check_resource("table", table.resource, subject=table.name)
    try:
        fingerprint_sql(table.name, table.resource)
        in_partitions(table.resource, (item.partition_id for item in table.partitions))
        decode_sql(table.name, table.resource)
        needed = encodings_of(table.resource)
    except SourceUnreadableError as error:
        raise BackupDamagedError(
            f"its resource is not a table's: {error}", subject=table.name
        ) from error
    declared = [(item.path, item.encoding, item.stored_as) for item in table.encodings]
    if declared != [(item.path, item.encoding, item.stored_as) for item in needed]:
        raise BackupDamagedError(
            "its columns are not encoded the way this version decodes them",
            subject=table.name,
            hint="restore it with the Rebound version that wrote it",
        )


def _check_counts(table: TableBackup, run_id: RunId) -> None:
    exports = {export.export_id: export for export in table.exports}
    homed = dict.fromkeys(exports, 0)
    for partition in table.partitions:
        export = exports.get(partition.export_id)
        if export is None:
            raise BackupDamagedError(
                f"partition {partition.partition_id} comes from an export that is not listed",
                subject=table.name,
            )
        if export.partition_id not in (None, partition.partition_id):
            raise BackupDamagedError(
                f"partition {partition.partition_id} comes from the export of another",
                subject=table.name,
            )
        homed[partition.export_id] += partition.fingerprint.row_count
    if sum(export.partition_id is None for export in table.exports) > 1:
        raise BackupDamagedError("more than one export of the whole table", subject=table.name)
    for export in table.exports:
        _check_export(export, homed[export.export_id], run_id)
    if combined(partition.fingerprint for partition in table.partitions) != table.fingerprint:
        raise BackupDamagedError("the partitions do not add up to the table", subject=table.name)


def _check_export(export: Export, homed_rows: int, run_id: RunId) -> None:
    if export.row_count != sum(stored.row_count for stored in export.objects):
        raise BackupDamagedError("the files' counts do not add up", subject=export.export_id)
    # An earlier run's export of a whole table also holds partitions that have changed since.
    may_hold_more = export.partition_id is None and export.run_id != run_id
    if homed_rows > export.row_count or (homed_rows < export.row_count and not may_hold_more):
        raise BackupDamagedError(
            f"it holds {export.row_count} rows, its partitions {homed_rows}",
            subject=export.export_id,
        )


def _check_documents(database: DatabaseBackup, run_id: RunId) -> None:
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


def _check_unique(subject: str, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BackupDamagedError(f"{what} {name} is listed twice", subject=subject)
        seen.add(name)
