"""Settings of buckets and databases: every one that somebody set is compared, and can be set back."""

from recovery.compare.buckets import access_findings, bucket_findings, changed_configuration
from recovery.compare.databases import database_findings, made_settings, unmade_settings

BUCKET = {
    "name": "raw",
    "location": "US",
    "labels": {"team": "data"},
    "versioning": {"enabled": True},
    "softDeletePolicy": {"retentionDurationSeconds": "604800", "effectiveTime": "2026-01-01"},
    "metageneration": "3",
}


def test_a_bucket_is_set_back():
    """What changed is written, what came is taken away, what is for ever is left."""
    now = {
        "name": "raw",
        "location": "EU",
        "labels": {"team": "nobody", "more": "1"},
        "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 1}}]},
        "softDeletePolicy": {"retentionDurationSeconds": "604800", "effectiveTime": "2026-02-02"},
        "metageneration": "4",
    }
    aspects = {item.aspect for item in bucket_findings(BUCKET, now)}
    assert aspects == {"labels", "lifecycle", "location", "versioning"}
    assert changed_configuration(BUCKET, now) == {
        "labels": {"team": "data", "more": None},
        "lifecycle": None,
        "versioning": {"enabled": True},
    }
    assert changed_configuration(now, BUCKET)["versioning"] == {"enabled": False}
    assert changed_configuration(BUCKET, BUCKET) == {}


def test_access_has_no_order():
    """Bindings and members are sets; a member more is a difference."""
    one = {"bindings": [{"role": "a", "members": ["x", "y"]}, {"role": "b", "members": ["x"]}]}
    other = {"bindings": [{"role": "b", "members": ["x"]}, {"role": "a", "members": ["y", "x"]}]}
    assert not access_findings("raw", one, {**other, "etag": "q"})
    other["bindings"][0]["members"].append("allUsers")
    (found,) = access_findings("raw", one, other)
    assert "allUsers" in found.actual


def test_a_database_is_compared_by_what_somebody_set():
    """Times, ids and what is unspecified are no difference; a protection that is gone is one."""
    was = {
        "name": "projects/p/databases/d",
        "uid": "1",
        "earliestVersionTime": "2026-01-01T00:00:00Z",
        "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
        "databaseEdition": "DATABASE_EDITION_UNSPECIFIED",
        "cmekConfig": {"kmsKeyName": "k", "activeKeyVersion": ["k/1"]},
    }
    now = {**was, "uid": "2", "earliestVersionTime": "2026-02-02T00:00:00Z"}
    del now["databaseEdition"]
    now["cmekConfig"] = {"kmsKeyName": "k", "activeKeyVersion": ["k/2"]}
    assert not database_findings(was, now)
    now["deleteProtectionState"] = "DELETE_PROTECTION_DISABLED"
    (found,) = database_findings(was, now)
    assert (found.subject, found.aspect) == ("database d", "deleteProtectionState")


def test_a_database_is_created_with_what_its_edition_takes():
    """A Standard database has its modes by itself; one that is other than that cannot be brought back."""
    modes = {
        "firestoreDataAccessMode": "DATA_ACCESS_MODE_ENABLED",
        "realtimeUpdatesMode": "REALTIME_UPDATES_MODE_ENABLED",
    }
    standard = {"databaseEdition": "STANDARD", **modes}
    assert made_settings(standard) == ('databaseEdition "STANDARD"',)
    assert unmade_settings(standard) == ()
    other = {**standard, "realtimeUpdatesMode": "REALTIME_UPDATES_MODE_DISABLED", "tomorrow": 1}
    assert unmade_settings(other) == ("realtimeUpdatesMode", "tomorrow")
    enterprise = {**other, "databaseEdition": "ENTERPRISE"}
    assert len(made_settings(enterprise)) == 3
    assert unmade_settings(enterprise) == ("tomorrow",)
