"""Extracts the frozen copy of one table into the landing bucket, and proves the files in the vault."""

from threading import BoundedSemaphore

from google.cloud import bigquery

from functions.exporter import RunContext
from functions.exports.tables.choice import ExportChoice
from functions.exports.tables.files import bring_to_vault, landed
from functions.exports.tables.frozen import FrozenCopies
from functions.exports.tables.readable import readable, refuse_other_key
from functions.log import LoggingPool, logged_step
from manifests import statements
from manifests.cloud.jobs import FinishedJob
from manifests.encoding import ColumnEncoding, encodings_of
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.model import Export
from manifests.values import Fingerprint, ObjectInfo, Resource

_PARALLEL_EXPORTS, _FILES_READ_AT_ONCE = 8, 8


class Extracts:
    """Makes the extracts of the tables of one run. Safe to share between threads.

    Args:
        context: What the run works with.
        frozen: The copies that are extracted.
    """

    def __init__(self, context: RunContext, frozen: FrozenCopies) -> None:
        self._start, self._settings = context.start, context.settings
        self._jobs, self._resources = context.jobs, context.resources
        self._landing, self._vault = context.landing, context.vault
        self._frozen = frozen
        self._reading = BoundedSemaphore(_FILES_READ_AT_ONCE)

    def export(
        self,
        table: str,
        resource: Resource,
        choice: ExportChoice,
        partitions: dict[str, Fingerprint],
    ) -> tuple[Export, ...]:
        """Extract and store what was chosen of a table.

        Args:
            table: The table, `dataset.table`.
            resource: Its resource.
            choice: What of it is exported.
            partitions: The content of each partition of its frozen copy.

        Raises:
            ReboundError: Something of it could not be extracted or stored.
        """
        wanted: list[str | None] = [None] if choice.whole_table else []
        wanted += choice.export_partitions
        encodings = encodings_of(resource)

        def export(partition_id: str | None) -> Export:
            chosen = partitions.values() if partition_id is None else [partitions[partition_id]]
            rows = sum(item.row_count for item in chosen)
            return self._export(table, resource, partition_id, rows, encodings)

        with LoggingPool(_PARALLEL_EXPORTS, thread_name_prefix=table) as pool:
            return tuple(pool.map(export, wanted))

    def _export(
        self,
        table: str,
        resource: Resource,
        partition_id: str | None,
        rows: int,
        encodings: tuple[ColumnEncoding, ...],
    ) -> Export:
        segment = partition_id or table_layout.WHOLE
        with logged_step("extract", partition=segment) as done:
            source = self._extractable(table, resource, partition_id, segment, encodings)
            files = self._extract(table, source, segment)
            done |= {"rows": rows, "bytes": sum(file.size_bytes for file in files)}
        with logged_step("store", partition=segment) as done:
            stored = bring_to_vault(
                self._landing,
                self._vault,
                files,
                resource=resource,
                expected_rows=rows,
                reading=self._reading,
                subject=table,
            )
            done |= {"rows": rows, "bytes": sum(file.size_bytes for file in stored)}
        return Export(
            export_id=table_layout.export_id(self._start.run_id, partition_id),
            run_id=self._start.run_id,
            recovery_point=self._start.recovery_point,
            partition_id=partition_id,
            row_count=rows,
            objects=stored,
        )

    def _extractable(
        self,
        table: str,
        resource: Resource,
        partition_id: str | None,
        segment: str,
        encodings: tuple[ColumnEncoding, ...],
    ) -> str:
        """Return the id to extract from: the frozen copy, or an encoded copy of it."""
        frozen_id = self._frozen.table_id(table)
        if not encodings:
            decorator = f"${partition_id}" if partition_id else ""
            return self._frozen.full_id(f"{frozen_id}{decorator}")
        encoded_id = f"{frozen_id}__{segment}"
        sql = statements.encoded(
            self._frozen.full_id(encoded_id),
            self._frozen.full_id(frozen_id),
            resource,
            partition_id,
            hours=self._settings.frozen_hours,
        )
        self._frozen.create(table, f"encode-{segment}", sql, encoded_id)
        created = readable(self._resources, f"{self._settings.scratch_dataset}.{encoded_id}")
        refuse_other_key(created.resource, resource, subject=table)
        return self._frozen.full_id(encoded_id)

    def _extract(self, table: str, source: str, segment: str) -> tuple[ObjectInfo, ...]:
        """Extract into the landing bucket, and return what landed."""
        files: tuple[ObjectInfo, ...] = ()
        config = bigquery.ExtractJobConfig(
            destination_format=bigquery.DestinationFormat.AVRO,
            compression=bigquery.Compression.SNAPPY,
            use_avro_logical_types=True,
        )

        def folder(attempt: int) -> str:
            return table_layout.landing_folder(self._start.run_id, table, segment, attempt)

        def has_landed(finished: FinishedJob) -> bool:
            nonlocal files
            found = landed(self._landing, folder(finished.attempt), _file_count(finished))
            files = found or ()
            return found is not None

        self._jobs.run(
            self._frozen.job_id(table, f"extract-{segment}"),
            lambda job_id, attempt: self._jobs.client.extract_table(
                bigquery.TableReference.from_string(source),
                self._landing.uri(table_layout.data_files(folder(attempt))),
                job_id=job_id,
                location=self._jobs.location,
                job_config=config,
                retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
            ),
            subject=table,
            usable=has_landed,
        )
        return files


def _file_count(finished: FinishedJob) -> int:
    return sum(int(count) for count in finished.job.destination_uri_file_counts or ())
