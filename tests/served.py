"""A function, the backup where no other is named, served from its bundle as Cloud Run serves it."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from functions.bundle import DRILL, FUNCTIONS
from tests.deployed import framework_words, own_bundle, python_of
from tests.forks import Forked, fork_server
from tests.harness import RUN_SECONDS, START_SECONDS, Rebound, free_port

_SERVER = (
    "functions_framework._cli",
    "functions_framework._http.gunicorn",
    "gunicorn.workers.gthread",
)
_IMPORTED = ("functions.main", "functions.maintenance", *_SERVER)
_IMPORTED_TO_DRILL = ("functions.drilling", "recovery.drill.called", *_SERVER)

type Server = subprocess.Popen[bytes] | Forked


class Function:
    """A served function.

    Args:
        url: Where it answers.
        process: The server, the leader of its process group.
        log: The file its log lines go to.
    """

    def __init__(self, url: str, process: Server, log: Path) -> None:
        self.url = url
        self.process = process
        self.log = log

    def scheduled(
        self,
        scheduled_at: datetime | None,
        job: str = "nightly",
        body: bytes | None = b"{}",
        *,
        deadline_seconds: float = RUN_SECONDS,
    ) -> requests.Response:
        """Call the function as Cloud Scheduler does.

        A body whose type the job does not name goes out as octets (Cloud Scheduler REST,
        HttpTarget.headers), with the token of `oidcToken`.

        Args:
            scheduled_at: The instant of the schedule; None as a run by force may be.
            job: The name of the job.
            body: The job's body; None for a job without one.
            deadline_seconds: For how long it waits for an answer.

        Raises:
            requests.Timeout: None came; the function goes on.
        """
        headers = {
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "X-CloudScheduler-JobName": job,
            "Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
        }
        if scheduled_at is not None:
            headers["X-CloudScheduler-ScheduleTime"] = scheduled_at.isoformat()
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        return requests.post(self.url, data=body, headers=headers, timeout=deadline_seconds)

    def call(self) -> requests.Response:
        """Call the function without a schedule."""
        return requests.post(self.url, timeout=RUN_SECONDS)

    def manual(self, run_id: str, **body: Any) -> requests.Response:  # noqa: ANN401 - JSON
        """Ask for a run by its name."""
        return requests.post(self.url, json={"run_id": run_id, **body}, timeout=RUN_SECONDS)

    def complete(self, run_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Ask for a run, insist that it is complete, and return the answer."""
        answer = self.manual(run_id, **body)
        assert answer.status_code == 200, answer.text
        summary: dict[str, Any] = answer.json()
        return summary

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the structured lines of the log."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def kill(self) -> None:
        """End the server and its workers at once, as a lost machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(START_SECONDS)


@contextmanager
def serving(rebound: Rebound, target: str = "backup", **env: str) -> Generator[Function]:
    """Serve a deployable bundle with the real functions-framework until the block ends.

    Args:
        rebound: The platform.
        target: The function.
        env: More of its environment.
    """
    is_drill = target == "drill"
    source = own_bundle(DRILL if is_drill else FUNCTIONS)
    imported = _IMPORTED_TO_DRILL if is_drill else _IMPORTED
    server = fork_server(python_of(source), "functions_framework._cli:_cli", imported, source)

    def begin(port: int, log: Path, env: Mapping[str, str]) -> Forked:
        words = framework_words(port, target)
        return server.begin(*words, env=env, folder=source, out=log, err=log)

    with _answering(begin, rebound, **env) as function:
        yield function


@contextmanager
def serving_bundle(
    source: Path, rebound: Rebound, target: str = "backup", **env: str
) -> Generator[Function]:
    """Serve a function of an unpacked bundle for a platform until the block ends, started as Cloud Run does."""

    def begin(port: int, log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        words = [str(python_of(source)), "-I", "-m", *framework_words(port, target)]
        with log.open("wb") as output:
            return subprocess.Popen(
                words, cwd=source, env=env, stdout=output, stderr=output, start_new_session=True
            )

    with _answering(begin, rebound, **env) as function:
        yield function


@contextmanager
def _answering(
    begin: Callable[[int, Path, Mapping[str, str]], Server], rebound: Rebound, **env: str
) -> Generator[Function]:
    port = free_port()
    log = rebound.folder / f"function-{port}.log"
    process = begin(port, log, {**rebound.env, "CLOUD_RUN_TIMEOUT_SECONDS": "3600", **env})
    try:
        _await_port(port, process, log)
        yield Function(f"http://127.0.0.1:{port}/", process, log)
    finally:
        if process.poll() is None:
            # Asked to end, it would take a second to notice.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(START_SECONDS)


def _await_port(port: int, process: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
