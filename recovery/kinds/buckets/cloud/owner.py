"""Finds out whose a bucket is: which project owns it, by its number, and whether a recovery made it."""

import re

from google.api_core.exceptions import Forbidden

from manifests.cloud.api import StorageApi
from manifests.cloud.retry import cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Resource
from recovery.kinds.work import Begun
from recovery.request import Request

_SERVICE_AGENT = re.compile(r"service-([0-9]+)@gs-project-accounts\.iam\.gserviceaccount\.com")


def project_number(api: StorageApi, project: str) -> str:
    """Return the number of a project, or nothing where it cannot be told.

    The address of the project's service agent holds it (Cloud Storage, Projects.serviceAccount);
    reading that takes `resourcemanager.projects.get`.

    Raises:
        CloudError: The call failed in another way than for want of that permission.
    """
    with cloud_errors(project):
        try:
            found = api.call("GET", f"projects/{project}/serviceAccount", {})
        except Forbidden:
            return ""
    matched = _SERVICE_AGENT.fullmatch(str(found.get("email_address", "")))
    return matched[1] if matched else ""


def foreign_owner(
    api: StorageApi, backup: BucketBackup, resource: Resource, request: Request
) -> str:
    """Return the number of the project a bucket belongs to, unless it is the recovered one.

    Args:
        api: Tells the number of a project.
        backup: The bucket in the manifest.
        resource: The configuration of the bucket that is written.
        request: What the operator asked for.

    Returns:
        The number; empty where the bucket is the project's own, `unknown` where nothing tells it.

    Raises:
        CloudError: The number of the project could not be asked for.
    """
    owner = str(resource.get("projectNumber", ""))
    is_original = resource["name"] == backup.bucket and not request.target.moves_buckets
    if is_original and owner == str(backup.resource.get("projectNumber", "")):
        return ""
    known = project_number(api, request.target.project)
    return "" if owner and owner == known else owner or "unknown"


def older_buckets(api: StorageApi, begun: Begun, request: Request) -> frozenset[str]:
    """Return the buckets that a resumed recovery says it made, but that are older than it.

    They can be buckets that it undeleted.

    Args:
        api: Tells when a bucket was made.
        begun: The recovery that is resumed.
        request: What the operator asked for.

    Raises:
        CloudError: A bucket could not be looked at.
    """
    live: dict[str, Resource | None] = {}
    for step in begun.steps:
        if step.create:
            target = VersionedBucket(api, request.target.bucket_name(step.name))
            with cloud_errors(target.uri()):
                live[step.name] = target.resource()
    return begun.older(live)
