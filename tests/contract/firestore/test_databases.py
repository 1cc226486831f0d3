import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import requests
from google.api_core import exceptions
from google.cloud import firestore_admin_v1 as admin_api
from google.longrunning import operations_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from tests.contract import real
from tests.contract.firestore import parts
from tests.contract.firestore.parts import ROOT, Service
from tests.contract.firestore.wire import Wire, integer

pytestmark = real.local_only(real.DATABASES)

# The official emulator has no admin API: these tests are about the stand-in alone.


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the Cloud Storage stand-in with a bucket, and return its URL."""
    data = tmp_path_factory.mktemp("storage")
    command = [sys.executable, "-m", "tests.standin.storage", "--data-dir", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        url = json.loads(process.stdout.readline())["url"]
        bucket = {"name": "exports"}
        requests.post(f"{url}/storage/v1/b?project=p", json=bucket, timeout=240).raise_for_status()
        yield url
        process.terminate()


@pytest.fixture(scope="module")
def with_storage(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a Firestore stand-in that knows Cloud Storage."""
    data = tmp_path_factory.mktemp("firestore")
    with parts.standin(data, "--storage", storage) as service:
        yield service


@pytest.fixture
def wire(with_storage: Service) -> Iterator[Wire]:
    """Return a connection to an empty database."""
    wire = Wire(with_storage.host)
    yield wire
    wire.channel.close()


@pytest.fixture
def admin(with_storage: Service) -> Iterator[admin_api.FirestoreAdminClient]:
    """Return the real admin client."""
    with parts.admin_client(with_storage) as client:
        yield client


def create(
    admin: admin_api.FirestoreAdminClient,
    project: str,
    database_id: str = "restored",
    location: str = "us-central1",
) -> str:
    """Create a database and return its name."""
    database = admin_api.types.Database(
        location_id=location, type_=admin_api.types.Database.DatabaseType.FIRESTORE_NATIVE
    )
    request = {"parent": f"projects/{project}", "database": database, "database_id": database_id}
    return admin.create_database(request).result(timeout=240).name


def test_databases_are_created_listed_and_deleted(
    admin: admin_api.FirestoreAdminClient, wire: Wire
):
    """The admin API makes databases, tells of them, changes and deletes them."""
    project = f"projects/{wire.project}"
    name = create(admin, wire.project)
    with pytest.raises(exceptions.AlreadyExists):
        create(admin, wire.project)
    wire.set("c/d", {})
    listed = admin.list_databases(parent=project).databases
    assert [database.name for database in listed] == [wire.database, name]
    protected = admin_api.types.Database.DeleteProtectionState.DELETE_PROTECTION_ENABLED
    change = admin_api.types.Database(name=name, delete_protection_state=protected)
    mask = FieldMask(paths=["delete_protection_state"])
    assert admin.update_database(database=change, update_mask=mask).result(timeout=240)
    with pytest.raises(exceptions.FailedPrecondition):
        admin.delete_database(name=name)
    admin.delete_database(name=wire.database).result(timeout=240)
    with pytest.raises(exceptions.NotFound):
        admin.get_database(name=wire.database)


def test_missing_database(admin: admin_api.FirestoreAdminClient, wire: Wire, refused: Callable):
    """What was never created, or was deleted, is neither read nor written, nor made by a write."""
    wire.set("c/d", {})
    gone = admin.get_database(name=wire.database)
    admin.delete_database(name=gone.name).result(timeout=240)
    for call in (
        lambda: wire.set("c/d", {}),
        lambda: wire.get("c/d"),
        lambda: wire.query({"from_": [{"collection_id": "c"}]}),
        lambda: wire.call("BatchWrite", database=wire.database, writes=[wire.update("c/d", {})]),
        lambda: wire.call("ListCollectionIds", parent=wire.root),
        lambda: wire.call("BeginTransaction", database=wire.database),
    ):
        with refused("NOT_FOUND"):
            call()
    with pytest.raises(exceptions.NotFound):
        admin.get_database(name=gone.name)


