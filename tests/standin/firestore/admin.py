"""The FirestoreAdmin service: databases, managed exports and imports."""

import base64
import datetime as dt
import hashlib
import re

import grpc
from google.cloud.firestore_admin_v1 import types
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from tests.standin.firestore import exports
from tests.standin.firestore.indexes import Indexes
from tests.standin.firestore.messages import (
    MICROS,
    RequestError,
    invalid,
    micros_of,
    now_micros,
    timestamp,
)
from tests.standin.firestore.operations import Operations, Running
from tests.standin.firestore.queries import Source
from tests.standin.firestore.server import Method
from tests.standin.firestore.store import HOUR, MINUTE, RECOVERABLE, WEEK, Resource, Store

SERVICE = "google.firestore.admin.v1.FirestoreAdmin"
NAMESPACE = "firestore.admin"
DATABASE_ID = re.compile(r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]")
State = types.OperationState
ListDatabasesResponse = types.ListDatabasesResponse.pb()
CreateDatabaseMetadata = types.CreateDatabaseMetadata.pb()
UpdateDatabaseMetadata = types.UpdateDatabaseMetadata.pb()
DeleteDatabaseMetadata = types.DeleteDatabaseMetadata.pb()
ExportDocumentsMetadata = types.ExportDocumentsMetadata.pb()
ExportDocumentsResponse = types.ExportDocumentsResponse.pb()
ImportDocumentsMetadata = types.ImportDocumentsMetadata.pb()
FIXED = ("location_id", "database_edition", "cmek_config", "realtime_updates_mode", "tags")
"""Immutable by the discovery document; location and key by Manage databases."""
ENTERPRISE_MODES = (
    "firestore_data_access_mode",
    "mongodb_compatible_data_access_mode",
    "realtime_updates_mode",
)
"""What is said of a database of the Enterprise edition only (Terraform, google_firestore_database)."""
Access = types.Database.DataAccessMode
Edition = types.Database.DatabaseEdition
Integration = types.Database.AppEngineIntegrationMode
Realtime = types.RealtimeUpdatesMode


class Admin:
    """The methods of the service over a store."""

    def __init__(self, store: Store, storage: str | None) -> None:
        self._store = store
        self._storage = storage
        self.operations = Operations()

    def _described(self, resource: Message) -> Message:
        """Return a database's description with the times that move, which its etag leaves out."""
        answer = Resource.FromString(resource.SerializeToString())
        answer.etag = self._etag(resource)
        is_recoverable = resource.point_in_time_recovery_enablement == RECOVERABLE
        period = WEEK if is_recoverable else HOUR
        answer.version_retention_period.FromMicroseconds(period)
        earliest = max(now_micros() - period, micros_of(resource.create_time))
        answer.earliest_version_time.CopyFrom(timestamp(earliest))
        return answer

    def _etag(self, resource: Message) -> str:
        younger = sorted(self._store.database(resource.name).younger.items())
        content = resource.SerializeToString(deterministic=True) + repr(younger).encode()
        return base64.b64encode(hashlib.sha256(content).digest()[:12]).decode()

    def _check_etag(self, wanted: str, resource: Message) -> None:
        """Refuse a change of what is not what somebody saw (Firestore REST, DeleteDatabaseRequest)."""
        if wanted and wanted != self._etag(resource):
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION, "The etag is not that of the database."
            )

    def get_database(self, request: Message) -> Message:
        """Answer GetDatabase."""
        return self._described(self._store.database(request.name).resource)

    def list_databases(self, request: Message) -> Message:
        """Answer ListDatabases."""
        found = self._store.databases(request.parent)
        return ListDatabasesResponse(databases=[self._described(item.resource) for item in found])

    def create_database(self, request: Message) -> Message:
        """Answer CreateDatabase.

        Raises:
            RequestError: If it exists, or its id or its location is refused, or is not free yet.
        """
        if not DATABASE_ID.fullmatch(request.database_id):
            raise invalid(f"Invalid database id: {request.database_id}")
        if not request.database.location_id:
            raise invalid("A database needs a location.")
        name = f"{request.parent}/databases/{request.database_id}"
        resource = Resource.FromString(request.database.SerializeToString())
        _set_modes(resource)
        resource.ClearField("tags")
        resource.ClearField("etag")
        now = timestamp(self._store.clock.now_micros())
        resource.MergeFrom(Resource(name=name, create_time=now, update_time=now))
        self._store.create(name, resource)
        return self.operations.done(name, self._described(resource), CreateDatabaseMetadata())

    def update_database(self, request: Message) -> Message:
        """Answer UpdateDatabase, for the fields of its mask.

        Raises:
            RequestError: A field is fixed when a database is created, or it is another version.
        """
        name = request.database.name
        resource = Resource.FromString(self._store.database(name).resource.SerializeToString())
        self._check_etag(request.database.etag, resource)
        for path in request.update_mask.paths:
            field = "type_" if path == "type" else path.partition(".")[0]
            wanted = getattr(request.database, field)
            if field in FIXED:
                raise invalid(f"{path} cannot be updated.")
            if field == "app_engine_integration_mode" and wanted == Integration.ENABLED:
                raise invalid("A database is not linked to App Engine again.")
            setattr(resource, field, wanted)
        resource.update_time.CopyFrom(timestamp(now_micros()))
        self._store.save(name, resource)
        return self.operations.done(name, self._described(resource), UpdateDatabaseMetadata())

    def delete_database(self, request: Message) -> Message:
        """Answer DeleteDatabase.

        Raises:
            RequestError: If it is protected, does not exist, or is another version.
        """
        resource = self._store.database(request.name).resource
        self._check_etag(request.etag, resource)
        if resource.delete_protection_state == Resource.DELETE_PROTECTION_ENABLED:
            raise RequestError(grpc.StatusCode.FAILED_PRECONDITION, "Delete protection is enabled.")
        self._store.drop(request.name)
        return self.operations.done(request.name, resource, DeleteDatabaseMetadata())

    def _snapshot(self, request: Message) -> int:
        if not request.HasField("snapshot_time"):
            return self._store.now(request.name)
        stamp = micros_of(request.snapshot_time)
        if stamp % MINUTE:
            raise invalid("snapshot_time must be a whole minute.")
        return self._store.past(self._store.database(request.name), stamp)

    def export_documents(self, request: Message) -> Message:
        """Answer ExportDocuments with an operation.

        Raises:
            RequestError: If the snapshot time or the place is refused.
        """
        self._store.database(request.name)
        place = exports.location(self._storage, request.output_uri_prefix)
        if not place.prefix:
            now = dt.datetime.now(dt.UTC)
            folder = now.strftime("%Y-%m-%dT%H:%M:%S_") + f"{now.microsecond % MICROS:05d}"
            place = exports.Location(place.storage, place.bucket, folder)
        uri = f"gs://{place.bucket}/{place.prefix}"
        metadata = ExportDocumentsMetadata(
            start_time=timestamp(now_micros()),
            operation_state=State.PROCESSING,
            collection_ids=request.collection_ids,
            output_uri_prefix=uri,
        )
        if request.HasField("snapshot_time"):
            metadata.snapshot_time.CopyFrom(request.snapshot_time)
        source = Source(self._store.database(request.name), "", self._snapshot(request))

        def work(running: Running) -> Message:
            report = _reporter(running, metadata)
            exports.export(source, list(request.collection_ids), place, report)
            _succeed(running, metadata)
            return ExportDocumentsResponse(output_uri_prefix=uri)

        return self.operations.start(request.name, work, metadata)

    def import_documents(self, request: Message) -> Message:
        """Answer ImportDocuments with an operation.

        Raises:
            RequestError: If the place is refused.
        """
        self._store.database(request.name)
        place = exports.location(self._storage, request.input_uri_prefix)
        metadata = ImportDocumentsMetadata(
            start_time=timestamp(now_micros()),
            operation_state=State.PROCESSING,
            collection_ids=request.collection_ids,
            input_uri_prefix=request.input_uri_prefix,
        )

        def work(running: Running) -> Message:
            report = _reporter(running, metadata)
            wanted = list(request.collection_ids)
            exports.restore(self._store, request.name, wanted, place, report)
            _succeed(running, metadata)
            return Empty()

        return self.operations.start(request.name, work, metadata)


