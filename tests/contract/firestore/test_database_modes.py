"""The modes of databases, which depend on the edition, and what is fixed when one is created."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import firestore_admin_v1 as admin_api
from google.protobuf.field_mask_pb2 import FieldMask

from tests.contract import real
from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Wire

pytestmark = real.local_only(real.DATABASES)


@pytest.fixture
def wire(standin_service: Service) -> Iterator[Wire]:
    """Return a connection to an empty database; the official emulator has no admin API."""
    wire = Wire(standin_service.host)
    yield wire
    wire.channel.close()


@pytest.fixture
def admin(standin_service: Service) -> Iterator[admin_api.FirestoreAdminClient]:
    """Return the real admin client."""
    with parts.admin_client(standin_service) as client:
        yield client


def test_what_is_fixed_when_a_database_is_created(
    admin: admin_api.FirestoreAdminClient, wire: Wire
):
    """Modes are of the Enterprise edition, tags are never answered, what is fixed refuses a change.

    Firestore REST, Database: "Immutable", "Input only", and what is the default of each edition;
    App Engine requirement: unlinking cannot be undone.
    """
    database: dict[str, Any] = {"location_id": "nam5", "type_": "FIRESTORE_NATIVE"}
    database |= {"database_edition": "ENTERPRISE", "tags": {"123/environment": "production"}}
    request = {"parent": f"projects/{wire.project}", "database": database, "database_id": "made"}
    made = admin.create_database(request).result(timeout=240)
    modes = (made.firestore_data_access_mode.name, made.mongodb_compatible_data_access_mode.name)
    assert modes == ("DATA_ACCESS_MODE_DISABLED", "DATA_ACCESS_MODE_ENABLED")
    assert not made.tags
    change = admin_api.types.Database(name=made.name)
    for field in ("realtime_updates_mode", "database_edition", "location_id", "tags"):
        with pytest.raises(exceptions.InvalidArgument, match=field):
            admin.update_database(database=change, update_mask=FieldMask(paths=[field]))
    link = FieldMask(paths=["app_engine_integration_mode"])
    change.app_engine_integration_mode = change.AppEngineIntegrationMode.ENABLED
    with pytest.raises(exceptions.InvalidArgument, match="App Engine"):
        admin.update_database(database=change, update_mask=link)


def test_modes_of_a_standard_database(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """They are not asked for, even as they are by default, and one of them is answered.

    Terraform, google_firestore_database: "Can only be specified for 'ENTERPRISE' edition databases".
    """
    database: dict[str, Any] = {"location_id": "nam5", "type_": "FIRESTORE_NATIVE"}
    request = {"parent": f"projects/{wire.project}", "database_id": "standard"}
    modes = {
        "firestore_data_access_mode": "DATA_ACCESS_MODE_ENABLED",
        "mongodb_compatible_data_access_mode": "DATA_ACCESS_MODE_DISABLED",
        "realtime_updates_mode": "REALTIME_UPDATES_MODE_ENABLED",
    }
    for name, mode in modes.items():
        with pytest.raises(exceptions.InvalidArgument, match=name):
            admin.create_database(request | {"database": database | {name: mode}})
    made = admin.create_database(request | {"database": database}).result(timeout=240)
    answered = {name: getattr(made, name).name for name in modes}
    unsaid = "DATA_ACCESS_MODE_UNSPECIFIED"
    assert list(answered.values()) == [unsaid, unsaid, modes["realtime_updates_mode"]]
    assert made.database_edition.name == "STANDARD"


def test_another_version_is_not_changed(admin: admin_api.FirestoreAdminClient, wire: Wire):
    """An etag tells the version of a database; it moves with what is set, and with nothing else.

    Firestore REST, Database and DeleteDatabaseRequest: what a change under another one is answered is
    documented of a deletion alone.
    """
    database: dict[str, Any] = {"location_id": "nam5", "type_": "FIRESTORE_NATIVE"}
    request = {"parent": f"projects/{wire.project}", "database": database, "database_id": "tagged"}
    made = admin.create_database(request).result(timeout=240)
    assert admin.get_database(name=made.name).etag == made.etag != ""
    mask = FieldMask(paths=["concurrency_mode"])
    change = admin_api.types.Database(name=made.name, etag=made.etag, concurrency_mode=1)
    changed = admin.update_database(database=change, update_mask=mask).result(timeout=240)
    assert changed.etag != made.etag
    with pytest.raises(exceptions.FailedPrecondition):
        admin.update_database(database=change, update_mask=mask)
    with pytest.raises(exceptions.FailedPrecondition):
        admin.delete_database({"name": made.name, "etag": made.etag})
    admin.delete_database({"name": made.name, "etag": changed.etag}).result(timeout=240)
