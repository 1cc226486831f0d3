"""What a drill restores: one recovery for all tables, for each bucket and for each database. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from manifests.catalog import Catalog
from manifests.errors import UsageError
from manifests.kinds.buckets.model import BucketBackup
from manifests.kinds.databases.model import DatabaseBackup
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.values import UtcTime
from recovery.drill.places import Places
from recovery.drill.rules import lot
from recovery.request import Request, Target, said_of_databases
from recovery.scenarios import Scenario, scenario
from recovery.scope import ObjectScope
from recovery.status.model import PartName
from recovery.status.rules import scenario_of

SAMPLE = "sample"
"""What a drill of single parts is called in the place of a scenario."""
SAMPLED = ("tables", "buckets", "databases")
_NEVER = datetime.min.replace(tzinfo=UTC)
_LEFT_OUT = {
    "foundations": "services, accounts and roles of the platform: a sandbox has its own",
    "resources": "what runs on the platform: drills restore data",
    "completions": "state that is rebuilt from history: no backup takes part in it",
}

type ProvenAt = Callable[[PartName], UtcTime | None]


class Task(NamedTuple):
    """One recovery of a drill.

    Attributes:
        name: What it restores, in a few words.
    """

    name: str
    request: Request


def drilled(name: str) -> Scenario:
    """Return the scenario that is drilled.

    Raises:
        UsageError: There is none, or it restores nothing.
    """
    found = scenario(name)
    if not found.covers:
        raise UsageError(
            "it restores nothing that a drill could compare", subject=name, hint="drill another"
        )
    return found


def out_of_scope(covers: Sequence[str]) -> tuple[str, ...]:
    """Say what of a scenario no drill restores, and why."""
    return tuple(_LEFT_OUT[kind] for kind in covers if kind in _LEFT_OUT)


def whole_tasks(
    covers: Sequence[str], manifest: Manifest, catalog: Catalog, sandbox: str, places: Places
) -> Iterator[Task]:
    """Yield the recoveries of everything that a run holds of some kinds.

    Args:
        covers: The kinds.
        manifest: What is restored, without what the catalog does not name.
        catalog: What is protected.
        sandbox: The project that is written to.
        places: The drill's names.
    """
    asking = _Asking(catalog, sandbox, places)
    if "tables" in covers and manifest.tables:
        yield asking.tables()
    if "buckets" in covers:
        for number, bucket in enumerate(manifest.buckets):
            yield asking.bucket(bucket, number)
    if "databases" in covers:
        for number, database in enumerate(manifest.databases):
            yield asking.database(database, number)


def sample_tasks(
    manifest: Manifest, catalog: Catalog, sandbox: str, places: Places, proven_at: ProvenAt
) -> Iterator[Task]:
    """Yield the recoveries of one table, one prefix of a bucket and one collection of a database.

    Of each kind it is the part that was not shown to restore for longest; of what is in it, what the
    drill's mark says.

    Args:
        manifest: What is restored, without what the catalog does not name.
        catalog: What is protected.
        sandbox: The project that is written to.
        places: The drill's names.
        proven_at: When a part was shown to restore last; None for never.
    """
    asking = _Asking(catalog, sandbox, places)
    age = _by_age(proven_at, places.mark)
    tables = [item for item in manifest.tables if item.count]
    if tables:
        oldest = min(tables, key=lambda item: age(PartName("tables", item.name)))
        yield asking.tables(oldest)
    buckets = [item for item in manifest.buckets if item.count]
    if buckets:
        bucket = min(buckets, key=lambda item: age(PartName("buckets", item.name)))
        yield asking.bucket(bucket, 0, prefix=_prefix(bucket, places.mark))
    paths = {
        item.name: found
        for item in manifest.databases
        if (found := _restored_paths(item, asking.ephemeral.get(item.name, ())))
    }
    databases = [item for item in manifest.databases if item.name in paths]
    if databases:
        database = min(databases, key=lambda item: age(PartName("databases", item.name)))
        drawn = min(paths[database.name], key=lambda item: lot(places.mark, item))
        yield asking.database(database, 0, collection=drawn.partition("/")[0])


class _Asking:
    """Makes the requests of one drill."""

    def __init__(self, catalog: Catalog, sandbox: str, places: Places) -> None:
        self._sandbox = sandbox
        self._places = places
        self._said = said_of_databases(catalog, is_own=False)
        self.ephemeral: Mapping[str, Sequence[str]] = self._said["ephemeral"]

    def tables(self, only: TableBackup | None = None) -> Task:
        chosen = {"tables": (only.name,)} if only else {}
        request = self._request("tables", {"prefix": self._places.prefix}, **chosen)
        return Task(only.name if only else "tables", request)

    def bucket(self, bucket: BucketBackup, number: int, *, prefix: str = "") -> Task:
        request = self._request(
            "buckets",
            {"bucket": self._places.bucket(number)},
            buckets=(bucket.name,),
            objects=ObjectScope(prefix=prefix),
        )
        return Task(f"bucket {bucket.name}", request)

    def database(self, database: DatabaseBackup, number: int, *, collection: str = "") -> Task:
        request = self._request(
            "databases",
            {"database": self._places.database(number)},
            databases=(database.name,),
            collections=(collection,) if collection else (),
        )
        return Task(f"database {database.name}", request)

    def _request(self, kind: Any, target: Mapping[str, str], **asked: Any) -> Request:  # noqa: ANN401 - fields of a request
        whole: dict[str, Any] = {
            "scenario": scenario_of(kind).name,
            "target": Target(project=self._sandbox, **target),
            "from_vault": True,
            "create_datasets": True,
            "unthrottled": True,
            "rewrite_references": True,
            "project_was_named": True,
            **self._said,
            **asked,
        }
        return Request.model_validate(whole)


def planted_request(task: Task, table: str, places: Places) -> Request:
    """Return what asks how a table compares in whose copy damage is planted."""
    target = task.request.target.model_copy(update={"prefix": places.planted_prefix})
    return task.request.model_copy(update={"target": target, "tables": (table,), "exact": True})


def _by_age(proven_at: ProvenAt, mark: str) -> Callable[[PartName], tuple[datetime, str]]:
    """Return what orders parts: those not shown for longest first, and equal ones by the mark."""

    def key(part: PartName) -> tuple[datetime, str]:
        found = proven_at(part)
        return (found or _NEVER, lot(mark, part.name))

    return key


def _prefix(bucket: BucketBackup, mark: str) -> str:
    """Return the folder of one of the names that the inventory's index knows, or a whole name."""
    names = [name for shard in bucket.shards for name in (shard.first_name, shard.last_name)]
    name = min(names, key=lambda item: lot(mark, item))
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}" or name


def _restored_paths(database: DatabaseBackup, ephemeral: Sequence[str]) -> list[str]:
    """Return the documents that the index of a database's files names, and a recovery restores."""
    paths = [path for file in database.files for path in (file.first_path, file.last_path)]
    return [path for path in paths if path.partition("/")[0] not in ephemeral]
