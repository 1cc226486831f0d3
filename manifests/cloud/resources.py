"""Full BigQuery resources, verbatim from the REST API, and the writes that put them back.

The client library drops fields it does not know and has no calls for row access policies, so the
resources are read and written as the REST API gives and takes them.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, PreconditionFailed
from google.cloud import bigquery

from manifests.cloud.pages import pages
from manifests.cloud.permissions import needed_permissions
from manifests.cloud.retry import believed, calling, cloud_errors, require_whole
from manifests.cloud.table_paths import table_path
from manifests.kinds.tables.model import StreamingBuffer
from manifests.values import Resource, Value

_DEFINITIONS = ("VIEW", "MATERIALIZED_VIEW")
_DATASET = re.compile(r"datasets(/[^/:]+)?")
# With any other version conditional access is garbled when it is read, and refused when written.
_WITH_CONDITIONS = {"accessPolicyVersion": "3"}
_WHOLE_POLICY = {"options": {"requestedPolicyVersion": 3}}
_REFERENCES = {
    "datasets": ("datasetReference", "datasetId"),
    "tables": ("tableReference", "tableId"),
    "routines": ("routineReference", "routineId"),
    "rowAccessPolicies": ("rowAccessPolicyReference", "policyId"),
}


class TableResource(Value):
    """A table as it is when it is read."""

    resource: Resource
    row_access_policies: tuple[Resource, ...] = ()
    streaming_buffer: StreamingBuffer | None = None


class Resources:
    """Reads and writes the resources of one project. Safe to share between threads."""

    def __init__(self, client: bigquery.Client, project: str) -> None:
        self._client = client
        self.project = project

    def of(self, project: str) -> "Resources":
        """Return the resources of another project."""
        return Resources(self._client, project)

    def has_table(self, name: str) -> bool:
        """Whether there is a table or view `dataset.table`."""
        return self._get(table_path(name), name) is not None

    def table(self, name: str) -> TableResource | None:
        """Read `dataset.table` with its row access policies, or None when there is none."""
        resource = self._get(table_path(name), name)
        if resource is None:
            return None
        path = f"{table_path(name)}/rowAccessPolicies"
        policies = () if resource.get("type") != "TABLE" else self._policies(path, name)
        return TableResource(
            resource=resource,
            row_access_policies=policies,
            streaming_buffer=StreamingBuffer.of(resource.get("streamingBuffer")),
        )

    def dataset(self, dataset_id: str) -> Resource | None:
        """Read a dataset's resource, or None when there is none."""
        return self._get(f"datasets/{dataset_id}", dataset_id)

    def dataset_ids(self) -> tuple[str, ...]:
        """Return the ids of the project's datasets, but for those that Rebound made for itself."""
        subject, page = f"datasets of {self.project}", {"maxResults": "1000"}
        return tuple(
            item["datasetReference"]["datasetId"]
            for item in self._list("datasets", "datasets", subject, query_params=page)
            if (item.get("labels") or {}).get("managed_by") != "rebound"
        )

    def table_ids(self, dataset_id: str) -> tuple[str, ...]:
        """Return the ids of everything in a dataset that has rows or a query."""
        return tuple(item["tableReference"]["tableId"] for item in self._tables(dataset_id))

    def own_tables(self, dataset_id: str) -> tuple[str, ...]:
        """Return the ids of everything in a dataset that is no view."""
        return tuple(
            item["tableReference"]["tableId"]
            for item in self._tables(dataset_id)
            if item.get("type") not in _DEFINITIONS
        )

    def created_ms(self, dataset_id: str) -> dict[str, int]:
        """Return when each table of a dataset was made, since 1970: no view, snapshot or external table."""
        listed = self._list(f"datasets/{dataset_id}/tables", "tables", dataset_id, unless=NotFound)
        return {
            item["tableReference"]["tableId"]: int(item["creationTime"])
            for item in listed
            if item.get("type") == "TABLE"
        }

    def views(self, dataset_id: str) -> tuple[Resource, ...]:
        """Read every view and materialized view of a dataset."""
        names = [
            f"{dataset_id}.{item['tableReference']['tableId']}"
            for item in self._tables(dataset_id)
            if item.get("type") in _DEFINITIONS
        ]
        found = [self._get(table_path(name), name) for name in names]
        return tuple(resource for resource in found if resource is not None)

    def routines(self, dataset_id: str) -> tuple[Resource, ...]:
        """Read every routine of a dataset."""
        listed = self._list(f"datasets/{dataset_id}/routines", "routines", dataset_id)
        found = [
            self.routine(f"{dataset_id}.{item['routineReference']['routineId']}") for item in listed
        ]
        return tuple(resource for resource in found if resource is not None)

    def routine(self, name: str) -> Resource | None:
        """Read the routine `dataset.routine`, or None when there is none."""
        dataset_id, routine_id = name.split(".", 1)
        return self._get(f"datasets/{dataset_id}/routines/{quote(routine_id, safe='')}", name)

    def create(self, collection: str, resource: Resource, *, subject: str) -> bool:
        """Create a resource where there is none.

        Args:
            collection: The collection's path below the project, as `datasets/d/tables`.
            resource: What is created.
            subject: What it is, for errors.

        Returns:
            Whether it was created; False when something of that name is there, which may be the
            work of an earlier try whose answer was lost.
        """
        return self._call("POST", collection, subject, unless=Conflict, data=resource) is not None

    def undelete(self, dataset_id: str) -> Resource | None:
        """Bring a deleted dataset back with all that was in it.

        Returns:
            The dataset, also when an earlier try brought it back whose answer was lost; None when
            none was deleted within its time travel window.
        """
        path = f"datasets/{dataset_id}:undelete"
        undelete = partial(self._call, "POST", path, dataset_id, data={})
        # What is created instead cannot be undeleted any more: one answer that it is gone is not enough.
        if undelete(unless=(NotFound, Conflict)) is None:
            undelete(unless=(NotFound, Conflict))
        return self.dataset(dataset_id)

    def patch(self, path: str, changes: Resource, *, etag: str, subject: str) -> bool:
        """Change properties of a resource, if it still is what was read; return as `replace` does."""
        return self._change("PATCH", path, changes, etag=etag, subject=subject)

    def replace(self, path: str, resource: Resource, *, etag: str | None, subject: str) -> bool:
        """Replace a whole resource, if it still is what was read.

        Args:
            path: The resource, below its project.
            resource: What it becomes.
            etag: That of what was read; None for any, where the API has no such condition.
            subject: What it is, for errors.

        Returns:
            Whether it was replaced; False when it is not what was read any more, which may be the
            work of an earlier try whose answer was lost.
        """
        return self._change("PUT", path, resource, etag=etag, subject=subject)

    def delete(
        self, path: str, *, subject: str, etag: str | None = None, force: bool = False
    ) -> None:
        """Delete a resource; one that is not there is no error.

        Args:
            path: The resource, below its project.
            subject: What it is, for errors.
            etag: That of what was read; None for any.
            force: Whether it is deleted even where that makes rows visible which it hid.

        Raises:
            CloudError: It is not what was read any more, or Google Cloud refused.
        """
        query = {"force": "true"} if force else {}
        self._unless_gone("DELETE", path, subject, query_params=query, headers=_if_match(etag))

    def granted(self, path: str, *, subject: str) -> Resource:
        """Read the IAM policy of a table, view or row access policy: what is granted on it alone."""
        return self._call("POST", f"{path}:getIamPolicy", subject, data=_WHOLE_POLICY) or {}

    def grant(self, path: str, policy: Resource, *, subject: str) -> None:
        """Set the IAM policy of a table or view."""
        self._call("POST", f"{path}:setIamPolicy", subject, data={"policy": policy})

    def _change(
        self, method: str, path: str, body: Resource, *, etag: str | None, subject: str
    ) -> bool:
        sent = {"data": body, "headers": _if_match(etag)}
        return self._call(method, path, subject, unless=PreconditionFailed, **sent) is not None

    def _tables(self, dataset_id: str) -> tuple[Resource, ...]:
        return self._list(f"datasets/{dataset_id}/tables", "tables", dataset_id)

    def _policies(self, path: str, subject: str) -> tuple[Resource, ...]:
        return tuple(
            {**policy, "grantees": self._grantees(path, policy, subject)}
            for policy in self._list(path, "rowAccessPolicies", subject)
        )

    def _grantees(self, path: str, policy: Resource, subject: str) -> list[str]:
        # A policy's grantees are input only; its IAM policy names them (BigQuery REST,
        # RowAccessPolicy).
        if "grantees" in policy:
            return sorted(policy["grantees"])
        policy_id = policy["rowAccessPolicyReference"]["policyId"]
        access = self.granted(f"{path}/{policy_id}", subject=subject)
        return sorted(
            member for binding in access.get("bindings", []) for member in binding["members"]
        )

    def _get(self, path: str, subject: str) -> Resource | None:
        return self._unless_gone("GET", path, subject)

    def _unless_gone(
        self, method: str, path: str, subject: str, **arguments: Mapping[str, Any]
    ) -> Resource | None:
        """Make a call about a resource; None where it is gone, which a listing confirms."""
        with cloud_errors(subject):
            return believed(
                lambda: self._call(method, path, subject, unless=NotFound, **arguments),
                lambda: self._is_listed(path, subject),
            )

    def _is_listed(self, path: str, subject: str) -> bool:
        collection, _, own_id = path.rpartition("/")
        key = collection.rpartition("/")[2]
        reference, id_key = _REFERENCES[key]
        # Names that begin with an underscore are listed only among all datasets.
        every = {"all": "true"} if key == "datasets" else {}
        listed = self._list(collection, key, subject, unless=NotFound, query_params=every)
        return any(item[reference][id_key] == unquote(own_id) for item in listed)

    def _list(
        self,
        path: str,
        key: str,
        subject: str,
        *,
        unless: type[GoogleAPICallError] | tuple[()] = (),
        query_params: Mapping[str, str] | None = None,
    ) -> tuple[Resource, ...]:
        """Return all of a collection; nothing where listing it fails in the way `unless` names."""

        def page_of(query: dict[str, str]) -> Resource | None:
            ask = partial(self._call, "GET", path, subject, query_params=query)
            page = ask(unless=NotFound)
            return ask(unless=unless) if page is None else page  # not believed at once

        found: list[Resource] = []
        for page in pages(page_of, query_params or {}):
            require_whole(page.get("unreachable", []), subject)
            found += page.get(key, [])
        return tuple(found)

    def _call(
        self,
        method: str,
        path: str,
        subject: str,
        *,
        unless: type[GoogleAPICallError] | tuple[type[GoogleAPICallError], ...] = (),
        query_params: Mapping[str, str] | None = None,
        **arguments: Mapping[str, Any],
    ) -> Resource | None:
        """Make a call, and return its answer, or None where it fails in the way `unless` names."""
        query = query_params or (_WITH_CONDITIONS if _DATASET.fullmatch(path) else {})
        request: Callable[..., Resource] = self._client._connection.api_request  # noqa: SLF001 - see the module's docstring
        with cloud_errors(subject, needs=needed_permissions(method, path)):
            try:
                return calling(
                    lambda: request(
                        method=method,
                        path=f"/projects/{self.project}/{path}",
                        query_params=query,
                        **arguments,
                    )
                )
            except unless:
                return None


def _if_match(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"If-Match": etag}
