"""Reads the logs, policies and keys that `rebound security` judges, all at once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CatalogError, CloudError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.ops.at_once import Looks
from recovery.ops.facts import LogEntries, Vaulted
from recovery.ops.logs import Logs
from recovery.ops.security import checks
from recovery.ops.security.filters import OF_VAULT, log_filters
from recovery.ops.security.log_rules import PROJECT_POLICY
from recovery.ops.security.model import Light

_PROJECTS, _IAM = "cloudresourcemanager.googleapis.com", "iam.googleapis.com"
_READERS = 16
_MOST_ENTRIES = 1000
_POLICY: Resource = {"options": {"requestedPolicyVersion": 3}}


class SecurityLooking:
    """Reads what `rebound security` looks at. Safe to share between threads.

    Args:
        rest: Calls the APIs.
        vault: The vault bucket.
        light: Names the project, and says how far back logs are read.
        locations: The regions of the services.
    """

    def __init__(
        self, rest: Rest, vault: VersionedBucket, light: Light, locations: Iterable[str]
    ) -> None:
        self._rest = rest
        self._vault = vault
        self._light = light
        self._locations = tuple(locations)
        self._configuration = Configuration(rest, light.project)

    @property
    def looks(self) -> Looks:
        """Return the function that reads each source, in the order of the output."""
        filters = log_filters(self._light.project, self._light.own("restore"))
        own: Looks = {
            **{name: partial(self._entries, name, text) for name, text in filters.items()},
            **{told: partial(self._of_vault, name) for name, told in OF_VAULT.items()},
            checks.SERVICES: self._services,
            checks.VAULTED: self._vaulted,
            checks.ACCOUNT_KEYS: self._keys,
            PROJECT_POLICY: partial(self._policy, self._light.project),
        }
        return {name: own[name] for name in checks.RULES}

    def _entries(self, name: str, text: str, project: str | None = None) -> LogEntries:
        since = self._light.now - timedelta(hours=self._light.hours)
        logs = Logs(self._rest, project or self._light.project)
        return logs.entries(text, since=since, most=_MOST_ENTRIES, subject=name)

    def _of_vault(self, name: str) -> LogEntries:
        """Return entries of the vault's project; none where that is the platform's, which has its own check.

        Raises:
            CloudError: There is no vault, its project may not be read, or the log could not be read.
        """
        number = str(self._bucket().get("projectNumber", ""))
        with cloud_errors(f"project {number}", "resourcemanager.projects.get"):
            found = self._rest.call("GET", _PROJECTS, f"v3/projects/{number}")
        project = str(found["projectId"])
        if project == self._light.project:
            return LogEntries([], is_whole=True)
        filters = log_filters(project, self._light.own("restore"))
        return self._entries(OF_VAULT[name], filters[name], project)

    def _bucket(self) -> Resource:
        with cloud_errors(self._vault.uri(), "storage.buckets.get"):
            bucket = self._vault.resource()
        if bucket is None:
            raise CloudError("there is no such bucket", subject=self._vault.uri())
        return bucket

    def _services(self) -> list[tuple[Resource, Resource]]:
        """Return every service with its policy.

        Raises:
            CatalogError: Nothing says where services are, so that none would be looked at.
        """
        if not self._locations:
            raise CatalogError(
                "the catalog names no location", hint="its field `operations.locations` names them"
            )
        kind = resource_type("run/service")
        found = self._configuration.listed(kind, self._locations)
        names = [str(item["name"]) for item in found]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="policies") as pool:
            policies = list(pool.map(partial(self._configuration.policy, kind), names))
        return [(item, policy or {}) for item, policy in zip(found, policies, strict=True)]

    def _policy(self, project: str) -> Resource:
        needs = "resourcemanager.projects.getIamPolicy"
        with cloud_errors(f"the IAM policy of {project}", needs):
            path = f"v3/projects/{project}:getIamPolicy"
            return self._rest.call("POST", _PROJECTS, path, body=_POLICY)

    def _vaulted(self) -> Vaulted:
        """Return the vault, and who has what on it and on its project.

        Raises:
            CloudError: One of it could not be read.
        """
        bucket = self._bucket()
        with cloud_errors(self._vault.uri(), "storage.buckets.getIamPolicy"):
            policy = self._vault.access()
        project = str(bucket.get("projectNumber", ""))
        above = self._policy(project)
        roles = {
            str(binding["role"])
            for found in (policy, above)
            for binding in found.get("bindings", ())
            if not str(binding["role"]).startswith("roles/")
        }
        return Vaulted(
            bucket=bucket,
            policy=policy,
            project_policy=above,
            project_name=project,
            project_number=self._configuration.project_number(),
            roles={role: self._permissions(role) for role in sorted(roles)},
        )

    def _permissions(self, role: str) -> frozenset[str]:
        with cloud_errors(role, "iam.roles.get"):
            found = self._rest.call("GET", _IAM, f"v1/{role}")
        return frozenset(found.get("includedPermissions", ()))

    def _keys(self) -> dict[str, list[Resource]]:
        """Return the keys that people made of each account, by its email."""
        found = self._configuration.listed(resource_type("iam/service-account"), ())
        names = [str(item["name"]) for item in found]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="keys") as pool:
            keys = list(pool.map(self._keys_of, names))
        return {name.rpartition("/")[2]: its for name, its in zip(names, keys, strict=True)}

    def _keys_of(self, name: str) -> list[Resource]:
        with cloud_errors(name, "iam.serviceAccountKeys.list"):
            query = {"keyTypes": "USER_MANAGED"}
            answer: dict[str, Any] = self._rest.call("GET", _IAM, f"v1/{name}/keys", query=query)
        return list(answer.get("keys", ()))
