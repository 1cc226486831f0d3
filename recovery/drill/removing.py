"""Removes resources of a sandbox project, and of no other: every one that a drill removes goes through here."""

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.errors import RefusedError
from manifests.kinds.resources.types import ResourceType
from recovery.kinds.resources.cloud.making import Making

_NO_NAMES = frozenset(("", ".", ".."))
"""What an address takes for another place than it says (RFC 3986, 5.2.4)."""


class SandboxRemoval:
    """What removes resources of one project.

    Args:
        rest: Calls the APIs.
        project: The id of the sandbox.
    """

    def __init__(self, rest: Rest, project: str) -> None:
        self._configuration = Configuration(rest, project)
        self._making = Making(rest, self._configuration)
        self._project = project

    def remove(self, kind: ResourceType, name: str) -> None:
        """Delete a resource; one that is not there is no error.

        Args:
            kind: Its type.
            name: Its full name.

        Raises:
            RefusedError: It is not below the sandbox.
            CloudError: It could not be deleted.
        """
        if not self._is_below(kind, name):
            raise RefusedError(f"it is no {kind.name} of the sandbox {self._project}", subject=name)
        self._making.remove(kind, name)

    def _is_below(self, kind: ResourceType, name: str) -> bool:
        first, *segments = name.split("/")
        if first != "projects" or not kind.is_name(name) or _NO_NAMES.intersection(segments):
            return False
        # Some APIs name a project by its number.
        owner = segments[0]
        is_number = owner.isdigit() and owner == self._configuration.project_number()
        return owner == self._project or is_number
