"""Reads and changes the IAM policies of the project and of the vault."""

from collections.abc import Callable, Iterable

from google.api_core import exceptions as google_errors

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CloudError, RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.ops.break_glass.rules import TimedGrant, is_granted, policy_with, policy_without

_PROJECTS, _IAM = "cloudresourcemanager.googleapis.com", "iam.googleapis.com"
_POLICY: Resource = {"options": {"requestedPolicyVersion": 3}}
_MOST_TRIES = 5
_MAKE = "`terraform -chdir=terraform apply` makes it"


class Policies:
    """The IAM policies of the protected project and of the vault.

    Args:
        rest: Calls the APIs.
        project: The project.
        vault: The vault bucket.
    """

    def __init__(self, rest: Rest, project: str, vault: VersionedBucket) -> None:
        self._rest = rest
        self._project = project
        self._vault = vault

    def vault_project(self) -> str:
        """Return the id of the vault's project.

        Raises:
            CloudError: It could not be asked for, or there is no vault.
        """
        with cloud_errors(self._vault.uri(), "storage.buckets.get"):
            bucket = self._vault.resource()
        if bucket is None:
            raise CloudError("there is no such bucket", subject=self._vault.uri())
        number = str(bucket["projectNumber"])
        with cloud_errors(f"project {number}", "resourcemanager.projects.get"):
            return str(self._rest.call("GET", _PROJECTS, f"v3/projects/{number}")["projectId"])

    def require(self, email: str, roles: Iterable[str]) -> None:
        """Refuse to go on where an identity or a role does not exist.

        Raises:
            RefusedError: One does not exist.
            CloudError: They could not be asked for.
        """
        configuration = Configuration(self._rest, self._project)
        account = f"projects/{self._project}/serviceAccounts/{email}"
        if configuration.resource(resource_type("iam/service-account"), account) is None:
            raise RefusedError("there is no such service account", subject=email, hint=_MAKE)
        for role in roles:
            with cloud_errors(role, "iam.roles.get"):
                try:
                    found = self._rest.call("GET", _IAM, f"v1/{role}")
                except google_errors.NotFound:
                    found = {"deleted": True}
            if found.get("deleted"):
                raise RefusedError("there is no such role", subject=role, hint=_MAKE)

    def grant(self, grants: Iterable[TimedGrant], member: str) -> None:
        """Make grants, in place of earlier ones of an emergency.

        Raises:
            CloudError: A policy could not be changed.
        """
        wanted = tuple(grants)
        on_project = [it for it in wanted if it.on == "project"]
        on_vault = [it for it in wanted if it.on == "bucket"]
        self._change_vault(lambda policy: policy_with(policy, on_vault, member))
        self._change_project(lambda policy: policy_with(policy, on_project, member))

    def end(self, member: str) -> None:
        """Take back what was granted for an emergency.

        Raises:
            CloudError: A policy could not be changed.
        """
        self._change_project(lambda policy: policy_without(policy, member))
        self._change_vault(lambda policy: policy_without(policy, member))

    def are_granted(self, member: str) -> bool:
        """Whether anything is granted for an emergency.

        Raises:
            CloudError: A policy could not be read.
        """
        return is_granted(self._of_project(), member) or is_granted(self._of_vault(), member)

    def _of_project(self) -> Resource:
        path = f"v3/projects/{self._project}:getIamPolicy"
        with cloud_errors(
            f"the IAM policy of {self._project}", "resourcemanager.projects.getIamPolicy"
        ):
            return self._rest.call("POST", _PROJECTS, path, body=_POLICY)

    def _of_vault(self) -> Resource:
        with cloud_errors(self._vault.uri(), "storage.buckets.getIamPolicy"):
            return self._vault.access()

    def _change_project(self, changed: Callable[[Resource], Resource]) -> None:
        def write(policy: Resource) -> None:
            path = f"v3/projects/{self._project}:setIamPolicy"
            needs = "resourcemanager.projects.setIamPolicy"
            with cloud_errors(f"the IAM policy of {self._project}", needs):
                self._rest.call("POST", _PROJECTS, path, body={"policy": policy})

        _change(self._of_project, changed, write)

    def _change_vault(self, changed: Callable[[Resource], Resource]) -> None:
        def write(policy: Resource) -> None:
            with cloud_errors(self._vault.uri(), "storage.buckets.setIamPolicy"):
                self._vault.change_access(policy)

        _change(self._of_vault, changed, write)


def _change(
    read: Callable[[], Resource],
    changed: Callable[[Resource], Resource],
    write: Callable[[Resource], None],
) -> None:
    """Change a policy; read it and begin again when somebody else changed it meanwhile."""
    for left in reversed(range(_MOST_TRIES)):
        policy = read()
        wanted = changed(policy)
        if wanted["bindings"] == policy.get("bindings", []):
            return
        try:
            write(wanted)
        except CloudError as error:
            if not left or not _is_overtaken(error):
                raise
        else:
            return


def _is_overtaken(error: CloudError) -> bool:
    """Whether the etag was another one: 409 of Resource Manager, 412 of Cloud Storage."""
    overtaken = (google_errors.Conflict, google_errors.PreconditionFailed)
    return isinstance(error.__cause__, overtaken)
