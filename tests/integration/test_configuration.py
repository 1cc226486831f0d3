"""The platform's configuration: backed up each night, lost, made again, and proven equal."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from manifests.kinds.resources.layout import resources_name
from manifests.kinds.resources.lines import StoredResource, entry_of, file_of
from manifests.layout import parse_run_id
from manifests.store.envelope import encode
from tests.harness import LOCATION, RUN_SECONDS, Rebound
from tests.integration import lake
from tests.integration.changed_meanwhile import change_under_recovery, change_under_undo
from tests.integration.configuration import (
    APIS,
    PUBSUB,
    SECRETS,
    TYPES,
    call,
    configure,
    enable,
    job,
    jobs_path,
    lines,
    lose,
    make_job,
    states,
    subscription,
    subscriptions,
)
from tests.judges.resource_fields import output_only
from tests.served import Function, serving


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform whose configuration is protected, with its rows."""
    resources = [{"type": name, "locations": [LOCATION]} for name in TYPES]
    made = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, resources=resources))
    lake.fill(made)
    enable(made, *APIS)
    configure(made)
    return made


@pytest.fixture
def function(rebound: Rebound) -> Iterator[Function]:
    """Serve the backup function of the platform."""
    with serving(rebound) as served:
        yield served


def test_every_resource_is_stored_as_its_api_returns_it(rebound: Rebound, function: Function):
    """Fields that no typed client knows are in it, and what no API returns is named."""
    rebound.cloud.order(
        "platform", "fields", api="cloudscheduler.v1", schema="Job", field="futureField"
    )
    job_path = f"{jobs_path(rebound)}/load-hourly"
    call(rebound, "PATCH", job_path, {"futureField": "kept"}, updateMask="futureField")
    function.complete("first")
    stored = {
        item["name"].rpartition("/")[2]: item for item in lines(rebound, "first", "scheduler/job")
    }
    assert stored["load-hourly"]["resource"] == job(rebound, "load-hourly")
    assert stored["load-hourly"]["resource"]["futureField"] == "kept"
    assert stored["load-paused"]["resource"]["state"] == "PAUSED"
    (topic,) = lines(rebound, "first", "pubsub/topic")
    assert topic["policy"]["bindings"][0]["members"] == ["user:a@example.com"]
    secrets = next(i for i in rebound.manifest("first").resources if i.type.endswith("/secret"))
    assert secrets.not_held == ("values", "tags")


def test_schedules_of_other_regions_are_kept_or_named(
    rebound: Rebound, function: Function, tmp_path: Path
):
    """A catalog that names one region is told of the others; one that names none keeps them all."""
    make_job(rebound, "far", location="europe-west1")
    function.complete("near")
    told = {item.kind: item.names for item in rebound.manifest("near").unprotected}
    assert told["location of scheduler/job"] == ("europe-west1",)
    resources = [{"type": "scheduler/job", "locations": ["-"]}]
    catalog = lake.write_catalog(tmp_path, tables=(), resources=resources)
    with serving(rebound, REBOUND_CATALOG=catalog) as everywhere:
        everywhere.complete("all")
    kept = {item["name"].rpartition("/")[2] for item in lines(rebound, "all", "scheduler/job")}
    assert kept == {"far", "load-hourly", "load-paused"}
    assert not [it for it in rebound.manifest("all").unprotected if it.kind.startswith("location")]
    call(rebound, "DELETE", jobs_path(rebound, "europe-west1") + "/far")
    planned = rebound.run("plan", "complete-outage", "--run", "all", REBOUND_CATALOG=catalog)
    assert "scheduler/job far" in planned.stdout


def test_what_terraform_keeps_is_left_until_it_applies(rebound: Rebound, function: Function):
    """The recovery is partial until Terraform has made it; a word makes it all the same."""
    topic = f"{PUBSUB}/projects/{rebound.project}/topics/raw-complete"
    labels = {"goog-terraform-provisioned": "true"}
    patch = {"topic": {"labels": labels}, "updateMask": "labels"}
    call(rebound, "PATCH", topic, patch)
    function.complete("labelled")
    lose(rebound)
    told = rebound.run("recover", "complete-outage", "--access", "--yes", code=6)
    assert "it is not there, and Terraform keeps it" in told.stdout
    assert "`terraform apply` makes it" in told.stdout + told.stderr
    assert not call(rebound, "GET", f"{PUBSUB}/projects/{rebound.project}/topics").get("topics")
    (recovery,) = rebound.recoveries
    assert "`--make raw-complete`" in told.stdout + told.stderr
    rebound.run("resume", recovery, "--make", "raw-complete", "--access", "--yes")
    assert call(rebound, "GET", topic)["labels"] == labels
    assert "everything is proven already" in rebound.run("resume", recovery).stderr
    call(rebound, "DELETE", topic)
    gone = rebound.run("resume", recovery, code=7)
    assert "it is not so now: pubsub/topic raw-complete" in gone.stderr


