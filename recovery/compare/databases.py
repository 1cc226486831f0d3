"""What a Firestore database is set to be, and what differs. Pure."""

from manifests.values import Resource
from recovery.compare.findings import Finding, differences, present, value_text

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

_CREATED_WITH = frozenset(
    {
        "appEngineIntegrationMode",
        "cmekConfig",
        "concurrencyMode",
        "databaseEdition",
        "deleteProtectionState",
        "firestoreDataAccessMode",
        "locationId",
        "mongodbCompatibleDataAccessMode",
        "pointInTimeRecoveryEnablement",
        "realtimeUpdatesMode",
        "type",
    }
)
_FIXED = frozenset({"cmekConfig", "databaseEdition", "locationId", "realtimeUpdatesMode"})
"""What is set when a database is created and never after (Firestore REST, Database: immutable; Manage
databases: location and key)."""


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


def made_settings(resource: Resource) -> tuple[str, ...]:
    """Return the settings that a database is created with, each with its value."""
    settings = database_settings(resource)
    return tuple(
        f"{key} {value_text(settings[key])}" for key in sorted(_CREATED_WITH & settings.keys())
    )


def unmade_settings(resource: Resource) -> tuple[str, ...]:
    """Return the names of settings that a database has and is not created with."""
    return tuple(sorted(database_settings(resource).keys() - _CREATED_WITH))


def is_fixed(finding: Finding) -> bool:
    """Whether what differs is fixed when a database is created."""
    return finding.aspect in _FIXED


def _set(value: object) -> object:
    """Treat unspecified values as absent, and leave out the version of the key."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != "activeKeyVersion" and item}
    return None if str(value).endswith("_UNSPECIFIED") else value
