"""Finds what drills made in a sandbox project, and removes it: by its names, so after a crash, too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ClassVar, NamedTuple

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from manifests.cloud.api import object_path
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.configuration import Configuration
from manifests.cloud.databases import Databases
from manifests.cloud.retry import asked_twice, calling, cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CloudError, ReboundError
from manifests.kinds.buckets.model import ObjectVersion
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from recovery.drill.configured import Configured, UnreadConfiguration
from recovery.drill.model import Kept
from recovery.drill.owned import Made, doubt_of_label
from recovery.drill.removing import SandboxRemoval
from recovery.kinds.places import (
    mark_of_bucket,
    mark_of_database,
    mark_of_dataset,
    mark_of_label,
    mark_of_labels,
)
from recovery.session import Session

_PARALLEL_DELETES = 16
_DEFAULT = "(default)"
_JOB = resource_type("scheduler/job")


class Leftovers(NamedTuple):
    """What drills made that is there.

    Attributes:
        made: What is removed, of configuration what was made last first.
        doubted: What a drill was to make, or what has its label, while nothing shows that the drill made
            it: it is left.
        unread: What of the configuration nobody could look at.
        drills: Those of which something may be left, by their marks.
    """

    made: tuple[Made, ...]
    doubted: tuple[Made, ...] = ()
    unread: tuple[UnreadConfiguration, ...] = ()
    drills: Mapping[str, Kept] = {}

    @property
    def untold(self) -> tuple[str, ...]:
        """Return what is not removed, and why."""
        return (*(item.told for item in self.doubted), *(item.what for item in self.unread))

    @property
    def told(self) -> tuple[str, ...]:
        """Return all of it."""
        return (*(item.label for item in self.made), *self.untold)


class _Sort(NamedTuple):
    """How one sort of things that drills make is found, and how one of them is removed."""

    find: Callable[["Cleaning"], Iterator[Made]]
    remove: Callable[["Cleaning", str], None]


class Cleaning:
    """What drills made in one project.

    Args:
        session: The clients.
        project: The sandbox.
    """

    def __init__(self, session: Session, project: str) -> None:
        self._project = project
        self._rest = session.tools.rest()
        self._bigquery: bigquery.Client = bigquery_client(project, session.catalog.location)
        self._storage = storage_api(project)
        self._configured = Configured(session, project)
        self._configuration = Configuration(self._rest, project)
        self._removal = SandboxRemoval(self._rest, project)
        named = session.catalog.fence.locations if session.catalog.fence else ()
        own = {place for place in named if place != EVERYWHERE}
        self._locations = sorted({*own, session.catalog.location})

    def look(self, mark: str | None = None) -> Leftovers:
        """Return what is there of one drill, which is at work, or of all of them.

        What cannot be told of a configuration keeps nothing else from being found.

        Raises:
            CloudError: Something could not be listed, so that nobody knows what is left.
        """
        listed = [item for sort in self._sorts.values() for item in sort.find(self)]
        drills = self._configured.open() if mark is None else None
        named = [self._judged(item, drills) for item in listed if mark in (None, item.mark)]
        resources, unread = self._configured.look(drills, mark or "")
        found = [*named, *resources]
        return Leftovers(
            made=tuple(item for item in found if not item.doubt),
            doubted=tuple(item for item in found if item.doubt),
            unread=tuple(unread),
            drills=drills or {},
        )

    def remove(self, made: Sequence[Made]) -> list[str]:
        """Remove things; return why one could not be: that one stops no other."""
        failures = []
        for item in made:
            try:
                if (sort := self._sorts.get(item.kind)) is not None:
                    sort.remove(self, item.name)
                else:
                    self._configured.remove(item)
            except ReboundError as error:
                failures.append(f"{item.label}: {error.message}")
        return failures

    def _datasets(self) -> Iterator[Made]:
        with cloud_errors(f"datasets of {self._project}"):
            listed = calling(
                lambda: list(
                    self._bigquery.list_datasets(
                        include_all=True,
                        retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
                    )
                )
            )
        for item in listed:
            if mark := mark_of_dataset(item.dataset_id) or mark_of_labels(item.labels):
                yield Made("dataset", item.dataset_id, mark)

    def _judged(self, item: Made, drills: Mapping[str, Kept] | None) -> Made:
        """Return a thing with why it is doubted: a dataset that has the label of a drill, and not its name."""
        if item.kind != "dataset" or mark_of_dataset(item.name):
            return item
        with cloud_errors(item.label):
            found = asked_twice(
                lambda: calling(lambda: self._bigquery.get_dataset(item.name, retry=None)),  # type: ignore[arg-type]  # as above
                NotFound,
            )
        if found is None:
            return item._replace(doubt="it is listed, and answered twice not to be there")
        drill = (self._configured.open() if drills is None else drills).get(item.mark)
        return item._replace(
            doubt=doubt_of_label(found.to_api_repr(), drill, sandbox=self._project)
        )

    def _buckets(self) -> Iterator[Made]:
        for name in self._storage.bucket_names(self._project, "rebound-drill-"):
            if mark := mark_of_bucket(name):
                yield Made("bucket", name, mark)

    def _databases(self) -> Iterator[Made]:
        for name in Databases(self._rest, self._project, _DEFAULT).ids():
            if mark := mark_of_database(name):
                yield Made("database", name, mark)

    def _schedules(self) -> Iterator[Made]:
        """Yield the schedules that say that a drill made them, as it lets one run."""
        found = self._configuration.resources(
            _JOB, self._locations, none_where_disabled=True, none_where_missing=True
        )
        for name, resource in found.items():
            if mark := mark_of_label(str(resource.get("description", ""))):
                yield Made("schedule", name, mark)

    def _remove_schedule(self, name: str) -> None:
        self._removal.remove(_JOB, name)

    def _remove_dataset(self, name: str) -> None:
        with cloud_errors(f"dataset {name}"):
            asked_twice(
                lambda: calling(
                    lambda: self._bigquery.delete_dataset(
                        name,
                        delete_contents=True,
                        retry=None,  # type: ignore[arg-type]  # as above
                    )
                ),
                NotFound,
            )

    def _remove_bucket(self, name: str) -> None:
        bucket = VersionedBucket(self._storage, name)
        with (
            cloud_errors(bucket.uri()),
            ThreadPoolExecutor(_PARALLEL_DELETES, thread_name_prefix="clean") as pool,
        ):
            for _ in pool.map(
                lambda item: self._remove_object(name, item), bucket.versions("all", "", None)
            ):
                pass
            with suppress(NotFound):  # an earlier try, whose answer was lost
                self._storage.call("DELETE", f"b/{name}", {})
            if bucket.resource() is not None:
                raise CloudError("it was deleted, and is there still", subject=bucket.uri())

    def _remove_object(self, bucket: str, version: ObjectVersion) -> None:
        path, query = object_path(bucket, version.name), {"generation": version.generation}
        with suppress(
            NotFound
        ):  # an earlier try, whose answer was lost: a bucket goes only when it is empty
            if version.settings.temporary_hold or version.settings.event_based_hold:
                released = {"temporaryHold": False, "eventBasedHold": False}
                self._storage.call("PATCH", path, {**query}, released)
            self._storage.call("DELETE", path, {**query})

    def _remove_database(self, name: str) -> None:
        databases = Databases(self._rest, self._project, name)
        if (seen := databases.resource()) is None:
            return
        protection = {"deleteProtectionState": "DELETE_PROTECTION_DISABLED"}
        databases.configure(protection, tuple(protection), seen=seen)
        databases.delete()

    _sorts: ClassVar[Mapping[str, _Sort]] = {
        "dataset": _Sort(_datasets, _remove_dataset),
        "bucket": _Sort(_buckets, _remove_bucket),
        "database": _Sort(_databases, _remove_database),
        "schedule": _Sort(_schedules, _remove_schedule),
    }
