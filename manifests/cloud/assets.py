"""Which types of things a project has, as Cloud Asset Inventory tells them."""

from functools import partial

from manifests.cloud.configuration import where_enabled
from manifests.cloud.pages import pages
from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError

_HOST = "cloudasset.googleapis.com"
_PAGE = 500
_MOST_PAGES = 200
"""Half a minute at 400 calls a minute (Cloud Asset Inventory, Quotas and limits)."""


def asset_types(rest: Rest, project: str) -> frozenset[str]:
    """Return the types of what a project has, as `compute.googleapis.com/Network`.

    The inventory lags, by seven hours of functions and transfers (Cloud Asset Inventory, Asset types),
    and has no schedules, so that it only adds to what is known: where it is not enabled nothing is.

    Args:
        rest: Calls the API.
        project: The project.

    Raises:
        CloudError: It was refused, or there is more than is read of it.
    """
    query: Query = {"pageSize": _PAGE, "readMask": "assetType"}
    path = f"v1/projects/{project}:searchAllResources"
    found: set[str] = set()
    with cloud_errors(f"the inventory of {project}", "cloudasset.assets.searchAllResources"):
        listed = pages(
            lambda asked: where_enabled(partial(rest.call, "GET", _HOST, path, query=asked)), query
        )
        for number, page in enumerate(listed):
            if number == _MOST_PAGES:
                raise CloudError(
                    f"it has more than {_PAGE * _MOST_PAGES:,} things, and no more are looked through",
                    subject=f"the inventory of {project}",
                )
            found.update(str(item["assetType"]) for item in page.get("results", ()))
    return frozenset(found)
