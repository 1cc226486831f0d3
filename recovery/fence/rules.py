"""Which writers a fence pauses, and which a thaw resumes. Pure."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.errors import RefusedError
from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import Pause, ResourceType
from manifests.model import Resource
from recovery.fence.model import FencedWriter, FenceRecord, ThawStep

_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|$)")


def writer_types(rule: FenceRule) -> tuple[ResourceType, ...]:
    """Return the types of resources that the catalog's writers have, in order of first mention."""
    return tuple(map(resource_type, dict.fromkeys(item.type for item in rule.writers)))


def planned_fence(
    rule: FenceRule,
    things: Collection[str],
    found: Mapping[str, Iterable[Resource]],
    *,
    fence_id: str,
    project: str,
    why: str,
    now: datetime,
) -> FenceRecord:
    """Decide which writers are paused: those that run and write to anything of what is fenced.

    Args:
        rule: The catalog's rule.
        things: What is fenced, as `dataset nba_analytics`.
        found: Every resource of each type of writers.
        fence_id: The fence's.
        project: Where the writers are.
        why: What it is for.
        now: The present instant.
    """
    writers, idle = [], []
    for name, resources in found.items():
        kind = resource_type(name)
        pause = _pause(kind)
        for resource in resources:
            written = tuple(sorted(_written(rule.writers, kind, resource, things)))
            if not written:
                continue
            if pause.runs(resource):
                writers.append(fenced(kind, resource, written))
            else:
                idle.append(_told(kind, resource))
    return FenceRecord(
        fence_id=fence_id,
        project=project,
        fenced_at=now,
        why=why,
        things=tuple(sorted(things)),
        writers=tuple(writers),
        idle=tuple(idle),
    )


def fenced(kind: ResourceType, resource: Resource, writes: tuple[str, ...]) -> FencedWriter:
    """Return what is kept of a writer that is to be paused."""
    return FencedWriter(
        type=kind.name,
        name=resource["name"],
        writes=writes,
        before=resource.get(_pause(kind).field),
        sha256=rest_digest(kind, resource),
    )


def rest_digest(kind: ResourceType, resource: Resource) -> str:
    """Return a digest of everything of a writer that is set, but for what a pause changes."""
    rest = {
        key: value for key, value in settable(kind, resource).items() if key != _pause(kind).field
    }
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def planned_thaw(
    record: FenceRecord, present: Mapping[str, Resource | None], *, changed_too: bool
) -> list[ThawStep]:
    """Decide what a thaw does with each writer of a fence.

    Only what the fence paused is resumed, and only where it still is what it was.

    Args:
        record: The fence.
        present: The writers as they are now, by name; None where there is none any more.
        changed_too: Whether those are resumed that somebody changed while they were paused.
    """
    return [_thaw(item, present[item.name], changed_too=changed_too) for item in record.writers]


def _thaw(writer: FencedWriter, resource: Resource | None, *, changed_too: bool) -> ThawStep:
    kind = resource_type(writer.type)
    step = ThawStep(type=writer.type, name=writer.name, action="leave")
    if resource is None:
        return step.model_copy(update={"why": "it was deleted meanwhile"})
    if _pause(kind).runs(resource):
        return step.model_copy(update={"why": "it runs already"})
    if rest_digest(kind, resource) != writer.sha256 and not changed_too:
        why = "it was changed meanwhile and stays paused"
        return step.model_copy(update={"why": why, "is_over": False})
    sets = {_pause(kind).field: writer.before}
    address = next((text for text in _called(kind, sets) if _host(text)), "")
    token = writer.before.get("oidcToken") if isinstance(writer.before, dict) else None
    account = str((token or {}).get("serviceAccountEmail") or "") if address else ""
    return step.model_copy(update={"action": "resume", "address": address, "account": account})


def addresses(kind: ResourceType, resource: Resource) -> Iterator[str]:
    """Yield where a resource is reached, and what it calls by address."""
    for value in (resource.get("uri"), resource.get("url"), *(resource.get("urls") or ())):
        if isinstance(value, str):
            yield value
    yield from filter(_host, _called(kind, resource))


def strange_addresses(
    steps: Iterable[ThawStep],
    known: Collection[str],
    kept: Mapping[str, str],
    said: Collection[str],
) -> list[RefusedError]:
    """Return a refusal of each address that a thaw would set and that nothing else bears out.

    A record of a fence lies where others can write, and what is sent carries a token.

    Args:
        steps: What the thaw does.
        known: Where services of the project are reached, and what its other writers call.
        kept: Where each writer sent it when the last run was made, by name.
        said: Hosts that the operator names; `*` is any.
    """
    hosts = {*map(_host, known), *said}
    return [
        RefusedError(
            f"it would send to {step.address}, where nothing of the project is",
            subject=step.name,
            hint=f"find out who wrote the record; `--address {_host(step.address)}` allows it",
        )
        for step in steps
        if step.address
        and "*" not in said
        and _host(step.address) not in hosts
        and kept.get(step.name) != step.address
    ]


def _host(address: str) -> str:
    """Return the host of an address; empty where it is none, as the name of a topic.

    Of an address that two readers could read in two ways it is the whole: no other is like it.
    """
    if "://" not in address:
        return ""
    found = _ADDRESS.match(address)
    return found[1].lower() if found else address


def _written(
    writers: Iterable[CatalogWriter],
    kind: ResourceType,
    resource: Resource,
    things: Iterable[str],
) -> set[str]:
    """Return what a resource writes of what is fenced."""
    patterns = [
        pattern
        for writer in writers
        if _is_about(writer, kind, resource)
        for pattern in writer.writes
    ]
    return {thing for thing in things if any(fnmatchcase(thing, pattern) for pattern in patterns)}


def _is_about(writer: CatalogWriter, kind: ResourceType, resource: Resource) -> bool:
    if writer.type != kind.name:
        return False
    name = resource["name"].rpartition("/")[2]
    called = list(_called(kind, resource))
    return any(fnmatchcase(name, pattern) for pattern in writer.names) or any(
        fnmatchcase(target, pattern) for target in called for pattern in writer.targets
    )


def _called(kind: ResourceType, resource: Resource) -> Iterator[str]:
    """Yield what a resource calls: addresses, and names of topics without their project."""
    for path in kind.calls:
        value: Any = resource
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            yield value.rpartition("/topics/")[2]


def _pause(kind: ResourceType) -> Pause:
    if kind.pause is None:
        message = f"{kind.name} is no writer"
        raise TypeError(message)
    return kind.pause


def _told(kind: ResourceType, resource: Resource) -> str:
    return f"{kind.name} {resource['name'].rpartition('/')[2]}"
