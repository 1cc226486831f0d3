"""How many messages wait for subscriptions, as Cloud Monitoring has it: Pub/Sub itself does not say."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import structlog

from manifests.cloud.configuration import where_enabled
from manifests.cloud.pages import pages
from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError
from manifests.values import Resource

_HOST = "monitoring.googleapis.com"
_METRIC = "pubsub.googleapis.com/subscription/num_undelivered_messages"
_LOOKED_BACK = timedelta(minutes=10)
"""It is sampled each minute, and seen up to two minutes later (Cloud Monitoring, Google Cloud metrics)."""

log = structlog.get_logger()


def waiting_messages(rest: Rest, project: str, now: datetime) -> dict[str, int]:
    """Return how many messages waited some minutes ago, by the full name of each subscription.

    Of one that it does not name nobody knows. Nothing is decided by it: where it cannot be asked for it
    names none.

    Args:
        rest: Calls the API.
        project: The project.
        now: The present instant.
    """
    try:
        return {
            f"projects/{project}/subscriptions/{name}": number
            for series in _series(rest, project, now)
            for name, number in waiting_in(series)
        }
    except CloudError as error:
        log.warning("how many messages wait is not known", reason=str(error))
        return {}


def waiting_in(series: Resource) -> Iterator[tuple[str, int]]:
    """Yield the subscription of a series and its newest number.

    Args:
        series: As Cloud Monitoring lists it; the newest point comes first (Cloud Monitoring REST,
            TimeSeries.points).
    """
    name = (series.get("resource") or {}).get("labels", {}).get("subscription_id")
    for point in (series.get("points") or ())[:1]:
        if name and "int64Value" in point.get("value", {}):
            yield str(name), int(point["value"]["int64Value"])


def _series(rest: Rest, project: str, now: datetime) -> Iterator[Resource]:
    path = f"v3/projects/{project}/timeSeries"
    asked: Query = {
        # A project that monitors others answers their series, too (Cloud Monitoring, Metrics scopes).
        "filter": f'metric.type="{_METRIC}" AND resource.labels.project_id="{project}"',
        "interval.startTime": (now - _LOOKED_BACK).isoformat(),
        "interval.endTime": now.isoformat(),
    }

    def ask(query: Query) -> Resource | None:
        with cloud_errors(path):
            return where_enabled(partial(rest.call, "GET", _HOST, path, query=query))

    for page in pages(ask, asked):
        yield from page.get("timeSeries", ())
