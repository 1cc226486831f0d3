"""Rebound on a local cloud, and the operator's command.

Each `Rebound` has a project of its own, so that many share one local cloud.
"""

import functools
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.cloud import bigquery, firestore, storage

from manifests.claim_layout import lease_name
from manifests.model.run import LeaseRecord, Manifest
from manifests.store.envelope import decode, encode
from tests.commands import MODULES
from tests.deployed import ROOT
from tests.forks import Forked, ForkServer, fork_server
from tests.standin.cloud import Cloud, client_environment

CLOCK_SECONDS = timedelta(seconds=2)
"""So much later the time is that answers tell, at most: they are dated to the second."""
LOCATION = "us-west2"
START_SECONDS = 240
RUN_SECONDS = 600


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

    @functools.cached_property
    def bigquery_client(self) -> bigquery.Client:
        """Return a BigQuery client of the project."""
        return bigquery.Client(project=self.project, location=LOCATION)

    @functools.cached_property
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

    def expire_lease(self, run_id: str) -> None:
        """Let a lost machine's lease have run out, if the machine came to take one."""
        blob = self.landing.blob(lease_name(run_id))
        if blob.exists():
            lease = decode(blob.download_as_bytes(), LeaseRecord, subject=run_id)
            over = lease.model_copy(update={"term_seconds": 0})
            # The services tell their time in whole seconds.
            with self.cloud.minutes_ago(1, ("storage",)):
                blob.upload_from_string(encode(over))

    def begin(self, *words: str, **env: str) -> Forked:
        """Begin `rebound` with these words, in a fork that has imported it."""
        command = command_server()
        outputs = self.folder / f"rebound-{uuid.uuid4().hex}"
        return command.begin(
            "rebound",
            *words,
            env={**self.env, **env},
            folder=Path.cwd(),
            out=outputs.with_suffix(".out"),
            err=outputs.with_suffix(".err"),
        )

    def begin_installed(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Begin the installed `rebound` with these words, as an operator does."""
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
        done = self.ended(*words, **env)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def ended(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `rebound` to its end, whatever that is."""
        process = self.begin(*words, **env)
        out, err = process.communicate(RUN_SECONDS)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def json(self, *words: str, code: int = 0, **env: str) -> Any:  # noqa: ANN401 - JSON
        """Run `rebound --json` to its end and return what it printed."""
        return json.loads(self.run(*words, "--json", code=code, **env).stdout)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Run one statement in the project and return its rows."""
        return [dict(row.items()) for row in self.bigquery_client.query_and_wait(sql)]


def command_server() -> ForkServer:
    """Return the fork server of `rebound`."""
    modules = ("recovery.cli", *MODULES, "tests.prepared")
    return fork_server(Path(sys.executable), "recovery.cli:main", modules, ROOT)


def of_kind(told: Mapping[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """Return the steps of a plan, or the outcomes of a report, that are about things of a kind."""
    items = told["steps"] if "steps" in told else told["outcomes"]
    return [item for item in items if item["kind"] in kinds]


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
    if second := env.get("REBOUND_SECOND_BUCKET"):
        made.storage_client.create_bucket(second, location="us-east1", project="somewhere-safe")
    return made


def await_that(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def whole_minute(before: timedelta = timedelta()) -> datetime:
    """Return the last whole minute that has come by every clock, or an earlier one."""
    return (datetime.now(UTC) - before - CLOCK_SECONDS).replace(second=0, microsecond=0)


def minutes_ago(minutes: int) -> str:
    """Return a whole minute of the past as the `recovery_point` of a manual run.

    It lies up to 62 seconds further back than is asked for: what is written N minutes ago is in a
    run of at most N - 2 minutes ago for sure, and not in one of N + 1.
    """
    return f"{whole_minute(timedelta(minutes=minutes)):%Y-%m-%dT%H:%M:%SZ}"
