"""Which buckets a project has."""

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.retry import cloud_errors


def bucket_names(api: StorageApi, project: str) -> list[str]:
    """Return the names of the buckets of a project.

    Raises:
        CloudError: They may not be listed.
    """
    query: Query = {"project": project, "fields": "nextPageToken,items(name)"}
    with cloud_errors(f"buckets of {project}"):
        return [item["name"] for page in api.pages("b", query) for item in page.get("items", ())]
