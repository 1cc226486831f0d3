"""Plants in the sandbox what each check of a drill has to tell of."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.cloud.retry import cloud_errors
from manifests.cloud.stored import stored_chunks
from manifests.cloud.versions import VersionedBucket
from manifests.errors import BackupDamagedError
from manifests.kinds.tables.model import TableBackup
from manifests.model.drill import Control
from manifests.parts import PARTS, KindName
from manifests.store.vault import Vault
from manifests.values import Resource
from recovery.drill.controls.planting import not_planted
from recovery.drill.controls.rows import (
    PlantedTable,
    has_tags,
    no_row_controls,
    plantable,
    row_controls,
    tag_control,
)
from recovery.drill.controls.stored import (
    CHECK,
    manifest_control,
    smallest_file,
    stored_controls,
    verified,
)
from recovery.drill.controls.things import (
    document_control,
    object_control,
    planted_schedule,
    schedule_control,
)
from recovery.drill.prepared import Prepared
from recovery.drill.tasks import Task, planted_request
from recovery.kinds.places import labelled
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.asked import wanted_tables
from recovery.request import Request


def planted_controls(prepared: Prepared) -> Iterator[Control]:
    """Plant damage in copies of what is stored and of what was restored, and look whether it is told.

    Args:
        prepared: The drill, once everything is restored and proven.

    Raises:
        CloudError: A copy could not be made.
    """
    yield from _of_stored(prepared)
    for kind, planting in _PLANTING.items():
        tasks = (task for task in prepared.tasks if kind in task.request.kinds)
        if (first := next(tasks, None)) is not None:
            yield from planting.plant(prepared, first)
    session, sandbox = prepared.session, prepared.begun.sandbox
    rule, location = session.catalog.fence, session.catalog.location
    schedule = planted_schedule(rule, sandbox, prepared.places, location)
    if rule is not None and schedule is not None:
        things = session.catalog.written([kind.name for kind in PARTS])
        rest = session.tools.rest()
        yield schedule_control(rule, schedule, things, rest, prepared.begun.began_at)


def _of_stored(prepared: Prepared) -> Iterator[Control]:
    session, api = prepared.session, storage_api(prepared.begun.sandbox)
    name = prepared.places.planted_bucket
    bucket = VersionedBucket(api, name)
    resource: Resource = {
        "location": session.catalog.location,
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        "softDeletePolicy": {"retentionDurationSeconds": "0"},
    }
    with cloud_errors(bucket.uri()):
        made = labelled(resource, prepared.places.mark)
        bucket.create(prepared.begun.sandbox, made, retains_objects=False)
    copies, stored = Bucket(api, name), prepared.stored
    covers = [kind for task in prepared.tasks for kind in task.request.kinds]
    file = smallest_file(prepared.manifest, covers)
    if file is None:
        yield not_planted("a flipped byte", "no file", CHECK, "the run stores no file of it")
    else:
        whole = b"".join(stored_chunks(session.vault_bucket, file.stored))
        yield from stored_controls(
            copies, file.stored.name, whole, lambda: verified(copies, stored, file)
        )
    yield manifest_control(copies, stored, lambda: _unread(prepared, copies))


def _unread(prepared: Prepared, copies: Bucket) -> list[str]:
    """Return why the copy of the manifest cannot be read; a new reader has cached none."""
    session, run_id = prepared.session, prepared.stored.run_id
    try:
        Vault(copies, session.owner, clock=session.clock).manifest(run_id)
    except BackupDamagedError as error:
        return [error.message]
    return []


def _of_tables(prepared: Prepared, task: Task) -> Iterator[Control]:
    chosen = plantable(wanted_tables(prepared.manifest, task.request))
    if chosen is None:
        yield from no_row_controls()
        return
    table, column = chosen
    sandbox, places = prepared.begun.sandbox, prepared.places
    location = prepared.session.catalog.location
    client = bigquery_client(sandbox, location)
    planted = PlantedTable(
        table,
        column,
        restored=f"{sandbox}.{places.prefix}{table.name}",
        copy=f"{sandbox}.{places.planted_prefix}{table.name}",
    )
    yield from row_controls(
        Jobs(client, location, prepared.session.tools.jobs),
        Resources(client, sandbox),
        planted,
        _looking(prepared, planted_request(task, table.name, places)),
        mark=places.mark,
    )
    tagged = next(filter(has_tags, wanted_tables(prepared.manifest, task.request)), table)
    yield tag_control(
        Resources(client, sandbox),
        tagged,
        f"{sandbox}.{places.prefix}{tagged.name}",
        lambda said: _by_word(prepared, task, said),
    )


def _by_word(prepared: Prepared, task: Task, said: TableBackup) -> Sequence[Step]:
    """Return how a restored table compares with another description of it."""
    tables = tuple(said if it.name == said.name else it for it in prepared.stored.tables)
    manifest = prepared.stored.model_copy(update={"tables": tables})
    request = task.request.model_copy(update={"tables": (said.name,)})
    return prepared.plan(request, manifest).steps


def _of_buckets(prepared: Prepared, task: Task) -> Iterator[Control]:
    api = storage_api(prepared.begun.sandbox)
    bucket = Bucket(api, task.request.target.bucket)
    yield object_control(bucket, _looking(prepared, task.request))


def _of_databases(prepared: Prepared, task: Task) -> Iterator[Control]:
    connection = Connection(prepared.begun.sandbox, task.request.target.database)
    yield document_control(Documents(connection), _looking(prepared, task.request))


def _looking(prepared: Prepared, request: Request) -> Callable[[], Sequence[Step]]:
    return lambda: prepared.plan(request).steps


class _Planting(NamedTuple):
    """What is planted in what was restored of one kind.

    Attributes:
        names: Each damage.
        plant: Plants them all, and looks whether each is told.
    """

    names: tuple[str, ...]
    plant: Callable[[Prepared, Task], Iterator[Control]]


_PLANTING: Mapping[KindName, _Planting] = {
    "tables": _Planting(
        ("a changed row", "a missing row", "a leftover row", "a missing policy tag"), _of_tables
    ),
    "buckets": _Planting(("a changed object",), _of_buckets),
    "databases": _Planting(("a changed document",), _of_databases),
}


def planted_in(kinds: Collection[str]) -> tuple[str, ...]:
    """Return the names of all that is planted in what was restored of some kinds."""
    return tuple(
        name for kind, planting in _PLANTING.items() if kind in kinds for name in planting.names
    )
