"""Images that services, jobs and worker pools of Cloud Run run, and where they are told of. Pure."""

import re
from collections.abc import Iterator

from manifests.shapes import inner, inner_list
from manifests.values import Resource

REGISTRY = "artifactregistry.googleapis.com"
_DIGEST = "sha256:"
_IMAGE = re.compile(
    r"(?:(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/|(?P<host>(?:us\.|eu\.|asia\.)?gcr\.io)/)"
    r"(?P<project>[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^/@:.]+|[^/@:.]+)/"
    r"(?(location)(?P<repository>[^/@:]+)/)"
    r"(?P<package>[^@:]+)(?::(?P<tag>[^@:/]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""A project of a domain, `example.com:p`, is named `example.com/p` (Artifact Registry, Repository and image names)."""
_LOCATIONS = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}
"""Where the repository of that name is (Artifact Registry, Transition to repositories with gcr.io domain support)."""


def images(resource: Resource) -> Iterator[str]:
    """Yield the images that a service, a job or a worker pool of Cloud Run runs."""
    # A job has a template of executions, with one of tasks in it.
    for path in (("template",), ("template", "template")):
        for container in inner_list(resource, *path, "containers"):
            if image := inner(container).get("image"):
                yield str(image)


def image_project(image: str) -> str:
    """Return the project whose registry keeps an image; empty where it is no project's."""
    found = _IMAGE.fullmatch(image)
    return "" if found is None else found["project"].replace("/", ":")


def image_path(image: str) -> str:
    """Return where Artifact Registry tells of an image; empty where another registry keeps it."""
    found = _IMAGE.fullmatch(image)
    if found is None:
        return ""
    package = found["package"].replace("/", "%2F")
    parent = (
        f"v1/projects/{image_project(image)}/locations/{found['location'] or _LOCATIONS[found['host']]}"
        f"/repositories/{found['repository'] or found['host']}/packages/{package}"
    )
    if found["digest"]:
        return f"{parent}/versions/{found['digest']}"
    return f"{parent}/tags/{found['tag'] or 'latest'}"


def digest_of(told: Resource) -> str:
    """Return the digest of an image, of what Artifact Registry tells of its tag or its version.

    Args:
        told: The tag, which names its version, or the version itself.
    """
    last = str(told.get("version") or told.get("name") or "").rpartition("/")[2]
    return last if last.startswith(_DIGEST) else ""


def by_digest(image: str, digest: str) -> str:
    """Return how an image is named by its digest: another can have its tag by now."""
    found = _IMAGE.fullmatch(image)
    if found is None or found["digest"]:
        return image
    name = image.removesuffix(f":{found['tag']}") if found["tag"] else image
    return f"{name}@{digest}"
