"""What a paused writer has started is waited for, and what cannot be asked for is not taken for quiet."""

import time
from pathlib import Path

import pytest

from manifests.catalog import load_catalog
from manifests.cloud.rest import Rest
from recovery.fence.executions import Executions
from tests.harness import LOCATION, RUN_SECONDS, Rebound, await_that, make_rebound
from tests.integration import lake
from tests.integration.configuration import RUN, call, enable, make_job, states, with_fence
from tests.served import serving
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"
WRITERS = ({"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]},)
SLEEPS = (
    "main:\n  steps:\n  - nap:\n      call: sys.sleep\n      args:\n        seconds: {seconds}\n"
)
APIS = (
    "bigquerydatatransfer",
    "cloudscheduler",
    "pubsub",
    "run",
    "workflows",
    "workflowexecutions",
)


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with a schedule that writes, and one complete run."""
    folder = tmp_path_factory.mktemp("executions")
    catalog = lake.write_catalog(folder)
    with_fence(catalog, writers=WRITERS, harmless=["workflows/workflow mail-*"])
    made = make_rebound(cloud, folder, f"executions-{time.time_ns()}", REBOUND_CATALOG=catalog)
    lake.fill(made)
    enable(made, *(f"{it}.googleapis.com" for it in APIS))
    make_job(made, "load-hourly")
    with serving(made) as function:
        function.complete("night")
    return made


def place(rebound: Rebound, location: str = LOCATION) -> str:
    """Return the path of where something is."""
    return f"projects/{rebound.project}/locations/{location}"


def execute_workflow(
    rebound: Rebound, name: str, *, seconds: int, location: str = LOCATION
) -> None:
    """Make a workflow that sleeps, and execute it."""
    path = f"{place(rebound, location)}/workflows"
    source = {"sourceContents": SLEEPS.format(seconds=seconds)}
    call(rebound, "POST", f"workflows.googleapis.com/v1/{path}", source, workflowId=name)
    call(rebound, "POST", f"workflowexecutions.googleapis.com/v1/{path}/{name}/executions", {})


def delete_workflow(rebound: Rebound, name: str, location: str = LOCATION) -> None:
    """Delete a workflow, which ends what it does."""
    path = f"{place(rebound, location)}/workflows/{name}"
    call(rebound, "DELETE", f"workflows.googleapis.com/v1/{path}")


def execute_job(rebound: Rebound, name: str, *, seconds: float, location: str = LOCATION) -> None:
    """Make a job of Cloud Run that takes its time, and execute it."""
    image = {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}
    path = f"{RUN}/{place(rebound, location)}/jobs"
    call(rebound, "POST", path, {"template": {"template": image}}, jobId=name)
    url = f"{place(rebound, location)}/jobs/{name}"
    rebound.cloud.order("platform", "targets", url=url, seconds=seconds)
    call(rebound, "POST", f"{path}/{name}:run", {})


def executions_of(rebound: Rebound, most: int = 100) -> Executions:
    """Return what asks for what runs."""
    catalog = load_catalog(Path(rebound.env["REBOUND_CATALOG"]))
    assert catalog.fence is not None
    rest = Rest(rebound.env["REBOUND_API_ENDPOINT"])
    return Executions(rest, rebound.project, LOCATION, catalog.fence, most=most)


def make_transfer(
    rebound: Rebound, name: str, *, runs_seconds: int, location: str = LOCATION, **more: object
) -> None:
    """Make a scheduled query that is disabled while a run of it is scheduled already."""
    host = "bigquerydatatransfer.googleapis.com/v1"
    body = {
        "displayName": name,
        "dataSourceId": "scheduled_query",
        "params": {"query": "SELECT 1"},
        "disabled": True,
        **more,
    }
    made = call(rebound, "POST", f"{host}/{place(rebound, location)}/transferConfigs", body)
    rebound.cloud.order("platform", "transfers", seconds=runs_seconds)
    call(rebound, "POST", f"{host}/{made['name']}:startManualRuns", {})
    rebound.cloud.order("platform", "transfers", seconds=0)


def test_a_recovery_waits_for_what_runs(rebound: Rebound):
    """It says for what, writes nothing meanwhile, and goes on when that has ended."""
    rebound.bigquery_client.delete_table(lake.GAMES)
    execute_workflow(rebound, "loading", seconds=3600)
    process = rebound.begin("recover", SCENARIO, "--yes")
    await_that(lambda: "waits for workflows/workflow loading" in process.err.read_text())
    assert states(rebound)["load-hourly"] == "PAUSED"
    tables = {item.table_id for item in rebound.bigquery_client.list_tables(lake.DATASET)}
    assert lake.GAMES.partition(".")[2] not in tables
    delete_workflow(rebound, "loading")
    process.communicate(RUN_SECONDS)
    assert process.returncode == 0
    assert lake.rows(rebound, lake.GAMES)
    assert states(rebound)["load-hourly"] == "ENABLED"


def test_what_nobody_may_look_at_is_not_quiet(rebound: Rebound):
    """A refusal stops the recovery before anything is written; a word goes on without that look."""
    rebound.bigquery_client.delete_table(lake.GAMES)
    with rebound.cloud.fault("bigquery", "bigquery.jobs.list", "status", status=403, times=None):
        stopped = rebound.run("recover", SCENARIO, "--yes", code=6)
        assert "UNKNOWN bigquery jobs: Google Cloud answered 403" in stopped.stderr
        assert "`--despite 'bigquery jobs'` of `rebound resume`" in stopped.stderr
        assert states(rebound)["load-hourly"] == "PAUSED"
        tables = {item.table_id for item in rebound.bigquery_client.list_tables(lake.DATASET)}
        assert lake.GAMES.partition(".")[2] not in tables
        recovery = max(rebound.recoveries)
        rebound.run("resume", recovery, "--despite", "bigquery jobs", "--yes")
    assert lake.rows(rebound, lake.GAMES)
    assert states(rebound)["load-hourly"] == "ENABLED"


def test_executions_that_have_not_ended_are_found(rebound: Rebound):
    """Of Cloud Run and of Workflows; what has ended, and what the catalog calls harmless, is left."""
    execute_job(rebound, "running", seconds=600)
    execute_job(rebound, "short", seconds=0)
    execute_workflow(rebound, "asleep", seconds=3600)
    execute_workflow(rebound, "mail-daily", seconds=3600)
    execute_workflow(rebound, "over", seconds=0)
    found = executions_of(rebound).running(("dataset lake",))
    assert set(found.found) - {"run/job short"} == {"run/job running", "workflows/workflow asleep"}
    assert found.unknown == {}
    told = rebound.run("fence", "--yes", code=7)
    assert "RUNNING run/job running: its execution running-" in told.stdout
    assert "`--despite 'run/job running' --despite 'workflows/workflow asleep'`" in told.stderr
    rebound.run("fence", "--despite", "run/job *", "--despite", "workflows/*", "--yes")
    for _ in rebound.run("fence", "--status").stdout.count("fence-") * "x":
        fence = rebound.run("fence", "--status").stdout.split()[0]
        rebound.run("thaw", fence, "--yes")
    for name in ("asleep", "mail-daily", "over"):
        delete_workflow(rebound, name)
    call(rebound, "DELETE", f"{RUN}/{place(rebound)}/jobs/running")


def test_what_runs_is_asked_for_in_every_region(rebound: Rebound):
    """A schedule calls what is anywhere; a region that does not answer, and what is too much, is unknown."""
    execute_job(rebound, "afar", seconds=600, location="us-east1")
    execute_workflow(rebound, "abroad", seconds=3600, location="europe-west1")
    executions = executions_of(rebound)
    for _ in range(2):
        found = executions.running(("dataset lake",))
        assert found.found["run/job afar"].endswith(" runs in us-east1")
        assert "workflows/workflow abroad" in found.found
        assert found.unknown == {}
    too_many = executions_of(rebound, most=0).running(("dataset lake",))
    assert too_many.unknown == {"run/job in all regions": "there are more than 0 executions"}
    rebound.cloud.order("platform", "unreachable", locations=["us-east1"])
    blind = executions.running(("dataset lake",))
    rebound.cloud.order("platform", "unreachable", locations=[])
    assert "us-east1" in blind.unknown["run/job in all regions"]
    call(rebound, "DELETE", f"{RUN}/{place(rebound, 'us-east1')}/jobs/afar")
    delete_workflow(rebound, "abroad", "europe-west1")


def test_a_repair_goes_on_without_a_look_that_nobody_may_have(rebound: Rebound):
    """The word is the same as of a recovery, and the plan tells of it."""
    delete = f"DELETE FROM `{rebound.project}.{lake.GAMES}` WHERE game_date = DATE '2024-01-02'"
    job = rebound.bigquery_client.query(delete)
    job.result()
    words = ("repair", lake.GAMES, "--job", job.job_id, "--key", "game_id", "--yes")
    with rebound.cloud.fault("bigquery", "bigquery.jobs.list", "status", status=403, times=None):
        done = rebound.run(*words, "--despite", "bigquery jobs", "--despite", "run/job *")
    assert "bigquery jobs may run on or be unknown, as `--despite` says" in done.stdout
    assert "proven" in done.stdout
    assert states(rebound)["load-hourly"] == "ENABLED"


def test_runs_of_transfers_outlive_that_they_are_disabled(rebound: Rebound):
    """One that waits, or runs, and may write there is found; what is over, or writes elsewhere, is not."""
    make_transfer(rebound, "rollup", runs_seconds=7200, destinationDatasetId="lake")
    make_transfer(rebound, "statements", runs_seconds=7200)
    make_transfer(rebound, "elsewhere", runs_seconds=7200, destinationDatasetId="pond")
    make_transfer(rebound, "over", runs_seconds=0, destinationDatasetId="lake")
    make_transfer(rebound, "region", runs_seconds=7200, location="us-east1")
    make_transfer(rebound, "multi-region", runs_seconds=7200, location="eu")
    for things in (("dataset lake",), ("table lake.games",)):
        found = executions_of(rebound).running(things).found
        transfers = {name: told for name, told in found.items() if "transfer" in name}
        names = ("rollup", "statements", "region", "multi-region")
        assert set(transfers) == {f"bigquery/transfer {name}" for name in names}
        assert all(told.endswith("is pending") for told in transfers.values())
    assert not any(
        "transfer" in name for name in executions_of(rebound).running(("bucket lake",)).found
    )


def test_a_list_of_jobs_that_is_not_whole_is_unknown(rebound: Rebound):
    """One without the jobs of a location, and one that may be of nobody but who asks."""
    rebound.cloud.order("bigquery", "unreachable", locations=["us-west2"])
    unknown = executions_of(rebound).running(("dataset lake",)).unknown
    rebound.cloud.order("bigquery", "unreachable", locations=[])
    assert "cannot reach us-west2" in unknown["bigquery jobs"]
    rebound.cloud.order("platform", "lacking", permissions=["bigquery.jobs.listAll"])
    unknown = executions_of(rebound).running(("dataset lake",)).unknown
    rebound.cloud.order("platform", "lacking", permissions=[])
    assert "lacks bigquery.jobs.listAll" in unknown["bigquery jobs"]
    assert "bigquery jobs" not in executions_of(rebound).running(("dataset lake",)).unknown


def test_an_execution_of_which_nothing_is_available_may_run(rebound: Rebound):
    """Without the key of its workflow nobody can say whether it has ended."""
    execute_workflow(rebound, "locked", seconds=0)
    rebound.cloud.order("platform", "keyless", workflows=["locked"])
    running = executions_of(rebound).running(("dataset lake",))
    rebound.cloud.order("platform", "keyless", workflows=[])
    assert "unavailable" in running.unknown["workflows/workflow locked"]
    assert "workflows/workflow locked" not in running.found
    delete_workflow(rebound, "locked")
