"""Which writers a fence pauses, and which a thaw resumes. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

from manifests.catalog_writers import TRIGGER, CatalogWriter, FenceRule
from manifests.errors import RefusedError
from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.fence.addresses import called, sent_to, written_itself
from recovery.fence.model import FencedWriter, FenceRecord, ThawStep
from recovery.fence.regions import told_apart

_UNCHECKED = "NOT CHECKED who wrote that: REBOUND_OPERATOR_KEYS is not set"
_SUBSCRIPTION = "pubsub/subscription"
_WHO_SAY_IT = (_SUBSCRIPTION, "bigquery/transfer")
"""Types of writers that can say themselves what they write, as a subscription that exports."""


def writer_types(rule: FenceRule) -> tuple[ResourceType, ...]:
    """Return the types of writers: those of the catalog's, and those that say what they write."""
    named = (item.type for item in rule.writers)
    return tuple(map(resource_type, dict.fromkeys((*named, *_WHO_SAY_IT))))


def planned_fence(
    rule: FenceRule,
    things: Collection[str],
    found: Mapping[str, Iterable[Resource]],
    *,
    fence_id: str,
    project: str,
    why: str,
    now: datetime,
    recovery_id: str = "",
    held: Mapping[str, tuple[str, FencedWriter]] = MappingProxyType({}),
) -> FenceRecord:
    """Decide which writers are paused: those that run and write to anything of what is fenced.

    The catalog says what they write, and some say it themselves. One that another fence has paused is
    a part of this one too: that one may be thawed first. Of a trigger of Eventarc its subscription is paused.

    Args:
        rule: The catalog's rule.
        things: What is fenced, as `dataset nba_analytics`.
        found: Every resource of each type of writers.
        fence_id: The fence's.
        project: Where the writers are.
        why: What it is for.
        now: The present instant.
        recovery_id: The recovery that it is a part of.
        held: The writers that other fences have paused, by name, each with its fence.

    Raises:
        RefusedError: A trigger of Eventarc writes, and nothing of it can be paused.
    """
    writers: list[FencedWriter] = []
    carried, unsubscribed = _carried(rule, things, found, project)
    idle: list[tuple[str, str]] = []
    held_by: dict[str, str] = {}
    for name, resources in found.items():
        kind = resource_type(name)
        for resource in resources:
            if name == TRIGGER:
                continue
            about = [item for item in rule.writers if is_about(item, kind, resource)]
            about += carried.get(resource["name"], ())
            says = written_itself(resource, project) & set(things)
            written = tuple(sorted(_written(about, things) | says))
            if not written:
                continue
            if kind.runs(resource):
                refills = any(item.refills for item in about)
                writers.append(fenced(kind, resource, written, refills=refills))
            elif (paused := held.get(resource["name"])) is not None:
                held_by[resource["name"]], writer = paused
                writers.append(writer.model_copy(update={"writes": written}))
            else:
                idle.append((_told(kind, resource), resource["name"]))
    return FenceRecord(
        fence_id=fence_id,
        project=project,
        fenced_at=now,
        why=why,
        things=tuple(sorted(things)),
        writers=tuple(writers),
        idle=tuple(told_apart(idle, writers)),
        unsubscribed=tuple(told_apart(unsubscribed, writers)),
        held_by=held_by,
        recovery_id=recovery_id,
    )


def carriers(
    rule: FenceRule, triggers: Iterable[Resource]
) -> Iterator[tuple[Resource, str, list[CatalogWriter]]]:
    """Yield each trigger of Eventarc that the catalog names, what carries its events, and what it says.

    Args:
        rule: The catalog's rule.
        triggers: As Eventarc tells of them. A subscription of the project carries the events of each.
    """
    kind = resource_type(TRIGGER)
    for trigger in triggers:
        if about := [item for item in rule.writers if is_about(item, kind, trigger)]:
            transport = (trigger.get("transport") or {}).get("pubsub") or {}
            yield trigger, str(transport.get("subscription") or ""), about


def _carried(
    rule: FenceRule,
    things: Collection[str],
    found: Mapping[str, Iterable[Resource]],
    project: str,
) -> tuple[Mapping[str, Sequence[CatalogWriter]], list[tuple[str, str]]]:
    """Return what the catalog says of triggers, by the subscriptions that carry their events; and those without.

    One whose subscription was deleted delivers nothing, and its events are kept for nobody.

    Raises:
        RefusedError: One that writes names none in this project; or what is pulled from it goes into a
            cluster (Eventarc, Route events to GKE, Event forwarder), which no pause of it stops.
    """
    there = {item["name"] for item in found.get(_SUBSCRIPTION, ())}
    carried: dict[str, list[CatalogWriter]] = {}
    unsubscribed = []
    for trigger, name, about in carriers(rule, found.get(TRIGGER, ())):
        into_cluster = bool((trigger.get("destination") or {}).get("gke"))
        if _written(about, things) and (into_cluster or name not in there):
            if into_cluster or not name.startswith(f"projects/{project}/subscriptions/"):
                raise _unpausable(trigger, into_cluster=into_cluster)
            unsubscribed.append((_told(resource_type(TRIGGER), trigger), str(trigger["name"])))
        carried.setdefault(name, []).extend(about)
    return carried, unsubscribed


def _unpausable(trigger: Resource, *, into_cluster: bool) -> RefusedError:
    """Return that a trigger writes and cannot be stopped."""
    why = "its events are pulled into a cluster" if into_cluster else "it names no subscription"
    return RefusedError(
        f"it writes to what is fenced, and {why}: nothing of it can be paused",
        subject=trigger["name"],
        hint="stop what it sends to; `--no-fence` then recovers, and leaves all writers running",
    )