def test_deleted_id_is_not_free(
    admin: admin_api.FirestoreAdminClient, wire: Wire, with_storage: Service
):
    """For five minutes after a deletion nothing can be created under the id."""
    name = create(admin, wire.project)
    admin.delete_database(name=name).result(timeout=240)
    with pytest.raises(exceptions.AlreadyExists, match="retry in"):
        create(admin, wire.project)
    with with_storage.clock(-301):
        admin.delete_database(name=wire.database).result(timeout=240)
    assert create(admin, wire.project, "(default)") == wire.database
    assert not wire.paths({"from_": [{"all_descendants": True}]})


def test_datastore_mode(admin: admin_api.FirestoreAdminClient, wire: Wire, refused: Callable):
    """A database in Datastore mode refuses every call about documents."""
    database = {"location_id": "nam5", "type_": "DATASTORE_MODE"}
    parent = f"projects/{wire.project}"
    request = {"parent": parent, "database": database, "database_id": "entities"}
    admin.create_database(request).result(timeout=240)
    entities = Wire(wire.channel, "entities", wire.project)
    for call in (
        lambda: entities.set("c/d", {}),
        lambda: entities.query({"from_": [{"collection_id": "c"}]}),
    ):
        with refused("FAILED_PRECONDITION"):
            call()


@pytest.mark.parametrize(
    ("database_id", "location"),
    [("abc", "nam5"), ("Upper", "nam5"), ("ends-", "nam5"), ("good", "")],
)
def test_impossible_database_is_refused(
    admin: admin_api.FirestoreAdminClient, database_id: str, location: str
):
    """A database needs a location, and an id of 4 to 63 small letters, digits and hyphens."""
    with pytest.raises(exceptions.InvalidArgument):
        create(admin, "p", database_id, location)


