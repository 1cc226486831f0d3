"""A drill of a complete outage: the configuration comes back in the sandbox, is proven, and goes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery, storage

from manifests.catalog_decisions import NOBODY
from manifests.store.envelope import decode, encode
from recovery.kinds.places import labelled
from recovery.outcome import PlannedRecovery
from tests.harness import LOCATION, RUN_SECONDS, Rebound
from tests.integration import drills, lake
from tests.integration.configuration import PUBSUB, SCHEDULER, SECRETS, call
from tests.standin.cloud import SERVICES, Cloud

DRILLED = {
    "iam/role",
    "iam/service-account",
    "secretmanager/secret",
    "pubsub/topic",
    "pubsub/subscription",
    "monitoring/channel",
    "scheduler/job",
    # Of sinks there are those alone that every project has: nothing has to be made.
    "logging/sink",
}


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebound]:
    """Return a platform with a configuration, and one complete night."""
    yield drills.platform(local_cloud, tmp_path_factory.mktemp("outage"), is_configured=True)
    for service in SERVICES:
        local_cloud.clear_faults(service)


@pytest.fixture(scope="module")
def sandbox(rebound: Rebound) -> str:
    """Return a project that drills may fill."""
    return drills.sandbox(rebound)


def statuses(rebound: Rebound) -> dict[str, dict[str, Any]]:
    """Return how each type of the configuration stands."""
    told = json.loads(rebound.ended("status", "--json").stdout)["parts"]
    return {item["label"].removeprefix("resources "): item for item in told}


def left(rebound: Rebound, sandbox: str) -> list[str]:
    """Return what of a configuration is in the sandbox, by our own look."""
    lists = {
        f"{SCHEDULER}/projects/{sandbox}/locations/{LOCATION}/jobs": "jobs",
        f"{PUBSUB}/projects/{sandbox}/topics": "topics",
        f"{PUBSUB}/projects/{sandbox}/subscriptions": "subscriptions",
        f"{SECRETS}/projects/{sandbox}/secrets": "secrets",
        f"iam.googleapis.com/v1/projects/{sandbox}/serviceAccounts": "accounts",
        f"iam.googleapis.com/v1/projects/{sandbox}/roles": "roles",
        f"monitoring.googleapis.com/v3/projects/{sandbox}/notificationChannels": "notificationChannels",
    }
    return [
        item["name"]
        for path, of in lists.items()
        for item in call(rebound, "GET", path).get(of, [])
    ]


def test_a_drill_of_an_outage_proves_the_configuration(rebound: Rebound, sandbox: str):
    """With the data, type by type; what no sandbox takes is named, and is not healthy.

    Nothing was shown before: due is what brings most back.
    """
    record = rebound.json("drill", "--due", "--project", sandbox, "--by", "mia")
    assert record["begun"]["scenario"] == "complete-outage"
    assert record["verdict"] == "pass", record["why"]
    parts = {item["label"].rpartition("/")[2]: item for item in record["parts"]}
    assert {"load-own", "load-paused", "raw-sub", "table lake.games"} <= set(parts)
    (role,) = (it for it in record["parts"] if "/roles/deployer_rebound_drill_" in it["into"])
    assert role["state"] == "proven"
    assert (parts["load-own"]["restored"], parts["load-own"]["held"]) == (1, 1)
    told = statuses(rebound)
    assert {name for name in drills.RESOURCES if told[name]["how"] == "drill"} == DRILLED
    assert {told[name]["health"] for name in DRILLED} == {"healthy"}
    for name in ("run/service", "cloudresourcemanager/project", "serviceusage/service"):
        assert told[name]["health"] == "unknown"
        assert "no drill can show it" in told[name]["what"]
        assert any(item.startswith(f"{name}: ") for item in record["begun"]["out_of_scope"])
    assert len([item for item in record["controls"] if item["is_caught"]]) == 10
    (tags,) = (it for it in record["controls"] if it["name"] == "a missing policy tag")
    assert tags["subject"] == f"table {lake.TYPES}", "a real tag is taken from it"
    assert drills.TAG in tags["what"]
    (schedule,) = (it for it in record["controls"] if it["name"] == "an unpaused schedule")
    assert f"projects/{sandbox}/locations/{LOCATION}/jobs/load-rebound-drill" in schedule["subject"]
    assert record["left"] == []
    assert left(rebound, sandbox) == []
    projects = "cloudresourcemanager.googleapis.com/v3/projects"
    assert not call(rebound, "POST", f"{projects}/{sandbox}:getIamPolicy", {}).get("bindings")
    assert "fences" not in {item["check"] for item in rebound.json("status", code=10)["others"]}


def test_a_sample_has_a_set_of_resources(rebound: Rebound, sandbox: str, tmp_path: Path):
    """One type with those that it needs, beside one part of each other kind; the page says how it ended."""
    words = ("drill", "--sample", "--project", sandbox, "--by", "mia")
    record = rebound.json(*words, "--html", str(tmp_path / "drill.html"))
    assert record["verdict"] == "pass", record["why"]
    assert "<strong>pass</strong>" in (tmp_path / "drill.html").read_text()
    of = {item["label"].split()[0] for item in record["parts"]}
    assert {"table", "bucket", "database", "foundation"} <= of
    assert left(rebound, sandbox) == []


def test_a_platform_of_which_all_is_shown_or_decided_is_healthy(rebound: Rebound, tmp_path: Path):
    """What no drill shows is told, with whose decision that is; the command ends with 0, unless it is nobody's."""
    told = statuses(rebound)
    unshown = [f"resources {name}" for name in drills.RESOURCES if told[name]["how"] is None]
    catalog = json.loads(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    decision = {
        "parts": unshown,
        "decided_by": "ada",
        "decided_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "until": f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%d}",
        "why": "somebody reads them",
    }
    catalog["drills"] = {"not_shown": [decision]}
    services = {key: value for key, value in decision.items() if key != "parts"}
    data = ["analyticshub*", "bigquery*", "dataform*", "dataplex*"]
    catalog["left_out"] = [
        {
            **services,
            "kind": "service",
            "names": ["apptopology*", "cloud*", *data],
            "decided_by": NOBODY,
        }
    ]
    decided = tmp_path / "catalog.json"
    decided.write_text(json.dumps(catalog))
    told_now = rebound.run("status", REBOUND_CATALOG=str(decided), code=11).stdout
    assert "not in the catalog: servicemanagement.googleapis.com, sql-component.g" in told_now
    assert "1 decision nobody has confirmed" in told_now
    catalog["left_out"][0]["decided_by"] = "ada"
    catalog["left_out"][0]["names"] += ["servicem*", "sql-component.googleapis.com"]
    decided.write_text(json.dumps(catalog))
    told_now = rebound.run("status", REBOUND_CATALOG=str(decided)).stdout
    assert "13 services: analyticshub.googleapis.com" in told_now.partition("in no backup:")[2]
    assert "are shown by no drill, by decision: resources " in told_now
    for name in unshown:
        assert f"{name}: " in told_now.partition("not shown by any drill:")[2]
    assert "the decision of ada until" in told_now
    as_json = rebound.json("status", REBOUND_CATALOG=str(decided))
    assert (as_json["health"], set(as_json["not_shown"])) == ("healthy", set(unshown))
    soon = decision["until"] = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    decided.write_text(json.dumps(catalog))
    lapsing = rebound.run("status", REBOUND_CATALOG=str(decided), code=11)
    assert f"the decision of ada until {soon} lapses then, about " in lapsing.stdout
    assert "decide again in `drills.not_shown`" in lapsing.stdout


def plant(rebound: Rebound, mark: str) -> str:
    """Let a journal of a drill say that it made a topic of the platform; plant one that nobody can read.

    Returns:
        What the planted recovery is called.
    """
    plans = [
        blob
        for blob in rebound.landing.list_blobs(prefix="recoveries/drill-")
        if f"-{mark}" in blob.name and blob.name.endswith("/plan.json")
    ]
    changed = 0
    for blob in plans:
        planned = decode(blob.download_as_bytes(), PlannedRecovery, subject="plan")
        steps = [
            step.model_copy(update={"into": step.name})
            if step.name.endswith("/topics/raw-complete")
            else step
            for step in planned.plan.steps
        ]
        plan = planned.plan.model_copy(update={"steps": tuple(steps)})
        if plan != planned.plan:
            changed += 1
            blob.upload_from_string(encode(planned.model_copy(update={"plan": plan})))
    assert changed == 1
    unreadable = f"{plans[0].name.split('/')[1][:-2]}ff"
    rebound.landing.blob(f"recoveries/{unreadable}/plan.json").upload_from_string(b"{}")
    return unreadable


def labels(rebound: Rebound, sandbox: str) -> dict[str, Any]:
    """Return the label of what a drill has made that can have one: data, where it works, configuration."""
    tables, buckets = bigquery.Client(project=sandbox), storage.Client(project=sandbox)
    datasets = list(tables.list_datasets(include_all=True))
    found = {item.dataset_id: item.labels for item in datasets}
    for dataset in (item for item in datasets if item.dataset_id.endswith(f"_{lake.DATASET}")):
        for table in tables.list_tables(dataset):
            found[str(table.reference)] = table.labels
    found |= {item.name: item.labels for item in buckets.list_buckets()}
    for host, of in ((PUBSUB, "topics"), (PUBSUB, "subscriptions"), (SECRETS, "secrets")):
        listed = call(rebound, "GET", f"{host}/projects/{sandbox}/{of}").get(of, [])
        found |= {it["name"]: it.get("labels") for it in listed if "somebody" not in it["name"]}
    assert len(found) > len(datasets) + 4
    return {name: (told or {}).get("rebound-drill") for name, told in found.items()}


def copy_labelled(rebound: Rebound, sandbox: str, mark: str) -> bigquery.Client:
    """Make a secret and a dataset that have the label of a drill, and were there before it."""
    tables, dataset = bigquery.Client(project=sandbox), bigquery.Dataset(f"{sandbox}.copied")
    dataset.labels = labelled({}, mark)["labels"]
    secret = labelled({"replication": {"automatic": {}}}, mark)
    with rebound.cloud.minutes_ago(600, ("platform", "bigquery")):
        path = f"{SECRETS}/projects/{sandbox}/secrets"
        call(rebound, "POST", path, secret, secretId="slack")
        tables.create_dataset(dataset)
    return tables


def kill_a_drill(rebound: Rebound, sandbox: str) -> None:
    """Kill a drill when it is about to make a schedule; it has made topics."""
    making = r"cloudscheduler\..*jobs\.create"
    with rebound.cloud.held("platform", making, is_done=False, times=None):
        killed = rebound.begin("drill", "complete-outage", "--project", sandbox)
        rebound.cloud.await_fault("platform", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    assert any("raw-complete" in name for name in left(rebound, sandbox))


def test_what_a_killed_drill_made_of_a_configuration_is_removed(rebound: Rebound, sandbox: str):
    """What it made has the names of the platform: its journals tell what that is, and nothing else goes.

    Neither what somebody else made meanwhile, nor what a journal says of another project; one that
    cannot be read is told. What comes when it was cleaned up is nobody's leftover.
    """
    own = f"{PUBSUB}/projects/{sandbox}/topics/somebody-elses"
    call(rebound, "PUT", own, {})
    kill_a_drill(rebound, sandbox)
    words = ("drill", "--clean", "--project", sandbox, "--yes")
    running = rebound.run(*words, code=5)
    assert f"pubsub/topic projects/{sandbox}/topics/raw-complete" in running.stdout
    stopped = running.stderr.partition("`--stopped ")[2].partition("`")[0]
    mark = stopped.rpartition("-")[2]
    assert set(labels(rebound, sandbox).values()) == {mark}
    # No journal tells of it: its label does.
    call(rebound, "PUT", f"{PUBSUB}/projects/{sandbox}/topics/unwritten", labelled({}, mark))
    secret = f"{SECRETS}/projects/{sandbox}/secrets"
    call(rebound, "DELETE", f"{secret}/slack")
    tables = copy_labelled(rebound, sandbox, mark)
    kept = [name for name in left(rebound, sandbox) if "slack" in name or "somebody" in name]
    assert len(kept) == 2
    unreadable = plant(rebound, mark)
    cleaned = rebound.run(*words, "--stopped", stopped, code=6)
    assert left(rebound, sandbox) == kept
    assert call(rebound, "GET", f"{PUBSUB}/projects/{rebound.project}/topics/raw-complete")
    assert "when its drill was not at work" in cleaned.stdout
    assert "dataset copied: it was made " in cleaned.stdout
    tables.delete_dataset("copied")
    assert f"recovery {unreadable}: " in cleaned.stdout
    call(rebound, "DELETE", own)
    call(rebound, "DELETE", f"{secret}/slack")
    assert "nothing is left of any drill" in nothing_of_the_platforms(rebound, sandbox, *words)


def nothing_of_the_platforms(rebound: Rebound, sandbox: str, *words: str) -> str:
    """See that no drill makes what somebody else has made, and return what is cleaned up then."""
    path = f"{PUBSUB}/projects/{sandbox}/topics/raw-complete"
    call(rebound, "PUT", path, {})
    cleaned = rebound.run(*words).stdout
    refused = rebound.json("drill", "complete-outage", "--project", sandbox, code=6)
    assert "it is in the sandbox already" in refused["why"]
    assert left(rebound, sandbox) == [f"projects/{sandbox}/topics/raw-complete"]
    call(rebound, "DELETE", path)
    return cleaned


def test_a_drill_whose_check_is_blind_is_void(rebound: Rebound, sandbox: str, tmp_path: Path):
    """Everything is proven, and one check does not see what was planted: nothing is shown."""
    catalog = json.loads(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    catalog["fence"]["writers"][0]["writes"] = ["dataset elsewhere"]
    blind = tmp_path / "catalog.json"
    blind.write_text(json.dumps(catalog))
    words = ("drill", "firestore-state-loss", "--project", sandbox)
    record = rebound.json(*words, code=10, REBOUND_CATALOG=str(blind))
    assert {item["state"] for item in record["parts"]} == {"proven"}
    assert record["verdict"] == "void"
    assert record["why"] == "no check told of an unpaused schedule (writers of a fence)"
    assert record["left"]
    rebound.run("drill", "--clean", "--project", sandbox, "--yes")
    assert left(rebound, sandbox) == []
    held = r"cloudscheduler\..*jobs\.create"
    with rebound.cloud.fault("platform", held, "status", status=403, times=None):
        unplanted = rebound.json(*words, code=10)
    assert unplanted["verdict"] == "void"
    assert "it could not be planted" in unplanted["why"]
    rebound.run("drill", "--clean", "--project", sandbox, "--yes")
