"""Cloud Storage behind the switch, as its contract tests speak to it."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.cloud.sandbox import LABEL
from tests.contract import real

ROOT = Path(__file__).resolve().parents[3]
PROJECT = real.NAME
STOP_SECONDS = 240


@dataclass(frozen=True)
class Server:
    """The stand-in, or the real cloud.

    Attributes:
        url: where it answers.
        process: its process; the real cloud has none.
    """

    url: str
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
        """Send a request and return whatever the answer is."""
        return real.send(method, f"{self.url}{path}", **how)

    def order(self, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Give an order that only a stand-in takes."""
        found: dict[str, Any] = real.order("POST", f"{self.url}/standin/{path}", **body)
        return found

    def new_bucket(self, *, retains_objects: bool = False, **settings: Any) -> str:  # noqa: ANN401 - JSON
        """Make a bucket, whose objects may have a retention of their own, and return its name."""
        name = new_name()
        further = "&enableObjectRetention=true" if retains_objects else ""
        path = f"/storage/v1/b?project={PROJECT}{further}"
        answer = self.call("POST", path, json={"name": name, **settings})
        answer.raise_for_status()
        return name

    def put(self, bucket: str, name: str, data: bytes, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - parameters
        """Upload an object in one request and return its resource."""
        answer = self.call(
            "POST",
            f"/upload/storage/v1/b/{bucket}/o",
            params={"uploadType": "media", "name": name, **query},
            data=data,
        )
        answer.raise_for_status()
        return answer.json()

    def object(
        self,
        method: str,
        bucket: str,
        name: str,
        rest: str = "",
        **how: Any,  # noqa: ANN401 - what requests takes
    ) -> requests.Response:
        """Send a request about one object."""
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}{rest}"
        return self.call(method, path, **how)

    def list(self, bucket: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - parameters
        """Return one page of a listing."""
        answer = self.call("GET", f"/storage/v1/b/{bucket}/o", params=query)
        answer.raise_for_status()
        return answer.json()


def new_name() -> str:
    """Return the name of a bucket that nobody has."""
    return f"{LABEL}-{uuid.uuid4().hex[:12]}"


@contextmanager
def running(data_dir: Path) -> Iterator[Server]:
    """Run a server on a folder until the block ends."""
    words = [sys.executable, "-m", "tests.standin.storage", "--data-dir", str(data_dir)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(json.loads(process.stdout.readline())["url"], process)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        process.stdout.close()
