"""One small platform for each kind: what is protected, ways to lose it, and what is there.

A kind is tested by `test_every_kind` once it has a class here and a line in `WORLDS`.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from google.cloud import bigquery

from recovery.scenarios import RecoveryKind
from tests.harness import LOCATION, Rebound, make_rebound
from tests.integration import bucket_objects, lake
from tests.integration.databases.history import TABLE, history, protect
from tests.integration.orchestration import State, write_catalog
from tests.integration.state import state
from tests.served import serving
from tests.standin.cloud import Cloud, Service
from tests.standin.firestore.creation import create_database

NIGHT = "night"
_AGE_MINUTES = 100


class Reading(NamedTuple):
    """The call with which a kind looks at what is live.

    Attributes:
        match: What of the call says that it is about what is protected.
    """

    service: Service
    operation: str
    match: str


class World(ABC):
    """Things of one kind, backed up as the run `night`, or whatever they are brought back from.

    Attributes:
        words: The scenario, and the words with which everything is brought back.
        agreed: The words that say yes to it.
        kind: The kind.
    """

    words: ClassVar[tuple[str, ...]]
    agreed: ClassVar[tuple[str, ...]] = ("--yes",)
    kind: ClassVar[RecoveryKind]

    def __init__(self, rebound: Rebound) -> None:
        self.rebound = rebound

    @classmethod
    @abstractmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog of the platform and return its path."""

    @abstractmethod
    def fill(self) -> None:
        """Make what is protected."""

    def back_up(self) -> None:
        """Make the run."""
        with serving(self.rebound) as function:
            function.complete(NIGHT)

    @property
    @abstractmethod
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose something, by what is lost."""

    @property
    @abstractmethod
    def reading(self) -> Reading:
        """Return how the kind looks at what is live."""

    @abstractmethod
    def state(self) -> object:
        """Return all there is: nothing of Rebound takes part in it."""

    def settle(self) -> None:  # noqa: B027 - few kinds need it
        """Do what is left to an operator when everything came back."""

    @contextmanager
    def unreadable(self, *, after: int) -> Generator[None]:
        """Refuse for good what looks at things, once it was answered so many times."""
        service, operation, match = self.reading
        refused: dict[str, Any] = {"status": 403, "match": match, "times": None, "skip": after}
        with self.rebound.cloud.fault(service, operation, "status", **refused):
            yield

    def looks(self, *words: str) -> int:
        """Return how often a command looks at things; it must succeed."""
        service, operation, match = self.reading
        cloud = self.rebound.cloud
        cloud.order(
            service,
            "faults",
            operation=operation,
            kind="latency",
            match=match,
            seconds=0,
            times=None,
        )
        self.rebound.run(*words)
        (counted,) = cloud.clear_faults(service)
        return int(counted["fired"])


class Tables(World):
    """The small lake, with its views and its function."""

    words = ("bigquery-dataset-loss", "--overwrite", "*")
    kind = "tables"

    @classmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog of the lake."""
        del project
        return lake.write_catalog(folder)

    def fill(self) -> None:
        """Make the tables."""
        lake.fill(self.rebound)

    @property
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose tables, rows, properties and views."""
        statements = {
            "a table": "DROP TABLE `{lake}.games`",
            "all rows": "TRUNCATE TABLE `{lake}.games`",
            "a value": "UPDATE `{lake}.games` SET home = 'nobody' WHERE game_id = 'first'",
            "a description": "ALTER TABLE `{lake}.games` SET OPTIONS (description = 'another')",
            "a view": "DROP VIEW `{lake}.busy`",
            "a function": "CREATE OR REPLACE FUNCTION `{lake}.double`(x INT64) AS (x * 3)",
        }
        dataset = f"{self.rebound.project}.{lake.DATASET}"
        return {
            lost: lambda sql=sql: self.rebound.query(sql.format(lake=dataset))
            for lost, sql in statements.items()
        }

    @property
    def reading(self) -> Reading:
        """Return the look at a table."""
        return Reading("bigquery", "bigquery.tables.get", f"{self.rebound.project}/datasets/lake/")

    def state(self) -> object:
        """Return rows, shapes, properties and definitions."""
        routine = self.rebound.bigquery_client.get_routine(f"{lake.DATASET}.double")
        return state(self.rebound), routine.body


class Buckets(World):
    """One bucket."""

    words = (bucket_objects.SCENARIO, "--overwrite", "*")
    kind = "buckets"

    @classmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog of the bucket."""
        return bucket_objects.bucket_catalog(folder, f"{project}-raw")

    def fill(self) -> None:
        """Make the bucket and its objects."""
        bucket_objects.fill(self.rebound, bucket_objects.make_bucket(self.rebound))

    @property
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose objects, what they hold, and what is said of them."""
        blob = self._bucket.blob(bucket_objects.NAMES[0])
        blob.metadata = {"Source": "another"}
        return {
            "an object": self._bucket.blob(bucket_objects.NAMES[5]).delete,
            "content": lambda: bucket_objects.put(
                self._bucket, bucket_objects.NAMES[1], b"garbage"
            ),
            "metadata": blob.patch,
        }

    @property
    def reading(self) -> Reading:
        """Return the listing of the bucket."""
        return Reading("storage", "storage.objects.list", f"/b/{self._bucket.name}/")

    @property
    def _bucket(self) -> Any:  # noqa: ANN401 - a bucket of Google's client
        return self.rebound.storage_client.bucket(bucket_objects.platform(self.rebound))

    def state(self) -> object:
        """Return every object with all that is said of it."""
        return bucket_objects.looked_at(self._bucket)


class Databases(World):
    """One Firestore database."""

    words = ("firestore-state-loss", "--overwrite", "*", "--unthrottled")
    kind: ClassVar[RecoveryKind] = "databases"

    @classmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog of the database."""
        del project
        return write_catalog(folder)

    def fill(self) -> None:
        """Write the documents."""
        with self.rebound.cloud.minutes_ago(3):
            self._state.write(
                {"done/one": {"n": 1}, "done/two": {"n": 2.5}, "done/two/below/three": {}}
            )

    @property
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose documents and what they hold."""
        return {
            "a document": lambda: self._state.lose("done/two"),
            "all documents": lambda: self._state.lose(*self._state.content()),
            "a field": lambda: self._state.write({"done/one": {"n": None}}),
        }

    @property
    def reading(self) -> Reading:
        """Return the query for documents."""
        return Reading("firestore", "firestore.RunQuery", self.rebound.project)

    @property
    def _state(self) -> State:
        return State(self.rebound)

    def state(self) -> object:
        """Return every document."""
        return self._state.content()


class Completions(Databases):
    """Completion documents, of which there is a history and no backup."""

    words = ("firestore-state-loss", "--rebuild", "--overwrite", "*", "--unthrottled")
    kind = "completions"

    @classmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog that names the history."""
        del project
        return protect(folder)

    def fill(self) -> None:
        """Write the history."""
        dataset = bigquery.Dataset(f"{self.rebound.project}.nba_reference")
        dataset.location = LOCATION
        self.rebound.bigquery_client.create_dataset(dataset)
        self.rebound.query(TABLE)
        self.rebound.query(history())

    def back_up(self) -> None:
        """Rebuild once: that is the state that comes back."""
        self.rebound.run("recover", *self.words, "--yes")
        assert self._state.content()

    @property
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose documents and what they hold."""
        first = min(self._state.content())
        return {
            "a document": lambda: self._state.lose(first),
            "all documents": lambda: self._state.lose(*self._state.content()),
            "a field": lambda: self._state.write({first: {"_triggered": None}}),
        }


def made[Made: World](kind: type[Made], cloud: Cloud, folder: Path) -> Made:
    """Make things of a kind in a project of their own, and back them up."""
    project = f"p-{uuid.uuid4().hex[:10]}"
    with cloud.minutes_ago(_AGE_MINUTES, ("firestore",)):
        create_database(project)
    catalog = kind.catalog(folder, project)
    world = kind(make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog))
    world.fill()
    world.back_up()
    return world
