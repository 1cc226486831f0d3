"""What a recovery does with one resource of the platform's configuration. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from manifests.errors import ManifestAlteredError, RefusedError
from manifests.kinds.resources.fields import differences
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.shapes import inner, inner_list
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.kinds.resources.rules.policies import Grant, added, deleted
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.seen import SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep, FoundationStep, ResourceStep
from recovery.request import Request

_TERRAFORM_LABEL = "goog-terraform-provisioned"
"""The Google provider puts it on what it makes (Terraform google provider, Default labels)."""
_SERVICE = "run/service"
_LONGEST_VALUE = 200


def plan_resource(seen: SeenResource, request: Request, rewriting: Rewriting) -> ConfigurationStep:
    """Decide what happens to one resource.

    Args:
        seen: As the backup has it, and as it is.
        request: What the operator asked for.
        rewriting: The names that are others now.
    """
    kind = resource_type(seen.type)
    wanted, places = rewriting.resource(seen.stored.resource)
    made = FoundationStep if kind.before_data else ResourceStep
    step: ConfigurationStep = made(
        type=kind.name,
        name=seen.stored.name,
        into=into_of(seen, rewriting),
        action="leave",
        grants=() if request.grants_nothing else grants(seen, rewriting),
        rewritten=tuple(place.told for place in places),
        left=tuple(place.told for place in rewriting.left(kind, wanted)),
    )
    if seen.left_behind:
        left = {"is_managed": True, "is_missing": True, "action": "cannot", "why": seen.left_behind}
        return step.model_copy(update=left)
    if seen.is_managed and (seen.resource is None or kind.name != _SERVICE):
        return step.model_copy(update={"is_managed": True, "why": "its function makes it"})
    if seen.resource is None:
        # In another project no state of Terraform has it.
        is_held = _is_held(seen.stored.resource) and step.into == step.name
        permits = tuple(map(str, inner_list(wanted, "includedPermissions")))
        step = step.model_copy(update={"permits": permits})
        return step.model_copy(update=_missing(kind, step, request, is_held=is_held))
    differs = tuple(findings(kind, wanted, seen.resource))
    if not seen.is_source_equal:
        differs += (archive_finding(step.into),)
    if differs and kind.changing == "never" and not request.only_missing:
        why = "nothing can change it: delete it, and it is made again"
        return step.model_copy(update={"differs": differs, "action": "cannot", "why": why})
    return step.model_copy(update=_differing(step, differs, seen.resource, request))


def _differing(
    step: ConfigurationStep, differs: tuple[Finding, ...], present: Resource, request: Request
) -> dict[str, Any]:
    """Return what becomes of a resource that is there."""
    if not differs:
        return {}
    if _is_held(present):
        why = "Terraform keeps it: `terraform apply` sets it to what Terraform has"
        return {"differs": differs, "is_held": True, "why": why}
    is_allowed = request.may_overwrite(step.own_name)
    return {
        "differs": differs,
        "why": "it differs",
        "action": "update" if is_allowed else "leave",
    }


def findings(kind: ResourceType, expected: Resource, actual: Resource) -> Iterator[Finding]:
    """Yield what differs between two states of a resource."""
    subject = str(actual.get("name", kind.name))
    for item in differences(kind, expected, actual):
        yield Finding(
            subject=subject,
            aspect=item.path,
            expected=_shown(item.expected),
            actual=_shown(item.actual),
        )


def archive_finding(name: str) -> Finding:
    """Return that a function is built from another archive."""
    return Finding(subject=name, aspect="archive", expected="that of the backup", actual="another")


def grants(seen: SeenResource, rewriting: Rewriting) -> tuple[Grant, ...]:
    """Return what the backup's IAM policy grants and the present one does not."""
    if seen.stored.policy is None:
        return ()
    return tuple(added(rewriting.resource(seen.stored.policy)[0], seen.policy or {})[1])


def not_granted(seen: SeenResource, rewriting: Rewriting) -> tuple[str, ...]:
    """Return who of the backup's IAM policy was deleted by then, and so is granted nothing again, as it is told."""
    if seen.stored.policy is None:
        return ()
    gone = deleted(rewriting.resource(seen.stored.policy)[0], seen.policy or {})
    return tuple(
        f"{seen.type} {seen.stored.name.rpartition('/')[2]}: {item.role} of {item.member}, who was deleted: "
        "grant it by hand to one that is undeleted"
        for item in gone
    )


def into_of(seen: SeenResource, rewriting: Rewriting) -> str:
    """Return the full name of what is written."""
    kind = resource_type(seen.type)
    if kind.naming == "assigned" and seen.resource is not None:
        return str(seen.resource["name"])
    return rewriting.name(seen.stored.name)


def project_of(name: str) -> str:
    """Return the id or number of the project that a resource's full name is in."""
    return name.split("/")[1] if name.startswith("projects/") else ""


def bucket_of(name: str) -> str:
    """Return the bucket that a resource's full name is in; empty for one of a project."""
    return name.split("/")[1] if name.startswith("b/") else ""


def check_apart(names: Iterable[str]) -> None:
    """Refuse to make two resources under one name, as those of two regions that become one.

    Raises:
        RefusedError: Two would have it.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RefusedError(
                "two resources of the run would have this name",
                subject=name,
                hint="`--into-region` moves the regions into different ones",
            )
        seen.add(name)


def check_owner(names: Iterable[str], *, project: str, number: Callable[[], str]) -> None:
    """Refuse a run with a resource of another project, which a recovery would write there.

    The name of a bucket does not say whose it is: what is of one is looked at by itself.

    Args:
        names: The full names of its resources, as they are where the recovery writes.
        project: The id of that project.
        number: Gives its number; asked only where a name has one.

    Raises:
        ManifestAlteredError: One is of another project.
    """
    owners: dict[str, str] = {}
    for name in names:
        if not bucket_of(name):
            owners.setdefault(project_of(name), name)
    owners.pop(project, None)
    if any(map(str.isdigit, owners)):
        owners.pop(number(), None)
    if owners:
        owner, name = min(owners.items())
        raise ManifestAlteredError(
            f"it holds a resource of another project, {owner or 'or of none'}",
            subject=name,
            hint=f"find out who wrote it; only what is of {project} is brought back",
        )


def _missing(
    kind: ResourceType, step: ConfigurationStep, request: Request, *, is_held: bool
) -> dict[str, Any]:
    """Return what becomes of a resource that is not there.

    If Rebound makes what Terraform keeps in its state, the next `terraform apply` tries to make it too, and
    fails.
    """
    if is_held and not request.may_make(step.own_name):
        why = (
            "it is missing, and Terraform keeps it: `terraform apply` makes it; "
            f"`--make {step.own_name}` makes it here, and then it has to be imported"
        )
        return {"is_held": True, "is_missing": True, "why": why}
    if kind.undeleted_by:
        return {"action": "undelete", "why": "what is granted to it comes back with it"}
    if is_held:
        why = f"Terraform keeps it: `terraform import ADDRESS {step.into}` has to follow"
        return {"action": "create", "why": why}
    return {"action": "create"}


def _is_held(resource: Resource) -> bool:
    return inner(resource, "labels").get(_TERRAFORM_LABEL) == "true"


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
