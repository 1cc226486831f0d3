"""Access to a restored resource: what is missing is added, and nothing is taken away. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any

from manifests.shapes import inner
from manifests.values import Resource, Value
from recovery.kinds.former import DELETED

_UNCHECKED = "invokerIamDisabled"
_AGENT = re.compile(r"gcp-sa-|:service-\d+@|@cloudservices\.gserviceaccount\.com$")
"""Accounts of Google's own services."""
_OF_GOOGLE = re.compile(r"(?i)^roles/(.*serviceAgent|editor)$")
"""What Google itself grants them; else somebody did, as to publish what is written to a bucket."""


class Grant(Value):
    """That somebody may do something.

    Attributes:
        condition: The title of the condition that it depends on; empty without one.
    """

    role: str
    member: str
    condition: str = ""


def opens(stored: Resource, present: Resource | None) -> bool:
    """Whether a service would answer everybody, and does not now (Cloud Run, Allowing public access).

    Args:
        stored: As the backup has it.
        present: As it is; None where it is not there.
    """
    return bool(stored.get(_UNCHECKED)) and not (present or {}).get(_UNCHECKED)


def added(stored: Resource, present: Resource) -> tuple[Resource | None, list[Grant]]:
    """Return a policy that also grants what the backup grants, and what it grants besides.

    Conditions are part of a binding. Members that were deleted are left out: an account of the same
    name is another one (IAM, Deleted principals).

    Args:
        stored: As the backup has it.
        present: As it is, with its etag.

    Returns:
        None where nothing is missing; else the policy to set.
    """
    bindings = {_key(item): dict(item) for item in (present.get("bindings") or ())}
    grants: list[Grant] = []
    for item in stored.get("bindings") or ():
        key = _key(item)
        there = bindings.setdefault(key, {**item, "members": []})
        missing = [
            member
            for member in (item.get("members") or ())
            if member not in (there.get("members") or ()) and _is_restored(member, item["role"])
        ]
        there["members"] = [*(there.get("members") or ()), *missing]
        title = str(inner(item, "condition").get("title", ""))
        grants += [Grant(role=item["role"], member=who, condition=title) for who in missing]
    if not grants:
        return None, []
    granting = [item for item in bindings.values() if item["members"]]
    return {**present, "bindings": granting, "version": 3}, grants


def deleted(stored: Resource, present: Resource) -> list[Grant]:
    """Return what the backup grants to members that were deleted by then, and the present policy does not.

    Who is undeleted has again what such a member has (Resource Manager REST, Binding), for about 30 days; no
    page says that one can be granted anything anew, and some services refused a policy with one (Terraform
    google provider, Handling diffs with deleted IAM principals; its issue 5151). So nobody is.

    Args:
        stored: As the backup has it.
        present: As it is.
    """
    there = {_key(item): item.get("members") or () for item in (present.get("bindings") or ())}
    return [
        Grant(
            role=item["role"], member=who, condition=str(inner(item, "condition").get("title", ""))
        )
        for item in stored.get("bindings") or ()
        for who in item.get("members") or ()
        if who.startswith(DELETED) and who not in there.get(_key(item), ())
    ]


def taken(present: Resource, grants: Sequence[Grant]) -> Resource | None:
    """Return a policy without what was granted; None where it does not grant it.

    Args:
        present: As it is, with its etag.
        grants: What goes.
    """
    going = {(item.role, item.member, item.condition) for item in grants}
    bindings, found = [], False
    for item in present.get("bindings") or ():
        title = str(inner(item, "condition").get("title", ""))
        members = item.get("members") or ()
        remaining = [who for who in members if (item["role"], who, title) not in going]
        found = found or len(remaining) != len(members)
        bindings += [{**item, "members": remaining}] if remaining else []
    return {**present, "bindings": bindings, "version": 3} if found else None


def without_agents(policy: Resource) -> Resource:
    """Return a policy without what it grants to accounts of Google's own services."""
    bindings = [
        {**item, "members": [who for who in item.get("members") or () if not _AGENT.search(who)]}
        for item in (policy.get("bindings") or ())
    ]
    return {**policy, "bindings": bindings}


def _key(binding: dict[str, Any]) -> tuple[str, str]:
    return binding["role"], json.dumps(binding.get("condition"), sort_keys=True)


def _is_restored(member: str, role: str) -> bool:
    is_of_google = _AGENT.search(member) and _OF_GOOGLE.match(role)
    return not (member.startswith(DELETED) or is_of_google)