def _reporter(running: Running, metadata: Message) -> exports.Progress:
    def report(documents: int, done_bytes: int) -> None:
        metadata.progress_documents.completed_work = documents
        metadata.progress_bytes.completed_work = done_bytes
        running.describe(metadata)

    return report


def _succeed(running: Running, metadata: Message) -> None:
    metadata.progress_documents.estimated_work = metadata.progress_documents.completed_work
    metadata.progress_bytes.estimated_work = metadata.progress_bytes.completed_work
    metadata.operation_state = State.SUCCESSFUL
    metadata.end_time.CopyFrom(timestamp(now_micros()))
    running.describe(metadata)


def methods(store: Store, storage: str | None) -> list[Method]:
    """Return the methods of the admin API and of its operations.

    Args:
        store: The databases.
        storage: URL of the Cloud Storage for exports and imports, if there is one.
    """
    admin = Admin(store, storage)
    indexes = Indexes(store, admin.operations)
    table = {
        "GetDatabase": admin.get_database,
        "ListDatabases": admin.list_databases,
        "CreateDatabase": admin.create_database,
        "UpdateDatabase": admin.update_database,
        "DeleteDatabase": admin.delete_database,
        "ExportDocuments": admin.export_documents,
        "ImportDocuments": admin.import_documents,
        "CreateIndex": indexes.create_index,
        "DeleteIndex": indexes.delete_index,
        "ListIndexes": indexes.list_indexes,
        "UpdateField": indexes.update_field,
        "ListFields": indexes.list_fields,
    }
    return [
        Method(SERVICE, NAMESPACE, name, getattr(types, f"{name}Request").pb(), answer)
        for name, answer in table.items()
    ] + admin.operations.methods()


def _set_modes(resource: Message) -> None:
    """Give a new database the modes that its edition has by default (Firestore REST, Database).

    Raises:
        RequestError: Its edition does not take a mode that is asked for.
    """
    defaults = {"database_edition": Edition.STANDARD}
    defaults["app_engine_integration_mode"] = Integration.DISABLED
    if resource.database_edition == Edition.ENTERPRISE:
        modes = (
            Access.DATA_ACCESS_MODE_DISABLED,
            Access.DATA_ACCESS_MODE_ENABLED,
            Realtime.REALTIME_UPDATES_MODE_DISABLED,
        )
        defaults |= dict(zip(ENTERPRISE_MODES, modes, strict=True))
    elif given := [mode for mode in ENTERPRISE_MODES if getattr(resource, mode)]:
        raise invalid(f"{given[0]} can only be specified for databases of the Enterprise edition.")
    else:
        defaults["realtime_updates_mode"] = Realtime.REALTIME_UPDATES_MODE_ENABLED
    for field, mode in defaults.items():
        setattr(resource, field, getattr(resource, field) or mode)
