"""The whole local cloud: its processes, where they answer, and what the clients are told.

One process a service, each started with the same words and ready when it prints one JSON line. The
clients are configured by environment alone, as they would be for any other endpoint.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import requests

from tests.standin.credentials import write_credentials

type Service = Literal["storage", "bigquery", "firestore", "platform"]

PROJECT = "nba-props-platform"
SERVICES: tuple[Service, ...] = ("storage", "bigquery", "firestore", "platform")
_STOP_SECONDS = 20
_ANSWER_SECONDS = 240
# Orders go to this machine: connections are kept, and nobody is asked for a proxy or a password.
_SESSION = requests.Session()
_SESSION.trust_env = False


class Begun(Protocol):
    """A process that calls the cloud."""

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""

    def communicate(self, *, timeout: float) -> tuple[str, str]:
        """Wait for its end and return what it wrote."""


@dataclass(frozen=True)
class Cloud:
    """A running local cloud.

    Attributes:
        urls: Where each service answers its clients.
        admins: Where each service takes faults and other orders of a test.
        env: The variables that point Google's clients at it.
    """

    urls: Mapping[str, str]
    admins: Mapping[str, str]
    env: Mapping[str, str]
    processes: Mapping[str, subprocess.Popen[str]] = field(repr=False, default_factory=dict)

    @property
    def ready_line(self) -> str:
        """Return what `serve` prints when the cloud is ready."""
        return json.dumps({**self.urls, "env": dict(self.env)})

    def order(self, service: Service, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Give a service an order that only a stand-in takes, and return its answer.

        Raises:
            requests.HTTPError: The service refused it.
        """
        answer = _SESSION.post(
            f"{self.admins[service]}/standin/{path}", json=body, timeout=_ANSWER_SECONDS
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    @contextmanager
    def fault(self, service: Service, operation: str, kind: str, **how: Any) -> Generator[None]:  # noqa: ANN401 - JSON
        """Inject a fault, and assert that it fired before it is taken away.

        Args:
            service: The service it happens in.
            operation: Regular expression on the operation's id, as `storage.objects.insert`.
            kind: One of the kinds of `tests.standin.faults`.
            how: The rest of the fault, as `times=1`.
        """
        self.order(service, "faults", operation=operation, kind=kind, **how)
        try:
            yield
        except BaseException:
            self.clear_faults(service)
            raise
        removed = self.clear_faults(service)
        assert all(item["fired"] for item in removed), f"a fault never fired: {removed}"

    @contextmanager
    def held(
        self,
        service: Service,
        operation: str,
        *,
        is_done: bool = True,
        **how: Any,  # noqa: ANN401 - JSON
    ) -> Generator[None]:
        """Hold calls up until the block ends, and assert that one was; `await_fault` waits for it.

        Args:
            service: The service.
            operation: Regular expression on the operation's id.
            is_done: Whether they are done then; else they are lost with whoever made them.
            how: The rest of the fault; it is for one call unless told otherwise.
        """
        if not is_done:
            self.order(service, "faults", operation=operation, kind="reset", **how)
        with self.fault(service, operation, "latency", seconds=_ANSWER_SECONDS, **how):
            yield

    @contextmanager
    def minutes_ago(
        self, minutes: float, services: Sequence[Service] = SERVICES
    ) -> Generator[None]:
        """Let everything that is written in the block have been written some minutes ago."""
        for service in services:
            self.order(service, "clock", offset_seconds=-60 * minutes)
        try:
            yield
        finally:
            for service in services:
                self.order(service, "clock", offset_seconds=0)

    def await_fault(self, service: Service, caller: Begun | None = None) -> None:
        """Wait until one of a service's faults has fired.

        Args:
            service: The service.
            caller: The process that is to meet it.

        Raises:
            ChildProcessError: The caller ended before, and says why.
            TimeoutError: None has.
        """
        deadline = time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < deadline:
            has_ended = caller is not None and caller.poll() is not None
            if any(item["fired"] for item in self.faults(service)):
                return
            if caller is not None and has_ended:
                raise ChildProcessError(*caller.communicate(timeout=_ANSWER_SECONDS))
            time.sleep(0.02)
        raise TimeoutError(service)

    def faults(self, service: Service) -> list[dict[str, Any]]:
        """Return every fault of a service with its count."""
        answer = _SESSION.get(f"{self.admins[service]}/standin/faults", timeout=_ANSWER_SECONDS)
        found: list[dict[str, Any]] = answer.json()
        return found

    def clear_faults(self, service: Service) -> list[dict[str, Any]]:
        """Take every fault of a service away, and return them with their counts."""
        answer = _SESSION.delete(f"{self.admins[service]}/standin/faults", timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        removed: list[dict[str, Any]] = answer.json()
        return removed


@contextmanager
def running(
    data_dir: Path,
    *,
    ports: Mapping[str, int] | None = None,
    options: Mapping[str, tuple[str, ...]] | None = None,
) -> Generator[Cloud]:
    """Run the local cloud until the block ends.

    Args:
        data_dir: Where every service keeps its state; made when it is missing.
        ports: The port of each service; a free one where none is named.
        options: Further command line options of each service.

    Raises:
        ModuleNotFoundError: Google's SQL library is not installed.
    """
    import_module("tests.standin.bigquery.googlesql")  # Said here, not in the output of a process.
    data_dir.mkdir(parents=True, exist_ok=True)
    ports, options = ports or {}, options or {}
    lines: dict[str, dict[str, str]] = {}
    processes: dict[str, subprocess.Popen[str]] = {}
    with ExitStack() as stack:
        for service in SERVICES:
            words = [*_words(data_dir, service, ports.get(service, 0)), *options.get(service, ())]
            if service != "storage":
                words += ["--storage", lines["storage"]["url"]]
            if service == "platform":
                words += ["--bigquery", lines["bigquery"]["url"]]
                words += ["--firestore", lines["firestore"]["admin"]]
            process = stack.enter_context(_process(words))
            processes[service] = process
            lines[service] = _ready(service, process)
        urls = {service: line["url"] for service, line in lines.items()}
        admins = {service: line.get("admin", line["url"]) for service, line in lines.items()}
        yield Cloud(urls=urls, admins=admins, env=_env(data_dir, urls), processes=processes)


def _words(data_dir: Path, service: str, port: int) -> list[str]:
    module = [sys.executable, "-m", f"tests.standin.{service}"]
    return [*module, "--data-dir", str(data_dir / service), "--port", str(port)]


@contextmanager
def _process(words: list[str]) -> Generator[subprocess.Popen[str]]:
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def _ready(service: str, process: subprocess.Popen[str]) -> dict[str, str]:
    line = "" if process.stdout is None else process.stdout.readline()
    if not line:
        message = f"the local {service} did not start, see its output above"
        raise RuntimeError(message)
    answer: dict[str, str] = json.loads(line)
    return answer


def _env(data_dir: Path, urls: Mapping[str, str]) -> dict[str, str]:
    credentials = write_credentials(data_dir / "credentials.json")
    return {
        "STORAGE_EMULATOR_HOST": urls["storage"],
        "BIGQUERY_EMULATOR_HOST": urls["bigquery"],
        "FIRESTORE_EMULATOR_HOST": urls["firestore"],
        "REBOUND_API_ENDPOINT": urls["platform"],
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "GOOGLE_CLOUD_PROJECT": PROJECT,
    }


def client_environment(cloud: Cloud, **more: str) -> dict[str, str]:
    """Return this process's environment with the variables of a local cloud and more.

    Settings of Rebound that the developer's own shell has are left out.
    """
    own = {key: value for key, value in os.environ.items() if not key.startswith("REBOUND_")}
    return {**own, **cloud.env, **more}
