"""Looks whether a secret has a value, and never reads the value."""

from collections.abc import Iterable

from manifests.cloud.configuration import Configuration
from manifests.errors import CloudError
from manifests.kinds.resources.table import resource_type
from recovery.kinds.resources.rules.secrets import SecretValue, supplying, told_values

_SECRET = resource_type("secretmanager/secret")


def has_value(configuration: Configuration, value: SecretValue, project: str) -> bool:
    """Whether a value is there and enabled (Secret Manager REST, versions.get).

    Raises:
        CloudError: It could not be asked for.
    """
    name = f"projects/{project}/secrets/{value.secret}/versions/{value.version}"
    found = configuration.resource(_SECRET, name, none_where_disabled=True)
    return found is not None and found.get("state") == "ENABLED"


def require_values(
    configuration: Configuration, values: Iterable[SecretValue], project: str, *, subject: str
) -> None:
    """Refuse to make what reads a secret that has no value: it would be made and fail.

    Args:
        configuration: Of the project that is written.
        values: What it reads.
        project: That project.
        subject: What is to be made.

    Raises:
        CloudError: One has none.
    """
    lacking = [value for value in values if not has_value(configuration, value, project)]
    if lacking:
        raise CloudError(
            f"it needs {told_values(lacking)}, which no backup has",
            subject=subject,
            hint=supplying(lacking, project),
        )
