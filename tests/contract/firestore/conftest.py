"""Both Firestores, each started once, and a fresh project on them for every test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import grpc
import pytest
from google.cloud import firestore

from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Wire


@pytest.fixture(scope="session")
def standin_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the stand-in for the session."""
    with parts.standin(tmp_path_factory.mktemp("firestore")) as service:
        yield service


@pytest.fixture(params=["standin", "emulator"])
def service(request: pytest.FixtureRequest) -> Service:
    """Return each Firestore in turn."""
    return request.getfixturevalue(f"{request.param}_service")


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    """Return a connection to an empty database."""
    wire = Wire(service.host)
    yield wire
    wire.channel.close()


@pytest.fixture
def client(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[firestore.Client]:
    """Return the real client on an empty database."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", service.host)
    wire = Wire(service.host)
    wire.channel.close()
    client = firestore.Client(project=wire.project)
    yield client
    client.close()


@pytest.fixture
def refused() -> Callable[[str], AbstractContextManager[pytest.ExceptionInfo[grpc.RpcError]]]:
    """Return what expects a call to be refused with a status."""

    def expect(
        code: str,
    ) -> AbstractContextManager[pytest.ExceptionInfo[grpc.RpcError]]:
        return pytest.raises(grpc.RpcError, check=lambda error: error.code().name == code)

    return expect
