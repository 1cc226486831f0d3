"""What a run stores of resources: lines that are equal for equal resources, and what refuses others."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.errors import BackupDamagedError, UnsafeNameError
from manifests.kinds.resources.catalog import CatalogResources
from manifests.kinds.resources.checks import check_resources
from manifests.kinds.resources.layout import resources_name, type_segment
from manifests.kinds.resources.lines import StoredResource, entry_of, file_of, line, resources_of
from manifests.kinds.resources.model import ResourceBackup, ResourceEntry
from manifests.values import RunId, StoredObject
from recovery.kinds.resources.rules.policies import added, without_agents

RUN = RunId("nightly")
TOPIC = StoredResource(
    name="projects/p/topics/ä\u2028\U0001f3c0",
    resource={"name": "ä", "labels": {"b": "2", "a": "1"}, "future": [None, 0.1, {"x": []}]},
    policy={"etag": "x"},
    below={"versions": ({"name": "1"},)},
)
OTHER = StoredResource(name="projects/p/topics/a", resource={})


def backup(*resources: StoredResource, **changed: Any) -> ResourceBackup:  # noqa: ANN401
    """Return what a manifest says of some topics."""
    content = file_of(resources)
    made = ResourceBackup(
        type="pubsub/topic",
        read_at=datetime(2026, 11, 29, tzinfo=UTC),
        entries=tuple(map(entry_of, resources)),
        stored=StoredObject(
            name=resources_name(RUN, "pubsub/topic", content),
            size_bytes=len(content),
            crc32c="AAAAAA==",
            generation=1,
            row_count=len(resources),
        ),
    )
    return made.model_copy(update=changed)


def test_what_is_stored_is_read_again():
    """Unicode, line separators, nulls and fields that nobody knows come back as they were."""
    content = file_of([OTHER, TOPIC])
    assert content.isascii()
    assert content.count(b"\n") == 2
    assert resources_of(content, backup(OTHER, TOPIC)) == (OTHER, TOPIC)


def test_a_policy_says_null_for_what_it_does_not_say():
    """So JSON of an API may; it grants nothing, and makes nothing else unreadable."""
    condition = {"title": "t", "description": None}
    for policy in (
        {"bindings": None},
        {"bindings": [{"role": "r", "members": None, "condition": condition}]},
    ):
        quiet = OTHER.model_copy(update={"policy": policy})
        assert resources_of(file_of([quiet]), backup(quiet)) == (quiet,)
        assert added(policy, policy) == (None, [])
        assert without_agents(policy)["bindings"] is not None


def test_what_runs_no_image_has_the_line_it_always_had():
    """A run from before images were kept is read as it was written."""
    assert "images" not in json.loads(line(TOPIC))
    running = TOPIC.model_copy(update={"images": {"a:v1": "sha256:x"}})
    assert json.loads(line(running))["images"] == {"a:v1": "sha256:x"}
    assert resources_of(file_of([running]), backup(running)) == (running,)


def test_equal_resources_have_equal_lines():
    """The order of fields is the service's, and says nothing."""
    turned = TOPIC.model_copy(update={"resource": dict(reversed(list(TOPIC.resource.items())))})
    assert entry_of(turned) == entry_of(TOPIC)
    changed = TOPIC.model_copy(update={"policy": {"etag": "y"}})
    assert entry_of(changed) != entry_of(TOPIC)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        file_of([OTHER]),
        file_of([TOPIC, OTHER]),
        file_of([OTHER, TOPIC]).replace(b'"future"', b'"futures"'),
        b"{}\n",
        b"[" * 100_000 + b"\n",
        b'{"name": 1, "resource": {}}\n',
        b"\xff\n",
        file_of([OTHER, TOPIC, TOPIC]),
    ],
)
def test_another_file_is_damage(content: bytes):
    """What the manifest does not name is never taken for a resource."""
    with pytest.raises(BackupDamagedError):
        resources_of(content, backup(OTHER, TOPIC))


def deep(depth: int) -> bytes:
    """Return the line of a resource that is nested as deep."""
    return (
        b'{"name":"projects/p/topics/a","resource":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    )


@pytest.mark.parametrize(
    "text",
    [
        deep(300),
        deep(100_000),
        b"[" + b"[]," * 2_000_000 + b"1]",
        b'{"name":"a","resource":{"a":' + b"1" * 5_000 + b"}}",
        b"{" + b",".join(b'"k%d":1' % number for number in range(20_000)) + b"}",
    ],
    ids=["deep", "deepest", "values", "digits", "names"],
)
def test_a_line_that_its_manifest_names_is_bounded(text: bytes):
    """Who writes a manifest writes its digests; a line of it takes no memory and no time anyway."""
    entry = ResourceEntry(name="projects/p/topics/a", sha256=hashlib.sha256(text).hexdigest())
    told = backup(TOPIC).model_copy(update={"entries": (entry,)})
    with pytest.raises(BackupDamagedError, match="a line of it is no resource"):
        resources_of(text + b"\n", told)


@pytest.mark.parametrize(
    "name",
    [
        "projects/p/topics/a:setIamPolicy",
        "projects/p/topics/a/b",
        "projects/p/topics/a?x=1",
        "projects/p/subscriptions/a",
        "../topics/a",
        "",
    ],
)
def test_no_other_name_reaches_an_address(name: str):
    """Names become parts of addresses that are written to."""
    forged = backup(StoredResource(name=name, resource={}))
    with pytest.raises(UnsafeNameError):
        check_resources(forged, RUN)


def test_a_backup_that_contradicts_itself_is_damage():
    """Order, number and names are looked at."""
    check_resources(backup(OTHER, TOPIC), RUN)
    with pytest.raises(BackupDamagedError, match="not in order"):
        check_resources(backup(TOPIC, OTHER), RUN)
    with pytest.raises(BackupDamagedError, match="do not add up"):
        check_resources(backup(OTHER, entries=()), RUN)
    with pytest.raises(UnsafeNameError):
        check_resources(backup(OTHER), RunId("another"))
    with pytest.raises(UnsafeNameError):
        check_resources(backup(OTHER, type="../topic"), RUN)


@pytest.mark.parametrize("name", ["", "pubsub", "pubsub/topics", "a/../b", "pubsub.topic"])
def test_no_other_type_has_a_folder(name: str):
    """A manifest may be anybody's."""
    with pytest.raises(UnsafeNameError):
        type_segment(name)


@pytest.mark.parametrize(
    ("kind", "locations"), [("run/service", ["-"]), ("eventarc/trigger", ["-", "us-west2"])]
)
def test_all_locations_are_asked_at_once_where_a_list_takes_that(kind: str, locations: list[str]):
    """And then no other one is named beside it."""
    assert CatalogResources(type="eventarc/trigger", locations=("-",))
    with pytest.raises(ValueError, match="takes `-`"):
        CatalogResources(type=kind, locations=tuple(locations))
