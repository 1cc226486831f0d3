"""The local cloud that tests share, platforms on it, and how random examples are drawn."""

import gc
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.harness import Rebound, make_rebound
from tests.standin.cloud import SERVICES, Cloud, running
from tests.standin.discovery.reported import VARIABLE, taken
from tests.standin.firestore.creation import create_database

_TESTS = Path(__file__).parent
# What is not named here are short files: whoever is through finds another one to the end.
_LONGEST_FIRST = (
    *("runbooks", "e2e", "sweep", "integration", "judges", "contract", "fuzz"),
    "test_architecture.py",
)
_DATABASE_AGE_MINUTES = 24 * 60

# The same examples in every run, and no clock that a busy machine misses.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

# What a shell starts in the background ignores Ctrl-C, and so would each command that tests send it to.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run tests: two a processor, as most tests wait half of their time."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_sessionstart() -> None:
    """Look for no garbage while tests are read: each of these processes makes a million objects."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was read out of every later look for garbage: it stays to the end."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left with it when all others are done."""
    order = {name: at for at, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(_TESTS).parts[0], len(order)))


@pytest.fixture(scope="session", autouse=True)
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Name the file where stand-ins report what does not fit Google's discovery documents."""
    path = tmp_path_factory.getbasetemp() / "reports"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, str(path))
        yield path
    assert not taken(path)


@pytest.fixture(autouse=True)
def _judged(reports: Path) -> Iterator[None]:
    """Fail a test whose calls, or whose answers, do not fit Google's discovery documents."""
    yield
    found = taken(reports)
    assert not found, "\n".join(found)


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Run one local cloud for the session; this process's Google clients talk to it."""
    with (
        pytest.MonkeyPatch.context() as environment,
        running(tmp_path_factory.mktemp("cloud")) as started,
    ):
        for name, value in started.env.items():
            environment.setenv(name, value)
        yield started


@pytest.fixture(scope="session")
def cloud(local_cloud: Cloud) -> Cloud:
    """Return the local cloud that a test uses."""
    return local_cloud


@pytest.fixture(scope="session")
def emulator_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run Google's Firestore emulator for the session, where it exists."""
    if reason := parts.emulator_missing():
        pytest.skip(reason)
    with parts.emulator(tmp_path_factory.mktemp("emulator") / "log") as service:
        yield service


@pytest.fixture(scope="session")
def emulated_cloud(
    local_cloud: Cloud, emulator_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """Return the local cloud with the documents of Google's emulator."""
    options = ("--storage", local_cloud.urls["storage"], "--emulator", emulator_service.host)
    platform = ("--platform", local_cloud.urls["platform"])
    with parts.standin(tmp_path_factory.mktemp("relay"), *options, *platform) as service:
        yield replace(
            local_cloud,
            urls={**local_cloud.urls, "firestore": service.host},
            admins={**local_cloud.admins, "firestore": service.admin},
            env={
                **local_cloud.env,
                "FIRESTORE_EMULATOR_HOST": service.host,
                "REBOUND_API_ENDPOINT": service.admin,
            },
        )


@pytest.fixture
def new_rebound(cloud: Cloud, tmp_path: Path) -> Iterator[Callable[..., Rebound]]:
    """Return what sets up a platform in a project that no other test uses, with an old database.

    A fault that a failed test leaves behind is no other test's.
    """

    def make(**env: str) -> Rebound:
        project = f"p-{uuid.uuid4().hex[:10]}"
        with cloud.minutes_ago(_DATABASE_AGE_MINUTES, ("firestore",)):
            create_database(project)
        return make_rebound(cloud, tmp_path, project, **env)

    yield make
    for service in SERVICES:
        cloud.clear_faults(service)
