"""Configuration that is hard to bring back, and what the inventory knows nothing of."""

import time
from typing import Any

from tests.standin.seed.control_plane import REGION, ControlPlane, make_job

type Item = dict[str, Any]

_OTHER_REGION = "us-east1"
_RAW_SERVICE = "nba-phase2-raw-processors"
_METRIC = "processor_errors"
_METRIC_SECONDS = 10
_CONDITION = {
    "title": "until the season ends",
    "expression": 'request.time < timestamp("2027-07-01T00:00:00Z")',
}


def seed_odd_configuration(plane: ControlPlane) -> None:
    """Add it to a platform that was seeded."""
    _access(plane)
    _messages(plane)
    _events(plane)
    _queries(plane)
    _observability(plane)
    _secrets(plane)
    # The same name in another region, paused there.
    twin = {
        "id": "gap-detector-30min",
        "schedule": "*/30 * * * *",
        "timeZone": "UTC",
        "state": "PAUSED",
        "httpTarget": {"uri": "https://gap-detector.example.com/run?mode=dry&x=1", "body": "\x00"},
        "retryConfig": {"retryCount": 5, "maxDoublings": 1},
    }
    make_job(plane, twin, _OTHER_REGION)
    # What its service was made of is gone.
    image = f"{REGION}-docker.pkg.dev/{plane.project}/nba-props/unified-dashboard:latest"
    plane.order("images", image=image, is_gone=True)


def _access(plane: ControlPlane) -> None:
    role = {
        "title": "Pipeline deployer",
        "stage": "GA",
        "includedPermissions": ["run.services.get", "run.services.update", "pubsub.topics.get"],
    }
    roles = f"iam/v1/{plane.parent}/roles"
    plane.call("POST", roles, {"roleId": "pipeline_deployer", "role": role})
    plane.call("POST", roles, {"roleId": "retired", "role": role | {"title": "Retired"}})
    plane.call("DELETE", f"{roles}/retired")
    path = f"cloudresourcemanager/v1/{plane.parent}"
    asked = {"options": {"requestedPolicyVersion": 3}}
    policy = plane.call("POST", f"{path}:getIamPolicy", asked)
    member = f"serviceAccount:github-actions-deploy@{plane.project}.iam.gserviceaccount.com"
    policy["bindings"] += [
        {"role": f"{plane.parent}/roles/pipeline_deployer", "members": [member]},
        {"role": "roles/run.developer", "members": [member], "condition": _CONDITION},
    ]
    plane.call("POST", f"{path}:setIamPolicy", {"policy": policy | {"version": 3}})


def _messages(plane: ControlPlane) -> None:
    definition = '{"type":"record","name":"Done","fields":[{"name":"gameDate","type":"string"}]}'
    schema = {"type": "AVRO", "definition": definition}
    plane.call("POST", f"pubsub/v1/{plane.parent}/schemas", schema, schemaId="phase-done")
    settings = {"schema": f"{plane.parent}/schemas/phase-done", "encoding": "JSON"}
    plane.call("PUT", f"pubsub/v1/{plane.parent}/topics/phase-done", {"schemaSettings": settings})
    gone = f"{plane.parent}/topics/nba-phase0-retired"
    plane.call("PUT", f"pubsub/v1/{gone}")
    orphan = f"pubsub/v1/{plane.parent}/subscriptions/nba-phase0-retired-sub"
    plane.call("PUT", orphan, {"topic": gone, "filter": 'attributes.phase = "0"'})
    plane.call("DELETE", f"pubsub/v1/{gone}")


def _events(plane: ControlPlane) -> None:
    filters = [
        {"attribute": "type", "value": "google.cloud.storage.object.v1.finalized"},
        {"attribute": "bucket", "value": "nba-scraped-data"},
    ]
    target = {"service": _RAW_SERVICE, "region": REGION, "path": "/object"}
    account = f"processor-sa@{plane.project}.iam.gserviceaccount.com"
    body = {
        "eventFilters": filters,
        "destination": {"cloudRun": target},
        "serviceAccount": account,
        "labels": {"managed-by": "terraform"},
    }
    triggers = f"eventarc/v1/{plane.region}/triggers"
    plane.call("POST", triggers, body, triggerId="raw-object-finalized")


