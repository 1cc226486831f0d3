"""Firestore databases themselves: what they are set to, and creating one.

Read and written as JSON, so that a field that is younger than any client is compared.
"""

import time
from collections.abc import Collection
from functools import partial
from typing import Any
from urllib.parse import quote

import structlog
from google.api_core import exceptions as google_errors

from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import asked_twice, believed, cloud_errors, require_whole
from manifests.errors import CloudError
from manifests.kinds.databases.model import IndexSettings
from manifests.values import Resource

_HOST = "firestore.googleapis.com"
_SET_FIELDS = ("indexConfig.usesAncestorConfig:false", "ttlConfig:*")
"""The fields that can be listed: one filter each (FirestoreAdmin, ListFields)."""
_OPERATION_SECONDS = 600
_OPERATION_PAUSE_SECONDS = 0.5
_REUSE_SECONDS = 900
_REUSE_PAUSE_SECONDS = 5
_REFUSED = (google_errors.Conflict, google_errors.BadRequest)
"""The refusals of a request that presumes another state than there is (google.rpc.Code, HTTP Mapping)."""


log = structlog.get_logger()


class Databases:
    """The administration of one database.

    Args:
        rest: Calls the API.
        project: The project.
        database_id: `(default)` or the id of a named database.
    """

    def __init__(self, rest: Rest, project: str, database_id: str) -> None:
        self._rest = rest
        self._parent = f"projects/{project}"
        self._database_id = database_id
        self.name = f"{self._parent}/databases/{database_id}"

    def resource(self) -> Resource | None:
        """Return the database's configuration as the REST API gives it, or None without one.

        Raises:
            CloudError: It could not be asked for.
        """
        with cloud_errors(self.name):
            return believed(self._found, self._is_listed)

    def _found(self) -> Resource | None:
        try:
            return self._call("GET", self.name)
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
        return self.name in self._names()

    def _names(self) -> list[str]:
        listed = self._call("GET", f"{self._parent}/databases")
        require_whole(listed.get("unreachable", ()), self._parent)
        return [str(item["name"]) for item in listed.get("databases", ())]

    def index_settings(self) -> IndexSettings:
        """Return the database's indexes and field settings as the REST API gives them.

        Raises:
            CloudError: They could not be asked for.
        """
        with cloud_errors(self.name):
            indexes = self._listed("indexes", {})
            fields = {
                str(field["name"]): field
                for wanted in _SET_FIELDS
                for field in self._listed("fields", {"filter": wanted})
            }
        return IndexSettings(
            indexes=tuple(indexes), fields=tuple(fields[name] for name in sorted(fields))
        )

    def _listed(self, items: str, asked: Query) -> list[Resource]:
        path = f"v1/{self.name}/collectionGroups/-/{items}"
        return [
            item for page in self._rest.pages(_HOST, path, asked) for item in page.get(items, ())
        ]

    def make_index(self, group: str, index: Resource) -> None:
        """Begin to make an index; it goes on being built by itself. One that is there is no error.

        Args:
            group: The collection group.
            index: What it is to be.

        Raises:
            CloudError: It could not be made.
        """
        with cloud_errors(self.name, "datastore.indexes.create"):
            try:
                self._call("POST", f"{self._group(group)}/indexes", body=index)
            except google_errors.Conflict:
                # It is there: the answer to an earlier call was lost.
                return

    def delete_index(self, group: str, index_id: str) -> None:
        """Delete an index; one that is not there is no error.

        Raises:
            CloudError: It could not be deleted.
        """
        path = f"{self._group(group)}/indexes/{quote(index_id, safe='')}"
        with cloud_errors(self.name, "datastore.indexes.delete"):
            asked_twice(partial(self._call, "DELETE", path), google_errors.NotFound)

    def set_field(self, group: str, field: str, part: str, value: object) -> None:
        """Set one part of the settings of a field.

        It waits until the setting is in force, since that decides how the next documents are indexed. It
        does not wait for a time to live: that takes ten minutes and more (Manage data retention with TTL
        policies), and nothing depends on it.

        Args:
            group: The collection group.
            field: The path of the field.
            part: As `ttlConfig`.
            value: What it is to be; None takes it away.

        Raises:
            CloudError: It could not be set.
        """
        path = f"{self._group(group)}/fields/{quote(field, safe='')}"
        body: Resource = {"name": f"{self.name}/collectionGroups/{group}/fields/{field}"}
        body |= {} if value is None else {part: value}
        with cloud_errors(f"field {field} of {group} in {self.name}", "datastore.indexes.update"):
            operation = self._call("PATCH", path, query={"updateMask": part}, body=body)
            if part != "ttlConfig" or value is None:
                self._await(operation)

    def _group(self, group: str) -> str:
        return f"{self.name}/collectionGroups/{quote(group, safe='')}"

    def create(self, settings: Resource) -> None:
        """Create the database; one that is there already is no error.

        The id of a database that was deleted is not free for some minutes (Firestore, Manage
        databases): it is waited for. How Google refuses it meanwhile is not written down, so whether
        a refusal means that there is a database is looked up.

        Args:
            settings: What it is created with.

        Raises:
            CloudError: It could not be created.
        """
        last = time.monotonic() + _REUSE_SECONDS
        with cloud_errors(self.name):
            while not self._is_created(settings):
                if time.monotonic() > last:
                    raise CloudError(
                        "the id of a deleted database does not become free",
                        subject=self.name,
                        hint="run the same command again in some minutes",
                        retryable=True,
                    )
                log.warning("the id of a deleted database is not free yet", database=self.name)
                time.sleep(_REUSE_PAUSE_SECONDS)

    def _is_created(self, settings: Resource) -> bool:
        """Create the database; tell whether it is there then."""
        path, query = f"{self._parent}/databases", {"databaseId": self._database_id}
        try:
            self._await(self._call("POST", path, query=query, body=settings))
        except _REFUSED as error:
            is_conflict = isinstance(error, google_errors.Conflict)
            if not is_conflict and "retry in" not in str(error):
                raise
            return self.resource() is not None
        return True

    def configure(self, settings: Resource, names: Collection[str], *, seen: Resource) -> None:
        """Give the database some settings, if it still is what was seen.

        Args:
            settings: What they are to be; what of the names is not in it is reset.
            names: Which are set, named as the REST API does.
            seen: The database as it was read.

        Raises:
            CloudError: It is not what was seen any more, or a setting was refused, as what is fixed
                when a database is created.
        """
        changing = sorted(name for name in names if settings.get(name) != seen.get(name))
        if not changing:
            return
        body: Resource = {name: settings[name] for name in changing if name in settings}
        body |= {"name": self.name, "etag": seen.get("etag", "")}
        query = {"updateMask": ",".join(changing)}
        with cloud_errors(self.name, "datastore.databases.update"):
            try:
                self._await(self._call("PATCH", self.name, query=query, body=body))
            except _REFUSED:
                now = self._found() or {}
                if now.get("etag") == seen.get("etag"):
                    raise
                # An earlier call did it, whose answer was lost; or somebody else was at it.
                if any(now.get(name) != settings.get(name) for name in changing):
                    raise CloudError(
                        "its settings were changed meanwhile",
                        subject=self.name,
                        hint="run the same command again",
                    ) from None

    def delete(self) -> None:
        """Delete the database with its documents, if it is there; one that is protected is refused.

        Raises:
            CloudError: It could not be deleted.
        """
        with cloud_errors(self.name):
            delete = partial(self._call, "DELETE", self.name)
            operation = asked_twice(delete, google_errors.NotFound)
            if operation is not None:
                self._await(operation)

    def _call(
        self, verb: str, path: str, *, query: Query | None = None, body: Resource | None = None
    ) -> dict[str, Any]:
        return self._rest.call(verb, _HOST, f"v1/{path}", query=query, body=body)

    def _await(self, operation: Resource) -> None:
        """Wait for the end of an operation; each look at it is a call as any other.

        Raises:
            TimeoutError: It has not ended after ten minutes.
            google.api_core.exceptions.GoogleAPICallError: It failed, or a call did.
        """
        last = time.monotonic() + _OPERATION_SECONDS
        while not operation.get("done"):
            if time.monotonic() > last:
                message = f"an operation has not ended after {_OPERATION_SECONDS} s"
                raise TimeoutError(message)
            time.sleep(_OPERATION_PAUSE_SECONDS)
            operation = self._call("GET", str(operation["name"]))
        if error := operation.get("error"):
            raise google_errors.from_grpc_status(error.get("code"), error.get("message", ""))
