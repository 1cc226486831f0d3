"""BigQuery with its Cloud Storage behind the switch, as its contract tests speak to them."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import requests
from google.cloud import bigquery

from tests.contract import real

ROOT = Path(__file__).resolve().parents[3]
PROJECT = real.NAME
_STOP_SECONDS = 240


@dataclass(frozen=True)
class Server:
    """The stand-in, or the real cloud.

    Attributes:
        url: Where BigQuery answers.
        storage: Where Cloud Storage answers; empty when there is none.
        process: BigQuery's process; the real cloud has none.
    """

    url: str
    storage: str
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
        """Send a request below the project and return whatever the answer is."""
        url = f"{self.url}/bigquery/v2/projects/{PROJECT}/{path}"
        return real.send(method, url, **how)

    def order(self, path: str, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Give an order that only a stand-in takes."""
        return real.order("POST", f"{self.url}/standin/{path}", **body)

    def faults(self, path: str = "faults") -> list[dict[str, Any]]:
        """Remove every fault and return them with their counts."""
        found: list[dict[str, Any]] = real.order("DELETE", f"{self.url}/standin/{path}")
        return found

    def told(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what only a stand-in tells."""
        return real.order("GET", f"{self.url}/standin/{path}")

    def client(self) -> bigquery.Client:
        """Return the real client."""
        return real.BigQueryClient(
            project=PROJECT,
            location="US",
            credentials=real.credentials(),
            client_options={"api_endpoint": self.url},
        )

    def agent(self) -> str:
        """Return somebody who can be given access: the service agent of Cloud Storage."""
        answer = real.send("GET", f"{self.storage}/storage/v1/projects/{PROJECT}/serviceAccount")
        answer.raise_for_status()
        return str(answer.json()["email_address"])

    def put_object(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object."""
        url = f"{self.storage}/upload/storage/v1/b/{bucket}/o"
        query = {"uploadType": "media", "name": name}
        real.send("POST", url, params=query, data=content).raise_for_status()

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Return the objects below a prefix by name."""
        base = f"{self.storage}/storage/v1/b/{bucket}/o"
        page = real.send("GET", base, params={"prefix": prefix}).json()
        return {
            item["name"]: real.send("GET", item["mediaLink"], params={"alt": "media"}).content
            for item in page.get("items", [])
        }


def process(module: str, *words: str) -> tuple[subprocess.Popen[str], str]:
    """Start a service and return its process and address."""
    command = [sys.executable, "-m", module, *words]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    return started, json.loads(started.stdout.readline())["url"]


def end(started: subprocess.Popen[str]) -> None:
    """End a service cleanly."""
    started.terminate()
    started.wait(_STOP_SECONDS)
    assert started.stdout is not None
    started.stdout.close()


@contextmanager
def running(folder: Path, storage: str = "", *words: str) -> Generator[Server]:
    """Run BigQuery on a folder until the block ends."""
    import_module("tests.standin.bigquery.googlesql")  # Said here, not in the output of a process.
    arguments = ["--data-dir", str(folder), "--storage", storage, *words]
    started, url = process("tests.standin.bigquery", *arguments)
    try:
        yield Server(url, storage, started)
    finally:
        end(started)
