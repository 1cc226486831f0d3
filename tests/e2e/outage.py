"""The complete outage of the demo: the platform's configuration is lost, and what it was."""

import base64
from collections.abc import Iterator
from typing import Any

from tests.harness import LOCATION, Rebound
from tests.integration.configuration import PUBSUB, RUN, SCHEDULER, SECRETS, call
from tests.judges.resource_fields import output_only

FUNCTIONS = "cloudfunctions.googleapis.com/v2"
_LISTS = (
    ("scheduler/job", f"{SCHEDULER}/projects/{{project}}/locations/{LOCATION}/jobs", "jobs"),
    ("pubsub/subscription", f"{PUBSUB}/projects/{{project}}/subscriptions", "subscriptions"),
    ("functions/function", f"{FUNCTIONS}/projects/{{project}}/locations/{LOCATION}/functions", "functions"),
    ("run/service", f"{RUN}/projects/{{project}}/locations/{LOCATION}/services", "services"),
    ("pubsub/topic", f"{PUBSUB}/projects/{{project}}/topics", "topics"),
    ("secretmanager/secret", f"{SECRETS}/projects/{{project}}/secrets", "secrets"),
)  # fmt: skip
BEYOND_RECOVERY = ("unified-dashboard", "nba-phase0-retired-sub")
"""A service whose image is gone, and a subscription of a deleted topic: the plan says so."""
_MANAGED = "goog-managed-by"


def strike_configuration(rebound: Rebound) -> list[str]:
    """Delete every schedule, subscription, function, service, topic and secret."""
    lines = []
    for kind, path, items in _LISTS:
        found = [item for item in listed(rebound, path, items) if not _is_managed(item)]
        for item in found:
            host = path.partition("/projects/")[0]
            call(rebound, "DELETE", f"{host}/{item['name']}")
        lines.append(f"{len(found)} of {kind} are deleted")
    return lines


def supply_secrets(rebound: Rebound) -> list[str]:
    """Give every secret a value, as an operator does."""
    found = list(listed(rebound, f"{SECRETS}/projects/{{project}}/secrets", "secrets"))
    for item in found:
        data = base64.b64encode(b"a value that the operator has").decode()
        path = f"{SECRETS}/{item['name']}:addVersion"
        call(rebound, "POST", path, {"payload": {"data": data}})
    return [f"{len(found)} values of secrets are supplied, which no backup has"]


def picture_of_configuration(rebound: Rebound) -> dict[str, object]:
    """Return what somebody set of each resource, and whether each schedule runs."""
    picture: dict[str, object] = {}
    for kind, path, items in _LISTS:
        own = {"etag", *output_only()[kind]}
        for item in listed(rebound, path, items):
            if not _is_managed(item):
                set_fields = {key: value for key, value in item.items() if key not in own}
                set_fields.pop("buildConfig", None)
                set_fields.pop("serviceConfig", None)
                # Its trigger has a name that the service draws.
                set_fields.get("eventTrigger", {}).pop("trigger", None)
                picture[f"{kind} {item['name']}"] = (set_fields, item.get("state"))
    return picture


def listed(rebound: Rebound, path: str, items: str) -> Iterator[dict[str, Any]]:
    """Yield everything of a list."""
    token = ""
    while True:
        page = call(
            rebound, "GET", path.format(project=rebound.project), pageSize="100", pageToken=token
        )
        yield from page.get(items, [])
        if not (token := page.get("nextPageToken", "")):
            return


def _is_managed(item: dict[str, Any]) -> bool:
    """Whether another resource makes it, and it goes and comes with that; or nothing can make it."""
    name = item["name"].rpartition("/")[2]
    if name in BEYOND_RECOVERY:
        return True
    return _MANAGED in item.get("labels", {}) or name.startswith("eventarc-")
