"""What a plan tells of what a resource gives that is made: what a role permits, and who may call a service."""

import pytest

from manifests.kinds.resources.lines import StoredResource
from manifests.values import Resource
from recovery.kinds.decision import Origin
from recovery.kinds.resources.rules.kind import FoundationRules, ResourceRules
from recovery.kinds.resources.rules.rows import resource_rows
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.request import Request, Target
from tests.unit.samples import manifest

TARGET = Target(project="platform")
ASKED = Request(scenario="complete-outage", target=TARGET, overwrite=("*",))
NAME = "projects/platform/locations/l/services/s"
OPEN: Resource = {"name": NAME, "invokerIamDisabled": True}


@pytest.mark.parametrize(
    ("present", "told"),
    [
        (None, ["makes public"]),
        ({"name": NAME, "invokerIamDisabled": False}, ["makes public"]),
        ({"name": NAME, "invokerIamDisabled": True, "labels": {"a": "b"}}, []),
    ],
)
def test_a_service_that_checks_no_policy_takes_a_word(present: Resource | None, told: list[str]):
    """It answers everybody, whatever its policy says; one that does so now is as it was."""
    stored = StoredResource(name=NAME, resource=OPEN)
    seen = ResourcesSeen(
        items=(SeenResource(type="run/service", stored=stored, resource=present),),
        own=frozenset({"platform", "75"}),
    )
    origin = Origin(manifest())
    steps = ResourceRules().plan(origin, seen, ASKED).steps
    found = list(ResourceRules().access(steps, origin, seen, TARGET))
    assert [item.change for item in found] == told
    assert all(item.needs_word and "allUsers" in item.what for item in found)


def test_a_role_that_is_made_tells_what_it_permits():
    """Whoever still has it may do that again; a backup that somebody changed could say anything."""
    name = "projects/platform/roles/scout"
    permits = ["bigquery.tables.get", "storage.objects.delete"]
    stored = StoredResource(name=name, resource={"name": name, "includedPermissions": permits})
    seen = ResourcesSeen(items=(SeenResource(type="iam/role", stored=stored),))
    (step,) = FoundationRules().plan(Origin(manifest()), seen, ASKED).steps
    assert isinstance(step, ConfigurationStep)
    (row,) = resource_rows([step])
    assert [item.text for item in row.below if item.state == "permits"] == [", ".join(permits)]
