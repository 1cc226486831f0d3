"""What other resources make and keep: what of it comes with its owner, and what does not. Pure."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from manifests.kinds.resources.fields import is_chosen
from manifests.kinds.resources.managed import is_managed
from manifests.kinds.resources.table import resource_type
from manifests.shapes import inner, inner_list
from manifests.values import Resource
from recovery.kinds.resources.rules.seen import SeenResource

_NOTIFICATION, _SUBSCRIPTION, _TOPIC = (
    "storage/notification",
    "pubsub/subscription",
    "pubsub/topic",
)
_FUNCTION, _TRIGGER = "functions/function", "eventarc/trigger"
_FIELDS = {_SUBSCRIPTION: "subscription", _TOPIC: "topic", _NOTIFICATION: "topic"}
"""What a trigger says of what carries its events."""
_PUBLISHED = ".messagePublished"
_UNSEEN = "nobody looked whether what made it is there: make that again, and it comes with it"

type _Into = Callable[[SeenResource], str]


def managed_names(items: Iterable[SeenResource]) -> frozenset[str]:
    """Return the full names of what other resources make: it comes back when they are made.

    A trigger of Eventarc has a subscription of its own, and a topic where nobody named one, which
    buckets tell of what it is about.
    """
    names, named = set[str](), set[str]()
    notified: list[tuple[str, str]] = []
    for item in items:
        resource = item.stored.resource
        if is_managed(resource):
            names.add(item.stored.name)
        if item.type == _TRIGGER:
            names.add(_carried(resource, "subscription"))
            (names if _has_own_topic(item) else named).add(_carried(resource, "topic"))
        topic = str(resource.get("topic") or "")
        if item.type == _NOTIFICATION and _is_of_eventarc(topic):
            notified.append((item.stored.name, topic))
    names |= {name for name, topic in notified if not topic.endswith(tuple(named - {""}))}
    return frozenset(names - {""})


def left_behind(
    items: Sequence[SeenResource], managed: frozenset[str], into: _Into
) -> dict[str, str]:
    """Return what is gone though what makes it is there, so that it comes back with nothing.

    What carries the events of a trigger can be made by itself. The trigger of a function cannot: creating
    one is only supported through the functions (Eventarc REST, Destination.cloudFunction), and one that is
    deployed again with its trigger gets it anew. A trigger's own topic is chosen when the trigger is made.

    Args:
        items: What the backup has, and what is there.
        managed: The names of what other resources make.
        into: Gives the full name that something has where it is written.

    Returns:
        The names in the backup, each with what somebody has to do; empty where the recovery makes it.
    """
    found: dict[str, str] = {}
    gone = [item for item in items if item.stored.name in managed and item.resource is None]
    # What carries the events of a trigger can be made only if that and its topic are there.
    for item in sorted(gone, key=lambda it: _ORDER.get(it.type, 0)):
        if (told := _told(item, items, found, into)) is not None:
            found[item.stored.name] = told
    return found


_ORDER = {_TRIGGER: 1, _TOPIC: 2, _SUBSCRIPTION: 3, _NOTIFICATION: 3}


def _told(
    item: SeenResource, items: Sequence[SeenResource], found: Mapping[str, str], into: _Into
) -> str | None:
    """Return what somebody has to do about what is gone; None where its owner makes it."""
    owner = _owner(item, items)
    if owner is None:
        return _UNSEEN
    if owner.stored.name in found:
        return found[owner.stored.name]
    if owner.resource is None:
        return None
    if owner.type == _FUNCTION:
        named = _made_now(owner.resource, item.type)
        told = _deployed(owner.resource, is_triggered=item.type == _TRIGGER)
    else:
        named = _carried(owner.resource, _FIELDS[item.type])
        is_makeable = named and item.type != _TOPIC
        topic = _carried(owner.stored.resource, "topic")
        told = found.get(topic, "") if is_makeable else _made_anew(owner.resource)
    # Its owner names another one by now where that was made anew.
    is_current = not named or named == into(item) or item.type == _NOTIFICATION
    return told if is_current else None


def _owner(item: SeenResource, items: Sequence[SeenResource]) -> SeenResource | None:
    """Return what makes something; None where it is not among what was looked at."""
    triggers = (it for it in items if it.type == _TRIGGER and _carries(it, item))
    functions = (it for it in items if it.type == _FUNCTION and _makes(it, item))
    return next(triggers, None) or next(functions, None)


def _carries(trigger: SeenResource, item: SeenResource) -> bool:
    """Whether something carries the events of a trigger."""
    topic, name = _carried(trigger.stored.resource, "topic"), item.stored.name
    if item.type == _NOTIFICATION:
        return bool(topic) and str(item.stored.resource.get("topic") or "").endswith(topic)
    if item.type == _TOPIC:
        return name == topic and _has_own_topic(trigger)
    return name == _carried(trigger.stored.resource, "subscription")


def _makes(function: SeenResource, item: SeenResource) -> bool:
    """Whether a function made something: its service, its trigger."""
    named = inner(item.stored.resource, "destination").get("cloudFunction")
    made = _made_now(function.stored.resource, item.type)
    return item.stored.name == made or function.stored.name == named


def _made_now(function: Resource, kind: str) -> str:
    """Return the name of what a function says that it made of a type."""
    block, field = ("eventTrigger", "trigger") if kind == _TRIGGER else ("serviceConfig", "service")
    return str(inner(function, block).get(field) or "")


def _deployed(function: Resource, *, is_triggered: bool) -> str:
    """Say which command makes again what a function makes."""
    _, project, _, region, _, name = str(function["name"]).split("/")
    source = inner(function, "buildConfig", "source", "storageSource")
    command = ["gcloud", "functions", "deploy", name, "--gen2", f"--region={region}"]
    command += [
        f"--project={project}",
        f"--source=gs://{source.get('bucket')}/{source.get('object')}",
    ]
    command += _trigger_options(inner(function, "eventTrigger")) if is_triggered else ()
    return (
        "its function is there without it, and makes it when it is deployed: "
        f"`{shlex.join(command)}`"
    )


def _trigger_options(event: Resource) -> Iterator[str]:
    """Yield the options that say which events a function is for."""
    kind, topic = str(event.get("eventType", "")), str(event.get("pubsubTopic") or "")
    if event.get("triggerRegion"):
        yield f"--trigger-location={event['triggerRegion']}"
    if event.get("serviceAccountEmail"):
        yield f"--trigger-service-account={event['serviceAccountEmail']}"
    if event.get("retryPolicy") == "RETRY_POLICY_RETRY":
        yield "--retry"
    if kind.endswith(_PUBLISHED):
        yield f"--trigger-topic={topic.rpartition('/')[2]}"
        return
    yield f"--trigger-event-filters=type={kind}"
    for item in inner_list(event, "eventFilters"):
        is_pattern = item.get("operator") == "match-path-pattern"
        option = "event-filters-path-pattern" if is_pattern else "event-filters"
        yield f"--trigger-{option}={item.get('attribute')}={item.get('value')}"


def _made_anew(trigger: Resource) -> str:
    """Say how the topic of a trigger comes back: it is chosen when the trigger is made."""
    _, project, _, region, _, name = str(trigger["name"]).split("/")
    if is_managed(trigger):
        function = str(inner(trigger, "destination").get("cloudFunction") or "").rpartition("/")[2]
        return (
            "its trigger is there without it, which delivers nothing: deploying its function "
            f"{function} with its trigger makes both anew (`gcloud functions deploy`)"
        )
    command = ["gcloud", "eventarc", "triggers", "delete", name, f"--location={region}"]
    told = shlex.join([*command, f"--project={project}"])
    return (
        "its trigger is there without it, which delivers nothing, and gets one only when it is made: "
        f"`{told}`, then `rebound recover complete-outage --only-missing` makes both"
    )


def _has_own_topic(trigger: SeenResource) -> bool:
    return is_chosen(resource_type(trigger.type), trigger.stored.resource)


def _carried(trigger: Resource, field: str) -> str:
    return str(inner(trigger, "transport", "pubsub").get(field) or "")


def _is_of_eventarc(topic: str) -> bool:
    return topic.rpartition("/")[2].startswith("eventarc-")
