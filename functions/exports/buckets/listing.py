"""Which buckets a project has."""

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.retry import cloud_errors


def bucket_names(api: StorageApi, project: str) -> list[str]:
    """Return the names of the buckets of a project.

    Raises:
        CloudError: They may not be listed.
    """
    found: list[str] = []
    query: Query = {"project": project, "fields": "nextPageToken,items(name)"}
    with cloud_errors(f"buckets of {project}"):
        while True:
            page = api.call("GET", "b", query)
            found += [item["name"] for item in page.get("items", [])]
            if not page.get("nextPageToken"):
                return found
            query["pageToken"] = page["nextPageToken"]