def _queries(plane: ControlPlane) -> None:
    where = f"{plane.parent}/locations/us-west2"
    for name, is_disabled in (("season totals", False), ("old season totals", True)):
        query: Item = {
            "dataSourceId": "scheduled_query",
            "displayName": name,
            "schedule": "every day 11:00",
            "destinationDatasetId": "nba_analytics",
            "params": {
                "query": "SELECT season_year, COUNT(*) AS games FROM nba_analytics.player_game_summary"
                " GROUP BY season_year",
                "destination_table_name_template": "season_totals",
                "write_disposition": "WRITE_TRUNCATE",
            },
        }
        more = {"disabled": True} if is_disabled else {}
        plane.call("POST", f"bigquerydatatransfer/v1/{where}/transferConfigs", query | more)
    connections = f"bigqueryconnection/v1/{where}/connections"
    plane.call("POST", connections, {"cloudResource": {}}, connectionId="models")


def _observability(plane: ControlPlane) -> None:
    sink = {
        "name": "errors-to-bucket",
        "destination": "storage.googleapis.com/nba-scraped-data",
        "filter": "severity>=ERROR",
        "exclusions": [{"name": "noise", "filter": 'textPayload:"retrying"'}],
    }
    plane.call("POST", f"logging/v2/{plane.parent}/sinks", sink)
    metric = {
        "name": _METRIC,
        "filter": 'jsonPayload.status="failed"',
        "labelExtractors": {"processor": "EXTRACT(jsonPayload.processor)"},
        "metricDescriptor": {"labels": [{"key": "processor"}]},
    }
    plane.call("POST", f"logging/v2/{plane.parent}/metrics", metric)
    labels = {"channel_name": "#nba-incidents", "auth_token": "redacted"}
    channels = f"monitoring/v3/{plane.parent}/notificationChannels"
    slack = {"type": "slack", "displayName": "Incidents", "labels": labels}
    channel = plane.call("POST", channels, slack)
    dashboard = {"displayName": "Pipeline", "gridLayout": {"columns": "2"}}
    plane.call("POST", f"monitoring/v1/{plane.parent}/dashboards", dashboard)
    _alert(plane, channel["name"])


def _alert(plane: ControlPlane, channel: str) -> None:
    """Make a policy on the metric, which policies do not find at once."""
    threshold = {
        "filter": f'metric.type="logging.googleapis.com/user/{_METRIC}" '
        'AND resource.type="cloud_run_revision"',
        "comparison": "COMPARISON_GT",
        "duration": "0s",
        "thresholdValue": 5,
    }
    policy = {
        "displayName": "Processors fail",
        "combiner": "OR",
        "conditions": [{"displayName": "errors", "conditionThreshold": threshold}],
        "notificationChannels": [channel],
        "enabled": False,
    }
    deadline = time.monotonic() + _METRIC_SECONDS
    while True:
        try:
            plane.call("POST", f"monitoring/v3/{plane.parent}/alertPolicies", policy)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _secrets(plane: ControlPlane) -> None:
    secrets = f"secretmanager/v1/{plane.parent}/secrets"
    replicas = {"userManaged": {"replicas": [{"location": REGION}, {"location": _OTHER_REGION}]}}
    labels = {"rotation": "manual"}
    body = {"replication": replicas, "labels": labels}
    plane.call("POST", secrets, body, secretId="without-a-value")
    plane.call("POST", f"{secrets}/odds-api-key:addVersion", {"payload": {"data": "Mg=="}})
    plane.call("POST", f"{secrets}/odds-api-key/versions/1:destroy")
    account = f"serviceAccount:gap-detector@{plane.project}.iam.gserviceaccount.com"
    for name in ("coordinator-api-key", "analytics-api-keys"):
        plane.grant(f"{secrets}/{name}", ("roles/secretmanager.secretAccessor", account))
