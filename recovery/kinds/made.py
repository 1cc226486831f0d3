"""When things were made, as Google's services say: nobody else can set that. Pure.

Whether that changes when something is undeleted stands on no page: what is older than a recovery was there
before it, or is what it undeleted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from manifests.values import Resource

_CLOCKS_APART = timedelta(minutes=1)
"""So far the clocks of two services may be apart."""


def made_at_of(resource: Resource) -> datetime | None:
    """Return when a resource was made, as its API says; None where it does not.

    `createTime` (Secret Manager, Cloud Logging, Workflows, Firestore), `timeCreated` (Cloud Storage), `creationTime`
    in milliseconds (BigQuery), `creationRecord.mutateTime` (Cloud Monitoring), by the discovery documents.
    That of BigQuery Connection says no unit of its `creationTime`: it is taken for milliseconds, too.

    Raises:
        ValueError: It says no time.
    """
    record = resource.get("creationRecord") or {}
    named = resource.get("createTime") or resource.get("timeCreated")
    if said := named or record.get("mutateTime"):
        return datetime.fromisoformat(str(said))
    if said := resource.get("creationTime"):
        return datetime.fromtimestamp(int(said) / 1000, UTC)
    return None


def made_before(live: Mapping[str, Resource | None], began_at: datetime) -> frozenset[str]:
    """Return the names of things that were made before something began; not where no time is told.

    Args:
        live: Each thing as it is, by its name; None where there is none.
        began_at: When it began.
    """
    made = {name: made_at_of(item) for name, item in live.items() if item is not None}
    return frozenset(name for name, at in made.items() if at and at < began_at - _CLOCKS_APART)
