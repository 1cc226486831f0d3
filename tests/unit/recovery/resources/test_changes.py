"""How fields of a resource are set that differs, and what cannot be."""

from typing import Any

import pytest

from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.table import resource_type
from recovery.kinds.resources.rules.creation import changed
from recovery.kinds.resources.rules.planning import plan_resource
from recovery.kinds.resources.rules.renaming import Names
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.seen import SeenResource
from recovery.request import Request


def test_what_nothing_can_change_is_told_and_left():
    """A schema takes no other definition; a word allows what can be done, and that cannot."""
    stored = {"name": "projects/p/schemas/s", "type": "AVRO", "definition": "{}"}
    other = SeenResource(
        type="pubsub/schema",
        stored=StoredResource(name=stored["name"], resource=stored),
        resource={**stored, "definition": "[]"},
    )
    asked = Request.model_validate(
        {"scenario": "complete-outage", "target": {"project": "p-1234"}, "overwrite": ["*"]}
    )
    for request, action in (
        (asked, "cannot"),
        (asked.model_copy(update={"overwrite": (), "only_missing": True}), "leave"),
    ):
        step = plan_resource(other, request, Rewriting(Names()))
        assert step.action == action
        assert [item.aspect for item in step.differs] == ["definition"]
        assert not step.changes
        assert not list(step.missing_words(request, confirmed_projects=()))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("scheduler/job", ("PATCH", {"updateMask": "gone,schedule"}, {"schedule": "x"})),
        (
            "pubsub/topic",
            ("PATCH", {}, {"topic": {"schedule": "x"}, "updateMask": "gone,schedule"}),
        ),
        ("run/job", ("PATCH", {}, {"schedule": "x", "rest": 1})),
        ("logging/metric", ("PUT", {}, {"schedule": "x", "rest": 1, "name": "n"})),
    ],
)
def test_fields_are_set_as_their_type_takes_it(kind: str, expected: tuple[Any, ...]):
    """By a mask beside or around them; whole, by PATCH or PUT. What is not wanted goes."""
    wanted = {"name": "n", "schedule": "x", "rest": 1}
    request = changed(resource_type(kind), "projects/p/x/n", wanted, ("schedule", "gone"))
    assert (request.verb, request.query, request.body) == expected
