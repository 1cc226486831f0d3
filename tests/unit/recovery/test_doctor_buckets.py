"""What follows from how the buckets are set that backups and journals are kept in."""

from typing import Any

import pytest

from recovery.doctor.rules import buckets
from recovery.health import Health

VAULT: dict[str, Any] = {
    "projectNumber": "2",
    "location": "US-WEST2",
    "iamConfiguration": {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": {"enabled": True},
    },
    "softDeletePolicy": {"retentionDurationSeconds": "604800"},
    "encryption": {
        "customerManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
        "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
    },
}


def vault_problems(**settings: object) -> list[str]:
    """Return what is wrong with a vault of these settings."""
    found = buckets.vault_problems({**VAULT, **settings}, "v", project_number="1")
    return [item.what for item in found]


RETAINED = {"retentionPolicy": {"retentionPeriod": "60"}, "defaultEventBasedHold": True}


def test_a_vault_is_protected_by_a_policy_or_by_versions():
    """Either keeps what somebody deletes; with neither, everything can go."""
    assert vault_problems(**RETAINED) == []
    assert vault_problems(versioning={"enabled": True}) == []
    assert "one deletion ends every backup" in vault_problems()[0]
    (told,) = vault_problems(retentionPolicy={"retentionPeriod": "60"})
    assert "is not held" in told


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"projectNumber": "3", "location": "US-EAST1"}, []),
        ({"projectNumber": "3"}, ["it is in the vault's location, and is lost with it"]),
        ({"location": "us-east1"}, ["it is in the vault's project, and is lost with it"]),
        (
            {"projectNumber": "1", "location": "us-east1"},
            ["it is in the protected project, and is lost with it"],
        ),
    ],
)
def test_a_second_place_outlives_the_vault(changed: dict[str, str], said: list[str]):
    """It is there for the day when the vault's project or region is lost."""
    second = {**VAULT, **RETAINED, **changed}
    found = buckets.second_problems(second, "s", vault=VAULT, project_number="1")
    assert [item.what for item in found] == said
    gone = buckets.second_problems({**VAULT, **RETAINED}, "s", vault=None, project_number="1")
    assert [*gone] == []


def test_keys_of_others_are_told():
    """What is under a key that its owner can take away is read by nobody then."""
    (own, managed) = vault_problems(**RETAINED, encryption={})
    assert "only their writer knows" in own
    assert "somebody else disables" in managed


@pytest.mark.parametrize(
    ("condition", "is_bad"),
    [
        ({"age": 90}, True),
        ({"age": 90, "isLive": True}, True),
        ({}, True),
        ({"age": 90, "isLive": False}, False),
        ({"daysSinceNoncurrentTime": 30}, False),
        ({"numNewerVersions": 3}, False),
    ],
)
def test_rules_that_delete_what_is_live(condition: dict[str, Any], *, is_bad: bool):
    """Old versions may go by age; what is live is shared by runs of any age."""
    rule = {"action": {"type": "Delete"}, "condition": condition}
    found = vault_problems(**RETAINED, lifecycle={"rule": [rule]})
    assert bool(found) == is_bad


def test_other_rules_than_deletions_are_none_of_ours():
    """A rule that aborts uploads deletes nothing."""
    rule = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 8}}
    assert vault_problems(**RETAINED, lifecycle={"rule": [rule]}) == []


def test_a_vault_in_the_protected_project_is_lost_with_it():
    """It works, and will not when it is needed most."""
    (found,) = buckets.vault_problems({**VAULT, **RETAINED}, "v", project_number="2")
    assert found.health is Health.WARNING


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, None),
        ({"retentionPolicy": {}}, "one deletion ends every backup"),
        (
            {"lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 401}}]}},
            "live",
        ),
        ({"projectNumber": "1"}, "lost with it"),
        (None, "no such bucket"),
    ],
)
def test_the_second_place_keeps_the_configuration(changed: dict[str, Any] | None, told: str | None):
    """Nothing in it goes by age: the only copy of a platform's schedules once did."""
    retained = {"retentionPolicy": {"retentionPeriod": "34560000"}}
    bucket = None if changed is None else {**VAULT, **retained, **changed}
    found = [
        item.what for item in buckets.second_problems(bucket, "s", vault=None, project_number="1")
    ]
    assert len(found) == (told is not None)
    assert all(told in what for what in found if told)


@pytest.mark.parametrize(
    ("place", "wanted", "health"),
    [
        ("US-WEST2", "us-west2", None),
        ("EU", "us-west2", Health.CRITICAL),
        ("US-WEST2", "US", Health.WARNING),
    ],
)
def test_a_landing_bucket_is_where_the_datasets_are(place: str, wanted: str, health: Health | None):
    """BigQuery refuses to extract elsewhere; what a multi-region takes is not judged."""
    landing = {**VAULT, "location": place, "softDeletePolicy": {}}
    found = buckets.landing_problems(landing, "l", location=wanted, project_number="2")
    assert [item.health for item in found] == ([] if health is None else [health])
