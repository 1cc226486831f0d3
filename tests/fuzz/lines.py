"""JSON without an envelope: lines of resources, and the files that an operator names."""

import hashlib
import json
from collections.abc import Callable
from random import Random

from pydantic import BaseModel

from manifests.errors import UsageError
from manifests.json_text import parsed
from manifests.kinds.resources.lines import StoredResource, resources_of
from manifests.kinds.resources.model import ResourceBackup, ResourceEntry
from manifests.values import StoredObject
from recovery.drill.rules import read_criteria
from recovery.plan.approval import plan_file, read_plan
from recovery.plan.model import Plan
from tests.fuzz.values import edited
from tests.fuzz.whole import whole_recovery
from tests.unit.samples import POINT

RESOURCE = StoredResource(
    name="projects/p/topics/a",
    resource={"name": "projects/p/topics/a", "labels": {"a": "1"}, "more": [1, None, {"x": []}]},
    policy={"etag": "x", "bindings": []},
    below={"versions": ({"name": "1"},)},
    source="archive",
    images={"a": "sha256:0"},
)
PLAN = plan_file("recovery", whole_recovery().plan, made_at=POINT)


def plain_json(document: BaseModel) -> Callable[[Random], bytes]:
    """Return what makes JSON that is nearly a document's."""
    body = document.model_dump(mode="json")

    def make(random: Random) -> bytes:
        text = json.dumps(edited(random, body), sort_keys=True, separators=(",", ":"))
        return (
            text.encode() if random.randrange(20) else text.encode()[: random.randrange(len(text))]
        )

    return make


def take_resource(content: bytes) -> None:
    """Read the file of a run whose manifest was made for it."""
    entry = ResourceEntry(name=RESOURCE.name, sha256=hashlib.sha256(content).hexdigest())
    backup = ResourceBackup.model_construct(
        entries=(entry,),
        stored=StoredObject(name="file", size_bytes=1, crc32c="", generation=1, row_count=1),
    )
    resources_of(content + b"\n", backup)


def take_plan_file(content: bytes) -> None:
    """Read a plan that somebody approved."""
    read_plan(_operator_file(content), "recovery", Plan, subject="plan.json")


def take_criteria(content: bytes) -> None:
    """Read the criteria of a drill."""
    read_criteria(_operator_file(content), subject="criteria.json")


def _operator_file(content: bytes) -> object:
    try:
        return parsed(content)
    except ValueError as error:
        raise UsageError(f"not JSON: {error}") from error
