"""The values of secrets that a resource cannot do without: no backup has them. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from manifests.shapes import inner, inner_list
from manifests.values import Resource

_FULL = re.compile(r"projects/[^/]+/secrets/(?P<secret>[^/]+)")
_LATEST = "latest"


class SecretValue(NamedTuple):
    """One value of a secret.

    Attributes:
        secret: The name of the secret in its project.
        version: Its number, or `latest`.
    """

    secret: str
    version: str = _LATEST

    @property
    def told(self) -> str:
        """Return how a sentence names it."""
        if self.version == _LATEST:
            return f"a value of secret {self.secret}"
        return f"version {self.version} of secret {self.secret}"


def secret_values(resource: Resource, own: Collection[str]) -> tuple[SecretValue, ...]:
    """Return the values that a service, job, worker pool or function reads, each once.

    Those of other projects are not looked at. A project is named by its id or its number (Cloud Run
    REST, SecretKeySelector and SecretVolumeSource; Cloud Functions REST, SecretEnvVar and SecretVolume).

    Args:
        resource: The resource, rewritten.
        own: The id and the number of the project that it is in.
    """
    return tuple(dict.fromkeys(_values(resource, {"", *own})))


def _values(resource: Resource, own: Collection[str]) -> Iterator[SecretValue]:
    # A job has a template of executions, with one of tasks in it.
    for path in (("template",), ("template", "template")):
        yield from _of_template(inner(resource, *path), own)
    for variable in map(inner, inner_list(resource, "serviceConfig", "secretEnvironmentVariables")):
        if str(variable.get("projectId") or "") in own:
            yield from _value(variable.get("secret"), variable.get("version"), own)
    for volume in map(inner, inner_list(resource, "serviceConfig", "secretVolumes")):
        if str(volume.get("projectId") or "") in own:
            yield from _mounted(volume.get("secret"), inner_list(volume, "versions"), own)


def _of_template(template: Resource, own: Collection[str]) -> Iterator[SecretValue]:
    for container in inner_list(template, "containers"):
        for variable in inner_list(container, "env"):
            key = inner(variable, "valueSource", "secretKeyRef")
            yield from _value(key.get("secret"), key.get("version"), own)
    for volume in inner_list(template, "volumes"):
        mounted = inner(volume, "secret")
        yield from _mounted(mounted.get("secret"), inner_list(mounted, "items"), own)


def _mounted(secret: Any, items: list[Any], own: Collection[str]) -> Iterator[SecretValue]:  # noqa: ANN401 - any JSON
    """Yield the values of a volume; without items it holds the latest one."""
    for item in items or [{}]:
        yield from _value(secret, inner(item).get("version"), own)


def _value(secret: Any, version: Any, own: Collection[str]) -> Iterator[SecretValue]:  # noqa: ANN401 - any JSON
    name = str(secret or "")
    found = _FULL.fullmatch(name)
    if found is not None and name.split("/")[1] not in own:
        return
    if own := found["secret"] if found is not None else name:
        yield SecretValue(own, str(version or _LATEST))


def told_values(values: Iterable[SecretValue]) -> str:
    """Write values one after the other."""
    return ", ".join(value.told for value in values)


def supplying(values: Iterable[SecretValue], project: str) -> str:
    """Write the commands that supply values, one for each secret.

    Args:
        values: Those that are not there.
        project: That of the secrets.
    """
    secrets = dict.fromkeys(value.secret for value in values)
    return ", ".join(
        f"`gcloud secrets versions add {name} --project={project} --data-file=-`"
        for name in secrets
    )
