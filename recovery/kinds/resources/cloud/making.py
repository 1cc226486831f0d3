"""Makes and changes resources of the platform's configuration, and waits until that is done."""

import time
from collections.abc import Collection
from functools import partial
from typing import Any

from google.api_core import exceptions as google_errors

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.cloud.retry import asked_twice, cloud_errors, is_transient
from manifests.errors import CloudError
from manifests.kinds.resources.fields import differing, title
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.kinds.resources.cloud.conditions import CHANGED, changed_since, etag_of
from recovery.kinds.resources.rules.creation import Creation, changed, creation, left_to_set
from recovery.kinds.resources.rules.policies import added, without_agents

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_SECONDS = 900
"""A service can take minutes to be built and started."""


class Making:
    """Writes the resources of one project.

    Args:
        rest: Calls the APIs.
        configuration: Reads what was written.
    """

    def __init__(self, rest: Rest, configuration: Configuration) -> None:
        self._rest = rest
        self._configuration = configuration

    def create(
        self, kind: ResourceType, name: str, resource: Resource, archive: bytes | None = None
    ) -> str:
        """Make a resource that does nothing by itself yet, and return its full name.

        One that is there already can be ours: the answer to an earlier call was lost. It counts as ours
        where the fields that stop it are as this call makes them; the proof compares all others.

        Args:
            kind: Its type.
            name: Its full name; the service names some types itself.
            resource: As the backup has it, rewritten.
            archive: What it is built from, where its type is built.

        Raises:
            CloudError: It could not be made, runs although it was told to stop, or somebody else
                made it meanwhile.
        """
        with cloud_errors(name):
            request = creation(kind, name, resource)
            body = self._built(kind, name, request.body, archive)
            request = request._replace(body=body)
            try:
                made = self._done(kind, self._call(kind, request))
            except google_errors.Conflict:
                made = self._ours(kind, name)
            except (google_errors.GoogleAPICallError, OSError) as error:
                if request.is_repeatable or not is_transient(error):
                    raise
                made = self._made_unsaid(kind, name, resource, error)
        collection = name.rpartition("/")[0]
        assigned = kind.full_name(str(made.get(kind.identifier, "")), collection)
        full = assigned if kind.naming == "assigned" else name
        if kind.pauses:
            self._stop(kind, full, resource)
        return full

    def _built(
        self, kind: ResourceType, name: str, body: Resource, archive: bytes | None
    ) -> Resource:
        """Return the body of a function with what it is built from, uploaded."""
        if archive is None:
            return body
        source = {"storageSource": self._uploaded(kind, name, archive)}
        return {**body, "buildConfig": {**body.get("buildConfig", {}), "source": source}}

    def _uploaded(self, kind: ResourceType, name: str, archive: bytes) -> Resource:
        """Upload what a function is built from, and return how a new function names it.

        Raises:
            CloudError: It could not be uploaded.
        """
        parent = name.rpartition("/")[0]
        path = f"{kind.version}/{parent}:generateUploadUrl"
        with cloud_errors(f"archive of {name}", "cloudfunctions.functions.sourceCodeSet"):
            answer = self._rest.call("POST", kind.host, path, body={})
            self._rest.put(str(answer["uploadUrl"]), archive, "application/zip")
        return dict(answer["storageSource"])

    def change(
        self,
        kind: ResourceType,
        name: str,
        wanted: Resource,
        fields: Collection[str],
        archive: bytes | None = None,
        *,
        seen: Resource | None = None,
    ) -> None:
        """Set fields of a resource.

        An etag can be refused because of our own earlier try, whose answer was lost: if the fields are
        set, that is no error.

        Args:
            kind: Its type.
            name: Its full name.
            wanted: What it is to be.
            fields: The fields that are set; one that `wanted` lacks is cleared.
            archive: What it is built from, where its type is built.
            seen: The resource when that was decided; some types are changed only if they are still so.

        Raises:
            RefusedError: It was changed since.
            CloudError: They could not be set.
        """
        if archive is not None:
            fields = {*fields, "buildConfig"}
        if not fields:
            return
        etag = etag_of(seen, is_taken=kind.changed_by_etag)
        with cloud_errors(name):
            request = changed(kind, name, wanted, fields, etag)
            body = self._built(kind, name, request.body, archive)
            try:
                self._done(kind, self._call(kind, request._replace(body=body)))
            except CHANGED as error:
                now = self._since(kind, name, etag)
                if now is None:
                    raise
                if differing(kind, wanted, now).intersection(fields):
                    raise changed_since(name, error) from error

    def remove(self, kind: ResourceType, name: str, seen: Resource | None = None) -> None:
        """Delete a resource; one that is not there is no error.

        The etag of a secret does not cover its values (Secret Manager, Use entity tags for optimistic
        concurrency control): a value that is added after the last look is deleted with it.

        Args:
            kind: Its type.
            name: Its full name.
            seen: The resource when that was decided; some types are deleted only if they are still so.

        Raises:
            RefusedError: It was changed since.
            CloudError: It could not be deleted.
        """
        etag = etag_of(seen, is_taken=kind.deleted_by_etag)
        query = {"etag": etag} if etag else None
        with cloud_errors(name, f"the permission to delete {kind.name}"):
            path = f"{kind.version}/{name}"
            delete = partial(self._rest.call, "DELETE", kind.host, path, query=query)
            try:
                answer = asked_twice(delete, google_errors.NotFound)
                if answer is not None:
                    self._done(kind, answer)
            except CHANGED as error:
                if self._since(kind, name, etag) is None:
                    raise
                raise changed_since(name, error) from error

    def grant(self, kind: ResourceType, name: str, stored: Resource) -> None:
        """Add to the IAM policy of a resource the grants of the backup's that it lacks.

        A service's own account is made when the service is first used, and nothing can be granted to it
        before. Where that fails, the grants to all other members are made.

        Raises:
            CloudError: Not all could be granted, or somebody else set the policy meanwhile.
        """
        try:
            self._add(kind, name, stored)
        except CloudError:
            self._add(kind, name, without_agents(stored))
            raise
        if added(stored, self._configuration.policy(kind, name) or {})[1]:
            raise CloudError("its IAM policy was set, and lacks what was granted", subject=name)

    def _add(self, kind: ResourceType, name: str, stored: Resource) -> None:
        policy, _ = added(stored, self._configuration.policy(kind, name) or {})
        if policy is not None:
            self.set_policy(kind, name, policy)

    def set_policy(self, kind: ResourceType, name: str, policy: Resource) -> None:
        """Set the IAM policy of a resource, under its etag.

        Raises:
            CloudError: It could not be set, or somebody else set it meanwhile.
        """
        path = f"{kind.version}/{name}:setIamPolicy"
        with cloud_errors(name, f"the permission to set the IAM policy of {kind.name}"):
            self._rest.call("POST", kind.host, path, body={"policy": policy})

    def undelete(self, kind: ResourceType, name: str, wanted: Resource) -> bool:
        """Bring a deleted resource back, with what was granted to it or by it.

        An account that is made anew has another id, and what was granted to the old one stays dead
        (IAM, Undelete a service account); no role has the id of a deleted one for up to 44 days (IAM,
        Create and manage custom roles).

        Args:
            kind: Its type.
            name: Its full name.
            wanted: As the backup has it.

        Returns:
            Whether it is back; not when it was deleted too long ago, or never.
        """
        collection, _, own_name = name.rpartition("/")
        own = own_name if kind.undeleted_by == "name" else str(wanted.get(kind.undeleted_by, ""))
        if not own:
            return False
        # With `-` for the project a refusal can have another code (IAM REST, serviceAccounts.undelete).
        path = f"{kind.version}/{collection}/{own}:undelete"
        with cloud_errors(name):
            try:
                undelete = partial(self._rest.call, "POST", kind.host, path, body={})
                return asked_twice(undelete, google_errors.NotFound) is not None
            except google_errors.BadRequest:
                return False

    def _since(self, kind: ResourceType, name: str, etag: str) -> Resource | None:
        """Return a resource as it is now, where it is not any more what had an etag."""
        now = self._configuration.resource(kind, name) if etag else None
        return None if now is None or now.get("etag") == etag else now

    def _ours(self, kind: ResourceType, name: str) -> Resource:
        found = self._configuration.resource(kind, name) or {}
        fresh = [item for pause in kind.pauses for item in pause.made.items()]
        if any(found.get(field) != value for field, value in fresh if value):
            raise CloudError("somebody else made it meanwhile", subject=name)
        return found

    def _made_unsaid(
        self, kind: ResourceType, name: str, resource: Resource, unsaid: Exception
    ) -> Resource:
        """Return what a call made whose answer was lost, found by its title.

        There was none of that title when the call was decided on.
        """
        found = self._configuration.resources(kind, (kind.location_of(name),)).values()
        made = [item for item in found if title(kind, item) == title(kind, resource)]
        if not made:
            raise unsaid
        return made[0]

    def _stop(self, kind: ResourceType, name: str, resource: Resource) -> None:
        now = self._configuration.resource(kind, name)
        if now is None:
            raise CloudError("it was made, and is not there", subject=name, retryable=True)
        if kind.runs(now):
            self._configuration.order(kind, name, kind.pause_of(now).stop, {})
        left = left_to_set(kind, resource)
        self.change(kind, name, left, left)
        now = self._configuration.resource(kind, name)
        if now is None or kind.runs(now):
            raise CloudError("it was made and stopped, and runs", subject=name)

    def _call(self, kind: ResourceType, request: Creation) -> dict[str, Any]:
        return self._rest.call(
            request.verb,
            kind.host,
            request.path,
            query=request.query,
            body=request.body,
            is_repeatable=request.is_repeatable,
        )

    def _done(self, kind: ResourceType, answer: dict[str, Any]) -> dict[str, Any]:
        """Wait for what an answer says is under way, and return what came of it.

        Raises:
            CloudError: It failed, or takes too long.
        """
        name = str(answer.get("name", ""))
        if "/operations/" not in name:
            return answer
        began, pause_seconds = time.monotonic(), _FIRST_PAUSE_SECONDS
        while not answer.get("done"):
            if time.monotonic() - began > _MOST_SECONDS:
                raise CloudError("it is not done in time", subject=name, retryable=True)
            time.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
            answer = self._rest.call("GET", kind.host, f"{kind.version}/{name}")
        if failure := answer.get("error"):
            raise CloudError(str(failure.get("message", failure)), subject=name)
        return dict(answer.get("response", {}))
