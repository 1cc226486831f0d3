"""The seeded configuration: what the platform really has, and what is hard to bring back."""

import base64
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from manifests.catalog import load_catalog
from manifests.kinds.resources.table import resource_type
from recovery.fence.rules import is_about
from tests.contract.platform.server import REGION, Server
from tests.standin.credentials import write_credentials
from tests.standin.seed.configuration import seed_control_plane

PROJECT = "nba-props-platform"
LISTS = {
    "accounts": "iam/v1/projects/{project}/serviceAccounts",
    "functions": "cloudfunctions/v2/projects/{project}/locations/-/functions",
    "jobs": "cloudscheduler/v1/projects/{project}/locations/us-west2/jobs",
    "runJobs": "run/v2/projects/{project}/locations/us-west2/jobs",
    "services": "run/v2/projects/{project}/locations/us-west2/services",
    "subscriptions": "pubsub/v1/projects/{project}/subscriptions",
    "topics": "pubsub/v1/projects/{project}/topics",
    "triggers": "eventarc/v1/projects/{project}/locations/-/triggers",
    "secrets": "secretmanager/v1/projects/{project}/secrets",
}
MADE = re.compile(r"\w*[tT]ime|etag|uid|uniqueId|oauth2ClientId|\w*Revision|name|topic")


@pytest.fixture(scope="module")
def seeded(platform_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Return a server with the seeded platform in it, and the same in a second project."""
    with pytest.MonkeyPatch.context() as environment:
        credentials = write_credentials(tmp_path_factory.mktemp("seed") / "credentials.json")
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
        environment.setenv("REBOUND_API_ENDPOINT", platform_server.url)
        for project in (PROJECT, "second-project"):
            seed_control_plane(project)
    return platform_server


def listed(server: Server, kind: str, project: str = PROJECT) -> list[dict[str, Any]]:
    """Return everything of a kind, by its pages."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        path = LISTS[kind].format(project=project)
        page = server.answer("GET", path, params={"pageToken": token})
        token = page.pop("nextPageToken", "")
        found += next(iter(page.values()), [])
        if not token:
            return found


def test_what_is_there(seeded: Server):
    """About 110 jobs, a third of them paused on purpose, and all that they call."""
    counts = {kind: len(listed(seeded, kind)) for kind in LISTS}
    assert counts == {
        "accounts": 19,
        "functions": 68,
        "jobs": 116,
        "runJobs": 30,
        "services": 87,
        "subscriptions": 40,
        "topics": 47,
        "triggers": 12,
        "secrets": 30,
    }
    assert Counter(job["state"] for job in listed(seeded, "jobs")) == {"ENABLED": 79, "PAUSED": 37}


def test_it_is_the_same_every_time(seeded: Server):
    """Two projects differ in names and in what the services make alone."""
    for kind in ("jobs", "runJobs", "topics", "secrets", "accounts"):
        first, second = (
            [_without_made(item, project) for item in listed(seeded, kind, project)]
            for project in (PROJECT, "second-project")
        )
        assert first == second, kind


def _without_made(item: dict[str, Any], project: str) -> str:
    target = item.get("httpTarget", {})
    if "body" in target:
        target["body"] = base64.b64decode(target["body"]).decode()
    text = json.dumps(_sent(item)).replace(project, "PROJECT")
    return re.sub(r"\d{12}|-[0-9a-f]{8}-us\.", "N", text)


def _sent(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_sent(item) for item in value]
    if isinstance(value, dict):
        return {key: _sent(item) for key, item in value.items() if not MADE.fullmatch(key)}
    return value


def test_what_is_hard_to_bring_back(seeded: Server):
    """Things that point nowhere, twins of another region, a service whose image is gone."""
    services = {item["uri"] for item in listed(seeded, "services")}
    endpoints = [item["pushConfig"].get("pushEndpoint") for item in listed(seeded, "subscriptions")]
    gone = [it for it in endpoints if it and not it.startswith(tuple(services))]
    assert any("nba-analytics-processors" in it for it in gone)
    topics = {item["topic"] for item in listed(seeded, "subscriptions")}
    assert "_deleted-topic_" in topics
    twin = f"cloudscheduler/v1/projects/{PROJECT}/locations/us-east1/jobs/gap-detector-30min"
    assert seeded.answer("GET", twin)["state"] == "PAUSED"
    assert seeded.answer("GET", twin.replace("us-east1", REGION))["state"] == "ENABLED"
    repository = f"projects/{PROJECT}/locations/{REGION}/repositories/nba-props"
    images = seeded.answer(
        "GET", f"artifactregistry/v1/{repository}/dockerImages", params={"pageSize": 1000}
    )["dockerImages"]
    assert not any("unified-dashboard" in item["uri"] for item in images)
    for function in ("phase5b-grading", "gap-detector"):
        path = f"cloudfunctions/v2/projects/{PROJECT}/locations/{REGION}/functions/{function}"
        url = seeded.answer("POST", f"{path}:generateDownloadUrl", json={})["downloadUrl"]
        content = requests.get(url, timeout=240).content
        assert "main.py" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_the_shipped_catalog_says_what_every_trigger_writes(seeded: Server):
    """What is left writes nothing that is protected: a monitor, and those of another league."""
    rule, kind = load_catalog().fence, resource_type("eventarc/trigger")
    assert rule is not None
    left = [
        name
        for trigger in listed(seeded, "triggers")
        if not any(is_about(writer, kind, trigger) for writer in rule.writers)
        if not (name := trigger["name"].rpartition("/")[2]).startswith("mlb-")
    ]
    assert {name.rpartition("-")[0] for name in left} <= {
        "deployment-drift-monitor",
        "grading-coverage-monitor",
    }
    assert len(left) < len(listed(seeded, "triggers"))


def test_no_secret_and_nobody_is_in_the_inventory():
    """The inventory names no person, no key and no address of a webhook."""
    root = Path(__file__).resolve().parents[2]
    text = (root / "data" / "platform" / "inventory.json").read_text()
    mails = re.findall(r"[\w.+{}-]+@[\w.{}-]+", text)
    assert mails
    assert all(mail.endswith("gserviceaccount.com") for mail in mails)
    assert not re.search(r"hooks\.slack|BEGIN |AIza|xox[bp]-|Bearer ", text)
