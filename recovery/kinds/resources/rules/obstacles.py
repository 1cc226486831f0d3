"""What keeps a resource from being made again, whatever anybody says. Pure."""

import re
from collections.abc import Iterator

from manifests.values import Resource

_DELETED_TOPIC = "_deleted-topic_"
"""In the place of a topic that is gone (Pub/Sub, Subscription.topic)."""
_IMAGE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<package>[^@:]+)(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[^@:/]+))?"
)


def images(resource: Resource) -> Iterator[str]:
    """Yield the images that a service or a job of Cloud Run runs."""
    template = resource.get("template") or {}
    # A job has a template of executions, with one of tasks in it.
    for inner in (template, template.get("template") or {}):
        for container in inner.get("containers") or ():
            if image := container.get("image"):
                yield str(image)


def image_project(image: str) -> str:
    """Return the project whose registry keeps an image; empty where it is no project's."""
    found = _IMAGE.fullmatch(image)
    return "" if found is None else found["project"]


def image_path(image: str) -> str:
    """Return where Artifact Registry tells of an image; empty where another registry keeps it."""
    found = _IMAGE.fullmatch(image)
    if found is None:
        return ""
    package = found["package"].replace("/", "%2F")
    parent = (
        f"v1/projects/{found['project']}/locations/{found['location']}"
        f"/repositories/{found['repository']}/packages/{package}"
    )
    if found["digest"]:
        return f"{parent}/versions/{found['digest']}"
    return f"{parent}/tags/{found['tag'] or 'latest'}"


def obstacle(kind: str, resource: Resource, gone: frozenset[str]) -> str:
    """Return why a resource cannot be made; empty when nothing is known to be in the way.

    Args:
        kind: Its type.
        resource: As the backup has it.
        gone: The images that are not there any more.
    """
    if kind == "pubsub/subscription" and resource.get("topic") == _DELETED_TOPIC:
        return "its topic had been deleted before the backup"
    missing = [image for image in images(resource) if image in gone]
    return f"its image is gone: {', '.join(missing)}" if missing else ""
