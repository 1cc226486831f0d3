"""Indexes and settings of fields: all that somebody set is compared, set back, and looked at for what it deletes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.cloud.firestore import nanos_at
from manifests.documents import DocumentRecord
from manifests.kinds.databases.model import IndexSettings
from recovery.compare.documents import DocumentPair
from recovery.compare.findings import Finding
from recovery.compare.indexes import agreed, index_changes, index_findings, index_texts
from recovery.firestore.expiry import TimeToLive, policies
from recovery.firestore.values import to_bytes
from recovery.kinds.databases.cloud.done import Done

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
    assert index_changes(was, now) == ({}, {})


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
    assert index_changes(settings(), settings(default)) == ({}, {})


def test_a_time_to_live_goes_before_another_comes():
    """One field of a group can have one; what is sent has nothing that Google alone says."""
    was = settings(field("until", ttlConfig={"state": "ACTIVE"}), index(1, DAY, UP))
    gone, made = index_changes(was, settings(field("day", ttlConfig={"state": "ACTIVE"})))
    assert [(item.id, item.part) for item in gone.values()] == [("day", "ttlConfig")]
    assert [(item.group, item.id, item.part, item.value) for item in made.values()] == [
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
    expiry = TimeToLive(policies(there), nanos_at(NOW))
    records = [
        DocumentRecord(name, to_bytes(fields), 1, 1)
        for name in ("games/1", "teams/t/games/2", "others/1")
    ]
    name = f"time to live of games.{path}"
    counts = {policy.name: count for policy, count in expiry.counted(records).items()}
    assert counts == ({name: 2} if is_past else {})


def test_a_time_to_live_that_the_backup_knows():
    """It deletes what it always did; one that is set otherwise is another one."""
    known = settings(field("until", ttlConfig={"state": "ACTIVE"}))
    assert policies(known) == policies(settings(field("until", ttlConfig={"state": "CREATING"})))
    other = settings(field("until", ttlConfig={"expirationOffset": "60s"}))
    assert [policy.name for policy in policies(other)] == ["time to live of games.until"]
    assert policies(other) != policies(known)
    assert policies(None) == ()


def test_a_document_that_a_time_to_live_deleted_again():
    """It is not missing where the plan told of that; where it did not, or was refused, it is."""
    there = settings(field("until", ttlConfig={}))
    expiry = TimeToLive(policies(there), nanos_at(NOW))
    record = DocumentRecord("games/1", to_bytes({"until": {"timestampValue": PAST}}), 1, 1)
    pair, told_of = DocumentPair("missing", record, None), set(expiry.policies)
    done = Done()
    assert done.proven(pair, expiry, told_of).state == "expired"
    assert done.proven(pair, expiry, set()).state == "missing"
    assert done.expiring == {expiry.policies[0]: 2}
    kept = DocumentRecord("games/2", to_bytes({"until": {"timestampValue": FUTURE}}), 1, 1)
    assert done.proven(DocumentPair("missing", kept, None), expiry, told_of).state == "missing"
    refused = Done(refused={"games/1": "too large"})
    assert refused.proven(pair, expiry, told_of).state == "missing"


BROKEN = index(1, DAY, UP, state="NEEDS_REPAIR")


def test_a_broken_index_is_not_there():
    """No query has it: it is deleted and made again; nobody wants one back that was broken."""
    was, now = settings(index(2, DAY, UP)), settings(BROKEN)
    assert told(was, now) == ["index on games (day, n) is broken (NEEDS_REPAIR)"]
    gone, made = index_changes(was, now)
    assert [item.id for item in gone.values()] == ["1"]
    assert [item.value["fields"] for item in made.values()] == [[DAY, UP]]
    assert told(now, was) == told(now, now) == []
    assert told(now, settings()) == ["index on games (day, n) is not there"]


def findings(was: IndexSettings, now: IndexSettings) -> tuple[Finding, ...]:
    """Return what differs."""
    return index_findings("database d", index_texts(was), index_texts(now))


def test_only_what_a_plan_showed_is_agreed():
    """What somebody made, set or set otherwise since is not; of a broken index the half way is."""
    added, late = index(1, DAY), field("until", ttlConfig={"expirationOffset": "60s"})
    planned = findings(settings(), settings(added, field("until", ttlConfig={})))
    now = findings(settings(), settings(added, late, index(2, DAY, UP)))
    assert [item.aspect for item in agreed(now, planned)] == ["index on games (day)"]
    was = settings(index(1, DAY, UP))
    assert agreed(findings(was, settings()), findings(was, settings(BROKEN)))
