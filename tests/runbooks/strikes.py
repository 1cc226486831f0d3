"""What each page is about: it strikes before the page is followed, and the page mends it."""

import uuid
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

import requests

from manifests.kinds.buckets.layout import CONTENTS_PREFIX
from tests.harness import LOCATION
from tests.integration.configuration import (
    APIS,
    enable,
    lose,
    make_sandbox,
)
from tests.integration.orchestration import State
from tests.integration.processors import platform
from tests.runbooks.console import Shell
from tests.runbooks.silences import Strike, grown, paused, run_id, undrilled
from tests.runbooks.world import DOCUMENTS, World

_SINCE = "since-the-backup"


def _nothing(world: World, shell: Shell) -> AbstractContextManager[object]:
    """Strike nothing: the page is of every day, and mends nothing."""
    del world, shell
    return nullcontext()


@contextmanager
def _tables(world: World, shell: Shell) -> Generator[None]:
    """Delete a dataset, and the rows of a table; another was written since the backup."""
    del shell
    world.rebound.bigquery_client.delete_dataset("stats", delete_contents=True)
    world.rebound.query("TRUNCATE TABLE cache.zones")
    late = f"game = '{_SINCE}'"
    world.rebound.query(f"INSERT INTO cache.features (day, game) VALUES ('2024-12-01', '{_SINCE}')")
    yield
    (kept,) = world.rebound.query(f"SELECT COUNT(*) AS n FROM cache.features WHERE {late}")
    assert kept["n"] == 1
    world.rebound.query(f"DELETE FROM cache.features WHERE {late}")


@contextmanager
def _one_table(world: World, shell: Shell) -> Generator[None]:
    """Delete a table."""
    del shell
    world.rebound.bigquery_client.delete_table("cache.zones")
    yield


@contextmanager
def _table_of_a_run(world: World, shell: Shell) -> Generator[None]:
    """Delete a table that the newest run holds, whatever runs other pages left."""
    world.function.complete(run_id())
    with _one_table(world, shell):
        yield


@contextmanager
def _objects(world: World, shell: Shell) -> Generator[None]:
    """Delete an object and overwrite another; one is new since the backup."""
    first, second, *_ = world.bucket.list_blobs()
    first.delete()
    second.upload_from_string(b"\x00garbage")
    shell.filled["PREFIX"] = second.name[:-1]
    late = world.bucket.blob(_SINCE)
    late.upload_from_string(b"new")
    yield
    late.delete()


@contextmanager
def _documents(world: World, shell: Shell) -> Generator[None]:
    """Delete a document; another was written since the backup."""
    state, late = State(world.rebound), "phase4_completion/2024-11-30"
    state.lose("phase3_completion/2024-11-29")
    before = DOCUMENTS[late]
    state.write({late: {**before, "_completed_count": 1}})
    shell.filled["SCENARIO"] = "firestore-state-loss"
    yield
    state.write({late: before})


@contextmanager
def _configuration(world: World, shell: Shell) -> Generator[None]:
    """Delete every schedule, subscription, topic, service and secret, and a table."""
    with _one_table(world, shell):
        lose(world.rebound)
        yield


@contextmanager
def _dates(world: World, shell: Shell) -> Generator[None]:
    """Delete dates of two processors; the next night has them as they were written again."""
    del shell
    platform.lose(world.rebound, "players", platform.GAME_DAYS[3])
    platform.lose(world.rebound, "features", platform.PHASE4_DAYS[2])
    yield
    world.function.complete(run_id())


@contextmanager
def _partial(world: World, shell: Shell) -> Generator[None]:
    """Refuse a run one part."""
    del shell
    fault = {"status": 403, "match": world.bucket.name, "times": None}
    with world.rebound.cloud.fault("storage", "storage.objects.list", "status", **fault):
        answer = world.function.manual(run_id())
    assert answer.status_code != 200
    yield


@contextmanager
def _refused(world: World, shell: Shell) -> Generator[None]:
    """Call the function with what it does not know."""
    del shell
    answer = requests.post(world.function.url, json={"run": "tonight"}, timeout=60)
    assert answer.status_code == requests.codes.bad_request
    yield


@contextmanager
def _unreadable(world: World, shell: Shell) -> Generator[None]:
    """Leave a run that nobody can read, which is then no reason to keep another less long."""
    del shell
    blob = world.rebound.vault.blob(f"runs/{run_id()}/manifest.json")
    blob.upload_from_string(b"{")
    yield
    blob.delete()


@contextmanager
def _garbage(world: World, shell: Shell) -> Generator[None]:
    """Leave content in the vault that no run needs; what only shows deletes none of it.

    It is not large: `vault_times` is 0 in a vault of less than 10 GiB, which no test fills (unit tests of gauges).
    """
    del shell
    blob = world.rebound.vault.blob(f"{CONTENTS_PREFIX}00/{'0' * 32}-00000000-9")
    with world.rebound.cloud.minutes_ago(3 * 24 * 60, ("storage",)):
        blob.upload_from_string(b"of no run")
    yield
    blob.delete()


