"""What a Firestore database is set to be, and what differs. Pure."""

from collections.abc import Mapping

from manifests.values import Resource
from recovery.compare.findings import Finding, differences, present, value_text
from recovery.compare.indexes import index_findings

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
        "locationId",
        "pointInTimeRecoveryEnablement",
        "type",
    }
)
_STANDARD: Resource = {
    "firestoreDataAccessMode": "DATA_ACCESS_MODE_ENABLED",
    "mongodbCompatibleDataAccessMode": "DATA_ACCESS_MODE_DISABLED",
    "realtimeUpdatesMode": "REALTIME_UPDATES_MODE_ENABLED",
}
"""What only a database of the Enterprise edition is created with (Terraform, google_firestore_database),
and what it is in one of the Standard edition."""
_FIXED = frozenset(
    {
        "appEngineIntegrationMode",
        "cmekConfig",
        "databaseEdition",
        "locationId",
        "realtimeUpdatesMode",
    }
)
"""What is set when a database is created and never after (Firestore REST, Database: immutable; Manage
databases: location and key), or not back again (App Engine requirement)."""


def database_settings(resource: Resource) -> Resource:
    """Return what somebody set a database to be."""
    chosen = {
        key: _set(value) for key, value in resource.items() if key not in _TOLD_BY_THE_SERVICE
    }
    return {key: value for key, value in chosen.items() if present(value) is not None}


def database_findings(expected: Resource, actual: Resource) -> tuple[Finding, ...]:
    """Compare the settings of a database with what they were, every one of them."""
    before, now = database_settings(expected), database_settings(actual)
    return differences(
        _subject(expected),
        [(key, before.get(key), now.get(key)) for key in sorted({*before, *now})],
    )


def settings_findings(
    expected: Resource,
    actual: Resource,
    expected_indexes: Mapping[str, str] | None,
    actual_indexes: Mapping[str, str] | None,
) -> tuple[Finding, ...]:
    """Compare a database and what is set about its indexes and fields with what they were.

    Args:
        expected: The database as it was.
        actual: The database as it is.
        expected_indexes: What was set about indexes and fields; None where nobody knows.
        actual_indexes: What is.
    """
    found = database_findings(expected, actual)
    if expected_indexes is None or actual_indexes is None:
        return found
    return found + index_findings(_subject(expected), expected_indexes, actual_indexes)


def _subject(resource: Resource) -> str:
    return f"database {str(resource.get('name', '')).rpartition('/')[2]}"


def creation(resource: Resource) -> Resource:
    """Return what a database is created with, to be like one that was."""
    settings = database_settings(resource)
    return {key: settings[key] for key in sorted(_created_with(settings) & settings.keys())}


def made_settings(resource: Resource) -> tuple[str, ...]:
    """Return the settings that a database is created with, each with its value."""
    return tuple(f"{key} {value_text(value)}" for key, value in creation(resource).items())


def unmade_settings(resource: Resource) -> tuple[str, ...]:
    """Return the names of settings that a database has and would not have once it is created."""
    settings = database_settings(resource)
    own = {key for key, value in settings.items() if value != _STANDARD.get(key)}
    return tuple(sorted(own - _created_with(settings)))


def _created_with(settings: Resource) -> frozenset[str]:
    is_enterprise = settings.get("databaseEdition") == "ENTERPRISE"
    return _CREATED_WITH.union(_STANDARD) if is_enterprise else _CREATED_WITH


def is_fixed(finding: Finding) -> bool:
    """Whether what differs is fixed when a database is created."""
    return finding.aspect in _FIXED


def _set(value: object) -> object:
    """Treat unspecified values as absent, and leave out the version of the key."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != "activeKeyVersion" and item}
    return None if str(value).endswith("_UNSPECIFIED") else value
