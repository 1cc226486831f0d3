"""One table of one run: frozen at the recovery point, measured, exported, proven in the vault."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import override

import structlog

from functions.exporter import Beside, Exporter, RunContext, others
from functions.exports.tables.choice import (
    choose_exports,
    homes,
    is_slow_to_restore,
)
from functions.exports.tables.datasets import backed_up_datasets, dropped_names
from functions.exports.tables.extracts import Extracts
from functions.exports.tables.files import remove_landed, still_stored
from functions.exports.tables.frozen import FrozenCopies
from functions.log import LoggingPool, logged_step
from manifests import layout
from manifests.cloud.table_paths import table_path
from manifests.encoding import encodings_of
from manifests.errors import NeverThereError, PointLostError, SourceMissingError
from manifests.fingerprint import FINGERPRINT_VERSION, combined
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.catalog import CatalogTable
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import Partition, TableBackup
from manifests.model.run import DROPPED, Manifest, Unprotected
from manifests.values import ObjectInfo, Skew

_PARALLEL_DELETIONS = 8
_MOST_NAMED = 20

log = structlog.get_logger()


class TableExporter(Exporter[CatalogTable, TableBackup]):
    """Exports the tables of one run."""

    kind = TABLES

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        self._start, self._settings = context.start, context.settings
        self._jobs, self._resources = context.jobs, context.resources
        self._landing, self._vault = context.landing, context.vault
        self._frozen = FrozenCopies(context)
        self._extracts = Extracts(context, self._frozen)
        self._last_point: datetime | None = None
        self._last_held: frozenset[str] = frozenset()

    @override
    def prepare(self, base: Manifest | None) -> None:
        """Remember what the last run holds."""
        self._last_point = base.recovery_point if base else None
        self._last_held = frozenset(part.name for part in base.tables) if base else frozenset()

    @override
    def back_up(self, entry: CatalogTable, base: TableBackup | None) -> TableBackup:
        """Back up one table at the run's recovery point.

        Args:
            entry: The table in the catalog.
            base: The same table in the run whose unchanged partitions may be referenced.

        Raises:
            NeverThereError: Nobody knew whether it was there then, and it was not.
            ReboundError: The table could not be backed up; nothing of it counts.
        """
        with logged_step("freeze") as done:
            try:
                frozen = self._frozen.freeze(entry.table, base)
            except (SourceMissingError, PointLostError) as error:
                if entry.table not in self._start.perhaps:
                    raise
                raise NeverThereError(error.message, subject=entry.table) from error
            done["rows"] = combined(frozen.partitions.values()).row_count
        resource, partitions = frozen.resource, frozen.partitions
        choice = choose_exports(
            partitions,
            resource=resource,
            base=self._still_stored(base),
            recovery_point=self._start.recovery_point,
            full_every_days=self.context.catalog.full_every_days,
            has_same_layout=frozen.has_same_layout,
        )
        log.info("export chosen", reason=choice.reason)
        exports = self._extracts.export(entry.table, resource, choice, partitions)
        count = len(choice.referenced_exports) + len(exports)
        if is_slow_to_restore(partitions=len(partitions), exports=count):
            log.warning(
                "a table has so many partitions that restoring it takes many statements and loads",
                partitions=len(partitions),
                exports=count,
            )
        home = homes(partitions, choice, exports)
        return TableBackup(
            dataset_id=entry.dataset_id,
            table_id=entry.table_id,
            group=entry.group,
            resource=resource,
            definition=frozen.definition,
            row_access_policies=frozen.source.row_access_policies,
            encodings=encodings_of(resource),
            fingerprint_version=FINGERPRINT_VERSION,
            fingerprint=combined(partitions.values()),
            partitions=tuple(
                Partition(partition_id=name, fingerprint=partitions[name], export_id=home[name])
                for name in sorted(partitions)
            ),
            exports=(*choice.referenced_exports, *exports),
            streaming_buffer=frozen.source.streaming_buffer,
        )

    def _still_stored(self, base: TableBackup | None) -> TableBackup | None:
        """Return the earlier backup without the exports that the vault does not hold any more."""
        if base is None:
            return None
        exports = still_stored(self._vault, base.exports, base.name, damaged=self.context.damaged)
        for export in base.exports:
            if export not in exports:
                log.error("an earlier export is damaged", export_id=export.export_id)
        return base.model_copy(update={"exports": exports})

    @override
    def beside(self, done: Sequence[TableBackup]) -> Beside:
        """Read the datasets, with their views and routines; tell of tables that are gone since the last run."""
        never_there = {*self._start.perhaps}.difference(part.name for part in done)
        if gone := sorted(never_there & self._last_held):
            log.warning("tables that the last run holds are gone", tables=gone[:_MOST_NAMED])
        catalog = self.context.catalog.without(never_there)
        with LoggingPool(self._settings.parallel_tables, thread_name_prefix="datasets") as pool:
            return backed_up_datasets(self._resources, catalog, done, pool)

    @override
    def skews(self, manifest: Manifest) -> Iterable[Skew]:
        """Say that definitions have no history: they were read last."""
        seconds = (manifest.finished_at - manifest.recovery_point).total_seconds()
        for dataset in manifest.datasets:
            name = dataset.dataset_id
            subject = f"definitions of {name}"
            yield Skew(kind="tables", name=name, subject=subject, skew_seconds=seconds)

    @override
    def unprotected(self) -> Iterable[Unprotected]:
        """Count the datasets of which nothing is protected; name tables made and dropped since.

        A table that was made and dropped since the last run may have been there at the recovery
        point; BigQuery tells of it only now that some time has passed.
        """
        catalog = self.context.catalog
        named = (*catalog.dataset_ids, self._settings.scratch_dataset)
        yield others("dataset", self._resources.dataset_ids, named)
        if catalog.datasets:
            looked_at = (*self._start.tables, *self._start.perhaps)
            listed = partial(dropped_names, self.context, since=self._last_point)
            yield others(DROPPED, listed, looked_at)

    @override
    def left_over(self, manifest: Manifest) -> Iterable[ObjectInfo]:
        """Yield files of extracts that were repeated."""
        listed = {stored.name for table in manifest.tables for stored in table.objects}
        found = self._vault.list_objects(table_layout.tables_prefix(manifest.run_id))
        return (item for item in found if item.name not in listed)

    @override
    def clean_up(self) -> None:
        """Remove what landed, and frozen and encoded copies; what is left expires by itself."""
        remove_landed(self._landing, layout.landing_prefix(self._start.run_id))
        prefixes = tuple(
            self._frozen.table_id(entry.table) for entry in self.context.catalog.tables
        )
        dataset_id = self._settings.scratch_dataset
        ours = [
            f"{dataset_id}.{table_id}"
            for table_id in self._resources.table_ids(dataset_id)
            if table_id.startswith(prefixes)
        ]
        with LoggingPool(_PARALLEL_DELETIONS, thread_name_prefix="clean up") as pool:
            list(
                pool.map(lambda name: self._resources.delete(table_path(name), subject=name), ours)
            )
