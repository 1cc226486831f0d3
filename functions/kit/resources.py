"""Steps that make resources of the platform with `gcloud`, for the types whose commands take what is stored. Pure.

A schedule is made paused, and a subscription that pushes as one that is pulled: nothing acts by itself.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from functions.kit.buckets import gcloud
from functions.kit.script import (
    KitStep,
    ShellCommand,
    Variable,
    as_json,
    joined,
    label_pairs,
    plain_name,
    plain_path,
    separated,
    stem,
    vault_uri,
)
from manifests.errors import SourceUnreadableError
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource

_NEVER = "0 0 29 2 *"
"""A schedule that is not due before it is paused, until the next leap year."""


class _Form(NamedTuple):
    """The command that makes a resource of a type.

    Attributes:
        group: The arguments before `create`.
        verb: What takes the place of `create`.
        options: The option that sets a field.
        switches: The option that sets a field that is true.
        labelled: Whether it takes labels.
        file: The option that takes a file; empty for none.
        content: What the file holds.
        fields: What of the resource the file holds.
        has_policy: Whether a command sets its IAM policy.
    """

    group: tuple[str, ...]
    verb: str = "create"
    options: Mapping[str, str] = {}
    switches: Mapping[str, str] = {}
    labelled: bool = False
    file: str = ""
    content: Callable[[Resource], bytes] = as_json
    fields: tuple[str, ...] = ()
    has_policy: bool = False

    def takes(self, key: str) -> bool:
        """Whether a field of a resource reaches the command."""
        taken = {*self.options, *self.switches, *self.fields, "name"}
        return key in taken or (self.labelled and key == "labels") or self.fields == ("*",)


_DESCRIBED = {"description": "--description"}
_FORMS: Mapping[str, _Form] = {
    "serviceusage/service": _Form(("services",), "enable", fields=("state",)),
    "iam/role": _Form(
        ("iam", "roles"),
        file="--file",
        fields=("description", "includedPermissions", "stage", "title"),
    ),
    "iam/service-account": _Form(
        ("iam", "service-accounts"),
        options={**_DESCRIBED, "displayName": "--display-name"},
        fields=("email",),
        has_policy=True,
    ),
    "secretmanager/secret": _Form(
        ("secrets",),
        labelled=True,
        file="--replication-policy-file",
        content=lambda found: as_json(found["replication"]),
        fields=("replication",),
        has_policy=True,
    ),
    "pubsub/schema": _Form(
        ("pubsub", "schemas"), options={"type": "--type", "definition": "--definition"}
    ),
    "pubsub/topic": _Form(
        ("pubsub", "topics"),
        options={
            "kmsKeyName": "--topic-encryption-key",
            "messageRetentionDuration": "--message-retention-duration",
        },
        labelled=True,
        has_policy=True,
    ),
    "pubsub/subscription": _Form(
        ("pubsub", "subscriptions"),
        options={
            "ackDeadlineSeconds": "--ack-deadline",
            "filter": "--message-filter",
            "messageRetentionDuration": "--message-retention-duration",
            "topic": "--topic",
        },
        switches={
            "enableExactlyOnceDelivery": "--enable-exactly-once-delivery",
            "enableMessageOrdering": "--enable-message-ordering",
            "retainAckedMessages": "--retain-acked-messages",
        },
        labelled=True,
        has_policy=True,
    ),
    "workflows/workflow": _Form(
        ("workflows",),
        "deploy",
        options={**_DESCRIBED, "serviceAccount": "--service-account"},
        labelled=True,
        file="--source",
        content=lambda found: str(found.get("sourceContents", "")).encode(),
        fields=("sourceContents",),
    ),
    "logging/sink": _Form(
        ("logging", "sinks"),
        options={**_DESCRIBED, "filter": "--log-filter"},
        switches={"disabled": "--disabled", "includeChildren": "--include-children"},
        fields=("destination",),
    ),
    "logging/metric": _Form(("logging", "metrics"), file="--config-from-file", fields=("*",)),
    "monitoring/dashboard": _Form(
        ("monitoring", "dashboards"), file="--config-from-file", fields=("*",)
    ),
}


def resource_steps(
    backup: ResourceBackup, resources: Sequence[StoredResource]
) -> Iterator[KitStep]:
    """Yield what makes the resources of a type; of one that no command makes, what is left.

    Args:
        backup: What the manifest says of the type.
        resources: Every resource of it.
    """
    kind = resource_type(backup.type)
    unmade: list[str] = []
    for item in resources:
        try:
            step = _made(kind, item)
        except (KeyError, TypeError, ValueError, SourceUnreadableError) as error:
            step, reason = None, f"{type(error).__name__} {error}"
            unmade.append(f"{item.name}: {reason}"[:300])
            continue
        if step is None:
            unmade.append(item.name)
        else:
            yield step
    if unmade:
        yield _unmade(kind, backup, unmade)


def _made(kind: ResourceType, item: StoredResource) -> KitStep | None:
    if kind.name == "cloudresourcemanager/project":
        return _access(item)
    if kind.name == "scheduler/job":
        return _schedule(kind, item)
    form = _FORMS.get(kind.name)
    return None if form is None else _formed(kind, form, item)


def _formed(kind: ResourceType, form: _Form, item: StoredResource) -> KitStep:
    found, name = item.resource, f"files/{stem(item.name)}"
    own_id = plain_name(item.name.rpartition("/")[2])
    place = (f"--location={_location(item.name)}",) if kind.is_regional else ()
    arguments = [f"{flag}={found[key]}" for key, flag in form.options.items() if found.get(key)]
    arguments += [flag for key, flag in form.switches.items() if found.get(key)]
    if form.labelled and found.get("labels"):
        arguments.append(f"--labels={joined(label_pairs(found['labels'], '='))}")
    files: dict[str, bytes] = {}
    if form.file:
        taken = {
            key: value
            for key, value in found.items()
            if form.takes(key) and key not in kind.output_only
        }
        files[name] = form.content(taken)
        arguments.append(f"{form.file}={name}")
    # The command takes of an account what stands before the `@`, and of a sink its destination, too.
    ids = [own_id.partition("@")[0] if kind.name == "iam/service-account" else own_id]
    ids += [plain_path(found["destination"])] if kind.name == "logging/sink" else []
    ids = [] if kind.name == "monitoring/dashboard" else ids
    commands = [gcloud(*form.group, form.verb, *ids, *place, *arguments)]
    if form.has_policy and (item.policy or {}).get("bindings"):
        policy = f"{name}.policy.json"
        files[policy] = as_json({"bindings": (item.policy or {})["bindings"]})
        commands.append(gcloud(*form.group, "set-iam-policy", own_id, *place, policy))
    if found.get("pushConfig"):
        # What `modifyPushConfig` takes: no command of gcloud says all of it (Pub/Sub REST, PushConfig).
        files[f"{name}.push.json"] = as_json({"pushConfig": found["pushConfig"]})
    left = [key for key, value in found.items() if value and not form.takes(key)]
    return _step(kind, item, commands, files, left)


def _access(item: StoredResource) -> KitStep:
    """Return what adds to the project's IAM policy; what is there stays."""
    commands, left = [], []
    for binding in (item.policy or {}).get("bindings") or ():
        for member in binding.get("members") or ():
            if binding.get("condition"):
                left.append(f"{binding['role']} of {member}, under a condition")
                continue
            to = (f"--member={member}", f"--role={binding['role']}", "--condition=None")
            commands.append(
                ShellCommand(
                    (
                        "gcloud",
                        "--quiet",
                        "projects",
                        "add-iam-policy-binding",
                        (Variable.PROJECT,),
                        *to,
                    )
                )
            )
    return KitStep("access", item.name, tuple(commands), left=tuple(left))


