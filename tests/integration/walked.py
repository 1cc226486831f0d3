"""A small platform that gets older with each thing that is done to it; all that is kept of it is looked at."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from google.cloud import bigquery, storage

from tests.harness import LOCATION, Rebound
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.served import Function
from tests.standin.firestore.creation import create_database

TABLE = f"{lake.DATASET}.people"
_BY_REBOUND = ("run", "recover", "undo", "repair", "expire")
ACTIONS = (*_BY_REBOUND, "write", "damage", "day")
SCENARIOS = ("bigquery-dataset-loss", "gcs-bucket-corruption", "firestore-state-loss")
START_MINUTES, DAY_MINUTES = 6 * 24 * 60, 25 * 60
"""So long ago a sequence begins, since each action is later than the one before; histories end after seven days."""

type Content = tuple[list[str], dict[str, bytes], dict[str, bytes]]


class World:
    """A platform of one table, one bucket and one collection, older with each action.

    Args:
        rebound: The platform.
        function: What backs it up.
    """

    def __init__(self, rebound: Rebound, function: Function) -> None:
        self._rebound = rebound
        self._function = function
        self._minutes_ago = START_MINUTES
        self._number = 0
        self._damaged: tuple[str, list[str]] | None = None
        self._recovered: tuple[list[str], Content] | None = None
        self._kept: dict[str, Content] = {}
        with self._later(0):
            self._make()
            self.write()

    def act(self, name: str, *, every: bool = True) -> None:
        """Do something, and see that the points that are kept are what they were, or one of them.

        Args:
            name: What is done.
            every: Whether every point is restored; else one, behind what Rebound does.
        """
        self._number += 1
        with self._later(DAY_MINUTES if name == "day" else 2):
            getattr(self, name)()
        runs = list(self._kept)
        some = runs if every else runs[self._number % max(1, len(runs)) :][: name in _BY_REBOUND]
        with self._later(2):
            for run in some:
                self._check(run)

    def write(self) -> None:
        """Write rows, an object and a document, as the platform does."""
        n = self._number
        day = f"DATE '2024-01-0{n % 3 + 1}'"
        self._query(f"INSERT INTO {{}} VALUES ({n}, {day}, 'n{n}'), ({n + 100}, NULL, 'x')")
        bucket_objects.put(self._bucket(), f"o{n % 3}", f"content {n}".encode())
        State(self._rebound).write({f"people/{n % 4}": {"n": n}})
        self._forget()

    def damage(self) -> None:
        """Lose rows, objects and documents."""
        good = self._content()[0]
        job = self._query("DELETE FROM {} WHERE MOD(id, 2) = 0")
        for blob in list(self._bucket().list_blobs())[:1]:
            blob.delete()
        State(self._rebound).write({"people/0": {"n": -1}, f"people/bad{self._number}": {"n": 0}})
        self._forget()
        self._damaged = job.job_id, good

    def run(self) -> None:
        """Back everything up."""
        name = f"r{self._number:03d}"
        self._function.complete(name, full=bool(self._number % 2))
        self._kept[name] = self._content()

    def recover(self) -> None:
        """Recover everything that is live to the oldest point."""
        if not self._kept:
            return
        run, then = next(iter(self._kept.items()))
        before = self._content()
        words = ("--run", run, "--overwrite", "*", "--exact", "--yes")
        recoveries = [
            self._rebound.json("recover", name, *words)["recovery_id"] for name in SCENARIOS
        ]
        assert self._content() == then
        self._forget()
        self._recovered = recoveries, before

    def undo(self) -> None:
        """Undo the last recovery, where nobody wrote since."""
        if self._recovered is None:
            return
        recoveries, before = self._recovered
        for name in reversed(recoveries):
            self._rebound.json("undo", name, "--yes")
        assert self._content() == before
        self._forget()

    def repair(self) -> None:
        """Take back what the last damage did to rows, where nobody wrote since."""
        if self._damaged is None:
            return
        job, good = self._damaged
        others = self._content()[1:]
        self._rebound.run("repair", TABLE, "--job", job, "--key", "id", "--yes")
        assert self._content() == (good, *others)
        self._forget()

    def expire(self) -> None:
        """Delete the runs that are past their retention, never the newest."""
        kept = {item["run_id"] for item in self._rebound.json("expire", "--yes") if item["keep"]}
        assert {*list(self._kept)[-1:]} <= kept <= self._kept.keys()
        assert kept == {
            blob.name.split("/")[1]
            for blob in self._rebound.vault.list_blobs(prefix="runs/")
            if blob.name.endswith("/manifest.json")
        }
        self._kept = {run: content for run, content in self._kept.items() if run in kept}

    def day(self) -> None:
        """Let a day pass."""
        self._damaged = None

    @property
    def possible(self) -> list[str]:
        """Return the actions that mean something here: what is taken back is what nobody wrote over since."""
        here = {
            "undo": self._recovered is not None,
            "repair": self._damaged is not None,
            "day": self._minutes_ago >= 2 * DAY_MINUTES,
        }
        return [name for name in ACTIONS if here.get(name, True)]

    @property
    def points(self) -> int:
        """Return how many points are kept."""
        return len(self._kept)

    def _check(self, run: str) -> None:
        """Restore a point beside what is live, and compare that with what there was."""
        mark = uuid.uuid4().hex[:6]
        bucket = f"{self._rebound.project}-{mark}"
        before = self._content()
        tables, database = ("--into-prefix", f"{mark}_"), ("--into-database", f"d{mark}")
        words = ("--run", run, *tables, "--into-bucket", bucket, *database, "--yes")
        self._rebound.json("recover", "complete-outage", *words)
        copy = self._content(f"{mark}_", bucket, f"d{mark}")
        assert copy == self._kept[run], f"{run} is not what it was"
        assert self._content() == before

    def _content(self, prefix: str = "", bucket: str = "", database: str = "(default)") -> Content:
        """Return all there is, live or in a copy: nothing of Rebound takes part in it."""
        there = self._rebound.storage_client.bucket(bucket or self._bucket().name)
        objects = {blob.name: blob.download_as_bytes() for blob in there.list_blobs()}
        return (
            lake.rows(self._rebound, f"{prefix}{TABLE}"),
            objects,
            State(self._rebound, database).content(),
        )

    def _make(self) -> None:
        create_database(self._rebound.project)
        dataset = bigquery.Dataset(f"{self._rebound.project}.{lake.DATASET}")
        dataset.location = LOCATION
        self._rebound.bigquery_client.create_dataset(dataset)
        self._query("CREATE TABLE {} (id INT64, day DATE, name STRING) PARTITION BY day")
        self._rebound.storage_client.create_bucket(self._bucket(), location=LOCATION)

    def _bucket(self) -> storage.Bucket:
        bucket = self._rebound.storage_client.bucket(bucket_objects.platform(self._rebound))
        bucket.soft_delete_policy.retention_duration_seconds = 7 * 86400
        return bucket

    def _query(self, statement: str) -> bigquery.QueryJob:
        client = self._rebound.bigquery_client
        job = client.query(statement.format(f"`{self._rebound.project}.{TABLE}`"))
        job.result()
        return job

    def _forget(self) -> None:
        """Forget what can be taken back only while nobody writes since."""
        self._damaged = self._recovered = None

    @contextmanager
    def _later(self, minutes: int) -> Iterator[None]:
        self._minutes_ago -= minutes
        assert self._minutes_ago > 0
        with self._rebound.cloud.minutes_ago(self._minutes_ago):
            yield
