"""The requests that make a resource, and that change one. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource


class Creation(NamedTuple):
    """One request.

    Attributes:
        verb: The HTTP method.
        path: With the version.
        query: Parameters.
        body: The JSON.
        is_repeatable: Whether it makes one resource however often it is sent: not where the service
            names what it makes.
    """

    verb: str
    path: str
    query: dict[str, str]
    body: Resource
    is_repeatable: bool = True


def creation(kind: ResourceType, name: str, resource: Resource) -> Creation:
    """Return the request that makes a resource, stopped where its type can be stopped.

    Args:
        kind: Its type.
        name: Its full name.
        resource: As the backup has it, rewritten.
    """
    if kind.naming == "enabled":
        return Creation("POST", f"{kind.version}/{name}:enable", {}, {})
    collection, _, own = name.rpartition("/")
    body = stopped(kind, settable(kind, resource))
    if kind.naming == "path":
        return Creation("PUT", f"{kind.version}/{name}", {}, body)
    path, query = f"{kind.version}/{collection}", {}
    if kind.naming == "body":
        body = {**body, "name": resource["name"]}
    elif kind.naming == "parameter" and not kind.wrapper:
        query[kind.parameter] = own
    elif kind.wrapper:
        # The id of an account is what its address begins with.
        body = {kind.parameter: own.partition("@")[0], kind.wrapper: body}
    return Creation("POST", path, query, body, is_repeatable=kind.naming != "assigned")


def changed(
    kind: ResourceType, name: str, wanted: Resource, fields: Collection[str], etag: str = ""
) -> Creation:
    """Return the request that sets fields of a resource.

    Args:
        kind: Its type.
        name: Its full name.
        wanted: What it is to be.
        fields: The fields that are set.
        etag: That of the version that is changed; empty for any.
    """
    body = settable(kind, wanted)
    if kind.changing == "mask":
        body = {field: body[field] for field in sorted(fields) if field in body}
    elif kind.naming == "body":
        body = {**body, "name": wanted["name"]}
    if etag:
        body = {**body, "etag": etag}
    verb = "PUT" if kind.changing == "replaced" else "PATCH"
    return Creation(verb, f"{kind.version}/{name}", *kind.change(body, ",".join(sorted(fields))))


def stopped(kind: ResourceType, body: Resource) -> Resource:
    """Return the body of a resource that does nothing by itself when it is made."""
    fresh = {**body, **{name: it for pause in kind.pauses for name, it in pause.made.items()}}
    return {name: value for name, value in fresh.items() if value is not None}


def left_to_set(kind: ResourceType, resource: Resource) -> Resource:
    """Return what of a new resource is set once it is stopped.

    What tells whether it runs is set last of all, by the thaw.
    """
    return {
        field: resource[field]
        for pause in kind.pauses
        for field in pause.made
        if field != pause.field and field in resource
    }
