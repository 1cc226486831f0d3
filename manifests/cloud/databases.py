"""Firestore databases themselves: what they are set to, and creating one."""

import json
import re
import time
from collections.abc import Callable, Collection

import structlog
from google.api_core import exceptions as google_errors
from google.api_core.operation import Operation
from google.api_core.retry import Retry
from google.cloud.firestore_admin_v1 import FirestoreAdminClient, types
from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
    FirestoreAdminGrpcTransport,
)
from google.protobuf.field_mask_pb2 import FieldMask

from manifests.cloud.clients import CALL_SECONDS
from manifests.cloud.firestore import Connection
from manifests.cloud.retry import believed, calling, cloud_errors, require_whole
from manifests.errors import CloudError
from manifests.kinds.databases.model import IndexSettings
from manifests.values import Resource

_SETTINGS = (
    "location_id",
    "type_",
    "concurrency_mode",
    "point_in_time_recovery_enablement",
    "delete_protection_state",
    "database_edition",
    "app_engine_integration_mode",
)
"""What a database is created with, besides its key."""
_ENTERPRISE_SETTINGS = (
    "firestore_data_access_mode",
    "mongodb_compatible_data_access_mode",
    "realtime_updates_mode",
)
"""What one of the Enterprise edition is created with besides, and no other takes (Terraform,
google_firestore_database)."""
_AS_REST = {"preserving_proto_field_name": False, "use_integers_for_enums": False}
_SET_FIELDS = ("indexConfig.usesAncestorConfig:false", "ttlConfig:*")
"""The fields that can be listed: one filter each (FirestoreAdmin, ListFields)."""
_CREATE_SECONDS = 600
_OPERATION_PAUSE_SECONDS = 0.5
# Google's library takes `None` for its own way of trying again.
_ONCE = Retry(predicate=lambda _: False)
_REUSE_SECONDS = 900
_REUSE_PAUSE_SECONDS = 5
_CAPITAL = re.compile("[A-Z]")


