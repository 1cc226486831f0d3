"""A small platform of all three services, and ways to lose each of them whole."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from manifests.model.run import Manifest
from tests.harness import Rebound, make_rebound, minutes_ago
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.integration.state import state
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

OBJECTS = tuple(f"games/{number:03d}.json" for number in range(150))
DOCUMENTS = {
    f"phase{phase}_completion/2026-01-{day:02d}": {"_completed_count": day, "done": {"at": phase}}
    for phase in (2, 3, 4)
    for day in range(1, 29)
}


@dataclass(frozen=True)
class Loss:
    """One service of the platform, lost.

    Attributes:
        scenario: What the operator calls it.
        lose: Removes everything the service holds.
        picture: Returns everything it holds; no code of Rebound's takes part.
        words: What the operator adds, so that the backup is needed.
    """

    scenario: str
    lose: Callable[[Rebound], None]
    picture: Callable[[Rebound], object]
    words: tuple[str, ...] = ()

    @property
    def recover(self) -> tuple[str, ...]:
        """Return the command that recovers it from the undisturbed run."""
        return ("recover", self.scenario, "--run", "undisturbed", "--yes", *self.words)


def make_platform(cloud: Cloud, folder: Path, project: str) -> Rebound:
    """Set up the platform and fill it, as if some minutes ago."""
    catalog = lake.write_catalog(
        folder,
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
    )
    rebound = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(rebound)
    bucket_objects.fill(rebound, bucket_objects.make_bucket(rebound), OBJECTS)
    with cloud.minutes_ago(5):
        create_database(project)
        State(rebound).write(DOCUMENTS)
    return rebound


def lose_dataset(rebound: Rebound) -> None:
    """Delete the dataset, and see that it is gone."""
    client = rebound.bigquery_client
    client.delete_dataset(lake.DATASET, delete_contents=True)
    assert lake.DATASET not in {item.dataset_id for item in client.list_datasets()}


def lose_objects(rebound: Rebound) -> None:
    """Delete every object, and see that they are gone."""
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    for blob in bucket.list_blobs():
        blob.delete()
    assert not list(bucket.list_blobs())


def lose_documents(rebound: Rebound) -> None:
    """Delete every document, and see that they are gone."""
    database = State(rebound)
    database.delete(*database.content())
    assert not database.content()


def objects(rebound: Rebound) -> object:
    """Return every object's content and settings."""
    return {
        blob.name: (blob.crc32c, blob.size, blob.content_type, blob.metadata, blob.custom_time)
        for blob in rebound.storage_client.list_blobs(bucket_objects.platform(rebound))
    }


LOSSES = (
    Loss("bigquery-dataset-loss", lose_dataset, state, ("--create-datasets",)),
    Loss("gcs-bucket-corruption", lose_objects, objects),
    Loss("firestore-state-loss", lose_documents, lambda rebound: State(rebound).content()),
)


@dataclass(frozen=True)
class Night:
    """A platform with one undisturbed run, and how long things take on it."""

    rebound: Rebound
    manifest: Manifest
    backup_seconds: float


def make_night(cloud: Cloud, folder: Path) -> Night:
    """Back up a platform undisturbed, to know how long that takes."""
    rebound = make_platform(cloud, folder, f"killed-{time.time_ns()}")
    with serving(rebound) as function:
        began = time.monotonic()
        function.complete("undisturbed", recovery_point=minutes_ago(0))
        backup_seconds = time.monotonic() - began
    return Night(rebound, rebound.manifest("undisturbed"), backup_seconds)
