"""Indexes and field settings of the administration, which the official emulator has not."""

import uuid
from collections.abc import Iterator

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.firestore_admin_v1 import FirestoreAdminClient
from google.protobuf.field_mask_pb2 import FieldMask

from tests.contract.firestore.parts import Service
from tests.standin.firestore.creation import administration


@pytest.fixture
def admin(standin_service: Service) -> Iterator[FirestoreAdminClient]:
    """Return a client of the stand-in's administration."""
    with grpc.insecure_channel(standin_service.host) as channel:
        yield administration(channel)


def create(admin: FirestoreAdminClient) -> str:
    """Create a database and return its name."""
    database = {"location_id": "us-central1", "type_": "FIRESTORE_NATIVE"}
    project = f"projects/p{uuid.uuid4().hex[:12]}"
    made = admin.create_database(parent=project, database=database, database_id="indexed")
    return str(made.result(timeout=240).name)


def test_indexes_and_fields_are_listed(admin: FirestoreAdminClient):
    """What somebody set is listed over all collections; a new database has none of it."""
    name = create(admin)
    group, everywhere = f"{name}/collectionGroups/games", f"{name}/collectionGroups/-"
    fields = [{"field_path": "day", "order": "ASCENDING"}, {"field_path": "n", "order": 2}]
    index = {"query_scope": "COLLECTION", "fields": fields}
    made = admin.create_index(parent=group, index=index).result(timeout=240)
    assert made.name.startswith(f"{group}/indexes/")
    with pytest.raises(exceptions.AlreadyExists):
        admin.create_index(parent=group, index=index)
    (listed,) = admin.list_indexes(parent=everywhere)
    # The document's name ends an index that does not say so (FirestoreAdmin, Index).
    assert [item.field_path for item in listed.fields] == ["day", "n", "__name__"]
    assert listed.state.name == "READY"
    exempt = {"name": f"{group}/fields/text", "index_config": {"indexes": []}}
    short = {"name": f"{group}/fields/until", "ttl_config": {}}
    for field, part in ((exempt, "index_config"), (short, "ttl_config")):
        request = {"field": field, "update_mask": FieldMask(paths=[part])}
        admin.update_field(request).result(timeout=240)
    for wanted, expected in (
        ("indexConfig.usesAncestorConfig:false", "text"),
        ("ttlConfig:*", "until"),
    ):
        (found,) = admin.list_fields({"parent": everywhere, "filter": wanted})
        assert found.name == f"{group}/fields/{expected}"
    with pytest.raises(exceptions.InvalidArgument):
        list(admin.list_fields({"parent": everywhere}))
    assert not list(admin.list_indexes(parent=f"{create(admin)}/collectionGroups/-"))
