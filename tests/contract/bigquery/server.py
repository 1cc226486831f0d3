"""A running BigQuery stand-in with its Cloud Storage, as its contract tests speak to them."""

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
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from tests.contract import real

ROOT = Path(__file__).resolve().parents[3]
PROJECT = real.PROJECT or "p-test"
_STOP_SECONDS = 240
_ANSWER_SECONDS = 240


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: Where BigQuery answers.
        storage: Where Cloud Storage answers; empty when there is none.
        process: BigQuery's process.
    """

    url: str
    storage: str
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
        """Send a request below the project and return whatever the answer is."""
        url = f"{self.url}/bigquery/v2/projects/{PROJECT}/{path}"
        return requests.request(method, url, timeout=_ANSWER_SECONDS, **how)

    def order(self, path: str, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Give an order that only a stand-in takes."""
        answer = requests.post(f"{self.url}/standin/{path}", json=body, timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def faults(self, path: str = "faults") -> list[dict[str, Any]]:
        """Remove every fault and return them with their counts."""
        answer = requests.delete(f"{self.url}/standin/{path}", timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def told(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what only a stand-in tells."""
        answer = requests.get(f"{self.url}/standin/{path}", timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def client(self) -> bigquery.Client:
        """Return the real client."""
        return bigquery.Client(
            project=PROJECT,
            location="US",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )

    def put_object(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object."""
        answer = requests.post(
            f"{self.storage}/upload/storage/v1/b/{bucket}/o",
            params={"uploadType": "media", "name": name},
            data=content,
            timeout=_ANSWER_SECONDS,
        )
        answer.raise_for_status()

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Return the objects below a prefix by name."""
        base = f"{self.storage}/storage/v1/b/{bucket}/o"
        page = requests.get(base, params={"prefix": prefix}, timeout=_ANSWER_SECONDS).json()
        return {
            item["name"]: requests.get(
                item["mediaLink"], params={"alt": "media"}, timeout=_ANSWER_SECONDS
            ).content
            for item in page.get("items", [])
        }


class RealServer(Server):
    """The real cloud; its process is none."""

    order = faults = told = staticmethod(real.skip_order)

    def call(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
        """Send a request below the project and return whatever the answer is."""
        return real.send(method, f"{self.url}/bigquery/v2/projects/{PROJECT}/{path}", **how)

    def client(self) -> bigquery.Client:
        """Return the real client."""
        return real.LabellingClient(project=PROJECT, location="US")

    def put_object(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object."""
        storage.Client(project=PROJECT).bucket(bucket).blob(name).upload_from_string(content)

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Return the objects below a prefix by name."""
        found = storage.Client(project=PROJECT).list_blobs(bucket, prefix=prefix)
        return {blob.name: blob.download_as_bytes() for blob in found}


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
