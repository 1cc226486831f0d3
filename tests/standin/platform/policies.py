"""IAM policies of resources: read, and written when nobody else wrote them (IAM, Policies)."""

import re
import zlib
from collections.abc import Iterator
from typing import Any

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import aborted, invalid
from tests.standin.platform.service import Call, new_etag
from tests.standin.platform.store import Store

_NO_POLICY = "ACAB"
_WITH_CONDITIONS = 3
_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|group|serviceAccount|domain|principal|principalSet"
    r"|projectOwner|projectEditor|projectViewer|deleted:(user|group|serviceAccount)):\S+"
)
_ROLE = re.compile(r"roles/[\w.]+|(projects|organizations)/[^/]+/roles/[\w.]+")
# Google's own agents are named after the number of the project.
_OWN_ACCOUNT = re.compile(
    r"serviceAccount:((?!service-\d|bq-\d|\d)[^@]+@([^.]+)\.iam\.gserviceaccount\.com)"
)
ACCOUNTS = "iam.projects.serviceAccounts"


def get(call: Call, name: str) -> Body:
    """Answer the policy of a resource."""
    options = call.body.get("options", {})
    asked = call.query.get("options.requestedPolicyVersion") or options.get(
        "requestedPolicyVersion", 0
    )
    return _shown(call.store.policy(call.api.host, name), int(asked))


def put(call: Call, name: str) -> Body:
    """Write the policy of a resource."""
    policy: Body = call.body.get("policy", {})
    before = call.store.policy(call.api.host, name)
    etag = policy.get("etag")
    if etag and etag != (before or {}).get("etag", _NO_POLICY):
        raise aborted(
            "There were concurrent policy changes. Please retry the whole read-modify-write with "
            "exponential backoff."
        )
    bindings = list(_checked(call, policy))
    has_conditions = any("condition" in binding for binding in bindings)
    kept: Body = {
        "version": _WITH_CONDITIONS if has_conditions else 1,
        "etag": new_etag(),
        "bindings": bindings,
    }
    if policy.get("auditConfigs"):
        kept["auditConfigs"] = policy["auditConfigs"]
    call.store.put_policy(call.api.host, name, kept)
    return _shown(kept, _WITH_CONDITIONS)


def test(call: Call) -> Body:
    """Answer that all is permitted but what is lacking; names with a wildcard are no permissions."""
    permissions = call.body.get("permissions", [])
    if wild := [it for it in permissions if "*" in it]:
        raise invalid(f"Permission {wild[0]} is not valid.")
    lacking = set(call.store.setting("lacking", []))
    permissions = [it for it in permissions if it not in lacking]
    return {"permissions": permissions} if permissions else {}


def rename_member(store: Store, before: str, after: str) -> None:
    """Let every policy name an account by another name."""
    for host, name, policy in store.policies():
        for binding in policy.get("bindings", []):
            binding["members"] = [after if it == before else it for it in binding["members"]]
        store.put_policy(host, name, policy)


def _shown(policy: Body | None, version: int) -> Body:
    """Return a policy as a version shows it.

    Without conditions the name of a conditional role says that it has one (IAM, Policy versions).
    """
    if policy is None:
        return {"etag": _NO_POLICY}
    if policy["version"] < _WITH_CONDITIONS or version >= _WITH_CONDITIONS:
        return {key: item for key, item in policy.items() if item}
    bindings = [_without_condition(binding) for binding in policy["bindings"]]
    return policy | {"version": 1, "bindings": bindings}


def _without_condition(binding: Body) -> Body:
    if "condition" not in binding:
        return binding
    digest = zlib.crc32(str(binding["condition"]).encode())
    return {"role": f"{binding['role']}_withcond_{digest:08x}", "members": binding["members"]}


def _checked(call: Call, policy: Body) -> Iterator[dict[str, Any]]:
    for binding in policy.get("bindings", []):
        role, members = binding.get("role", ""), binding.get("members", [])
        if not _ROLE.fullmatch(role):
            raise invalid(f"Role {role} is not supported for this resource.")
        if "condition" in binding and policy.get("version") != _WITH_CONDITIONS:
            raise invalid("The policy has a condition, and its version is not 3.")
        if role.startswith("projects/") and not _has_role(call, role):
            raise invalid(f"Role {role} does not exist in the resource's hierarchy.")
        for member in members:
            _check_member(call, member)
        if members:
            yield binding | {"members": sorted(set(members))}


def _has_role(call: Call, role: str) -> bool:
    found = call.store.find("iam.projects.roles", role)
    return found is not None and not found.body.get("deleted")


def _check_member(call: Call, member: str) -> None:
    if not _MEMBER.fullmatch(member):
        raise invalid(f"Invalid member: {member}")
    # An account that was deleted, or never made, cannot be granted anything.
    if own := _OWN_ACCOUNT.fullmatch(member):
        email, project = own.groups()
        if call.store.find(ACCOUNTS, f"projects/{project}/serviceAccounts/{email}") is None:
            raise invalid(f"Service account {email} does not exist.")
