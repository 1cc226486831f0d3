"""What a recovery does with one resource of the platform's configuration. Pure."""

import json
from collections.abc import Iterator

from manifests.kinds.resources.fields import differences
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.compare import Finding
from recovery.kinds.resources.rules.policies import Grant, added
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.seen import SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep, FoundationStep, ResourceStep
from recovery.request import Request

_TERRAFORM_LABEL = "goog-terraform-provisioned"
"""The Google provider puts it on what it makes (Terraform google provider, Default labels)."""
_ACCOUNT = "iam/service-account"
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
        into=_into(kind, seen, rewriting),
        action="leave",
        grants=grants(seen, rewriting),
        rewritten=tuple(f"{place.path}: {place.after}" for place in places),
    )
    if seen.resource is None:
        return step.model_copy(update=_made(kind))
    differs = tuple(findings(kind, wanted, seen.resource))
    if not differs:
        return step
    step = step.model_copy(update={"differs": differs, "why": "it differs"})
    if _is_held(seen.resource):
        why = "Terraform keeps it: `terraform apply` sets it to what Terraform has"
        return step.model_copy(update={"is_held": True, "why": why})
    if request.may_overwrite(step.own_name):
        return step.model_copy(update={"action": "update"})
    return step


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


def grants(seen: SeenResource, rewriting: Rewriting) -> tuple[Grant, ...]:
    """Return what the backup's IAM policy grants and the present one does not."""
    if seen.stored.policy is None:
        return ()
    return tuple(added(rewriting.resource(seen.stored.policy)[0], seen.policy or {})[1])


def _into(kind: ResourceType, seen: SeenResource, rewriting: Rewriting) -> str:
    if kind.naming == "assigned" and seen.resource is not None:
        return str(seen.resource["name"])
    return rewriting.text(seen.stored.name)


def _made(kind: ResourceType) -> dict[str, str]:
    if kind.name == _ACCOUNT:
        return {"action": "undelete", "why": "what is granted to it comes back with it"}
    return {"action": "create"}


def _is_held(resource: Resource) -> bool:
    labels = resource.get("labels")
    return isinstance(labels, dict) and labels.get(_TERRAFORM_LABEL) == "true"


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
