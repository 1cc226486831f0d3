"""A grant for an emergency: what terraform/ would grant, until a time, and nothing else touched."""

import re
import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from recovery.ops.break_glass.document import grant_document
from recovery.ops.break_glass.rules import (
    TITLE,
    GrantPlaces,
    TimedGrant,
    emergency_grants,
    is_granted,
    policy_with,
    policy_without,
)
from recovery.ops.facts import Vaulted
from recovery.ops.security.checks import VAULTED, security_findings
from recovery.report.text import text_of
from tests.deployed import ROOT
from tests.unit.security_facts import LIGHT, NOW, RESTORE, VAULT_BUCKET

UNTIL = datetime(2026, 12, 4, 22, tzinfo=UTC)
PLACES = GrantPlaces("p", "the-vault", "v", has_configuration=True)
GRANTS = emergency_grants(PLACES, UNTIL)
OTHER: dict[str, Any] = {"role": "roles/viewer", "members": ["user:ann@example.com", RESTORE]}


def test_it_is_what_terraform_grants():
    """The same roles under the same conditions, as its files say it."""
    text = "\n".join(path.read_text() for path in (ROOT / "terraform").glob("*.tf"))
    roles = set(re.findall(r'side\["restore/(\w+)"\]\.id', text))
    assert {it.role.rpartition("/reboundRestore")[2].lower() for it in GRANTS} == roles
    assert 'while_allowed = "request.time < timestamp(\\"' in text
    assert 'for folder in ["fences", "erasures", "records/${var.project}"]' in text
    assert (
        'resource.name.startsWith(\\"projects/_/buckets/${google_storage_bucket.vault.name}/objects/${folder}/\\")'
        in text
    )
    assert GRANTS[-1].expression == (
        'request.time < timestamp("2026-12-04T22:00:00Z") && '
        '(resource.name.startsWith("projects/_/buckets/the-vault/objects/fences/") || '
        'resource.name.startsWith("projects/_/buckets/the-vault/objects/erasures/") || '
        'resource.name.startsWith("projects/_/buckets/the-vault/objects/records/p/"))'
    )


def test_configuration_is_granted_where_it_is_protected():
    """Terraform makes the role where the catalog names types, and nowhere else."""
    fewer = emergency_grants(PLACES._replace(has_configuration=False), UNTIL)
    assert {it.role for it in GRANTS} - {it.role for it in fewer} == {
        "projects/p/roles/reboundRestoreResources"
    }


def test_a_policy_keeps_what_else_is_in_it():
    """A later grant takes the place of an earlier one; without it all is as it was before."""
    before = {"version": 1, "etag": "e", "bindings": [OTHER], "auditConfigs": [{}]}
    once = policy_with(before, GRANTS[:1], RESTORE)
    later = emergency_grants(PLACES, UNTIL.replace(hour=23))
    twice = policy_with(once, later[:1], RESTORE)
    assert len(once["bindings"]) == len(twice["bindings"]) == 2
    assert "T23:" in twice["bindings"][1]["condition"]["expression"]
    assert (twice["version"], twice["etag"], twice["auditConfigs"]) == (3, "e", [{}])
    assert is_granted(twice, RESTORE)
    assert policy_without(twice, RESTORE)["bindings"] == [OTHER]
    assert not is_granted(before, RESTORE)


def test_others_keep_their_grant():
    """Who else was put into the binding by hand stays in it."""
    binding = {**GRANTS[0].binding, "members": [RESTORE, "user:bob@example.com"]}
    left = policy_without({"bindings": [binding]}, RESTORE)["bindings"]
    assert left == [{**binding, "members": ["user:bob@example.com"]}]


@pytest.mark.parametrize("grant", GRANTS, ids=lambda it: it.role.rpartition("/")[2])
def test_the_command_says_the_same(grant: TimedGrant):
    """What a shell makes of it is the member, the role and the condition."""
    words = shlex.split(grant.command(RESTORE))
    assert words[:2] == ["gcloud", "projects" if grant.on == "project" else "storage"]
    assert f"--member={RESTORE}" in words
    assert f"--role={grant.role}" in words
    assert words[-1] == f"--condition=expression={grant.expression},title={TITLE}"
    # gcloud reads the condition as a list that commas part.
    assert "," not in grant.expression


def test_nothing_that_was_not_made_is_told_as_made():
    """What would be granted has the commands; what is granted has the way to take it back."""
    planned = text_of(grant_document(GRANTS, RESTORE, until=UNTIL, is_made=False))
    assert "nothing was granted" in planned
    assert planned.count("add-iam-policy-binding") == len(GRANTS)
    narrow = text_of(grant_document(GRANTS, RESTORE, until=UNTIL, is_made=False), columns=60)
    lines = [line.strip() for line in narrow.splitlines()]
    assert all(it.command(RESTORE) in lines for it in GRANTS), "it is copied whole"
    made = text_of(grant_document(GRANTS, RESTORE, until=UNTIL, is_made=True))
    assert "rebound break-glass --end" in made
    assert "add-iam" not in made


def test_security_sees_one_on_the_vault_alone():
    """Half a grant is one that stands."""
    policy = policy_with({}, GRANTS[2:], RESTORE)
    vaulted = Vaulted(VAULT_BUCKET, policy, {}, "v", "1", {it.role: frozenset() for it in GRANTS})
    facts = {VAULTED: vaulted, "project policy": {}}
    found = [it for it in security_findings(facts, LIGHT) if it.finding.check == "break-glass"]
    assert UNTIL > NOW
    assert [it.severity for it in found] == ["P2", "P2"]
    assert {it.finding.mend for it in found} == {"rebound break-glass --end"}