@contextmanager
def _damage(world: World, shell: Shell) -> Generator[None]:
    """Rot a file of the newest run, which is a full one: what it holds itself is damaged."""
    del shell
    name = run_id()
    world.function.complete(name, full=True)
    blob = next(iter(world.rebound.vault.list_blobs(prefix=f"runs/{name}/tables/")))
    order = {"bucket": world.rebound.vault.name, "object": blob.name}
    world.rebound.cloud.order("storage", "corrupt", **order)
    yield
    for blob in list(world.rebound.vault.list_blobs(prefix=f"runs/{name}/")):
        blob.delete()


@contextmanager
def _new_table(world: World, shell: Shell) -> Generator[None]:
    """Make a table that the catalog does not name, and a run."""
    del shell
    world.rebound.query("CREATE TABLE stats.extra (id INT64)")
    world.function.complete(run_id())
    yield
    world.rebound.bigquery_client.delete_table("stats.extra")


@contextmanager
def _fence(world: World, shell: Shell) -> Generator[None]:
    """Pause what writes, and leave it so."""
    del shell
    world.rebound.run("fence", "bigquery-dataset-loss", "--yes")
    yield


@contextmanager
def _project(world: World, shell: Shell) -> Generator[None]:
    """Leave an operator nothing but the vault's name, and a new project with its bucket."""
    rebound, new = world.rebound, f"n-{uuid.uuid4().hex[:10]}"
    enable(replace(rebound, project=new), *APIS)
    landing = rebound.storage_client.bucket(f"{new}-landing")
    rebound.storage_client.create_bucket(landing, location=LOCATION)
    of_the_machine = ("REBOUND_API_ENDPOINT", "REBOUND_CATALOG")
    settings = [key for key in shell.env if key.startswith("REBOUND_")]
    for name in settings:
        if name not in of_the_machine:
            del shell.env[name]
    shell.filled = {"NEW": new, "VAULT": rebound.vault.name}
    yield
    # The fence of the other project is told in the vault, which both have.
    for blob in list(rebound.vault.list_blobs(prefix="fences/")):
        if not rebound.landing.blob(blob.name).exists():
            blob.delete()


@contextmanager
def _trial(world: World, shell: Shell) -> Generator[None]:
    """Remove what the trial restore made."""
    del shell
    yield
    for name in ("trial_stats", "trial_cache"):
        world.rebound.bigquery_client.delete_dataset(name, delete_contents=True)


@contextmanager
def _sandbox(world: World, shell: Shell) -> Generator[None]:
    """Have a project that drills may fill, and people who run and verify one."""
    project = f"{world.rebound.project}-box"
    make_sandbox(world.rebound, project)
    people = {"NAME": "ada", "APPROVER": "grace", "VERIFIER": "noor"}
    shell.filled |= {"SANDBOX": project, "UNTIL": "2027-01-31", **people}
    yield


@contextmanager
def _failed_drill(world: World, shell: Shell) -> Generator[None]:
    """Fail a drill by criteria that nothing meets: what it made is kept."""
    with _sandbox(world, shell):
        criteria = shell.folder / "criteria.json"
        criteria.write_text('{"rto_seconds": 0.001, "rpo_seconds": 86400}')
        words = ("--sample", "--project", shell.filled["SANDBOX"], "--criteria", str(criteria))
        world.rebound.run("drill", *words, code=8)
        yield


STRIKES: Mapping[str, Strike] = {
    "README.md": _partial,
    "quick-card.md": _documents,
    "scenarios/bigquery-dataset-loss.md": _tables,
    "scenarios/gcs-bucket-corruption.md": _objects,
    "scenarios/firestore-state-loss.md": _documents,
    "scenarios/complete-outage.md": _configuration,
    "scenarios/processor-failure.md": _dates,
    "alerts/backup-failed.md": _partial,
    "alerts/call-refused.md": _refused,
    "alerts/damaged-backup.md": _damage,
    "alerts/drill-failed.md": _failed_drill,
    "alerts/drill-overdue.md": undrilled,
    "alerts/expire-failed.md": _unreadable,
    "alerts/fence-standing.md": _fence,
    "alerts/missed-backup.md": _partial,
    "alerts/permission-denied.md": _partial,
    "alerts/point-too-old.md": _partial,
    "alerts/proof-too-old.md": _trial,
    "alerts/refused-schedule.md": _partial,
    "alerts/run-growth.md": grown,
    "alerts/silent-drill.md": paused("drill"),
    "alerts/silent-expire.md": paused("expire"),
    "alerts/silent-schedule.md": paused("backup"),
    "alerts/silent-tick.md": paused("tick"),
    "alerts/silent-verify.md": paused("verify"),
    "alerts/slow-backup.md": grown,
    "alerts/tables-gone.md": _table_of_a_run,
    "alerts/tables-unprotected.md": _new_table,
    "alerts/vault-growth.md": _garbage,
    "alerts/vault-large.md": _garbage,
    "alerts/verify-failed.md": _damage,
    "quarterly-drill.md": _sandbox,
    "deploy.md": _sandbox,
    "project-gone.md": _project,
    "security.md": _nothing,
}
"""What strikes before each page is followed."""
CHANGING = (
    *(
        STRIKES[f"alerts/silent-{it}.md"]
        for it in ("drill", "expire", "schedule", "tick", "verify")
    ),
    *(_tables, _one_table, _table_of_a_run, _objects, _documents, _configuration),
    *(_dates, _new_table, _fence),
)
"""Those after which the platform is not what it was, until the page has been followed."""
