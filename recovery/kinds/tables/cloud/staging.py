"""Brings a table's rows to a staging table and proves them there, before anything live changes."""

from collections.abc import Mapping
from datetime import datetime
from itertools import batched

from google.cloud import bigquery

from manifests import layout, statements
from manifests.cloud.objects import Bucket
from manifests.cloud.table_paths import table_path, table_reference, tables_path
from manifests.encoding import stored_fields
from manifests.erasures import Erasures
from manifests.errors import CloudError, NotEqualError
from manifests.kinds.tables.model import Export, TableBackup, encryption_key
from manifests.partitions import is_ingestion_time
from manifests.values import Fingerprint, Resource
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.erasing import Erasing
from recovery.kinds.tables.rules.outcomes import NONE_ERASED, ErasedRows
from recovery.kinds.tables.rules.sources import SourceName
from recovery.kinds.tables.rules.staged import (
    Limits,
    left_of,
    needed_exports,
    staging_resource,
    unfiltered,
)


class Staging:
    """The staging tables of one recovery.

    Args:
        bigquery_target: The project that is recovered.
        vault: Where the files are.
        recovery_id: Names the staging tables and jobs.
        recovery_point: The instant whose rows are wanted.
        erased: What stays erased.
        limits: How many loads a table takes, and how many files a load.
    """

    def __init__(
        self,
        bigquery_target: BigQueryTarget,
        vault: Bucket,
        recovery_id: str,
        *,
        recovery_point: datetime,
        erased: Erasures,
        limits: Limits = Limits(),  # noqa: B008 - a value that never changes
    ) -> None:
        self._limits = limits
        self._target = bigquery_target
        self._vault = vault
        self._recovery_id = recovery_id
        self._recovery_point = recovery_point
        self._erasing = Erasing(bigquery_target, erased)
        self._erased: dict[str, ErasedRows] = {}

    def name(self, table: str) -> str:
        """Return `dataset.table` of the staging table of an original table."""
        work_id = layout.work_id(self._recovery_id, table)
        return f"{self._target.settings.scratch_dataset}.{work_id}"

    def stage(
        self, table: TableBackup, partitions: tuple[str, ...], source: SourceName
    ) -> SourceName:
        """Bring a table's rows to its staging table, prove them, and remove what stays erased.

        Args:
            table: The table in the manifest.
            partitions: The partitions that are needed; all when empty.
            source: Where they are taken from; where that fails, the vault.

        Returns:
            Where they came from.

        Raises:
            NotEqualError: What was loaded is not what the manifest says.
            RefusedError: Its columns do not tell which rows stay erased.
            CloudError: BigQuery refused a call, or was unavailable.
        """
        # Asked before anything is loaded: what cannot be left out does not come back.
        is_named = bool(self._erasing.conditions(table.name, table.resource))
        used = self._proven(table, partitions, source)
        if is_named:
            self._erase(table, partitions)
        return used

    def erased(self, table: str) -> ErasedRows:
        """Return which rows of a table that is staged stay erased."""
        return self._erased.get(table, NONE_ERASED)

    def _erase(self, table: TableBackup, partitions: tuple[str, ...]) -> None:
        name, work_id = self.name(table.name), layout.work_id(self._recovery_id, table.name)
        job = f"rebound-{work_id}-{self._created(name, table.resource)}"
        self._erasing.remove(table.name, table.resource, name, job)
        measured = self._measured(name, table)
        if measured is None:
            raise CloudError("the staging table vanished", subject=name, retryable=True)
        left = left_of(table, measured, partitions)
        lost = (table.fingerprints[item].row_count - left[item].row_count for item in left)
        self._erased[table.name] = ErasedRows(rows=sum(lost), left=left)

    def _proven(
        self, table: TableBackup, partitions: tuple[str, ...], source: SourceName
    ) -> SourceName:
        name = self.name(table.name)
        wanted = {
            partition_id: content
            for partition_id, content in table.fingerprints.items()
            if not partitions or partition_id in partitions
        }
        if self._is_proven(name, table, wanted):
            return source
        if source == "time travel" and self._travelled(name, table, wanted):
            return source
        # What an interrupted process left is continued first, then given up for a new table.
        for _ in range(2):
            incarnation = self._created(name, table.resource)
            exports = needed_exports(table, set(wanted))
            # A working table for each export is slower, and bound by no quota of the staging table.
            in_pieces = bool(table.encodings) or len(exports) > self._limits.loads
            for export in exports:
                self._load(name, table, export, wanted, incarnation, in_pieces=in_pieces)
            if self._is_proven(name, table, wanted):
                return "vault"
            self._target.resources.delete(table_path(name), subject=name)
        raise NotEqualError(
            "what was loaded from the backup is not what its manifest says; nothing was published",
            subject=table.name,
            hint="`rebound verify` reads every byte of the backup",
        )

    def create_empty(self, table: TableBackup) -> None:
        """Create the staging table of a table, without rows.

        Raises:
            RefusedError: It is not encrypted with the key of the table's rows.
            CloudError: It could not be created.
        """
        self._created(self.name(table.name), table.resource)

    def remove(self, table: str) -> None:
        """Delete the staging tables of a table; what is left expires by itself."""
        dataset_id, prefix = self.name(table).split(".")
        for table_id in self._target.resources.table_ids(dataset_id):
            if table_id == prefix or table_id.startswith(f"{prefix}__"):
                self._target.resources.delete(table_path(f"{dataset_id}.{table_id}"), subject=table)

    def _travelled(self, name: str, table: TableBackup, wanted: dict[str, Fingerprint]) -> bool:
        """Copy the rows from the table's own history; return whether they are proven.

        A history can be shorter than documented. Rows that are not proven are deleted, and the
        vault is tried next.
        """
        incarnation = self._created(name, table.resource)
        sql = statements.travelled(
            self._target.full_id(name),
            self._target.full_id(self._target.name(table.name)),
            table.resource,
            wanted,
            at=self._recovery_point,
        )
        job = f"rebound-{layout.work_id(self._recovery_id, table.name)}-{incarnation}-travel"
        try:
            self._target.jobs.query(job, sql, subject=table.name)
        except CloudError as error:
            if error.retryable:
                raise
        if self._is_proven(name, table, wanted):
            return True
        self._target.resources.delete(table_path(name), subject=name)
        return False

    def _is_proven(self, name: str, table: TableBackup, wanted: dict[str, Fingerprint]) -> bool:
        return self._measured(name, table) == wanted

    def _measured(self, name: str, table: TableBackup) -> Mapping[str, Fingerprint] | None:
        found = self._target.resources.table(name)
        if found is None:
            return None
        # Its own count of rows, and the original's columns and partitioning without the filter.
        resource = {
            **table.resource,
            "numRows": found.resource["numRows"],
            "requirePartitionFilter": False,
        }
        resource = unfiltered(resource)
        return self._target.measure(name, resource, table.fingerprint_version).partitions

    def _created(self, name: str, resource: Resource) -> str:
        """Create the staging table where there is none, and return which one it is.

        Job ids carry it: a job that filled a table which is gone must not be taken for done.
        """
        body = staging_resource(resource, table_reference(self._target.target.project, name))
        self._target.resources.create(tables_path(name), body, subject=name)
        found = self._target.resources.table(name)
        if found is None:
            raise CloudError("the staging table vanished", subject=name, retryable=True)
        self._target.check_key(name, encryption_key(resource))
        return str(found.resource["creationTime"])

    def _load(
        self,
        name: str,
        table: TableBackup,
        export: Export,
        wanted: dict[str, Fingerprint],
        incarnation: str,
        *,
        in_pieces: bool,
    ) -> None:
        """Bring the wanted partitions of one export to the staging table."""
        owned = tuple(
            item.partition_id
            for item in table.partitions
            if item.export_id == export.export_id and item.partition_id in wanted
        )
        rows = sum(wanted[partition].row_count for partition in owned)
        if not rows:
            return
        mark = export.export_id.replace("/", "-")
        job = f"rebound-{layout.work_id(self._recovery_id, table.name)}-{incarnation}-{{}}-{mark}"
        schema = table.resource["schema"]["fields"]
        if in_pieces or len(owned) > statements.MOST_PARTITIONS:
            self._load_in_pieces(name, table, export, owned, job)
        elif export.partition_id is not None:
            self._load_files(f"{name}${export.partition_id}", export, "WRITE_TRUNCATE", schema, job)
        else:
            self._load_files(name, export, "WRITE_TRUNCATE_DATA", schema, job)
            if rows != export.row_count:
                self._drop_others(name, table, owned, job)

    def _drop_others(self, name: str, table: TableBackup, owned: tuple[str, ...], job: str) -> None:
        """Drop what a later export holds, or nobody asked for."""
        sql = statements.narrowed(self._target.full_id(name), table.resource, owned)
        self._target.jobs.query(job.format("prune"), sql, subject=table.name)

    def _load_in_pieces(
        self, name: str, table: TableBackup, export: Export, owned: tuple[str, ...], job: str
    ) -> None:
        """Load the stored form into a raw table, then decode it into the staging table.

        The raw table has no partitions, so no load of it has too many.
        """
        raw = f"{name}__raw_{export.export_id.replace('/', '_')}"
        schema = stored_fields(table.resource["schema"]["fields"])
        key = encryption_key(table.resource)
        self._load_files(raw, export, "WRITE_TRUNCATE", schema, job, key=key)
        self._target.check_key(raw, key)
        into, raw_id = self._target.full_id(name), self._target.full_id(raw)
        if export.partition_id is not None and is_ingestion_time(table.resource):
            # The rows know no partition; the export does.
            sql = statements.decoded_arrivals(into, raw_id, table.resource, export.partition_id)
        else:
            sql = statements.decoded(into, raw_id, table.resource, owned)
        self._target.jobs.query(job.format("decode"), sql, subject=table.name)

    def _load_files(
        self,
        name: str,
        export: Export,
        disposition: str,
        schema: list[Resource],
        job: str,
        *,
        key: str = "",
    ) -> None:
        """Load the files of an export, in as many loads as they take.

        The schema is always told: without one JSON is loaded as STRING and decimals lose their
        parameters (BigQuery, Load Avro data).
        """
        uris = [self._vault.uri(stored.name) for stored in export.objects]
        for number, some in enumerate(batched(uris, self._limits.uris, strict=False)):
            config = bigquery.LoadJobConfig(
                schema=[bigquery.SchemaField.from_api_repr(field) for field in schema]
            )
            if key:
                config.destination_encryption_configuration = bigquery.EncryptionConfiguration(key)
            config.source_format = bigquery.SourceFormat.AVRO
            config.use_avro_logical_types = True
            config.write_disposition = "WRITE_APPEND" if number else disposition
            self._target.jobs.run(
                job.format(f"load-{number}" if number else "load"),
                lambda job_id, _: self._target.jobs.client.load_table_from_uri(
                    some,  # noqa: B023 - called at once
                    bigquery.TableReference.from_string(self._target.full_id(name)),
                    job_id=job_id,
                    location=self._target.location,
                    job_config=config,  # noqa: B023 - called at once
                    retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
                ),
                subject=name,
            )
