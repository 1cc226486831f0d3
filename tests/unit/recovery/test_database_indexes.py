"""Indexes and settings of fields: all that somebody set is compared, set back, and looked at for what it deletes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.cloud.firestore import nanos_at
from manifests.documents import DocumentRecord
from manifests.kinds.databases.model import IndexSettings
from recovery.compare.indexes import index_changes, index_findings, index_texts
from recovery.firestore.expiry import Expiry, added_policies
from recovery.firestore.values import to_bytes

_GROUPS = "projects/p/databases/d/collectionGroups"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PAST, FUTURE = "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"


def index(number: int, *fields: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return an index of the group `games` as the API answers it."""
    name = f"{_GROUPS}/games/indexes/{number}"
    return {"name": name, "queryScope": "COLLECTION", "fields": [*fields], "state": "READY", **more}


def field(path: str, group: str = "games", **parts: object) -> dict[str, Any]:
    """Return a field as the API answers it."""
    return {"name": f"{_GROUPS}/{group}/fields/{path}", **parts}


def settings(*items: dict[str, Any]) -> IndexSettings:
    """Return settings of indexes and fields."""
    return IndexSettings(
        indexes=tuple(item for item in items if "/indexes/" in item["name"]),
        fields=tuple(item for item in items if "/fields/" in item["name"]),
    )


DAY, UP = {"fieldPath": "day", "order": "ASCENDING"}, {"fieldPath": "n", "order": "ASCENDING"}
DOWN = {"fieldPath": "n", "order": "DESCENDING"}
OWN = {"indexes": [{"queryScope": "COLLECTION", "state": "READY", "fields": [DOWN]}]}
INHERITED = {"usesAncestorConfig": True, "ancestorField": "x", **OWN}


def told(expected: IndexSettings, actual: IndexSettings) -> list[str]:
    """Return what differs, in words."""
    found = index_findings("database d", index_texts(expected), index_texts(actual))
    return [item.text for item in found]


def test_what_google_says_is_no_difference():
    """Names, states, what a client writes for nothing, and what a field inherits are nobody's choice."""
    typed = index(
        *(1, DAY, UP),
        apiScope="ANY_API",
        density="DENSITY_UNSPECIFIED",
        multikey=False,
        shardCount=0,
    )
    was = settings(typed, field("until", ttlConfig={"state": "ACTIVE"}, indexConfig=INHERITED))
    now = settings(
        index(2, DAY, UP) | {"state": "CREATING"},
        field("until", ttlConfig={"state": "CREATING", "expirationOffset": "0s"}),
    )
    assert told(was, now) == []
    assert index_changes(was, now) == ([], [])


@pytest.mark.parametrize(
    ("was", "now", "text"),
    [
        (index(1, DAY, UP), index(1, DAY, DOWN), "index on games (day, n) is not there"),
        (index(1, DAY, UP), None, "index on games (day, n) is not there"),
        (None, index(1, DAY, UP), "index on games (day, n) is there"),
        (
            index(1, DAY, UP),
            index(1, DAY, UP, queryScope="COLLECTION_GROUP"),
            'index on games (day, n) {"queryScope": "COLLECTION_GROUP"} is there',
        ),
        (
            index(1, DAY, UP),
            index(1, DAY, UP, ofTomorrow="x"),
            'index on games (day, n) {"ofTomorrow": "x"} is there',
        ),
        (
            None,
            field("until", ttlConfig={}),
            "time to live of games.until is on, and was not set",
        ),
        (
            field("until", ttlConfig={"expirationOffset": "60s"}),
            field("until", ttlConfig={}),
            'time to live of games.until is on, not on, {"expirationOffset": "60s"}',
        ),
        (
            field("text", indexConfig={"indexes": []}),
            field("text", indexConfig=INHERITED),
            "index setting of games.text is not set, not no index",
        ),
        (
            field("*", "__default__", indexConfig=OWN),
            field("*", "__default__", indexConfig={"indexes": []}),
            "index setting of all other fields is no index, not descending",
        ),
        (
            None,
            field("f", ofTomorrow={"x": 1}),
            'ofTomorrow of games.f is {"x": 1}, and was not set',
        ),
    ],
)
def test_what_somebody_set_is_one(
    was: dict[str, Any] | None, now: dict[str, Any] | None, text: str
):
    """Each change of an index or a field has its words, and is undone by what is to be set."""
    before, after = (settings(*([] if item is None else [item])) for item in (was, now))
    assert text in told(before, after)
    gone, made = index_changes(before, after)
    assert len(gone) + len(made) == len(told(before, after))


def test_what_all_other_fields_have_is_always_set():
    """A list without it tells nothing."""
    default = field("*", "__default__", indexConfig=OWN)
    assert told(settings(default), settings()) == told(settings(), settings(default)) == []
    assert index_changes(settings(), settings(default)) == ([], [])


def test_a_time_to_live_goes_before_another_comes():
    """One field of a group can have one; what is sent has nothing that Google alone says."""
    was = settings(field("until", ttlConfig={"state": "ACTIVE"}), index(1, DAY, UP))
    gone, made = index_changes(was, settings(field("day", ttlConfig={"state": "ACTIVE"})))
    assert [(item.id, item.part) for item in gone] == [("day", "ttlConfig")]
    assert [(item.group, item.id, item.part, item.value) for item in made] == [
        ("games", "1", "", {"queryScope": "COLLECTION", "fields": [DAY, UP]}),
        ("games", "until", "ttlConfig", {}),
    ]


@pytest.mark.parametrize(
    ("path", "config", "fields", "is_past"),
    [
        ("until", {}, {"until": {"timestampValue": PAST}}, True),
        ("until", {}, {"until": {"timestampValue": FUTURE}}, False),
        ("until", {"expirationOffset": "172800s"}, {"until": {"timestampValue": PAST}}, False),
        ("until", {}, {"until": {"stringValue": PAST}}, False),
        ("until", {}, {"other": {"timestampValue": PAST}}, False),
        (
            "until",
            {},
            {"until": {"arrayValue": {"values": [{"nullValue": None}, {"timestampValue": PAST}]}}},
            True,
        ),
        (
            "a.`b.c`",
            {},
            {"a": {"mapValue": {"fields": {"b.c": {"timestampValue": PAST}}}}},
            True,
        ),
        ("a.b", {}, {"a": {"timestampValue": PAST}}, False),
    ],
)
def test_what_a_time_to_live_deletes(
    path: str, config: dict[str, Any], fields: dict[str, Any], *, is_past: bool
):
    """A time of the past in its field, with what is to pass after it; no value of another type."""
    there = settings(field(path, ttlConfig=config))
    expiry = Expiry(added_policies(there), nanos_at(NOW))
    records = [
        DocumentRecord(name, to_bytes(fields), 1, 1)
        for name in ("games/1", "teams/t/games/2", "others/1")
    ]
    name = f"time to live of games.{path}"
    assert dict(expiry.counted(records)) == ({name: 2} if is_past else {})


def test_a_time_to_live_that_the_backup_knows():
    """It deletes what it always did; one that is set otherwise is another one."""
    there = settings(field("until", ttlConfig={"state": "ACTIVE"}))
    assert added_policies(there, there) == ()
    other = settings(field("until", ttlConfig={"expirationOffset": "60s"}))
    assert [policy.name for policy in added_policies(there, other)] == [
        "time to live of games.until"
    ]
    assert added_policies(None, there) == ()