def fenced(
    kind: ResourceType, resource: Resource, writes: tuple[str, ...], *, refills: bool = False
) -> FencedWriter:
    """Return what is kept of a writer that is to be paused."""
    field = kind.pause_of(resource).field
    # Where it is of Google's own making as a whole, as a state, it is kept as it is.
    before = settable(kind, resource).get(field, resource.get(field))
    return FencedWriter(
        type=kind.name,
        name=resource["name"],
        writes=writes,
        refills=refills,
        field="" if field == kind.pause_by("").field else field,
        before=before,
        sha256=rest_digest(kind, resource, field),
    )


def rest_digest(kind: ResourceType, resource: Resource, field: str = "") -> str:
    """Return a digest of everything of a writer that is set, but for the field that a pause changes."""
    own = kind.pause_by(field).field
    rest = {key: value for key, value in settable(kind, resource).items() if key != own}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def as_before(kind: ResourceType, resource: Resource, held: Mapping[str, FencedWriter]) -> Resource:
    """Return a resource as it was before a fence stopped it; as it is where none did, or it runs.

    Args:
        kind: Its type.
        resource: As it is.
        held: The writers that fences hold, by name.
    """
    writer = held.get(resource.get("name", ""))
    if writer is None or kind.runs(resource):
        return resource
    return {**resource, kind.pause_by(writer.field).field: writer.before}


def held_by_others(
    record: FenceRecord | None, standing: Iterable[FenceRecord]
) -> dict[str, tuple[str, FencedWriter]]:
    """Return the writers that other standing fences have paused, by name, each with its fence.

    A fence holds a writer only if its record says the same of it as ours: a thaw of that fence would else
    not resume it as it was.

    Fences of one recovery do not hold writers from each other, with one exception: the fence of what the
    recovery made stopped. An operator thaws that one, in waves, and the recovery's other fence must not do
    so earlier.

    Args:
        record: Our fence; None for none.
        standing: The fences that stand.
    """
    own = ("", "") if record is None else (record.fence_id, record.recovery_id)
    before = {} if record is None else {item.name: _before(item) for item in record.writers}
    return {
        writer.name: (other.fence_id, writer)
        for other in standing
        if other.fence_id != own[0]
        if other.is_made or not own[1] or other.recovery_id != own[1]
        for writer in other.writers
        if before.get(writer.name) in (None, _before(writer))
    }


def _before(writer: FencedWriter) -> tuple[object, ...]:
    """Return what a thaw sets a writer to, and what it compares the writer with before."""
    return writer.type, writer.field, writer.before, writer.sha256


def planned_thaw(
    record: FenceRecord,
    present: Mapping[str, Resource | None],
    *,
    changed_too: bool,
    held: Mapping[str, str] = MappingProxyType({}),
    is_checked: bool = True,
) -> list[ThawStep]:
    """Decide what a thaw does with each writer of a fence.

    Only what the fence paused is resumed, and only where it still is what it was.

    Args:
        record: The fence.
        present: The writers as they are now, by name; None where there is none any more.
        changed_too: Whether those are resumed that somebody changed while they were paused.
        held: The fence that holds a writer besides, by the writer's name.
        is_checked: Whether somebody checked who wrote the record of that fence.
    """
    doubt = "" if is_checked else _UNCHECKED
    return [
        _thaw(
            item,
            present[item.name],
            changed_too=changed_too,
            other=held.get(item.name, ""),
            doubt=doubt,
        )
        for item in record.writers
    ]


def _thaw(
    writer: FencedWriter, resource: Resource | None, *, changed_too: bool, other: str, doubt: str
) -> ThawStep:
    kind = resource_type(writer.type)
    step = ThawStep(type=writer.type, name=writer.name, action="leave")
    if resource is None:
        return step.model_copy(update={"why": "it was deleted meanwhile"})
    if kind.runs(resource):
        return step.model_copy(update={"why": "it runs already"})
    if other:
        why = "; ".join(filter(None, (f"{other} holds it too, and resumes it", doubt)))
        return step.model_copy(update={"why": why, "held_by": other, "doubt": doubt})
    field = kind.pause_by(writer.field).field
    if rest_digest(kind, resource, field) != writer.sha256 and not changed_too:
        why = "it was changed meanwhile and stays paused"
        return step.model_copy(update={"why": why, "is_over": False})
    address = sent_to(kind, {field: writer.before}, field)
    before = writer.before if isinstance(writer.before, dict) else {}
    token = before.get("oidcToken")
    said = token if isinstance(token, dict) else before
    account = str(said.get("serviceAccountEmail") or "") if address else ""
    return step.model_copy(update={"action": "resume", "address": address, "account": account})


def _written(writers: Iterable[CatalogWriter], things: Iterable[str]) -> set[str]:
    """Return what of the fenced things a resource writes, by the entries of the catalog about it."""
    patterns = [pattern for writer in writers for pattern in writer.writes]
    return {thing for thing in things if any(fnmatchcase(thing, pattern) for pattern in patterns)}


def is_about(writer: CatalogWriter, kind: ResourceType, resource: Resource) -> bool:
    """Whether an entry of the catalog is about a resource, by its name or by what it calls."""
    if writer.type != kind.name:
        return False
    name = resource["name"].rpartition("/")[2]
    calls = list(called(kind, resource))
    return any(fnmatchcase(name, pattern) for pattern in writer.names) or any(
        fnmatchcase(place, pattern) for place in calls for pattern in writer.targets
    )


def _told(kind: ResourceType, resource: Resource) -> str:
    return f"{kind.name} {resource['name'].rpartition('/')[2]}"
