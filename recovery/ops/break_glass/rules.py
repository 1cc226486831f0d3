"""The roles of a grant for an emergency, and policies with them and without them. Pure.

It is the grant that terraform/ makes where `restore_until` is set, under a title of its own: each
role ends by itself (IAM, Overview of IAM Conditions).
"""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from manifests.erasure_layout import ERASURES_PREFIX
from manifests.fence_layout import FENCES_PREFIX
from manifests.records_layout import records_folder
from manifests.values import Resource

TITLE = "rebound_break_glass"
_WITH_CONDITIONS = 3


class TimedGrant(NamedTuple):
    """One role on one thing, until a time.

    Attributes:
        on: What it is granted on.
        name: The id of the project, or the name of the bucket.
        role: The full name of the role.
        expression: The condition on which it holds, as IAM writes it.
    """

    on: Literal["project", "bucket"]
    name: str
    role: str
    expression: str

    @property
    def binding(self) -> Resource:
        """Its binding in a policy, without members."""
        return {"role": self.role, "condition": {"title": TITLE, "expression": self.expression}}

    def command(self, member: str) -> str:
        """Return the command that makes it."""
        condition = shlex.quote(f"expression={self.expression},title={TITLE}")
        where = (
            f"gcloud projects add-iam-policy-binding {self.name}"
            if self.on == "project"
            else f"gcloud storage buckets add-iam-policy-binding gs://{self.name}"
        )
        return f"{where} --member={member} --role={self.role} --condition={condition}"


class GrantPlaces(NamedTuple):
    """Where grants are made.

    Attributes:
        project: The id of the protected project.
        vault: The name of the vault bucket.
        vault_project: The id of the vault's project, which has the roles on it.
        has_configuration: Whether the catalog names types of the platform's configuration.
    """

    project: str
    vault: str
    vault_project: str
    has_configuration: bool


def emergency_grants(places: GrantPlaces, until: datetime) -> tuple[TimedGrant, ...]:
    """Return the grants that whoever recovers needs.

    Args:
        places: Where they are made.
        until: When they end.
    """
    ends = f'request.time < timestamp("{until:%Y-%m-%dT%H:%M:%SZ}")'
    objects = f"projects/_/buckets/{places.vault}/objects"
    # Each command records what it does before it does it, so whoever recovers has to be able to write
    # there.
    written = (FENCES_PREFIX, ERASURES_PREFIX, records_folder(places.project))
    below = (f'resource.name.startsWith("{objects}/{it}")' for it in written)
    on_project = ["Project", *(["Resources"] if places.has_configuration else [])]
    return (
        *(
            TimedGrant("project", places.project, _role(places.project, name), ends)
            for name in on_project
        ),
        TimedGrant("bucket", places.vault, _role(places.vault_project, "Vault"), ends),
        TimedGrant(
            "bucket",
            places.vault,
            _role(places.vault_project, "Fences"),
            f"{ends} && ({' || '.join(below)})",
        ),
    )


def policy_with(policy: Resource, grants: Sequence[TimedGrant], member: str) -> Resource:
    """Return a policy with grants, in place of earlier grants for an emergency to the same member.

    Args:
        policy: The policy as it was read.
        grants: What is granted.
        member: To whom.
    """
    bindings = [*_others(policy, member), *({**it.binding, "members": [member]} for it in grants)]
    return {**policy, "version": _WITH_CONDITIONS, "bindings": bindings}


def policy_without(policy: Resource, member: str) -> Resource:
    """Return a policy without what was granted to somebody for an emergency."""
    return {**policy, "version": _WITH_CONDITIONS, "bindings": _others(policy, member)}


def is_granted(policy: Resource, member: str) -> bool:
    """Whether a member has a grant for an emergency, even one that has ended."""
    return any(
        is_emergency(binding) and member in binding["members"]
        for binding in policy.get("bindings", ())
    )


def is_emergency(binding: Resource) -> bool:
    """Whether a binding was made for an emergency, by this command."""
    return (binding.get("condition") or {}).get("title") == TITLE


def _others(policy: Resource, member: str) -> list[Resource]:
    return list(_without(policy.get("bindings", ()), member))


def _without(bindings: Sequence[dict[str, Any]], member: str) -> Iterator[Resource]:
    for binding in bindings:
        if not is_emergency(binding):
            yield binding
        elif others := [it for it in binding["members"] if it != member]:
            yield {**binding, "members": others}


def _role(project: str, name: str) -> str:
    """Return a role of who recovers, as terraform/roles.tf names it."""
    return f"projects/{project}/roles/reboundRestore{name}"
