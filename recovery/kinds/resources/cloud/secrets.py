"""Looks whether a secret has a value, and never reads the value."""

from manifests.cloud.configuration import Configuration
from manifests.kinds.resources.table import resource_type
from recovery.kinds.resources.rules.secrets import SecretValue

_SECRET = resource_type("secretmanager/secret")


def has_value(configuration: Configuration, value: SecretValue, project: str) -> bool:
    """Whether a value is there and enabled (Secret Manager REST, versions.get).

    Raises:
        CloudError: It could not be asked for.
    """
    name = f"projects/{project}/secrets/{value.secret}/versions/{value.version}"
    found = configuration.resource(_SECRET, name, none_where_disabled=True)
    return found is not None and found.get("state") == "ENABLED"
