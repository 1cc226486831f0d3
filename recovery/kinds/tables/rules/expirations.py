"""Expirations that are over: setting one again would delete what comes back. Pure."""

from datetime import UTC, datetime

from manifests.model.run import Manifest
from manifests.values import Resource, UtcTime

_OWN = "expirationTime"
_MILLISECONDS = 1000


def without_past(
    manifest: Manifest, *, now: datetime, expire_at: datetime | None
) -> tuple[Manifest, dict[str, UtcTime]]:
    """Take the expirations that are over out of what is brought back.

    Args:
        manifest: What is brought back.
        now: The present instant.
        expire_at: The time they get instead; None for none.

    Returns:
        The manifest without them, and what they were, by name.
    """
    expired: dict[str, UtcTime] = {}

    def renewed(resource: Resource) -> Resource:
        at = datetime.fromtimestamp(int(resource.get(_OWN) or 0) / _MILLISECONDS, UTC)
        if not resource.get(_OWN) or at > now:
            return resource
        reference = resource["tableReference"]
        name = f"{reference['datasetId']}.{reference['tableId']}"
        expired[name] = at
        others = {key: value for key, value in resource.items() if key != _OWN}
        if expire_at is None:
            return others
        return {**others, _OWN: str(round(expire_at.timestamp() * _MILLISECONDS))}

    tables = tuple(
        item.model_copy(update={"resource": renewed(item.resource)}) for item in manifest.tables
    )
    datasets = tuple(
        item.model_copy(update={"views": tuple(map(renewed, item.views))})
        for item in manifest.datasets
    )
    return manifest.model_copy(update={"tables": tables, "datasets": datasets}), expired