log = structlog.get_logger()


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
            found = believed(self._found, self._is_listed)
        if found is None:
            return None
        resource: Resource = types.Database.to_dict(found, **_AS_REST)
        return resource

    def _found(self) -> types.Database | None:
        try:
            return calling(
                lambda: self._admin.get_database(name=self._name, retry=None, timeout=CALL_SECONDS)
            )
        except google_errors.NotFound:
            return None

    def ids(self) -> list[str]:
        """Return the ids of all databases of the project.

        Raises:
            CloudError: They could not be listed.
        """
        with cloud_errors(self._parent):
            return [name.rpartition("/")[2] for name in self._names()]

    def _is_listed(self) -> bool:
        return self._name in self._names()

    def _names(self) -> list[str]:
        listed = calling(
            lambda: self._admin.list_databases(
                parent=self._parent, retry=None, timeout=CALL_SECONDS
            )
        )
        require_whole(listed.unreachable, self._parent)
        return [item.name for item in listed.databases]

    def index_settings(self) -> IndexSettings:
        """Return the database's indexes and field settings as the REST API gives them.

        Raises:
            CloudError: They could not be asked for.
        """
        parent = f"{self._name}/collectionGroups/-"
        with cloud_errors(self._name):
            indexes = calling(
                lambda: list(
                    self._admin.list_indexes(parent=parent, retry=None, timeout=CALL_SECONDS)
                )
            )
            fields = {
                field.name: field
                for wanted in _SET_FIELDS
                for field in self._fields(parent, wanted)
            }
        return IndexSettings(
            indexes=tuple(types.Index.to_dict(item, **_AS_REST) for item in indexes),
            fields=tuple(types.Field.to_dict(fields[name], **_AS_REST) for name in sorted(fields)),
        )

    def _fields(self, parent: str, wanted: str) -> list[types.Field]:
        request = types.ListFieldsRequest(parent=parent, filter=wanted)
        return calling(
            lambda: list(self._admin.list_fields(request, retry=None, timeout=CALL_SECONDS))
        )

    def make_indexes(self, like: IndexSettings) -> None:
        """Make the indexes and field settings of another database that this one lacks.

        Field settings are waited for, since they say what is indexed of a document that is written;
        indexes go on being built by themselves.

        Raises:
            CloudError: One could not be made.
        """
        there = set(self.index_settings().names)
        with cloud_errors(self._name, "datastore.indexes.create and datastore.indexes.update"):
            for resource in like.fields:
                if not there.issuperset(IndexSettings(indexes=(), fields=(resource,)).names):
                    self._set_field(resource)
            for resource in like.indexes:
                if not there.issuperset(IndexSettings(indexes=(resource,), fields=()).names):
                    self._make_index(resource)

    def _set_field(self, resource: Resource) -> None:
        own = resource["name"].partition("/collectionGroups/")[2]
        known = types.Field.from_json(json.dumps(resource), ignore_unknown_fields=True)
        known.name = f"{self._name}/collectionGroups/{own}"
        paths = [name for name in ("index_config", "ttl_config") if name in known]
        request = types.UpdateFieldRequest(field=known, update_mask=FieldMask(paths=paths))
        _carried_out(lambda: self._admin.update_field(request, retry=None, timeout=CALL_SECONDS))

    def _make_index(self, resource: Resource) -> None:
        group = resource["name"].partition("/collectionGroups/")[2].partition("/")[0]
        known = types.Index.from_json(json.dumps(resource), ignore_unknown_fields=True)
        known.name, known.state = "", types.Index.State.STATE_UNSPECIFIED
        parent = f"{self._name}/collectionGroups/{group}"
        try:
            calling(
                lambda: self._admin.create_index(
                    parent=parent, index=known, retry=None, timeout=CALL_SECONDS
                )
            )
        except google_errors.Conflict:
            # It is there: the answer to an earlier call was lost.
            return

    def create(self, like: Resource) -> None:
        """Create the database with the settings of another; one that is there already is no error.

        The id of a database that was deleted is not free for some minutes (Firestore, Manage
        databases): it is waited for. How Google refuses it meanwhile is not written down, so whether
        a refusal means that there is a database is looked up.

        Raises:
            CloudError: It could not be created.
        """
        known = types.Database.from_json(json.dumps(like), ignore_unknown_fields=True)
        is_enterprise = known.database_edition == types.Database.DatabaseEdition.ENTERPRISE
        names = _SETTINGS + _ENTERPRISE_SETTINGS if is_enterprise else _SETTINGS
        wanted = types.Database(**{name: getattr(known, name) for name in names})
        if known.cmek_config.kms_key_name:
            # Firestore chooses the version of the key: a request must not name it.
            wanted.cmek_config.kms_key_name = known.cmek_config.kms_key_name
        last = time.monotonic() + _REUSE_SECONDS
        with cloud_errors(self._name):
            while not self._is_created(wanted):
                if time.monotonic() > last:
                    raise CloudError(
                        "the id of a deleted database does not become free",
                        subject=self._name,
                        hint="run the same command again in some minutes",
                        retryable=True,
                    )
                log.warning("the id of a deleted database is not free yet", database=self._name)
                time.sleep(_REUSE_PAUSE_SECONDS)

    def configure(self, like: Resource, names: Collection[str]) -> None:
        """Give the database some settings of another, named as the REST API does.

        Raises:
            CloudError: It could not be set, as what is fixed when a database is created.
        """
        known = types.Database.from_json(json.dumps(like), ignore_unknown_fields=True)
        fields = {_CAPITAL.sub(lambda found: f"_{found[0].lower()}", name) for name in names}
        wanted = types.Database(name=self._name)
        for field in fields:
            own = "type_" if field == "type" else field
            setattr(wanted, own, getattr(known, own))
        with cloud_errors(self._name):
            _carried_out(
                lambda: self._admin.update_database(
                    database=wanted,
                    update_mask=FieldMask(paths=sorted(fields)),
                    retry=None,
                    timeout=CALL_SECONDS,
                )
            )

    def delete(self) -> None:
        """Delete the database with its documents; one that is protected is refused.

        Raises:
            CloudError: It could not be deleted.
        """
        with cloud_errors(self._name):
            _carried_out(
                lambda: self._admin.delete_database(
                    name=self._name, retry=None, timeout=CALL_SECONDS
                )
            )

    def _is_created(self, wanted: types.Database) -> bool:
        """Create the database; tell whether it is there then."""
        try:
            _carried_out(
                lambda: self._admin.create_database(
                    parent=self._parent,
                    database=wanted,
                    database_id=self._database_id,
                    retry=None,
                    timeout=CALL_SECONDS,
                )
            )
        except (google_errors.Conflict, google_errors.FailedPrecondition) as error:
            is_conflict = isinstance(error, google_errors.Conflict)
            if not is_conflict and "retry in" not in str(error):
                raise
            return self.resource() is not None
        return True


def _carried_out(begin: Callable[[], Operation]) -> None:
    """Begin an operation and wait for its end; each look at it is a call as any other.

    Raises:
        TimeoutError: It has not ended after ten minutes.
        Exception: It failed, or a call did.
    """
    operation = calling(begin)
    last = time.monotonic() + _CREATE_SECONDS
    while not calling(lambda: operation.done(retry=_ONCE)):
        if time.monotonic() > last:
            message = f"an operation has not ended after {_CREATE_SECONDS} s"
            raise TimeoutError(message)
        time.sleep(_OPERATION_PAUSE_SECONDS)
    operation.result(timeout=0)
