"""Both Firestores, each started once, and a fresh project on them for every test."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import grpc
import pytest
from google.cloud import firestore

from tests.cloud.sandbox import Sandbox
from tests.contract import real
from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Wire


@pytest.fixture(scope="session")
def standin_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the stand-in for the session."""
    with parts.standin(tmp_path_factory.mktemp("firestore")) as service:
        yield service


@pytest.fixture(scope="session")
def cloud_service() -> Iterator[Service]:
    """Make one database in the real cloud for the session; `python -m tests.cloud` removes it."""
    client = Sandbox(str(real.PROJECT), f"c{uuid.uuid4().hex[:8]}").database("contract")
    yield Service(client._firestore_api.transport.grpc_channel, process=None, client=client)  # noqa: SLF001
    client.close()


@pytest.fixture(params=["cloud"] if real.PROJECT else ["standin", "emulator"])
def service(request: pytest.FixtureRequest) -> Service:
    """Return each Firestore in turn."""
    return request.getfixturevalue(f"{request.param}_service")


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    """Return a connection to an empty database."""
    if service.client is not None:
        empty(service.client)
        yield Wire.of(service.client)
        return
    wire = Wire(service.host)
    yield wire
    wire.channel.close()


@pytest.fixture
def client(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[firestore.Client]:
    """Return the real client on an empty database."""
    if service.client is not None:
        empty(service.client)
        yield service.client
        return
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", service.host)
    wire = Wire(service.host)
    wire.channel.close()
    client = firestore.Client(project=wire.project)
    yield client
    client.close()


def empty(client: firestore.Client) -> None:
    """Delete everything in a database."""
    for collection in client.collections():
        client.recursive_delete(collection)


@pytest.fixture
def refused() -> Callable[[str], AbstractContextManager[pytest.ExceptionInfo[grpc.RpcError]]]:
    """Return what expects a call to be refused with a status."""

    def expect(
        code: str,
    ) -> AbstractContextManager[pytest.ExceptionInfo[grpc.RpcError]]:
        return pytest.raises(grpc.RpcError, check=lambda error: error.code().name == code)

    return expect
