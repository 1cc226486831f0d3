"""The real cloud and the local one answer the same questions the same way."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cloud.answers import differences, take_what_is_probed
from tests.cloud.sandbox import PROJECT_VARIABLE, SCHEDULER
from tests.deployed import ROOT
from tests.standin.cloud import Cloud, client_environment, running

DIFFERENCES_VARIABLE = "REBOUND_CLOUD_DIFFERENCES"
pytestmark = [pytest.mark.cloud, pytest.mark.timeout(3600)]


def asked(env: Mapping[str, str]) -> dict[str, Any]:
    """Return every answer of the cloud that an environment points at."""
    command = [sys.executable, "-m", "tests.cloud.probes", env[PROJECT_VARIABLE]]
    command.append(f"q{uuid.uuid4().hex[:8]}")
    done = subprocess.run(command, env=dict(env), stdout=subprocess.PIPE, check=True, cwd=ROOT)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def use(cloud: Cloud, project: str, service: str) -> None:
    """Let a project of the local cloud use a service, as a sandbox project does."""
    path = f"serviceusage.googleapis.com/v1/projects/{project}/services/{service}:enable"
    answer = requests.post(
        f"{cloud.urls['platform']}/{path}",
        json={},
        headers={"Authorization": "Bearer local"},
        timeout=60,
    )
    answer.raise_for_status()


def test_the_local_cloud_answers_as_the_real_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reports: Path
):
    """Every probe: what differs is written down, and named."""
    real = asked(os.environ)
    with running(tmp_path) as cloud:
        use(cloud, "p-local", SCHEDULER)
        local = asked(client_environment(cloud, **{PROJECT_VARIABLE: "p-local"}))
    take_what_is_probed(reports)
    found = [difference._asdict() for difference in differences(real, local)]
    path = Path(os.environ.get(DIFFERENCES_VARIABLE, ROOT / ".local/cloud/differences.json"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"differences": found, "answers": real}, indent=1))
    with capsys.disabled():
        sys.stdout.write(f"\n{len(real)} probes, {len(found)} answers differ, see {path}\n")
    assert not found, [item["where"] for item in found]
