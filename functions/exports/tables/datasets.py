"""Reads the datasets of a run with their views and routines: last, as they are then."""

from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial

from functions.exporter import Beside, RunContext
from manifests.catalog import Catalog
from manifests.cloud.resources import Resources
from manifests.errors import CatalogError, SourceUnreadableError
from manifests.kinds.tables.model import DatasetBackup, TableBackup
from manifests.model.run import PartFailure
from manifests.statements import dropped_tables


def dataset_backup(
    resources: Resources, protected: Collection[str], dataset_id: str
) -> DatasetBackup | None:
    """Read a dataset with its views and routines, as they are now; None where there is none.

    Args:
        resources: Reads them.
        protected: The tables of the catalog, `dataset.table`.
        dataset_id: The dataset.

    Raises:
        CatalogError: The catalog names one of its tables twice.
    """
    resource = resources.dataset(dataset_id)
    if resource is None:
        return None
    if resource.get("isCaseInsensitive"):
        refuse_same_names(protected, dataset_id)
    return DatasetBackup(
        dataset_id=dataset_id,
        resource=resource,
        views=resources.views(dataset_id),
        routines=resources.routines(dataset_id),
        unprotected=tuple(
            name
            for name in resources.own_tables(dataset_id)
            if f"{dataset_id}.{name}" not in protected
        ),
    )


def backed_up_datasets(
    resources: Resources, catalog: Catalog, tables: Iterable[TableBackup], pool: Executor
) -> Beside:
    """Read the datasets of a run, in the order of the catalog.

    They are those that any of its tables is in, and those of which all tables are protected.

    Args:
        resources: Reads them.
        catalog: What is protected, each table listed.
        tables: Those that the run has.
        pool: Reads several at once.

    Returns:
        The datasets, and those that are not there and that the catalog does not require.

    Raises:
        SourceUnreadableError: One is not there.
        CatalogError: The catalog names one of its tables twice.
    """
    protected = {entry.table for entry in catalog.tables}
    held = {table.dataset_id for table in tables}
    whole = {entry.dataset: entry.backup for entry in catalog.datasets}
    wanted = [name for name in catalog.dataset_ids if name in held or name in whole]
    read = pool.map(partial(dataset_backup, resources, protected), wanted)
    found = dict(zip(wanted, read, strict=True))
    gone = [name for name, dataset in found.items() if dataset is None]
    for name in gone:
        if name in held or whole[name] == "required":
            raise SourceUnreadableError("does not exist", subject=name)
    return Beside(
        {"datasets": tuple(item for item in found.values() if item is not None)},
        tuple(
            PartFailure(part=f"dataset {name}", message="does not exist", retryable=False)
            for name in gone
        ),
    )


def refuse_same_names(protected: Collection[str], dataset_id: str) -> None:
    """Refuse names that differ by case alone, in a dataset whose names are case-insensitive.

    Raises:
        CatalogError: There are some.
    """
    counts = Counter(name.casefold() for name in protected)
    prefix = f"{dataset_id}."
    same = sorted(n for n in protected if n.startswith(prefix) and counts[n.casefold()] > 1)
    if same:
        raise CatalogError(
            f"the dataset does not tell names apart by case: {', '.join(same)}",
            subject=dataset_id,
            hint="list each of its tables once",
        )


def dropped_names(context: RunContext, *, since: datetime | None) -> list[str]:
    """Return the tables of wholly protected datasets that were made by the recovery point and are gone.

    Args:
        context: The run.
        since: Only those that were made after this; None for all that BigQuery still tells of.

    Raises:
        CloudError: It cannot be asked.
    """
    datasets = context.catalog.datasets
    sql = dropped_tables(
        context.catalog.location,
        [entry.dataset for entry in datasets],
        since=since,
        until=context.start.recovery_point,
    )
    job = f"rebound-dropped-{context.start.run_id}-{context.holder}"
    rows = context.jobs.rows(job, sql, subject="tables that were dropped")
    return [row["name"] for row in rows if any(entry.covers(row["name"]) for entry in datasets)]
