"""Logging, Monitoring, BigQuery's transfers and connections, and the asset inventory."""

from typing import Any

import pytest

from tests.contract.platform.server import REGION, Server

FILTER = 'metric.type="logging.googleapis.com/user/errors" AND resource.type="cloud_run_revision"'


def policy(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a policy on a metric of logs."""
    threshold = {"filter": FILTER, "comparison": "COMPARISON_GT", "duration": "60s"}
    condition = {"displayName": "errors", "conditionThreshold": threshold}
    return {"displayName": "p", "combiner": "OR", "conditions": [condition], **more}


def new_channel(server: Server, project: str) -> dict[str, Any]:
    """Make a channel with a secret."""
    labels = {"channel_name": "#incidents", "auth_token": "not to be told"}
    path = f"monitoring/v3/projects/{project}/notificationChannels"
    return server.answer("POST", path, json={"type": "slack", "labels": labels})


def test_sinks(server: Server, project: str):
    """Every project has two sinks; one of them can be neither changed nor deleted."""
    path = f"logging/v2/projects/{project}/sinks"
    names = [sink["name"] for sink in server.answer("GET", path)["sinks"]]
    assert names == ["_Default", "_Required"]
    body = {"name": "errors", "destination": f"storage.googleapis.com/b-{project}"}
    made = server.answer("POST", path, json=body)
    assert made["writerIdentity"].startswith("serviceAccount:")
    assert (made["name"], made["resourceName"]) == ("errors", f"projects/{project}/sinks/errors")
    assert server.refusal("DELETE", f"{path}/_Required")[0] == 400
    changed = server.answer(
        "PATCH",
        f"{path}/errors",
        params={"updateMask": "filter"},
        json={"filter": "severity>=ERROR"},
    )
    assert changed["filter"] == "severity>=ERROR"


def test_a_policy_waits_for_its_metric(server: Server, project: str):
    """A metric that was made a moment ago is 404 to a policy (users of Terraform report it)."""
    policies = f"monitoring/v3/projects/{project}/alertPolicies"
    assert server.refusal("POST", policies, json=policy()) == (404, "NOT_FOUND")
    metric = {"name": "errors", "filter": "severity>=ERROR"}
    made = server.answer("POST", f"logging/v2/projects/{project}/metrics", json=metric)
    assert made["metricDescriptor"]["type"] == "logging.googleapis.com/user/errors"
    assert server.refusal("POST", policies, json=policy()) == (404, "NOT_FOUND")
    server.order("clock", offset_seconds=60)
    found = server.answer("POST", policies, json=policy(enabled=False))
    assert found["enabled"] is False
    assert found["conditions"][0]["name"].startswith(f"{found['name']}/conditions/")


def test_channels(server: Server, project: str):
    """A secret label is never told; a channel in use goes with a word (notificationChannels.delete)."""
    channel = new_channel(server, project)
    assert "not to be told" not in channel["labels"].values()
    policies = f"monitoring/v3/projects/{project}/alertPolicies"
    absent = {
        "displayName": "a",
        "conditionAbsent": {"filter": 'metric.type="x"', "duration": "120s"},
    }
    wrong = policy(conditions=[absent], notificationChannels=[f"{channel['name']}0"])
    assert server.refusal("POST", policies, json=wrong) == (404, "NOT_FOUND")
    body = policy(conditions=[absent], notificationChannels=[channel["name"]])
    made = server.answer("POST", policies, json=body)
    path = f"monitoring/v3/{channel['name']}"
    assert server.refusal("DELETE", path) == (400, "FAILED_PRECONDITION")
    server.answer("DELETE", path, params={"force": "true"})
    assert "notificationChannels" not in server.answer("GET", f"monitoring/v3/{made['name']}")


def test_dashboards(server: Server, project: str):
    """A dashboard is replaced whole, under its etag."""
    path = f"monitoring/v1/projects/{project}/dashboards"
    made = server.answer("POST", path, json={"displayName": "d", "gridLayout": {}})
    body = {"displayName": "e", "gridLayout": {"columns": "2"}, "etag": made["etag"]}
    changed = server.answer("PATCH", f"monitoring/v1/{made['name']}", json=body)
    assert changed["displayName"] == "e"
    refused = server.refusal("PATCH", f"monitoring/v1/{made['name']}", json=body)
    assert refused == (409, "ABORTED")
    del body["etag"]
    refused = server.refusal("PATCH", f"monitoring/v1/{made['name']}", json=body)
    assert refused == (400, "INVALID_ARGUMENT")


def test_scheduled_queries(server: Server, project: str):
    """A transfer is named by the service; what pauses it is `disabled`."""
    path = f"bigquerydatatransfer/v1/projects/{project}/locations/us/transferConfigs"
    body = {
        "dataSourceId": "scheduled_query",
        "displayName": "daily",
        "schedule": "every 24 hours",
        "params": {"query": "SELECT 1"},
    }
    made = server.answer("POST", path, json=body)
    assert made["params"] == body["params"]
    name = f"bigquerydatatransfer/v1/{made['name']}"
    assert server.refusal("PATCH", name, json={"disabled": True})[0] == 400
    how = {"params": {"updateMask": "disabled"}, "json": {"disabled": True}}
    paused = server.answer("PATCH", name, **how)
    assert (paused["disabled"], "nextRunTime" in paused) == (True, False)
    assert server.refusal("POST", path, json={**body, "params": {}})[0] == 400


def test_connections(server: Server, project: str):
    """A connection to resources has an account that it was not sent; a list needs a page size."""
    path = f"bigqueryconnection/v1/projects/{project}/locations/us/connections"
    how = {"params": {"connectionId": "models"}, "json": {"cloudResource": {}}}
    made = server.answer("POST", path, **how)
    assert made["cloudResource"]["serviceAccountId"].endswith(".iam.gserviceaccount.com")
    assert server.refusal("GET", path) == (400, "INVALID_ARGUMENT")
    assert server.answer("GET", path, params={"pageSize": 10})["connections"] == [made]


def test_the_inventory_knows_no_schedules(server: Server, project: str):
    """Cloud Asset Inventory, Asset types: jobs of Cloud Scheduler are none of them."""
    full = f"projects/{project}/locations/{REGION}/jobs/job"
    job = {"name": full, "schedule": "* * * * *", "httpTarget": {"uri": "https://a.example/"}}
    path = f"cloudscheduler/v1/projects/{project}/locations/{REGION}/jobs"
    server.answer("POST", path, json=job)
    server.answer("PUT", f"pubsub/v1/projects/{project}/topics/topic", json={})
    search = f"cloudasset/v1/projects/{project}:searchAllResources"
    found = server.answer("GET", search, params={"pageSize": 500})["results"]
    kinds = {item["assetType"] for item in found}
    assert "pubsub.googleapis.com/Topic" in kinds
    assert not any("scheduler" in item["assetType"] for item in found)
    topics = server.answer("GET", search, params={"assetTypes": "pubsub.googleapis.com/Topic"})
    assert [item["name"] for item in topics["results"]] == [
        f"//pubsub.googleapis.com/projects/{project}/topics/topic"
    ]
    refused = server.refusal(
        "GET", search, params={"assetTypes": "cloudscheduler.googleapis.com/Job"}
    )
    assert refused == (400, "INVALID_ARGUMENT")


ENTRIES = (
    {"severity": "ERROR", "textPayload": "late", "labels": {"team": "Data"}},
    {"severity": "INFO", "jsonPayload": {"status": {"code": 7}, "bindings": [{"role": "a"}, {"role": "b"}]}},
    {"severity": "CRITICAL", "textPayload": "early"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("severity>=ERROR", [0, 2]),
        ("NOT severity>=ERROR", [1]),
        ("-severity>=ERROR", [1]),
        ('severity=ERROR OR severity=INFO textPayload:"LATE"', [0]),
        ('(severity=ERROR AND textPayload="late") OR severity=CRITICAL', [0, 2]),
        ("severity>=INFO AND NOT (severity=ERROR OR severity=CRITICAL)", [1]),
        ('labels.team="data"', [0]),
        ('textPayload=~"^ea"', [2]),
        ("jsonPayload.status.code=(7)", None),
        ("jsonPayload.status.code=7", [1]),
        ('jsonPayload.bindings.role="b"', [1]),
        ("jsonPayload.status:*", [1]),
        ('jsonPayload.status.code!="8"', [1]),
        ("severity=ERROR)", None),
        ("", [0, 1, 2]),
    ],
)
def test_filters(server: Server, project: str, text: str, passed: list[int] | None):
    """Logging query language: NOT before OR before AND; a missing field passes no comparison."""
    name = f"projects/{project}/logs/app"
    body = {"logName": name, "resource": {"type": "global"}, "entries": list(ENTRIES)}
    server.answer("POST", "logging/v2/entries:write", json=body)
    asked = {"resourceNames": [f"projects/{project}"], "filter": text}
    if passed is None:
        assert server.refusal("POST", "logging/v2/entries:list", json=asked)[0] == 400
        return
    found: list[dict[str, Any]] = []
    pages = 0
    while pages == 0 or asked.get("pageToken"):
        page = server.answer("POST", "logging/v2/entries:list", json=asked)
        found += page.get("entries", [])
        asked["pageToken"] = page.get("nextPageToken", "")
        pages += 1
    assert [entry["severity"] for entry in found] == [ENTRIES[at]["severity"] for at in passed]
    assert pages == 2, "a search of all logs answers an empty page first"


def test_executions(server: Server, project: str):
    """The newest comes first, a page tells what is basic, and what raises has failed."""
    parent = f"projects/{project}/locations/{REGION}/workflows"
    for name, step in (("good", "return: 1"), ("bad", "raise: no")):
        source = {"sourceContents": f"main:\n  steps:\n  - a:\n      {step}\n"}
        server.answer("POST", f"workflows/v1/{parent}", params={"workflowId": name}, json=source)
        for _ in range(2):
            path = f"workflowexecutions/v1/{parent}/{name}/executions"
            made = server.answer("POST", path, json={"argument": "{}"})
        listed = server.answer("GET", path, params={"pageSize": "1"})
        assert [item["name"] for item in listed["executions"]] == [made["name"]]
        assert listed["nextPageToken"]
        state = "SUCCEEDED" if name == "good" else "FAILED"
        assert {item["state"] for item in listed["executions"]} == {state}
        assert "argument" not in listed["executions"][0]
    assert server.refusal("GET", f"workflowexecutions/v1/{parent}/none/executions")[0] == 404


def test_an_execution_that_sleeps_is_active(server: Server, project: str):
    """Executions are filtered by their state (Workflow Executions REST, executions.list)."""
    parent = f"projects/{project}/locations/{REGION}/workflows"
    step = "call: sys.sleep\n      args:\n        seconds: 3600"
    source = {"sourceContents": f"main:\n  steps:\n  - a:\n      {step}\n"}
    server.answer("POST", f"workflows/v1/{parent}", params={"workflowId": "nap"}, json=source)
    path = f"workflowexecutions/v1/{parent}/nap/executions"
    made = server.answer("POST", path, json={})
    shown = server.answer("GET", f"workflowexecutions/v1/{made['name']}")
    assert (shown["state"], "endTime" in shown) == ("ACTIVE", False)
    active = server.answer("GET", path, params={"filter": 'state="ACTIVE"'})["executions"]
    assert [item["name"] for item in active] == [made["name"]]
    assert "executions" not in server.answer("GET", path, params={"filter": 'state="QUEUED"'})


def test_executions_of_all_regions_are_one_list(server: Server, project: str):
    """Cloud Run REST v1, namespaces.executions.list: the newest first, with where each is; v2 takes a region."""
    image = {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}
    for name, region in (("near", REGION), ("far", "us-east1")):
        path = f"run/v2/projects/{project}/locations/{region}/jobs"
        body = {"template": {"template": image}}
        server.answer("POST", path, params={"jobId": name}, json=body)
        server.order(
            "targets", url=f"projects/{project}/locations/{region}/jobs/{name}", seconds=600
        )
        server.answer("POST", f"{path}/{name}:run", json={})
    listing = f"run/apis/run.googleapis.com/v1/namespaces/{project}/executions"
    first = server.answer("GET", listing, params={"limit": "1"})
    again = {"limit": "1", "continue": first["metadata"]["continue"]}
    second = server.answer("GET", listing, params=again)
    labels = [item["metadata"]["labels"] for page in (first, second) for item in page["items"]]
    assert labels == [
        {"run.googleapis.com/job": name, "cloud.googleapis.com/location": region}
        for name, region in (("far", "us-east1"), ("near", REGION))
    ]
    assert "continue" not in second["metadata"]
    assert not any("completionTime" in page["items"][0]["status"] for page in (first, second))
    everywhere = f"run/v2/projects/{project}/locations/-/jobs/-/executions"
    assert server.refusal("GET", everywhere) == (400, "INVALID_ARGUMENT")
    server.order("unreachable", locations=["us-east1"])
    blind = server.answer("GET", listing)
    assert blind["unreachable"] == ["us-east1"]
    assert [item["metadata"]["labels"]["run.googleapis.com/job"] for item in blind["items"]] == [
        "near"
    ]


def test_how_many_messages_wait(server: Server, project: str):
    """timeSeries.list: one series for each subscription of the project, with its newest number."""
    topic, name = f"projects/{project}/topics/phase", f"projects/{project}/subscriptions/phase-sub"
    server.answer("PUT", f"pubsub/v1/{topic}", json={})
    server.answer("PUT", f"pubsub/v1/{name}", json={"topic": topic})
    server.answer("POST", f"pubsub/v1/{topic}:publish", json={"messages": [{"data": "YQ=="}] * 2})
    metric = "pubsub.googleapis.com/subscription/num_undelivered_messages"
    asked = {
        "filter": f'metric.type="{metric}"',
        "interval.startTime": "2026-11-30T00:00:00Z",
        "interval.endTime": "2026-11-30T00:10:00Z",
    }
    path = f"monitoring/v3/projects/{project}/timeSeries"
    (series,) = server.answer("GET", path, params=asked)["timeSeries"]
    assert series["resource"]["labels"] == {"project_id": project, "subscription_id": "phase-sub"}
    assert [point["value"] for point in series["points"]] == [{"int64Value": "2"}]
    assert server.refusal("GET", path, params={**asked, "filter": 'metric.type="x"'})[0] == 400


def test_a_project_that_monitors_others_sees_their_series(server: Server, project: str):
    """Cloud Monitoring, Metrics scopes: a query without a project answers those of all of them."""
    other = server.new_project()
    for name in (project, other):
        topic = f"projects/{name}/topics/phase"
        server.answer("PUT", f"pubsub/v1/{topic}", json={})
        body = {"topic": topic}
        server.answer("PUT", f"pubsub/v1/projects/{name}/subscriptions/phase-sub", json=body)
    server.order("scopes", project=project, others=[other])
    metric = 'metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages"'
    asked = {
        "interval.startTime": "2026-11-30T00:00:00Z",
        "interval.endTime": "2026-11-30T00:10:00Z",
    }

    def seen(text: str) -> list[str]:
        path = f"monitoring/v3/projects/{project}/timeSeries"
        found = server.answer("GET", path, params={**asked, "filter": text})["timeSeries"]
        return [series["resource"]["labels"]["project_id"] for series in found]

    assert seen(metric) == [project, other]
    assert seen(f'{metric} AND resource.labels.project_id="{project}"') == [project]
