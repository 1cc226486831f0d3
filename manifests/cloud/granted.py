"""Which permissions the caller has on a project."""

from collections.abc import Collection
from itertools import batched

from manifests.cloud.rest import Rest

_PROJECTS = "cloudresourcemanager.googleapis.com"
_MOST = 100
"""So many are asked for at once: a bound of ours, the documentation names none."""


def granted(rest: Rest, project: str, permissions: Collection[str]) -> frozenset[str]:
    """Return which of some permissions the caller has on a project.

    What is granted on a single resource of it is not told.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: It could not be asked for.
    """
    path, found = f"v3/projects/{project}:testIamPermissions", set()
    for some in batched(sorted(permissions), _MOST, strict=False):
        answer = rest.call("POST", _PROJECTS, path, body={"permissions": list(some)})
        found |= set(answer.get("permissions", ()))
    return frozenset(found)
