"""Indexes and field settings of the administration, which the official emulator has not."""

import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.firestore_admin_v1 import FirestoreAdminClient, types
from google.protobuf.field_mask_pb2 import FieldMask

from tests.cloud.sandbox import Sandbox, firestore_admin
from tests.contract import real
from tests.contract.firestore.parts import Service
from tests.standin.firestore.creation import administration

_READY_SECONDS = 1200
"""So long the real cloud may take to build what nothing is in."""
pytestmark = pytest.mark.timeout(3 * _READY_SECONDS)


@pytest.fixture
def admin(request: pytest.FixtureRequest) -> Iterator[FirestoreAdminClient]:
    """Return a client of the administration."""
    if real.PROJECT:
        yield firestore_admin(real.PROJECT)
        return
    service: Service = request.getfixturevalue("standin_service")
    with grpc.insecure_channel(service.host) as channel:
        yield administration(channel)


def create(admin: FirestoreAdminClient) -> str:
    """Create a database and return its name."""
    if real.PROJECT:
        client = Sandbox(real.PROJECT, f"i{uuid.uuid4().hex[:8]}").database("indexed")
        return f"projects/{client.project}/databases/{client._database}"  # noqa: SLF001 - nothing public gives it
    database = {"location_id": "us-central1", "type_": "FIRESTORE_NATIVE"}
    project = f"projects/p{uuid.uuid4().hex[:12]}"
    made = admin.create_database(parent=project, database=database, database_id="indexed")
    return str(made.result(timeout=240).name)


def test_indexes(admin: FirestoreAdminClient):
    """They are listed over all collections, each once; a new database has none."""
    name = create(admin)
    group, everywhere = f"{name}/collectionGroups/games", f"{name}/collectionGroups/-"
    fields = [{"field_path": "day", "order": "ASCENDING"}, {"field_path": "n", "order": 2}]
    index = {"query_scope": "COLLECTION", "fields": fields}
    made = admin.create_index(parent=group, index=index).result(timeout=_READY_SECONDS)
    assert made.name.startswith(f"{group}/indexes/")
    with pytest.raises(exceptions.AlreadyExists):
        admin.create_index(parent=group, index=index)
    (listed,) = admin.list_indexes(parent=everywhere)
    # The document's name ends an index that does not say so (FirestoreAdmin, Index).
    assert [item.field_path for item in listed.fields] == ["day", "n", "__name__"]
    assert listed.state.name == "READY"
    admin.delete_index(name=made.name)
    with pytest.raises(exceptions.NotFound):
        admin.delete_index(name=made.name)
    assert not list(admin.list_indexes(parent=everywhere))
    assert not list(admin.list_indexes(parent=f"{create(admin)}/collectionGroups/-"))


def test_settings_of_fields(admin: FirestoreAdminClient):
    """What somebody set is listed over all collections, with what a field has by itself."""
    name = create(admin)
    group, everywhere = f"{name}/collectionGroups/games", f"{name}/collectionGroups/-"
    exempt = {"name": f"{group}/fields/text", "index_config": {"indexes": []}}
    short = {"name": f"{group}/fields/until", "ttl_config": {}}
    for field, part in ((exempt, "index_config"), (short, "ttl_config")):
        request = {"field": field, "update_mask": FieldMask(paths=[part])}
        admin.update_field(request).result(timeout=_READY_SECONDS)

    def found(wanted: str) -> dict[str, Any]:
        fields = admin.list_fields({"parent": everywhere, "filter": wanted})
        return {field.name.partition("/collectionGroups/")[2]: field for field in fields}

    # Which fields have indexes by themselves is a field too (firebase-tools, listFieldOverrides).
    own = found("indexConfig.usesAncestorConfig:false")
    assert own.keys() == {"__default__/fields/*", "games/fields/text"}
    (expiring,) = found("ttlConfig:*").values()
    assert expiring.name == f"{group}/fields/until"
    # One without indexes of its own is answered with those (Firestore REST, IndexConfig).
    assert expiring.index_config.uses_ancestor_config
    assert len(expiring.index_config.indexes) == 3
    with pytest.raises(exceptions.InvalidArgument):
        list(admin.list_fields({"parent": everywhere}))
    # A group has one (Manage data retention with TTL policies, Limits).
    other = {"name": f"{group}/fields/other", "ttl_config": {}}
    request = types.UpdateFieldRequest(field=other, update_mask=FieldMask(paths=["ttl_config"]))
    with pytest.raises(exceptions.InvalidArgument, match="until"):
        admin.update_field(request)
