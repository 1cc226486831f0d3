"""The interface through which a run backs up parts of any kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from functions.own_files import OwnFiles
from functions.settings import FunctionSettings
from manifests.catalog import Catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.errors import ReboundError
from manifests.kind import Backup, CatalogPart, PartKind
from manifests.model.run import Manifest, PartFailure, RunStart, Unprotected
from manifests.values import ObjectInfo, Skew

_MOST_NAMES = 20


class RunContext(NamedTuple):
    """What the exporters of one run work with.

    Attributes:
        start: The run.
        start_generation: That of its start record, which nobody knows before the run begins.
        catalog: What must be protected, each table listed.
        settings: Where things are, and how much is in flight.
        holder: A name for this process that no other process has.
        clock: Gives the present instant.
        jobs: Runs jobs of BigQuery.
        resources: Reads and writes what BigQuery holds.
        api: Reads the protected buckets and copies from them.
        landing: Where extracts land.
        vault: The bucket with the backups; it is written only while the run is ours.
        files: What the run has written into the vault, for attempts that go on.
        damaged: What of the vault was found damaged, and when: it is stored anew.
    """

    start: RunStart
    start_generation: int
    catalog: Catalog
    settings: FunctionSettings
    holder: str
    clock: Callable[[], datetime]
    jobs: Jobs
    resources: Resources
    api: StorageApi
    landing: Bucket
    vault: Bucket
    files: OwnFiles
    damaged: Mapping[str, datetime]


class Beside(NamedTuple):
    """What a manifest says of a kind beside its parts.

    Attributes:
        fields: Fields of the manifest.
        lacking: What could not be backed up, and that the catalog does not require.
    """

    fields: Mapping[str, Any] = {}
    lacking: tuple[PartFailure, ...] = ()


class Exporter[Entry: CatalogPart, B: Backup](ABC):
    """Backs the parts of one kind up in one run. Safe to share between threads.

    Only `back_up` has to be written; a kind that has nothing of the rest inherits that.
    """

    kind: ClassVar[PartKind[Any]]

    def __init__(self, context: RunContext) -> None:
        self.context = context

    @property
    def entries(self) -> tuple[CatalogPart, ...]:
        """Return what the catalog lists of the kind."""
        return self.context.catalog.entries(self.kind)

    def prepare(self, base: Manifest | None) -> None:  # noqa: B027 - few kinds need it
        """Look at what the parts have in common, once, before any of them begins.

        Args:
            base: The run whose unchanged content may be referenced; None for a full run.
        """

    @classmethod
    def made(
        cls, catalog: Catalog, settings: FunctionSettings, api: StorageApi
    ) -> Iterable[datetime]:
        """Yield when each thing that the catalog lists was made: no recovery point lies before that.

        Args:
            catalog: What must be protected.
            settings: Where things are.
            api: Reads buckets.
        """
        del catalog, settings, api
        return ()

    @abstractmethod
    def back_up(self, entry: Entry, base: B | None) -> B:
        """Back one part up, as of the recovery point.

        Args:
            entry: What the catalog says of it.
            base: Its backup in the run whose unchanged content may be referenced, or None.

        Raises:
            ReboundError: It could not be backed up; nothing of it counts.
        """

    def beside(self, done: Sequence[B]) -> Beside:
        """Read what the manifest says beside the parts that are done."""
        del done
        return Beside()

    def skews(self, manifest: Manifest) -> Iterable[Skew]:
        """Say what of the kind is not as of the recovery point, and how much later it was read."""
        del manifest
        return ()

    def unprotected(self) -> Iterable[Unprotected]:
        """Say what there is of the kind in the project that the catalog does not name."""
        return ()

    def left_over(self, manifest: Manifest) -> Iterable[ObjectInfo]:
        """Yield what interrupted attempts left in the run's folder, which no restore reads."""
        del manifest
        return ()

    def clean_up(self) -> None:  # noqa: B027 - few kinds need it
        """Remove what only the work needed, once the manifest is written."""


def others(noun: str, listed: Callable[[], Iterable[str]], named: Collection[str]) -> Unprotected:
    """Return what a project has and a catalog does not name.

    A list that is refused does not fail the backup; the manifest says that it is unknown.

    Args:
        noun: What one of them is called.
        listed: Lists what the project has.
        named: What the catalog names, and what is our own.
    """
    try:
        names = sorted(set(listed()).difference(named))
    except ReboundError as error:
        return Unprotected(kind=noun, unknown=error.message)
    return Unprotected(kind=noun, count=len(names), names=tuple(names[:_MOST_NAMES]))