def test_services_that_no_type_covers_are_named(rebound: Rebound, function: Function):
    """What the catalog says nothing of is no silence."""
    enable(rebound, "workflows.googleapis.com")
    function.complete("first")
    (told,) = (item for item in rebound.manifest("first").unprotected if item.kind == "service")
    assert "workflows.googleapis.com" in told.names
    assert not set(APIS) & set(told.names)


def test_types_that_the_catalog_leaves_out_are_named(rebound: Rebound, function: Function):
    """Cloud Asset Inventory tells what is there, where the project has it enabled; else only services are."""

    def told() -> dict[str, Any]:
        function.complete(run := f"inventory-{uuid.uuid4().hex[:8]}")
        return {item.kind: item for item in rebound.manifest(run).unprotected}

    assert "asset type" not in told()
    enable(rebound, "cloudasset.googleapis.com", "workflows.googleapis.com")
    path = f"workflows.googleapis.com/v1/projects/{rebound.project}/locations/{LOCATION}/workflows"
    steps = {"sourceContents": "main:\n  steps:\n  - done:\n      return: 1\n"}
    call(rebound, "POST", path, steps, workflowId="nightly")
    found = told()["asset type"]
    assert "workflows.googleapis.com/Workflow" in found.names
    assert not {"pubsub.googleapis.com/Topic", "run.googleapis.com/Service"} & set(found.names)
    fault = {"operation": ".*searchAllResources.*", "kind": "status", "status": 403, "times": 1}
    rebound.cloud.order("platform", "faults", **fault)
    refused = told()["asset type"]
    assert (refused.count, refused.names) == (0, ())
    assert "403" in refused.unknown
    assert rebound.cloud.clear_faults("platform")[0]["fired"] == 1


def test_a_lost_configuration_comes_back_stopped_and_a_thaw_resumes_it(
    rebound: Rebound, function: Function
):
    """What ran is made stopped, what was paused on purpose stays so, and nothing differs after."""
    function.complete("first")
    pushed = subscription(rebound, "raw-sub")["pushConfig"]
    lose(rebound)
    told = rebound.run("recover", "complete-outage", "--access", "--yes")
    assert states(rebound) == {"load-hourly": "PAUSED", "load-paused": "PAUSED"}
    assert job(rebound, "load-hourly")["schedule"] == "0 6 * * *"
    assert "pushEndpoint" not in subscription(rebound, "raw-sub").get("pushConfig", {})
    assert "values" in told.stdout
    rebound.run("thaw", "--yes")
    assert states(rebound) == {"load-hourly": "ENABLED", "load-paused": "PAUSED"}
    assert subscription(rebound, "raw-sub")["pushConfig"] == pushed
    function.complete("second")
    for kind in TYPES:
        before, after = (
            [settable_of(kind, item) for item in lines(rebound, run, kind)]
            for run in ("first", "second")
        )
        assert after == before, kind
    (recovery,) = rebound.recoveries
    again = rebound.run("undo", recovery, code=5).stdout
    assert (
        "the recovery made it, and nobody wrote to it since; with it go its values, tags" in again
    )
    kill_undo(rebound, recovery)
    change_under_undo(rebound, recovery)
    rebound.run("undo", recovery, "--yes")
    assert states(rebound) == {}
    project = rebound.project
    assert not call(rebound, "GET", f"{PUBSUB}/projects/{project}/topics").get("topics")
    assert not subscriptions(rebound)
    assert not call(rebound, "GET", f"{SECRETS}/projects/{project}/secrets").get("secrets")
    assert "nothing has to go back" in rebound.run("undo", recovery).stdout


