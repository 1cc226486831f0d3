"""What a Firestore database is set to be, and what differs. Pure."""

from manifests.values import Resource
from recovery.compare.findings import Finding, differences, present

_TOLD_BY_THE_SERVICE = frozenset(
    {
        "createTime",
        "deleteTime",
        "earliestVersionTime",
        "etag",
        "freeTier",
        "keyPrefix",
        "name",
        "previousId",
        "sourceInfo",
        "tags",
        "uid",
        "updateTime",
        "versionRetentionPeriod",
    }
)
"""What of a database no request sets, its name, and tags, which are never answered (Firestore REST,
Database)."""


def database_settings(resource: Resource) -> Resource:
    """Return what somebody set a database to be."""
    kept = {key: _set(value) for key, value in resource.items() if key not in _TOLD_BY_THE_SERVICE}
    return {key: value for key, value in kept.items() if present(value) is not None}


def database_findings(expected: Resource, actual: Resource) -> tuple[Finding, ...]:
    """Compare the settings of a database with what they were, every one of them."""
    before, now = database_settings(expected), database_settings(actual)
    subject = str(expected.get("name", "")).rpartition("/")[2]
    return differences(
        f"database {subject}",
        [(key, before.get(key), now.get(key)) for key in sorted({*before, *now})],
    )


def _set(value: object) -> object:
    """Treat unspecified values as absent, and leave out the version of the key."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != "activeKeyVersion" and item}
    return None if str(value).endswith("_UNSPECIFIED") else value
