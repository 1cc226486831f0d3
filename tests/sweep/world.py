"""Platforms that are small enough to be backed up and lost hundreds of times.

One has data of all three services, one a configuration, one both, one processors that write the rows of dates.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from manifests.model.run import Manifest
from tests.harness import Rebound, make_rebound
from tests.integration import bucket_objects, lake, outages
from tests.integration.configuration import PUBSUB, call
from tests.integration.orchestration import State
from tests.integration.processors import platform as league
from tests.integration.processors.services import serving_phases
from tests.integration.state import state
from tests.served import Function, serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

REFERENCE = "reference"
OBJECTS = ("games/1.json", "games/2.json", "games/ü.json")
DOCUMENTS = {f"phase{number}/2026-01-01": {"done": {"count": number}} for number in (2, 3, 4)}
_TABLES = (lake.GAMES, lake.TYPES)
_EPHEMERAL = {"etag", "lastModifiedTime", "creationTime", "lastRefreshTime"}


@dataclass(frozen=True)
class World:
    """A platform, its served function, and one undisturbed run of it."""

    rebound: Rebound
    function: Function
    reference: Manifest


class Worlds:
    """The platforms of a sweep, each made when it is first asked for."""

    def __init__(self, cloud: Cloud, folder: Path, name: str, stack: ExitStack) -> None:
        self._cloud, self._folder, self._name, self._stack = cloud, folder, name, stack

    @cached_property
    def data(self) -> World:
        """Return the platform with tables, a bucket and a database."""
        rebound = make_platform(self._cloud, self._place("data"), f"{self._name}-data")
        return self._backed_up(rebound)

    @cached_property
    def configuration(self) -> World:
        """Return the platform with a service, what calls it and what it reads."""
        rebound = outages.build(self._cloud, self._place("configuration"), with_bucket=True)
        _delete_orphan(rebound)
        return self._backed_up(rebound)

    @cached_property
    def everything(self) -> World:
        """Return the platform with both: its data, and its configuration."""
        folder, project = self._place("everything"), f"{self._name}-everything"
        buckets = [{"bucket": f"{project}-raw"}, {"bucket": f"{project}-produced"}]
        databases = [{"database": "(default)", "triggers": []}]
        catalog = outages.write_catalog(
            folder, project, _TABLES, buckets=buckets, databases=databases
        )
        rebound = make_rebound(self._cloud, folder, project, REBOUND_CATALOG=catalog)
        _fill(rebound)
        outages.configure_all(rebound)
        _delete_orphan(rebound)
        return self._backed_up(rebound)

    @cached_property
    def league(self) -> Rebound:
        """Return the platform whose processors have run for a season, and can be run again."""
        folder = self._place("league")
        phases = self._stack.enter_context(serving_phases(folder))
        catalog = league.write_catalog(folder, league.processors(phases.url))
        phases.rebound = make_rebound(
            self._cloud, folder, f"{self._name}-league", REBOUND_CATALOG=catalog, **phases.env
        )
        league.create(phases.rebound)
        return phases.rebound

    def _backed_up(self, rebound: Rebound) -> World:
        function = self._stack.enter_context(serving(rebound))
        function.complete(REFERENCE, full=True)
        return World(rebound, function, rebound.manifest(REFERENCE))

    def _place(self, name: str) -> Path:
        place = self._folder / name
        place.mkdir()
        return place


@contextmanager
def making(cloud: Cloud, folder: Path, name: str) -> Generator[Worlds]:
    """Give the platforms of a sweep until the block ends.

    Args:
        cloud: The local cloud.
        folder: For their files.
        name: What their projects are called after.
    """
    with ExitStack() as stack:
        yield Worlds(cloud, folder, name, stack)


@dataclass(frozen=True)
class Loss:
    """One loss, and how an operator makes it good.

    Attributes:
        scenario: What the operator calls it.
        lose: What destroys something.
        picture: Returns everything that the loss could concern; no code of Rebound's takes part.
        keeps: Whether rows are replaced, so that an undo point has to be there.
    """

    scenario: str
    lose: Callable[[Rebound], None]
    picture: Callable[[Rebound], object]
    keeps: bool = False


def make_platform(cloud: Cloud, folder: Path, project: str) -> Rebound:
    """Set up the platform and fill it, as if some minutes ago."""
    catalog = lake.write_catalog(
        folder,
        _TABLES,
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
    )
    rebound = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
    _fill(rebound)
    return rebound


def _fill(rebound: Rebound) -> None:
    with rebound.cloud.minutes_ago(10):
        create_database(rebound.project)
    lake.fill(rebound)
    bucket_objects.fill(rebound, bucket_objects.make_bucket(rebound), OBJECTS)
    with rebound.cloud.minutes_ago(5):
        State(rebound).write(DOCUMENTS)


def _delete_orphan(rebound: Rebound) -> None:
    """Delete the subscription that nothing can make again."""
    path = f"{PUBSUB}/projects/{rebound.project}/subscriptions/orphan-sub"
    call(rebound, "DELETE", path)


def holdings(rebound: Rebound, manifest: Manifest) -> object:
    """Return what a run says it holds, and whether the vault has it: the same for equal worlds."""
    stored = {(blob.name, blob.generation, blob.crc32c) for blob in rebound.vault.list_blobs()}
    files = {(item.name, item.generation, item.crc32c) for item in manifest.objects}
    records = {
        name: (record.version.crc32c, record.stored_as is not None)
        for backup in manifest.buckets
        for name, record in bucket_objects.records_of(rebound, backup).items()
    }
    return (
        {item.name: (item.fingerprints, _lasting(item.resource)) for item in manifest.tables},
        [
            (_lasting(item.resource), *map(_lasting, (*item.views, *item.routines)))
            for item in manifest.datasets
        ],
        records,
        [(item.database_id, item.document_count, item.collections) for item in manifest.databases],
        # Of some types another one has another name.
        {part.type: part.count for part in manifest.resources},
        files - stored,
    )


def _lasting(resource: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in resource.items() if key not in _EPHEMERAL}


def _lake(rebound: Rebound) -> object:
    routine = rebound.bigquery_client.get_routine(f"{lake.DATASET}.double")
    return state(rebound), routine.body


def _change_rows(rebound: Rebound) -> None:
    where = f"{rebound.project}.{lake.DATASET}"
    for statement in (
        "UPDATE `{lake}.games` SET pace = pace + 1 WHERE game_date = DATE '2024-01-02'",
        "DROP VIEW `{lake}.busy`",
        "CREATE OR REPLACE FUNCTION `{lake}.double`(x INT64) AS (x * 3)",
    ):
        rebound.query(statement.format(lake=where))


def _lose_tables(rebound: Rebound) -> None:
    for name in ("games", "types", "busy"):
        rebound.bigquery_client.delete_table(f"{rebound.project}.{lake.DATASET}.{name}")


def _damage_objects(rebound: Rebound) -> None:
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    bucket.blob(OBJECTS[0]).delete()
    bucket.blob(OBJECTS[2]).upload_from_string(b"other bytes", content_type="text/plain")


def _objects(rebound: Rebound) -> object:
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    return bucket_objects.looked_at(bucket)


def _change_documents(rebound: Rebound) -> None:
    lost, changed, _ = DOCUMENTS
    State(rebound).delete(lost)
    State(rebound).write({changed: {"done": {"count": 99}}})


LOSSES = {
    "rows changed": Loss("bigquery-dataset-loss", _change_rows, _lake, keeps=True),
    "tables gone": Loss("bigquery-dataset-loss", _lose_tables, _lake),
    "objects damaged": Loss("gcs-bucket-corruption", _damage_objects, _objects),
    "documents changed": Loss(
        "firestore-state-loss", _change_documents, lambda rebound: State(rebound).content()
    ),
}
