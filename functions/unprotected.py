"""What there is in the project beside what the catalog names: told, so that nobody takes it for safe."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal

from functions.settings import Settings
from manifests.catalog import Catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.databases import Databases
from manifests.cloud.firestore import Connection
from manifests.cloud.resources import Resources
from manifests.cloud.retry import cloud_errors
from manifests.errors import ReboundError
from manifests.model import Unprotected

_MOST_NAMES = 20

type Kind = Literal["dataset", "bucket", "database"]


def unprotected(
    catalog: Catalog, settings: Settings, resources: Resources, api: StorageApi
) -> tuple[Unprotected, ...]:
    """Return the datasets, buckets and databases of the project that no run holds.

    What may not be listed is no obstacle to a backup; that it is unknown is told.
    """
    project = settings.project
    named: Mapping[Kind, Collection[str]] = {
        "dataset": (*catalog.dataset_ids, settings.scratch_dataset),
        "bucket": (*(entry.bucket for entry in catalog.buckets), *settings.own_buckets),
        "database": [entry.database for entry in catalog.databases],
    }
    listings: Mapping[Kind, Callable[[], Iterable[str]]] = {
        "dataset": resources.dataset_ids,
        "bucket": lambda: _bucket_names(api, project),
        "database": lambda: Databases(Connection(project, "(default)")).ids(),
    }
    return tuple(_others(kind, listings[kind], named[kind]) for kind in listings)


def _others(kind: Kind, listed: Callable[[], Iterable[str]], named: Collection[str]) -> Unprotected:
    try:
        names = sorted(set(listed()).difference(named))
    except ReboundError as error:
        return Unprotected(kind=kind, unknown=error.message)
    return Unprotected(kind=kind, count=len(names), names=tuple(names[:_MOST_NAMES]))


def _bucket_names(api: StorageApi, project: str) -> list[str]:
    found: list[str] = []
    query: Query = {"project": project, "fields": "nextPageToken,items(name)"}
    with cloud_errors(f"buckets of {project}"):
        while True:
            page = api.call("GET", "b", query)
            found += [item["name"] for item in page.get("items", [])]
            if not page.get("nextPageToken"):
                return found
            query["pageToken"] = page["nextPageToken"]
