"""What is called otherwise where a configuration is made again. Pure.

A project has another id and number, its regions can be others, and so can the names that data has there:
datasets with a prefix, buckets, a database. What services are reached at is known only when they are made.
"""

from collections.abc import Collection, Iterator, Mapping

from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from manifests.model.run import Manifest
from manifests.values import Value
from recovery.request import Target

_ROLE = "iam/role"


class Names(Value):
    """The new name of each old one.

    Attributes:
        whole: Those of names that count as a whole word of any text.
        plain: Those of names that count only as the whole text of a field that names data.
        regions: Those of regions, outside of addresses; what stays beside data keeps its region.
        lost: The id and the numbers of the project that is lost.
    """

    whole: Mapping[str, str] = {}
    plain: Mapping[str, str] = {}
    regions: Mapping[str, str] = {}
    lost: frozenset[str] = frozenset()


def new_names(run: Manifest, target: Target, number: str, addresses: Collection[str] = ()) -> Names:
    """Return what is called otherwise than in a run.

    Data that is restored beside what is there renames nothing in its own project: what reads it reads
    the original.

    Args:
        run: The run.
        target: Where the recovery writes.
        number: The number of that project.
        addresses: Those for which `target.answering` stands.
    """
    regions = target.region_of
    # `-`, all locations at once, names no region.
    kinds = ((resource_type(backup.type), backup) for backup in run.resources)
    places = {kind.location_of(it.name) for kind, backup in kinds for it in backup.entries}
    places |= {place for backup in run.resources for place in backup.locations}
    places -= {"", EVERYWHERE}
    hosts = {
        # As addresses of functions have it: `us-west2-lost.cloudfunctions.net`.
        **{
            f"{place}-{run.project}": f"{regions.get(place, place)}-{target.project}"
            for place in places
        },
        **{
            f"{old}-docker.pkg.dev/{run.project}": f"{new}-docker.pkg.dev/{target.project}"
            for old, new in regions.items()
        },
    }
    numbers = {backup.project_number for backup in run.resources if backup.project_number}
    # As Cloud Run has them: `https://loader-75.us-west2.run.app`.
    hosts |= {
        f"-{own}.{old}.run.app": f"-{number}.{new}.run.app"
        for own in numbers
        for old, new in regions.items()
    }
    if run.project == target.project:
        return Names(whole=_changed(hosts), regions=regions)
    own = {run.project: target.project, **dict.fromkeys(numbers, number)}
    return Names(
        whole={
            **dict(_of_data(run, target)),
            **dict(_roles(run, target)),
            **hosts,
            **own,
            **dict.fromkeys(addresses, f"https://{target.answering}"),
        },
        plain={**_datasets(run, target), **_buckets(run, target), **_databases(run, target)},
        regions=regions,
        lost=frozenset(own),
    )


def _of_data(run: Manifest, target: Target) -> Iterator[tuple[str, str]]:
    """Yield how texts name data: datasets in a project, tables in a dataset, buckets, databases."""
    for old, new in _datasets(run, target).items():
        yield f"datasets/{old}", f"datasets/{new}"
        for mark in ".:":
            yield f"{run.project}{mark}{old}", f"{target.project}{mark}{new}"
        for name in _named_in(run, old):
            yield f"{old}.{name}", f"{new}.{name}"
    for old, new in _buckets(run, target).items():
        for place in ("gs://", "b/", "buckets/", "storage.googleapis.com/"):
            yield f"{place}{old}", f"{place}{new}"
    for old, new in _databases(run, target).items():
        yield f"databases/{old}", f"databases/{new}"


def _roles(run: Manifest, target: Target) -> Iterator[tuple[str, str]]:
    """Yield how texts name custom roles, where those have other ids."""
    names = [it.name for part in run.resources if part.type == _ROLE for it in part.entries]
    for own in (name.rpartition("/")[2] for name in names if target.role_suffix):
        yield f"{run.project}/roles/{own}", f"{target.project}/roles/{target.role_id(own)}"


def _datasets(run: Manifest, target: Target) -> dict[str, str]:
    names = {item.dataset_id for item in run.datasets} | {item.dataset_id for item in run.tables}
    return _changed({name: target.dataset_id(name) for name in names})


def _named_in(run: Manifest, dataset_id: str) -> Collection[str]:
    """Return what a statement reads or calls of a dataset."""
    found = {item.table_id for item in run.tables if item.dataset_id == dataset_id}
    for dataset in run.datasets:
        if dataset.dataset_id == dataset_id:
            found |= {str(it["tableReference"]["tableId"]) for it in dataset.views}
            found |= {str(it["routineReference"]["routineId"]) for it in dataset.routines}
    return sorted(found)


def _buckets(run: Manifest, target: Target) -> dict[str, str]:
    return _changed({item.bucket: target.bucket_name(item.bucket) for item in run.buckets})


def _databases(run: Manifest, target: Target) -> dict[str, str]:
    return _changed(
        {item.database_id: target.database or item.database_id for item in run.databases}
    )


def _changed(names: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in names.items() if old != new}
