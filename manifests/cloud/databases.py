"""Firestore databases themselves: what they are set to, creating one, and their managed export."""

import json
from typing import Any

from google.api_core import exceptions as google_errors
from google.cloud.firestore_admin_v1 import FirestoreAdminClient, types
from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
    FirestoreAdminGrpcTransport,
)

from manifests.cloud.firestore import Connection, timestamp
from manifests.cloud.retry import calling, cloud_errors
from manifests.errors import CloudError
from manifests.model import ManagedExport, Resource

_SETTINGS = (
    "location_id",
    "type_",
    "concurrency_mode",
    "point_in_time_recovery_enablement",
    "delete_protection_state",
    "database_edition",
)
_CREATE_SECONDS = 600
_EXPORT_SECONDS = 3000
_TIMEOUT_SECONDS = 60


class Databases:
    """The administration of one database, over the same channel as its documents."""

    def __init__(self, connection: Connection) -> None:
        self._name = connection.database
        self._parent = f"projects/{connection.project}"
        self._database_id = connection.database_id
        transport = FirestoreAdminGrpcTransport(channel=connection.channel)
        self._admin = FirestoreAdminClient(transport=transport)

    def resource(self) -> Resource | None:
        """Return the database's configuration as the REST API gives it, or None without one.

        Raises:
            CloudError: It could not be asked for.
        """
        with cloud_errors(self._name):
            try:
                found = calling(
                    lambda: self._admin.get_database(
                        name=self._name, retry=None, timeout=_TIMEOUT_SECONDS
                    )
                )
            except google_errors.NotFound:
                return None
        resource: Resource = types.Database.to_dict(
            found, preserving_proto_field_name=False, use_integers_for_enums=False
        )
        return resource

    def create(self, like: Resource) -> None:
        """Create the database with the settings of another; one that is there already is no error.

        Raises:
            CloudError: It could not be created.
        """
        known = types.Database.from_json(json.dumps(like), ignore_unknown_fields=True)
        wanted = types.Database(**{name: getattr(known, name) for name in _SETTINGS})
        with cloud_errors(self._name):
            try:
                operation = calling(
                    lambda: self._admin.create_database(
                        parent=self._parent,
                        database=wanted,
                        database_id=self._database_id,
                        retry=None,
                        timeout=_TIMEOUT_SECONDS,
                    )
                )
                operation.result(timeout=_CREATE_SECONDS)
            except google_errors.AlreadyExists:
                return

    def export(self, uri: str, *, at_nanos: int) -> ManagedExport:
        """Let Firestore export everything as of an instant, and wait for it.

        Args:
            uri: A `gs://` prefix in a bucket without retention, which nothing was exported to yet.
            at_nanos: A whole minute, since 1970; without point-in-time recovery Firestore refuses.

        Raises:
            CloudError: The export was refused, or failed.
        """
        request: Any = types.ExportDocumentsRequest(
            name=self._name, output_uri_prefix=uri, snapshot_time=timestamp(at_nanos)
        )
        with cloud_errors(self._name):
            operation = calling(
                lambda: self._admin.export_documents(request, retry=None, timeout=_TIMEOUT_SECONDS)
            )
            done = operation.result(timeout=_EXPORT_SECONDS)
        if not done.output_uri_prefix:
            raise CloudError("the managed export does not say where it wrote", subject=self._name)
        progress = operation.metadata
        return ManagedExport(
            operation=operation.operation.name,
            uri=done.output_uri_prefix,
            document_count=progress.progress_documents.completed_work,
            size_bytes=progress.progress_bytes.completed_work,
        )
