"""The two Firestores that the contract is held against: the stand-in and Google's emulator."""

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.cloud import firestore
from google.cloud.firestore_admin_v1 import FirestoreAdminClient
from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
    FirestoreAdminGrpcTransport,
)

from tests.contract import real

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[3]
JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
START_SECONDS = 240
STOP_SECONDS = 20


@dataclass(frozen=True)
class Service:
    """A running Firestore.

    Attributes:
        host: The value of FIRESTORE_EMULATOR_HOST.
        process: Its process.
        admin: Where the stand-in takes faults; the emulator has no such thing.
        client: The client of the real cloud's database; None for what runs here.
    """

    host: str
    process: subprocess.Popen[bytes]
    admin: str = ""
    client: firestore.Client | None = None

    def faults(self, method: str, **fault: object) -> list[dict[str, object]]:
        """Add a fault (POST), or list (GET) or remove (DELETE) all."""
        found: list[dict[str, object]] = real.order(method, f"{self.admin}/standin/faults", **fault)
        return found

    @contextmanager
    def clock(self, offset_seconds: float) -> Iterator[None]:
        """Let everything that the block writes to the stand-in have been written then."""
        self.order("clock", offset_seconds=offset_seconds)
        try:
            yield
        finally:
            self.order("clock", offset_seconds=0)

    def order(self, path: str, **body: object) -> None:
        """Give the stand-in an order."""
        real.order("POST", f"{self.admin}/standin/{path}", **body)


@contextmanager
def _process(command: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def standin(data_dir: Path, *options: str) -> Iterator[Service]:
    """Run the stand-in until the block ends.

    Args:
        data_dir: Where it keeps its state.
        options: Further command line options.
    """
    module = [sys.executable, "-m", "tests.standin.firestore"]
    command = [*module, "--data-dir", str(data_dir), *options]
    with _process(command, stdout=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        yield Service(ready["url"], process, ready["admin"])


@contextmanager
def admin_client(service: Service) -> Iterator[FirestoreAdminClient]:
    """Yield the real admin client of a Firestore."""
    with closing(grpc.insecure_channel(service.host)) as channel:
        yield FirestoreAdminClient(transport=FirestoreAdminGrpcTransport(channel=channel))


@functools.cache
def emulator_jar() -> Path | None:
    """Return where the emulator is, told by FIRESTORE_EMULATOR_JAR or found in the SDK."""
    if told := os.environ.get("FIRESTORE_EMULATOR_JAR"):
        return Path(told)
    root = os.environ.get("CLOUDSDK_ROOT_DIR")
    gcloud = shutil.which("gcloud")
    if not root and gcloud and (beside := Path(gcloud).resolve().parents[1] / JAR).is_file():
        return beside  # to ask gcloud takes a second, and each process that reads tests would
    if not root and gcloud:
        command = [gcloud, "info", "--format=value(installation.sdk_root)"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        root = found.stdout.strip()
    return Path(root) / JAR if root else None


def emulator_missing() -> str | None:
    """Return why the emulator cannot run here, or nothing when it can."""
    if not shutil.which("java"):
        return "the Firestore emulator needs java, which is not on the PATH"
    jar = emulator_jar()
    if jar is None or not jar.is_file():
        return f"the Firestore emulator's jar is missing ({jar}); set FIRESTORE_EMULATOR_JAR"
    return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def is_listening(port: int) -> bool:
    """Return whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def emulator(log: Path) -> Iterator[Service]:
    """Run the official emulator until the block ends.

    Args:
        log: Where its output goes.

    Raises:
        TimeoutError: If it does not start.
    """
    port = _free_port()
    # It runs for minutes: a thorough compiler costs more than it saves.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    java = ["java", *quick, "-Duser.language=en", "-Xmx1g", "-cp", str(emulator_jar()), MAIN_CLASS]
    command = [*java, "start", f"--host={HOST}", f"--port={port}"]
    with log.open("wb") as output, _process(command, stdout=output, stderr=output) as process:
        deadline = time.monotonic() + START_SECONDS
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"the emulator did not start: {log.read_text()}")
            time.sleep(0.1)
        yield Service(f"{HOST}:{port}", process)