def _schedule(kind: ResourceType, item: StoredResource) -> KitStep:
    found, name = item.resource, f"files/{stem(item.name)}.body"
    own_id, place = plain_name(item.name.rpartition("/")[2]), f"--location={_location(item.name)}"
    arguments, files, sort = [], {}, "http" if "httpTarget" in found else "pubsub"
    target = found[f"{sort}Target"]
    flags = {"description": "--description", "timeZone": "--time-zone"}
    flags |= {"attemptDeadline": "--attempt-deadline"} if sort == "http" else {}
    arguments += [f"{flag}={found[key]}" for key, flag in flags.items() if found.get(key)]
    if sort == "pubsub":
        arguments.append(f"--topic={target['topicName']}")
        if target.get("attributes"):
            arguments.append(f"--attributes={separated(target['attributes'])}")
    else:
        arguments += [f"--uri={target['uri']}", f"--http-method={target.get('httpMethod', 'POST')}"]
        if target.get("headers"):
            arguments.append(f"--headers={separated(target['headers'])}")
        arguments += _identity(target)
    if body := target.get("body") or target.get("data"):
        files[name] = base64.b64decode(body)
        arguments.append(f"--message-body-from-file={name}")
    jobs = ("scheduler", "jobs")
    commands = [
        gcloud(*jobs, "create", sort, own_id, place, f"--schedule={_NEVER}", *arguments),
        gcloud(*jobs, "pause", own_id, place),
        gcloud(*jobs, "update", sort, own_id, place, f"--schedule={found['schedule']}"),
    ]
    told = {*flags, "name", "schedule", "state", f"{sort}Target"}
    left = ["that it runs: it is paused"] if found.get("state") == "ENABLED" else []
    left += [key for key, value in found.items() if value and key not in told]
    return _step(kind, item, commands, files, left)


def _identity(target: Resource) -> Iterator[str]:
    if token := target.get("oidcToken"):
        yield f"--oidc-service-account-email={token['serviceAccountEmail']}"
        if audience := token.get("audience"):
            yield f"--oidc-token-audience={audience}"
    if token := target.get("oauthToken"):
        yield f"--oauth-service-account-email={token['serviceAccountEmail']}"


def _step(
    kind: ResourceType,
    item: StoredResource,
    commands: Sequence[ShellCommand],
    files: Mapping[str, bytes],
    left: Sequence[str],
) -> KitStep:
    own = [key for key in left if key not in kind.output_only]
    return KitStep(kind.name.replace("/", "-"), item.name, tuple(commands), files, tuple(own))


def _unmade(kind: ResourceType, backup: ResourceBackup, unmade: Sequence[str]) -> KitStep:
    """Return what fetches resources that no command makes, to be sent to their API."""
    folder = f"resources/{kind.name.replace('/', '.')}.jsonl"
    where = f"https://{kind.host}/{kind.version}/{kind.collection}"
    commands = (
        ShellCommand(("mkdir", "-p", "resources")),
        gcloud("storage", "cp", vault_uri(backup.stored.name), folder),
    )
    left = tuple(f"{name}; {folder} has it, and {where} takes it" for name in unmade)
    return KitStep("resources", kind.name, commands, left=left)


def _location(name: str) -> str:
    segments = name.split("/")
    return plain_name(segments[segments.index("locations") + 1])
