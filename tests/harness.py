"""Rebound on a local cloud: the function served as Cloud Run serves it, and the operator's command.

Each `Rebound` has a project of its own, so that many share one local cloud.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from google.cloud import bigquery, firestore, storage

from manifests.layout import lease_name
from manifests.model import LeaseRecord, Manifest
from manifests.store import decode, encode
from tests.deployed import own_bundle, serve_words
from tests.standin.cloud import Cloud, client_environment

LOCATION = "us-west2"
_START_SECONDS = 240
_RUN_SECONDS = 600


@dataclass(frozen=True)
class Rebound:
    """One platform with its backups: where things are, and how both sides are called.

    Attributes:
        project: The protected project, this platform's own.
        env: The environment of both sides.
        folder: For files of this platform.
    """

    cloud: Cloud
    project: str
    env: dict[str, str]
    folder: Path

    @property
    def bigquery_client(self) -> bigquery.Client:
        """Return a BigQuery client of the project."""
        return bigquery.Client(project=self.project, location=LOCATION)

    @property
    def storage_client(self) -> storage.Client:
        """Return a Cloud Storage client of the project."""
        return storage.Client(project=self.project)

    @property
    def firestore_client(self) -> firestore.Client:
        """Return a Firestore client of the project's default database."""
        return firestore.Client(project=self.project)

    @property
    def vault(self) -> storage.Bucket:
        """Return the bucket with the backups."""
        return self.storage_client.bucket(self.env["REBOUND_VAULT_BUCKET"])

    @property
    def landing(self) -> storage.Bucket:
        """Return the bucket where extracts land and journals are kept."""
        return self.storage_client.bucket(self.env["REBOUND_LANDING_BUCKET"])

    def manifest(self, run_id: str) -> Manifest:
        """Return a run's manifest, as the contract reads it."""
        content = self.vault.blob(f"runs/{run_id}/manifest.json").download_as_bytes()
        return decode(content, Manifest, subject=run_id)

    @property
    def recoveries(self) -> set[str]:
        """Return the ids of the recoveries that were begun."""
        names = (blob.name for blob in self.landing.list_blobs(prefix="recoveries/"))
        return {name.split("/")[1] for name in names}

    def await_recovery(self) -> None:
        """Wait until a recovery has begun."""
        await_that(lambda: bool(self.recoveries))

    def expire_lease(self, run_id: str) -> None:
        """Let a lost machine's lease have run out, if the machine came to take one."""
        blob = self.landing.blob(lease_name(run_id))
        if blob.exists():
            lease = decode(blob.download_as_bytes(), LeaseRecord, subject=run_id)
            over = lease.model_copy(update={"expires_at": datetime.now(UTC)})
            blob.upload_from_string(encode(over))

    def begin(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start `rebound` with these words, as an operator would."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("rebound"), *words],
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `rebound` to its end and insist on its exit code."""
        process = self.begin(*words, **env)
        out, err = process.communicate(timeout=_RUN_SECONDS)
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        assert done.returncode == code, f"exit {done.returncode}\n{out}\n{err}"
        return done

    def json(self, *words: str, code: int = 0, **env: str) -> Any:  # noqa: ANN401 - JSON
        """Run `rebound --json` to its end and return what it printed."""
        return json.loads(self.run(*words, "--json", code=code, **env).stdout)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Run one statement in the project and return its rows."""
        return [dict(row.items()) for row in self.bigquery_client.query_and_wait(sql)]


def make_rebound(
    cloud: Cloud,
    folder: Path,
    project: str,
    *,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    **env: str,
) -> Rebound:
    """Set up what has to be there before the first night, the two buckets; return the platform.

    Args:
        cloud: The local cloud.
        folder: For files of this platform.
        project: Its project id.
        name: What its buckets are called after; the project when None.
        labels: Labels of the buckets and the scratch dataset.
        env: Further settings of both sides, as `REBOUND_CATALOG`.
    """
    vault, landing = f"{name or project}-vault", f"{name or project}-landing"
    settings = {
        "REBOUND_PROJECT": project,
        "REBOUND_VAULT_BUCKET": vault,
        "REBOUND_LANDING_BUCKET": landing,
        **env,
    }
    made = Rebound(cloud, project, client_environment(cloud, **settings), folder)
    for name_of in (vault, landing):
        bucket = made.storage_client.bucket(name_of)
        bucket.labels = labels or {}
        made.storage_client.create_bucket(bucket, location=LOCATION)
    return made


class Function:
    """The served backup function.

    Args:
        url: Where it answers.
        process: The server, the leader of its process group.
        log: The file its log lines go to.
    """

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url = url
        self.process = process
        self.log = log

    def scheduled(
        self, scheduled_at: datetime, job: str = "nightly", body: bytes | None = b"{}"
    ) -> requests.Response:
        """Call the function as Cloud Scheduler does.

        A body whose type the job does not name goes out as octets (Cloud Scheduler REST,
        HttpTarget.headers), with the token of `oidcToken`.

        Args:
            scheduled_at: The instant of the schedule.
            job: The name of the job.
            body: The job's body; None for a job without one.
        """
        headers = {
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "X-CloudScheduler-JobName": job,
            "X-CloudScheduler-ScheduleTime": scheduled_at.isoformat(),
            "Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
        }
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        return requests.post(self.url, data=body, headers=headers, timeout=_RUN_SECONDS)

    def manual(self, run_id: str, **body: Any) -> requests.Response:  # noqa: ANN401 - JSON
        """Ask for a run by its name."""
        return requests.post(self.url, json={"run_id": run_id, **body}, timeout=_RUN_SECONDS)

    def complete(self, run_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Ask for a run, insist that it is complete, and return the answer."""
        answer = self.manual(run_id, **body)
        assert answer.status_code == 200, answer.text
        summary: dict[str, Any] = answer.json()
        return summary

    def until_complete(self, run_id: str, **body: Any) -> Iterator[requests.Response]:  # noqa: ANN401 - JSON
        """Call again, as a schedule's retries do, until the run is complete; yield each answer."""
        deadline = time.monotonic() + _RUN_SECONDS
        while True:
            answer = self.manual(run_id, **body)
            yield answer
            if answer.status_code == requests.codes.ok:
                return
            assert answer.status_code == requests.codes.service_unavailable, answer.text
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.1)

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the structured lines of the log."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def kill(self) -> None:
        """End the server and its workers at once, as a lost machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(rebound: Rebound, **env: str) -> Generator[Function]:
    """Serve the deployable bundle with the real functions-framework until the block ends."""
    with serving_bundle(own_bundle(), rebound, **env) as function:
        yield function


@contextmanager
def serving_bundle(source: Path, rebound: Rebound, **env: str) -> Generator[Function]:
    """Serve an unpacked bundle for a platform until the block ends."""
    port = free_port()
    log = rebound.folder / f"function-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            serve_words(source, port),
            cwd=source,
            env={**rebound.env, "CLOUD_RUN_TIMEOUT_SECONDS": "3600", **env},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _await_port(port, process, log)
        yield Function(f"http://127.0.0.1:{port}/", process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(_START_SECONDS)


def await_that(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def whole_minute(before: timedelta = timedelta()) -> datetime:
    """Return the last whole minute, or an earlier one."""
    return (datetime.now(UTC) - before).replace(second=0, microsecond=0)


def minutes_ago(minutes: int) -> str:
    """Return a whole minute of the past as the `recovery_point` of a manual run."""
    return f"{whole_minute(timedelta(minutes=minutes)):%Y-%m-%dT%H:%M:%SZ}"
