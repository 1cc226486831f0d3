"""The end of a run: the definitions that are read last, and the manifest that says what there is."""

from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial

from functions.exports.buckets.gaps import bucket_skews
from manifests import __version__, layout
from manifests.catalog import Catalog
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.errors import CatalogError, SourceUnreadableError
from manifests.kind import Backup
from manifests.kinds.databases.layout import databases_prefix, records_ranges
from manifests.model import (
    AbandonedObject,
    BucketBackup,
    DatabaseBackup,
    DatasetBackup,
    Manifest,
    Owner,
    PartFailure,
    RunStart,
    Skew,
    TableBackup,
    Unprotected,
)


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
    resources: Resources, catalog: Catalog, parts: Iterable[Backup], pool: Executor
) -> tuple[tuple[DatasetBackup, ...], tuple[PartFailure, ...]]:
    """Read the datasets of a run, in the order of the catalog.

    They are those that any of its tables is in, and those of which all tables are protected.

    Args:
        resources: Reads them.
        catalog: What is protected, each table listed.
        parts: What the run has.
        pool: Reads several at once.

    Returns:
        The datasets, and those that are not there and that the catalog does not require.

    Raises:
        SourceUnreadableError: One is not there.
        CatalogError: The catalog names one of its tables twice.
    """
    protected = {entry.table for entry in catalog.tables}
    held = {part.dataset_id for part in parts if isinstance(part, TableBackup)}
    whole = {entry.dataset: entry.backup for entry in catalog.datasets}
    wanted = [name for name in catalog.dataset_ids if name in held or name in whole]
    read = pool.map(partial(dataset_backup, resources, protected), wanted)
    found = dict(zip(wanted, read, strict=True))
    gone = [name for name, dataset in found.items() if dataset is None]
    for name in gone:
        if name in held or whole[name] == "required":
            raise SourceUnreadableError("does not exist", subject=name)
    return (
        tuple(item for item in found.values() if item is not None),
        tuple(
            PartFailure(part=f"dataset {name}", message="does not exist", retryable=False)
            for name in gone
        ),
    )


def refuse_same_names(protected: Collection[str], dataset_id: str) -> None:
    """Refuse names that differ by case alone, for a dataset to which they are one.

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


def concluded(
    start: RunStart,
    owner: Owner,
    parts: tuple[Backup, ...],
    lacking: tuple[PartFailure, ...],
    *,
    datasets: tuple[DatasetBackup, ...],
    unprotected: tuple[Unprotected, ...],
    finished_at: datetime,
) -> Manifest:
    """Return the manifest of a run whose parts are all done, but for those it may lack."""
    tables = tuple(part for part in parts if isinstance(part, TableBackup))
    buckets = tuple(part for part in parts if isinstance(part, BucketBackup))
    databases = tuple(part for part in parts if isinstance(part, DatabaseBackup))
    # Definitions and configurations have no history: they are read now.
    read_now = [
        ("tables", item.dataset_id, f"definitions of {item.dataset_id}") for item in datasets
    ]
    read_now += [
        ("databases", item.name, f"settings of database {item.name}") for item in databases
    ]
    skew_seconds = (finished_at - start.recovery_point).total_seconds()
    return Manifest(
        run_id=start.run_id,
        platform=start.platform,
        project=owner.project,
        recovery_point=start.recovery_point,
        started_at=start.started_at,
        finished_at=finished_at,
        rebound_version=__version__,
        datasets=datasets,
        tables=tables,
        buckets=buckets,
        databases=databases,
        lacking=lacking,
        unprotected=unprotected,
        skews=(
            *(
                Skew(kind=kind, name=name, subject=subject, skew_seconds=skew_seconds)
                for kind, name, subject in read_now
            ),
            *(skew for item in buckets for skew in bucket_skews(item, start.recovery_point)),
        ),
    )


def abandoned_objects(vault: Bucket, manifest: Manifest) -> tuple[AbandonedObject, ...]:
    """Return what interrupted attempts left in a run's folder, which no restore reads."""
    run_id = manifest.run_id
    listed = {stored.name for stored in manifest.objects}
    database_ids = [database.database_id for database in manifest.databases]
    return tuple(
        AbandonedObject(name=item.name, generation=item.generation)
        for folder in (f"{layout.run_prefix(run_id)}tables/", databases_prefix(run_id))
        for item in vault.list_objects(folder)
        if item.name not in listed
        and not records_ranges(item.name, run_id=run_id, database_ids=database_ids)
    )