def kill_undo(rebound: Rebound, recovery: str) -> None:
    """Begin to undo what a recovery made, and kill that when the schedules are gone."""
    with rebound.cloud.held("platform", r".*subscriptions\.delete", is_done=False):
        killed = rebound.begin("undo", recovery, "--yes")
        rebound.cloud.await_fault("platform", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    assert subscription(rebound, "raw-sub")


def settable_of(kind: str, line: dict[str, Any]) -> dict[str, Any]:
    """Return what of a stored line somebody set, as Google's discovery document tells."""
    own = {"etag", *output_only()[kind]}
    resource = {key: value for key, value in line["resource"].items() if key not in own}
    return {"name": line["name"], "resource": resource, "kind": kind}


def test_what_differs_is_shown_and_left_without_a_word(rebound: Rebound, function: Function):
    """A schedule that somebody changed is not set back unless that is asked for."""
    function.complete("first")
    path = f"{jobs_path(rebound)}/load-hourly"
    call(rebound, "PATCH", path, {"schedule": "0 9 * * *"}, updateMask="schedule")
    refused = rebound.run("recover", "complete-outage", "--yes", code=5)
    assert 'schedule is "0 9 * * *", not "0 6 * * *"' in refused.stdout
    assert "--overwrite load-hourly" in refused.stderr
    assert job(rebound, "load-hourly")["schedule"] == "0 9 * * *"
    rebound.run("recover", "complete-outage", "--overwrite", "load-hourly", "--yes")
    assert job(rebound, "load-hourly")["schedule"] == "0 6 * * *"
    assert states(rebound)["load-hourly"] == "ENABLED"
    recovery = max(rebound.recoveries)
    told = rebound.run("undo", recovery, "load-hourly", "--yes").stdout
    assert 'schedule: "0 9 * * *", now "0 6 * * *"' in told
    assert job(rebound, "load-hourly")["schedule"] == "0 9 * * *"
    call(rebound, "PATCH", path, {"schedule": "0 3 * * *"}, updateMask="schedule")
    refused = rebound.run("undo", recovery, "--yes", code=5)
    assert "it was changed since the recovery" in refused.stderr
    assert job(rebound, "load-hourly")["schedule"] == "0 3 * * *"
    change_under_recovery(rebound)


def test_a_type_that_cannot_be_listed_is_no_backup_of_it(rebound: Rebound, function: Function):
    """One type that is refused makes the run partial, and names the type."""
    with rebound.cloud.fault(
        "platform", "cloudscheduler.projects.locations.jobs.list", "status", status=403, times=None
    ):
        answer = function.manual("first")
    assert answer.status_code != 200
    assert "resources scheduler/job" in answer.text


def test_an_equal_configuration_is_left(rebound: Rebound, function: Function):
    """Nothing is written, and nothing is fenced: what is made anew would be, before it is made."""
    function.complete("first")
    before = states(rebound)
    rebound.run("recover", "complete-outage", "--yes")
    assert states(rebound) == before
    assert not list(rebound.landing.list_blobs(prefix="fences/"))


@pytest.mark.parametrize("owner", ["1234567890", "somebody-else"])
def test_a_resource_of_another_project_is_refused(rebound: Rebound, function: Function, owner: str):
    """A forged run names it by that project's number or id: nothing is asked of it, nor written."""
    function.complete("first")
    genuine = rebound.manifest("first")
    (jobs,) = (item for item in genuine.resources if item.type == "scheduler/job")
    moved = [
        StoredResource.model_validate(
            json.loads(
                json.dumps(line).replace(f"projects/{rebound.project}/", f"projects/{owner}/")
            )
        )
        for line in lines(rebound, "first", "scheduler/job")
    ]
    content = file_of(moved)
    run_id = parse_run_id("forged")
    blob = rebound.vault.blob(resources_name(run_id, "scheduler/job", content))
    blob.upload_from_string(content)
    stored = jobs.stored.model_copy(
        update={
            "name": blob.name,
            "size_bytes": blob.size,
            "crc32c": blob.crc32c,
            "generation": blob.generation,
        }
    )
    forged = jobs.model_copy(update={"stored": stored, "entries": tuple(map(entry_of, moved))})
    made = genuine.model_copy(
        update={"run_id": run_id, "kit": None, "resources": (forged,), "tables": (), "datasets": ()}
    )
    rebound.vault.blob("runs/forged/manifest.json").upload_from_string(encode(made))
    refused = rebound.run(
        "recover", "complete-outage", "--run", "forged", "--access", "--yes", code=4
    )
    assert f"it holds a resource of another project, {owner}" in refused.stderr
    assert not rebound.recoveries
