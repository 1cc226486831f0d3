"""Tells when a writer runs next by its own schedule. Pure."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from manifests.values import Resource

HOUR = timedelta(hours=1)


class Due(NamedTuple):
    """What a writer does within some time.

    Attributes:
        times: When it runs; None where its schedule says it in words, which are not read.
        waits: Whether what waits for it is delivered at once.
        messages: How many messages that are; None where nobody knows.
    """

    times: tuple[datetime, ...] | None = ()
    waits: bool = False
    messages: int | None = None


def due(
    kind: str,
    resource: Resource,
    *,
    now: datetime,
    within: timedelta = HOUR,
    messages: int | None = None,
) -> Due:
    """Return what a writer that is resumed does within some time.

    Args:
        kind: Its type.
        resource: As it is.
        now: When it is resumed.
        within: How far is looked ahead.
        messages: How many wait for it, where it is a subscription; None where nobody knows.
    """
    if kind == "pubsub/subscription":
        return Due(waits=True, messages=messages)
    if kind == "bigquery/transfer":
        # Its schedule is a sentence; the service says when it comes next, while it is not disabled.
        return Due(None)
    return Due(_times(resource, now, now + within))


def _times(job: Resource, now: datetime, end: datetime) -> tuple[datetime, ...] | None:
    """Return when a schedule is due (Cloud Scheduler, Cron job format and time zone)."""
    try:
        zone = ZoneInfo(_zone(job))
        coming = CronSim(str(job.get("schedule", "")), now.astimezone(zone))
    except (CronSimError, ZoneInfoNotFoundError, ValueError):
        return None
    found = []
    for time in coming:
        if time > end:
            break
        found.append(time.astimezone(UTC))
    return tuple(found)


def _zone(job: Resource) -> str:
    zone = str(job.get("timeZone") or "Etc/UTC")
    return "Etc/UTC" if zone.lower() == "utc" else zone
