"""One running stand-in of the control plane, as its contract tests speak to it."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-west2"
STOP_SECONDS = 240
ANSWER_SECONDS = 240
DONE_SECONDS = 240
SERVICES = [
    "artifactregistry",
    "cloudasset",
    "cloudfunctions",
    "cloudkms",
    "cloudscheduler",
    "eventarc",
    "pubsub",
    "run",
    "secretmanager",
    "workflowexecutions",
    "workflows",
    "bigqueryconnection",
    "bigquerydatatransfer",
]


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: Where it answers.
        process: Its process.
    """

    url: str
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
        """Send a request and return whatever the answer is.

        Args:
            method: As `GET`.
            path: Begins with the short name of the API, as `pubsub/v1/projects/p/topics`.
            how: What requests takes.
        """
        api, _, rest = path.partition("/")
        url = f"{self.url}/{api}.googleapis.com/{rest}"
        return requests.request(method, url, timeout=ANSWER_SECONDS, **how)

    def answer(self, method: str, path: str, **how: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request, insist that it is taken, and return what it answers."""
        response = self.call(method, path, **how)
        assert response.ok, response.text
        return response.json()

    def refusal(self, method: str, path: str, **how: Any) -> tuple[int, str]:  # noqa: ANN401 - what requests takes
        """Send a request, insist that it is refused, and return how."""
        response = self.call(method, path, **how)
        assert not response.ok, response.text
        error = response.json()["error"]
        assert error["code"] == response.status_code
        assert error["message"]
        return response.status_code, error["status"]

    def order(self, path: str, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Give an order that only a stand-in takes."""
        response = requests.post(f"{self.url}/standin/{path}", json=body, timeout=ANSWER_SECONDS)
        response.raise_for_status()
        return response.json()

    def done(self, api: str, version: str, operation: dict[str, Any]) -> dict[str, Any]:
        """Wait until an operation is done, and return it."""
        deadline = time.monotonic() + DONE_SECONDS
        while not operation.get("done"):
            assert time.monotonic() < deadline, operation
            time.sleep(0.05)
            operation = self.answer("GET", f"{api}/{version}/{operation['name']}")
        return operation

    def new_project(self, *services: str) -> str:
        """Return a project that nobody has used, which uses these services, by default all."""
        project = f"p-{uuid.uuid4().hex[:10]}"
        ids = [f"{name}.googleapis.com" for name in services or SERVICES]
        path = f"serviceusage/v1/projects/{project}/services:batchEnable"
        self.done("serviceusage", "v1", self.answer("POST", path, json={"serviceIds": ids}))
        return project

    def client(self, kind: type, api: str) -> Any:  # noqa: ANN401 - a client that Google generates
        """Return a client that Google generates, of an API's short name."""
        return kind(
            transport="rest",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"{self.url}/{api}.googleapis.com"},
        )


@contextmanager
def running(data_dir: Path) -> Iterator[Server]:
    """Run a server on a folder until the block ends."""
    words = [sys.executable, "-m", "tests.standin.platform", "--data-dir", str(data_dir)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(json.loads(process.stdout.readline())["url"], process)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        process.stdout.close()
