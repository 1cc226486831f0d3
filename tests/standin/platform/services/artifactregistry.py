"""Artifact Registry: repositories, and the images that a test puts into them."""

import re
from urllib.parse import quote

from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Service
from tests.standin.platform.store import Resource, Store

# Artifact Registry, Repository and image names; gcr.io is a repository in the location `us`.
_IMAGE = re.compile(
    r"(?:(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)"
    r"|gcr\.io/(?P<old_project>[^/]+))/(?P<path>[^@:]+)(?P<which>@sha256:[0-9a-f]{64}|:[^/@:]+)?"
)
# Images of Google's own that everybody can run.
_OF_GOOGLE = re.compile(r"(us-docker\.pkg\.dev/cloudrun/|gcr\.io/cloudrun/).+")


def repository_of(image: str) -> tuple[str, str, str]:
    """Return the repository of an image, its path there, and its tag or digest.

    Raises:
        PlatformError: It is no image of Artifact Registry.
    """
    found = _IMAGE.fullmatch(image)
    if found is None:
        raise invalid(f"The image is malformed, or in no registry that is supported: {image}")
    project = found["project"] or found["old_project"]
    location, repository = found["location"] or "us", found["repository"] or "gcr.io"
    name = f"projects/{project}/locations/{location}/repositories/{repository}"
    return name, found["path"], found["which"] or ":latest"


def has_image(store: Store, image: str) -> bool:
    """Say whether an image is there to be run."""
    if _OF_GOOGLE.fullmatch(image):
        return True
    repository, path, which = repository_of(image)
    package = f"{repository}/packages/{quote(path, safe='')}"
    if which.startswith(":"):
        return store.find(TAGS.id, f"{package}/tags/{which[1:]}") is not None
    return store.find(VERSIONS.id, f"{package}/versions/{which[1:]}") is not None


def put_image(service: Service, image: str, digest: str) -> str:
    """Put an image into its repository, and return how it is named by its digest.

    Args:
        service: The state.
        image: With its tag.
        digest: As `sha256:` and 64 digits.

    Raises:
        PlatformError: The image is malformed.
    """
    repository, path, tag = repository_of(image)
    store, now, encoded = service.store, service.now_text, quote(path, safe="")
    times = {"createTime": now, "updateTime": now}
    package = f"{repository}/packages/{encoded}"
    version = f"{package}/versions/{digest}"
    uri = f"{image.removesuffix(tag)}@{digest}"
    shown = {
        "uri": uri,
        "tags": [tag[1:]],
        "imageSizeBytes": "1000000",
        "uploadTime": now,
        "updateTime": now,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    }
    if store.find(REPOSITORIES.id, repository) is None:
        store.put(Resource(REPOSITORIES.id, repository, {"format": "DOCKER"} | times, {}))
    store.put(Resource(PACKAGES.id, package, times, {}))
    store.put(Resource(VERSIONS.id, version, times, {}))
    store.put(Resource(TAGS.id, f"{package}/tags/{tag[1:]}", {"version": version}, {}))
    store.put(Resource(IMAGES.id, f"{repository}/dockerImages/{encoded}@{digest}", shown, {}))
    return uri


def remove_image(store: Store, image: str) -> None:
    """Remove an image with every tag and version."""
    repository, path, _ = repository_of(image)
    encoded = quote(path, safe="")
    for collection in (PACKAGES, VERSIONS, TAGS, IMAGES):
        for found in list(store.below(collection.id, f"{repository}/")):
            if re.search(rf"/(packages|dockerImages)/{re.escape(encoded)}(/|@|$)", found.name):
                store.remove(collection.id, found.name)


_PREFIX = "artifactregistry.projects.locations.repositories"
REPOSITORIES = Collection(
    id=_PREFIX,
    required=("format",),
    mask="needed",
    asset_type="artifactregistry.googleapis.com/Repository",
)
IMAGES = Collection(
    id=f"{_PREFIX}.dockerImages", asset_type="artifactregistry.googleapis.com/DockerImage"
)
PACKAGES = Collection(id=f"{_PREFIX}.packages")
VERSIONS = Collection(id=f"{_PREFIX}.packages.versions")
TAGS = Collection(id=f"{_PREFIX}.packages.tags")
COLLECTIONS = (REPOSITORIES, IMAGES, PACKAGES, VERSIONS, TAGS)
HANDLERS: dict[str, Handler] = {}
