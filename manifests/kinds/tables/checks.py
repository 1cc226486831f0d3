"""Whether the backup of a table agrees with itself, and names nothing outside its own places. Pure."""

from manifests.encoding import decode_sql, encodings_of
from manifests.errors import BackupDamagedError, SourceUnreadableError
from manifests.fingerprint import combined, fingerprint_sql
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.model import DatasetBackup, Export, TableBackup
from manifests.partitions import in_partitions
from manifests.resource_types import check_resource
from manifests.table_folders import table_folder
from manifests.unique import check_unique
from manifests.values import RunId


def check_table(table: TableBackup, run_id: RunId) -> None:
    """Refuse a backup of a table that contradicts itself.

    Args:
        table: The backup.
        run_id: The run that it is of.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: Something is listed twice or not at all, or the counts of objects,
            exports, partitions and tables do not add up.
    """
    _check_names(table)
    _check_resource(table)
    _check_counts(table, run_id)


def check_definitions(dataset: DatasetBackup) -> None:
    """Refuse a dataset whose resource, views or routines are another's, or no such things.

    Raises:
        UnsafeNameError: A name escapes its place.
        BackupDamagedError: A resource is not what it should be.
    """
    table_layout.check_dataset_id(dataset.dataset_id)
    check_resource("dataset", dataset.resource, subject=dataset.dataset_id)
    if dataset.resource["datasetReference"]["datasetId"] != dataset.dataset_id:
        raise BackupDamagedError("its resource is another dataset's", subject=dataset.dataset_id)
    for view in dataset.views:
        check_resource("view", view, subject=dataset.dataset_id)
        table_layout.check_definition_id(view["tableReference"]["tableId"])
    for routine in dataset.routines:
        check_resource("routine", routine, subject=dataset.dataset_id)
        table_layout.check_definition_id(routine["routineReference"]["routineId"])


def _check_names(table: TableBackup) -> None:
    table_folder(table.name)
    for policy in table.row_access_policies:
        check_resource("row access policy", policy, subject=table.name)
        table_layout.check_policy_id(policy["rowAccessPolicyReference"]["policyId"])
    for partition in table.partitions:
        table_layout.check_partition_id(partition.partition_id)
    for export in table.exports:
        if export.export_id != table_layout.export_id(export.run_id, export.partition_id):
            raise BackupDamagedError("not the id of its export", subject=export.export_id)
        for stored in export.objects:
            table_layout.check_data_name(stored.name, run_id=export.run_id, table=table.name)
    check_unique(table.name, "partition", (item.partition_id for item in table.partitions))
    check_unique(table.name, "export", (item.export_id for item in table.exports))
    check_unique(table.name, "object", (item.name for item in table.objects))


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
