"""gcloud against the control plane, as operators use it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.platform.server import REGION, Server

GCLOUD = shutil.which("gcloud")
APIS = [
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudscheduler",
    "eventarc",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "secretmanager",
    "serviceusage",
    "workflows",
]
pytestmark = pytest.mark.skipif(
    GCLOUD is None, reason="gcloud is not installed: its agreement with the stand-in is not shown"
)


class Gcloud:
    """gcloud with settings of its own, pointed at a server."""

    def __init__(self, server: Server, project: str, folder: Path) -> None:
        named = {
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": f"{server.url}/{api}.googleapis.com/"
            for api in APIS
        }
        own = {key: it for key, it in os.environ.items() if not key.startswith("CLOUDSDK_")}
        self._env = {
            **own,
            **named,
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "any",
            "CLOUDSDK_CORE_PROJECT": project,
            "CLOUDSDK_CONFIG": str(folder),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        }

    def __call__(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """Run a command, insist that it succeeds, and return what it prints."""
        done = subprocess.run(
            [str(GCLOUD), *words, "--format=json"],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")


@pytest.fixture
def gcloud(server: Server, project: str, tmp_path: Path) -> Gcloud:
    """Return gcloud for a project."""
    return Gcloud(server, project, tmp_path)


def test_schedules(gcloud: Gcloud):
    """Gcloud makes, pauses, changes and lists jobs."""
    where = f"--location={REGION}"
    words = ("--schedule=0 6 * * *", "--uri=https://a.example/", "--time-zone=America/New_York")
    gcloud("scheduler", "jobs", "create", "http", "job", where, *words)
    gcloud("scheduler", "jobs", "pause", "job", where)
    gcloud("scheduler", "jobs", "update", "http", "job", where, "--schedule=0 7 * * *")
    job = gcloud("scheduler", "jobs", "list", where)[0]
    assert (job["state"], job["schedule"]) == ("PAUSED", "0 7 * * *")
    assert job["timeZone"] == "America/New_York"


def test_messages_and_secrets(gcloud: Gcloud, project: str):
    """Gcloud makes topics, subscriptions and secrets, and grants roles on them."""
    gcloud("pubsub", "topics", "create", "topic")
    gcloud("pubsub", "subscriptions", "create", "sub", "--topic=topic", "--ack-deadline=60")
    found = gcloud("pubsub", "subscriptions", "describe", "sub")
    assert found["ackDeadlineSeconds"] == 60
    gcloud("secrets", "create", "KEY", "--replication-policy=automatic")
    assert gcloud("secrets", "list")[0]["name"].endswith("/secrets/KEY")
    grant = ("--member=user:a@example.com", "--role=roles/pubsub.viewer")
    gcloud("pubsub", "topics", "add-iam-policy-binding", "topic", *grant)
    gcloud("projects", "add-iam-policy-binding", project, *grant, "--condition=None")
    policy = gcloud("projects", "get-iam-policy", project)
    assert policy["bindings"][0]["role"] == "roles/pubsub.viewer"


def test_accounts_services_and_workflows(gcloud: Gcloud, tmp_path: Path):
    """Gcloud makes accounts and workflows, and tells what is enabled."""
    gcloud("iam", "service-accounts", "create", "runner-one")
    assert gcloud("iam", "service-accounts", "list")[0]["email"].startswith("runner-one@")
    enabled = {item["config"]["name"] for item in gcloud("services", "list", "--enabled")}
    assert "workflows.googleapis.com" in enabled
    source = tmp_path / "flow.yaml"
    source.write_text("main:\n  steps:\n  - end:\n      return: 1\n")
    where = f"--location={REGION}"
    gcloud("workflows", "deploy", "flow", where, f"--source={source}")
    assert gcloud("workflows", "describe", "flow", where)["state"] == "ACTIVE"