def test_recovery_window(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """A database without point-in-time recovery keeps an hour, with it seven days."""
    wire.set("c/d", {})
    first = admin.get_database(name=wire.database)
    second = admin.get_database(name=create(admin, wire.project))
    periods = [item.version_retention_period.total_seconds() for item in (first, second)]
    assert periods == [7 * 86400, 3600]


def test_export_and_import(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """An export brings every document back, into another database too, and removes none."""
    for path in ("c/a", "c/a/s/b", "d/missing/s/c"):
        wire.set(path, {"n": integer(1)})
    prefix = f"gs://exports/{uuid.uuid4().hex}"
    request = {"name": wire.database, "output_uri_prefix": prefix}
    operation = admin.export_documents(request)
    assert operation.result(timeout=240).output_uri_prefix == prefix
    assert operation.metadata.progress_documents.completed_work == 3
    assert operation.metadata.operation_state == admin_api.types.OperationState.SUCCESSFUL
    target = create(admin, wire.project)
    restored = Wire(wire.channel, "restored", wire.project)
    restored.set("c/a", {"n": integer(2)})
    restored.set("c/newer", {})
    admin.import_documents({"name": target, "input_uri_prefix": prefix}).result(timeout=240)
    everything = {"from_": [{"all_descendants": True}]}
    assert restored.paths(everything) == ["c/a", "c/a/s/b", "c/newer", "d/missing/s/c"]
    assert restored.get("c/a").fields["n"] == integer(1)
    with pytest.raises(exceptions.AlreadyExists):
        admin.export_documents(request).result(timeout=240)


def test_export_by_collection(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """Only an export made with collection ids can be imported by them."""
    for path in ("c/a", "c/a/s/b", "d/c"):
        wire.set(path, {})
    some = {"name": wire.database, "output_uri_prefix": f"gs://exports/{uuid.uuid4().hex}"}
    admin.export_documents(some | {"collection_ids": ["c", "s"]}).result(timeout=240)
    target = {"name": create(admin, wire.project), "input_uri_prefix": some["output_uri_prefix"]}
    admin.import_documents(target | {"collection_ids": ["s"]}).result(timeout=240)
    restored = Wire(wire.channel, "restored", wire.project)
    assert restored.paths({"from_": [{"all_descendants": True}]}) == ["c/a/s/b"]
    every = some | {"output_uri_prefix": f"gs://exports/{uuid.uuid4().hex}"}
    admin.export_documents(every).result(timeout=240)
    source = {"input_uri_prefix": every["output_uri_prefix"], "collection_ids": ["s"]}
    with pytest.raises(exceptions.InvalidArgument):
        admin.import_documents(target | source).result(timeout=240)


def test_export_at_a_time(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """A snapshot time is a whole minute in the past, and the export is of that instant."""
    wire.set("c/d", {})
    prefix = f"gs://exports/{uuid.uuid4().hex}"
    request = {"name": wire.database, "output_uri_prefix": prefix}
    minute = int(time.time()) // 60 * 60
    bad = Timestamp(seconds=minute - 61)
    with pytest.raises(exceptions.InvalidArgument):
        admin.export_documents(request | {"snapshot_time": bad})
    before = Timestamp(seconds=minute - 60)
    operation = admin.export_documents(request | {"snapshot_time": before})
    operation.result(timeout=240)
    assert operation.metadata.progress_documents.completed_work == 0


def test_damaged_export_is_refused(admin: admin_api.FirestoreAdminClient, wire: Wire, storage: str):
    """An import refuses an export that lacks its metadata or whose files changed."""
    wire.set("c/d", {"n": integer(1)})
    folder = uuid.uuid4().hex
    request = {"name": wire.database, "output_uri_prefix": f"gs://exports/{folder}"}
    admin.export_documents(request).result(timeout=240)
    source = {"name": wire.database, "input_uri_prefix": request["output_uri_prefix"]}
    upload = f"{storage}/upload/storage/v1/b/exports/o?uploadType=media"
    name = f"{folder}%2Fall_namespaces%2Fall_kinds%2Foutput-0"
    requests.post(f"{upload}&name={name}", data=b"damaged", timeout=240).raise_for_status()
    with pytest.raises(exceptions.InvalidArgument):
        admin.import_documents(source).result(timeout=240)
    nowhere = {"input_uri_prefix": "gs://exports/nowhere"}
    with pytest.raises(exceptions.NotFound):
        admin.import_documents(source | nowhere).result(timeout=240)


def test_operations_can_be_followed(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """Operations are found by name and listed by database."""
    request = operations_pb2.ListOperationsRequest(name=wire.database)
    (creation,) = admin.list_operations(request).operations
    wire.set("c/d", {})
    prefix = f"gs://exports/{uuid.uuid4().hex}"
    operation = admin.export_documents({"name": wire.database, "output_uri_prefix": prefix})
    operation.result(timeout=240)
    name = operation.operation.name
    again = admin.get_operation(operations_pb2.GetOperationRequest(name=name))
    assert again.done
    listed = [item.name for item in admin.list_operations(request).operations]
    assert listed == [creation.name, name]


def test_cancelled_export_has_no_metadata(
    admin: admin_api.FirestoreAdminClient, wire: Wire, storage: str
):
    """A cancelled export ends as such and cannot be imported."""
    everything = [wire.update(f"c/{number}", {}) for number in range(600)]
    wire.commit(*everything)
    folder = uuid.uuid4().hex
    slow = {"operation": "storage.objects.get", "kind": "latency", "seconds": 1}
    requests.post(f"{storage}/standin/faults", json=slow, timeout=240).raise_for_status()
    request = {"name": wire.database, "output_uri_prefix": f"gs://exports/{folder}"}
    operation = admin.export_documents(request)
    operation.cancel()
    with pytest.raises(exceptions.Cancelled):
        operation.result(timeout=240)
    fired = requests.delete(f"{storage}/standin/faults", timeout=240).json()
    assert [fault["fired"] for fault in fired] == [1]
    url = f"{storage}/storage/v1/b/exports/o/{folder}%2F{folder}.overall_export_metadata"
    assert requests.get(url, timeout=240).status_code == 404
