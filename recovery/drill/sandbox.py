"""Reads the labels of a sandbox project, and what the caller may do there."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from manifests.catalog import Catalog
from manifests.cloud.granted import granted
from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError, RefusedError
from recovery.drill.rules import NEEDED, check_not_protected, check_sandbox
from recovery.settings import Settings

_HOST = "cloudresourcemanager.googleapis.com"


class Project(NamedTuple):
    """What a project is called and labelled as.

    Attributes:
        id: Its id, whatever it was asked for by.
        number: Its number, which every API takes in the place of the id.
    """

    id: str
    number: str
    labels: Mapping[str, str]


class Sandbox:
    """A project, as Resource Manager tells of it.

    Args:
        rest: Calls the API.
        project: The project.
    """

    def __init__(self, rest: Rest, project: str) -> None:
        self._rest = rest
        self._project = project

    def project(self) -> Project:
        """Return what the project is called and labelled as (Resource Manager v3, projects.get).

        Raises:
            RefusedError: It may not be looked at, or there is none.
            CloudError: It could not be asked for, and can be later.
        """
        path = f"v3/projects/{self._project}"
        found = self._asked(partial(self._rest.call, "GET", _HOST, path))
        labels = {str(key): str(value) for key, value in (found.get("labels") or {}).items()}
        number = str(found.get("name", "")).rpartition("/")[2]
        return Project(str(found.get("projectId", "")), number, labels)

    def granted(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return which of some permissions whoever asks has on the project.

        Raises:
            RefusedError: It may not be asked for.
            CloudError: It could not be asked for, and can be later.
        """
        return self._asked(partial(granted, self._rest, self._project, permissions))

    def _asked[Answer](self, ask: Callable[[], Answer]) -> Answer:
        subject = f"project {self._project}"
        try:
            with cloud_errors(subject, "resourcemanager.projects.get"):
                return ask()
        except CloudError as error:
            if error.retryable:
                raise
            raise RefusedError(
                f"it cannot be looked at, so it is no sandbox of ours: {error.message}",
                subject=subject,
                hint=error.hint,
            ) from error


def sandbox_of(project: str, catalog: Catalog, settings: Settings) -> str:
    """Return the id of a sandbox project, which an operator can name by its number, too.

    Raises:
        RefusedError: It is protected, is no sandbox, or a drill could not clean up in it.
    """
    check_not_protected((project,), catalog, settings.project)
    asked = Sandbox(Rest(settings.api_endpoint), project)
    found = asked.project()
    check_not_protected((found.id, found.number), catalog, settings.project)
    check_sandbox(found.id, found.labels, asked.granted(NEEDED))
    return found.id
