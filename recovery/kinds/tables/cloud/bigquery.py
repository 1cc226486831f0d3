"""The BigQuery side of one recovery: where things are, and how they are observed."""

import itertools
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.contents import Contents, read_contents
from manifests.cloud.job_log import JobLog
from manifests.cloud.jobs import Jobs
from manifests.cloud.resources import Resources
from manifests.errors import CloudError, RefusedError
from manifests.kinds.tables.model import TableBackup, encryption_key
from manifests.model.run import Manifest
from manifests.references import TableRef, definitions_of, references
from manifests.values import Resource
from recovery.compare.observed import ObservedTable
from recovery.compare.tables import shape_findings
from recovery.kinds.tables.rules.asked import wanted_tables, wants_definitions
from recovery.kinds.tables.rules.kind import TableRules
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import holds_rows
from recovery.request import Request, Target
from recovery.settings import Settings
from recovery.unseen import looked_at, told_apart


class BigQueryTarget:
    """One project that is observed and recovered. Safe to share between threads.

    Args:
        settings: The operator's settings.
        target: Where the recovery writes.
        location: The location of the platform's datasets.
        own_id: What makes this process's read-only job ids its own.
        clock: Gives the present instant.
        log: Remembers which jobs ran.
    """

    def __init__(
        self,
        settings: Settings,
        target: Target,
        *,
        location: str,
        own_id: str,
        clock: Callable[[], datetime],
        log: JobLog | None = None,
    ) -> None:
        client = bigquery_client(target.project, location)
        self.settings = settings
        self.target = target
        self.location = location
        self.jobs = Jobs(client, location, log)
        self.resources = Resources(client, target.project)
        self.endpoint = str(client._connection.API_BASE_URL)  # noqa: SLF001 - the client has no name for it
        self._own_id = own_id
        self.clock = clock
        self._measured = itertools.count(1)

    def name(self, table: str) -> str:
        """Return the `dataset.table` that an original `dataset.table` has in the target."""
        return f"{self.target.prefix}{table}"

    def full_id(self, name: str) -> str:
        """Return the full id of `dataset.table` in the target's project."""
        return f"{self.target.project}.{name}"

    def observe(self, manifest: Manifest, request: Request) -> TablesSeen:
        """Look at everything a recovery of this manifest could touch.

        Args:
            manifest: The run's manifest.
            request: What the operator asked for.

        Raises:
            BackupDamagedError: The manifest contradicts itself.
            CloudError: Something could not be looked at, and the same look can succeed later.
        """
        datasets, hidden = told_apart(
            {
                item.dataset_id: looked_at(
                    f"dataset {item.dataset_id}", partial(self._dataset, item.dataset_id)
                )
                for item in manifest.datasets
            }
        )
        manifest = TableRules().visible(manifest, {item.name for item in hidden})
        wanted = wanted_tables(manifest, request)
        with ThreadPoolExecutor(
            self.settings.parallel_tables, thread_name_prefix="observe"
        ) as pool:
            looks = pool.map(
                lambda table: looked_at(table.name, partial(self.observe_table, table)), wanted
            )
            names = [table.name for table in wanted]
            tables, unread = told_apart(dict(zip(names, looks, strict=True)))
        definitions, unknown = told_apart(
            {
                name: looked_at(name, partial(self.definition, kind, name))
                for item in manifest.datasets
                if wants_definitions(request, item.dataset_id)
                for name, kind, _ in definitions_of(item)
            }
        )
        gone = [name for name, found in definitions.items() if found is None]
        return TablesSeen(
            missing=self._missing(manifest, gone, {*names, *definitions}),
            datasets=datasets,
            originals=self.originals(manifest),
            account=self.account(datasets),
            tables=tables,
            definitions=definitions,
            observed_at=self.clock(),
            unseen=(*hidden, *unread, *unknown),
        )

    def datasets(self, manifest: Manifest) -> dict[str, Resource | None]:
        """Return the resource of each dataset of a run in the target, by its original id."""
        return {item.dataset_id: self._dataset(item.dataset_id) for item in manifest.datasets}

    def _dataset(self, dataset_id: str) -> Resource | None:
        return self.resources.dataset(self.target.dataset_id(dataset_id))

    def originals(self, manifest: Manifest) -> dict[str, Resource | None]:
        """Look at the original datasets where a recovery writes copies of them.

        Empty where the recovery writes the originals, and where the run is of another project.
        """
        own = self.settings.project
        if (self.target.project, self.target.prefix) == (own, "") or manifest.project != own:
            return {}
        found: dict[str, Resource | None] = {}
        for item in manifest.datasets:
            # Where the original may not be read, all access of the copy counts as new.
            with suppress(CloudError):
                found[item.dataset_id] = self.resources.of(own).dataset(item.dataset_id)
        return found

    def account(self, datasets: Mapping[str, Resource | None]) -> str:
        """Return the account that would create missing datasets; empty where none is missing."""
        return self.jobs.account() if None in datasets.values() else ""

    def _missing(
        self, manifest: Manifest, gone: Collection[str], planned: Collection[str]
    ) -> tuple[TableRef, ...]:
        """Return the tables that missing views and routines read and this recovery does not make."""
        own = Target(project=manifest.project) == self.target
        read = {
            item
            for dataset in manifest.datasets
            for name, _, resource in definitions_of(dataset)
            if name in gone
            for item in references(resource)
            if not (own and item[0] == manifest.project and f"{item[1]}.{item[2]}" in planned)
        }
        with ThreadPoolExecutor(
            self.settings.parallel_tables, thread_name_prefix="references"
        ) as pool:
            is_there = list(pool.map(self._is_there, read))
        return tuple(item for item, there in zip(read, is_there, strict=True) if not there)

    def _is_there(self, reference: TableRef) -> bool:
        """Whether a table or table function is there; one that may not be read counts as there."""
        project, dataset_id, own_id = reference
        name, resources = f"{dataset_id}.{own_id}", self.resources.of(project)
        try:
            return resources.has_table(name) or resources.routine(name) is not None
        except CloudError as error:
            if error.retryable:
                raise
            return True

    def observe_table(self, table: TableBackup) -> ObservedTable:
        """Look at one table: its resource, policies, and the content of every partition.

        Raises:
            CloudError: Its content could not be measured; nothing is concluded from that.
        """
        found = self.resources.table(self.name(table.name))
        if found is None:
            return ObservedTable(resource=None, read_at=self.clock())
        observed = ObservedTable(
            resource=found.resource,
            row_access_policies=found.row_access_policies,
            read_at=self.clock(),
        )
        if shape_findings(table, found.resource):
            return observed
        contents = self.measure(self.name(table.name), found.resource, table.fingerprint_version)
        return observed.model_copy(update=contents._asdict())

    def observe_new(self, table: TableBackup) -> ObservedTable:
        """Look at a table that this process has just made, without a job where it holds nothing.

        Its number of rows and its streaming buffer show what others wrote to it meanwhile (BigQuery
        REST, Table). A write that neither shows yet is found by the proof: rows are appended to the
        table, and none of others are removed.

        Raises:
            CloudError: It holds something, and that could not be measured.
        """
        found = self.resources.table(self.name(table.name))
        if found is None or holds_rows(found.resource):
            return self.observe_table(table)
        return ObservedTable(
            resource=found.resource,
            row_access_policies=found.row_access_policies,
            partitions={},
            read_at=self.clock(),
        )

    def definition(self, kind: str, name: str) -> Resource | None:
        """Look at one view or routine, by its original name."""
        if kind == "routine":
            return self.resources.routine(self.name(name))
        found = self.resources.table(self.name(name))
        return None if found is None else found.resource

    def measure(self, name: str, resource: Resource, version: int) -> Contents:
        """Count and fingerprint every partition of `dataset.table`, as it is now.

        Args:
            name: The table.
            resource: Its resource.
            version: The version of the fingerprints that the content is compared with.

        Raises:
            SourceUnreadableError: Something hides rows of it from the operator.
            CloudError: It could not be measured.
        """
        return read_contents(
            self.jobs,
            f"rebound-{self._own_id}-measure-{next(self._measured)}",
            self.full_id(name),
            resource,
            subject=name,
            stored_rows=int(resource["numRows"]),
            version=version,
        )

    def check_key(self, name: str, key: str) -> None:
        """Refuse a working table that is not encrypted with the key of its rows.

        Args:
            name: `dataset.table` of the working table.
            key: The full name of the Cloud KMS key; empty where Google's own key encrypts the rows.

        Raises:
            RefusedError: It has another key, or is not there.
        """
        found = self.resources.table(name) if key else None
        if key and (found is None or encryption_key(found.resource) != key):
            raise RefusedError(f"is not encrypted with the table's own key {key}", subject=name)
