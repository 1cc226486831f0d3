"""Create, get, list, patch and delete of any collection, as the discovery document describes them."""

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tests.standin.platform import operations
from tests.standin.platform.bodies import Body, kept
from tests.standin.platform.collection import Collection, lacking
from tests.standin.platform.errors import PlatformError, aborted, invalid, not_found
from tests.standin.platform.masks import masked, parse, settable
from tests.standin.platform.service import Call, new_etag, numbered, short
from tests.standin.platform.store import Resource

_ANY = "-"
# The operations of these answer with what they deleted; those of others with nothing.
_TELL_WHAT_WENT = ("eventarc.", "run.")


def found(call: Call, collection: Collection, name: str | None = None) -> Resource:
    """Return a resource, by default the one that the path names.

    Raises:
        PlatformError: It is not there.
    """
    name = call.target if name is None else name
    resource = call.store.find(collection.id, name)
    if resource is None:
        raise not_found(name)
    return resource


def shown(call: Call, collection: Collection, resource: Resource) -> Body:
    """Return what the API shows of a resource."""
    name = numbered(resource.name) if collection.is_numbered else resource.name
    body = {"name": short(name) if collection.is_short else name} | resource.body
    schema = call.api.resource_schema(collection.id)
    if operations.is_under_way(call.service, call.api.host, resource.name):
        if call.api.has_field(schema, "reconciling"):
            body["reconciling"] = True
        if call.api.host.startswith("cloudfunctions."):
            body["state"] = "DEPLOYING"
    return body


def create(call: Call, collection: Collection) -> Any:  # noqa: ANN401 - JSON
    """Create a resource."""
    sent = _sent(call, collection)
    name = _new_name(call, collection, sent)
    if call.store.find(collection.id, name) is not None:
        raise PlatformError("ALREADY_EXISTS", f"Resource '{name}' already exists.")
    return _written(call, collection, _new(call, collection, name, sent))


def answer(call: Call, collection: Collection, verb: str) -> Any:  # noqa: ANN401 - JSON
    """Answer a request about a collection."""
    collection.at_first(call)
    if collection.is_exclusive and verb in ("patch", "update", "delete"):
        _check_idle(call)
    return VERBS[verb](call, collection)


def get(call: Call, collection: Collection) -> Body:
    """Answer a resource."""
    return shown(call, collection, found(call, collection))


def list_all(call: Call, collection: Collection) -> Body:
    """Answer a page of a collection."""
    after = _token(call.query.get("pageToken", ""))
    is_wanted = collection.filter(call.query["filter"]) if call.query.get("filter") else None
    chosen = [
        resource
        for resource in _listed(call, collection)
        if resource.name > after and (is_wanted is None or is_wanted(resource))
    ]
    size = _page(call, collection)
    page, more = chosen[:size], chosen[size:]
    resource_schema = call.api.resource_schema(collection.id)
    items = [collection.listed(call, shown(call, collection, item)) for item in page]
    answer: Body = {}
    if items:
        answer[call.api.list_field(call.route.response, resource_schema)] = items
    if more:
        answer["nextPageToken"] = base64.urlsafe_b64encode(page[-1].name.encode()).decode()
    if unreachable := _unreachable(call):
        answer["unreachable"] = unreachable
    return answer


def patch(call: Call, collection: Collection) -> Any:  # noqa: ANN401 - JSON
    """Change a resource."""
    sent = _sent(call, collection)
    if call.store.find(collection.id, call.target) is None and call.is_asked("allowMissing"):
        return _written(call, collection, _new(call, collection, call.target, sent))
    known = found(call, collection)
    etag = sent.get("etag") or call.query.get("etag")
    if collection.no_etag and not etag:
        raise invalid(collection.no_etag)
    check_etag(collection, known, etag)
    schema = call.api.resource_schema(collection.id)
    allowed = settable(call.api, schema, collection.fixed)
    paths = _paths(call, collection, sent, allowed)
    after = masked(known.body, kept(call.api, schema, sent), paths, allowed)
    body = collection.changed(call, known, _touched(call, schema, after))
    return _written(call, collection, Resource(known.collection, known.name, body, known.inner))


def delete(call: Call, collection: Collection) -> Any:  # noqa: ANN401 - JSON
    """Delete a resource, and its policy with it."""
    resource = call.store.find(collection.id, call.target)
    if resource is None and call.is_asked("allowMissing"):
        return operations.begin(call, call.target, None)
    resource = found(call, collection)
    check_etag(collection, resource, call.query.get("etag"))
    is_trial = call.is_asked("validateOnly")
    if not is_trial:
        collection.gone(call, resource)
        call.store.remove(collection.id, resource.name)
        call.store.put_policy(call.api.host, resource.name, None)
    if not call.route.is_long_running:
        return {}
    if not call.api.host.startswith(_TELL_WHAT_WENT):
        return operations.begin(call, resource.name, None)
    schema = call.api.resource_schema(collection.id)
    return operations.begin(call, resource.name, shown(call, collection, resource), schema)


def _check_idle(call: Call) -> None:
    if operations.is_under_way(call.service, call.api.host, call.target):
        raise aborted(f"An operation on '{call.target}' is under way.")


def check_etag(collection: Collection, resource: Resource, sent: str | None) -> None:
    """Refuse a change of another version than the one that was read (AIP-154).

    Raises:
        PlatformError: The resource was changed since.
    """
    if sent and sent != resource.body.get("etag"):
        message = f"The etag of '{resource.name}' does not match: it was changed meanwhile."
        raise PlatformError(collection.stale, message)


def _sent(call: Call, collection: Collection) -> Body:
    schema = call.api.resource_schema(collection.id)
    field = call.api.resource_field(call.route.request, schema)
    return call.body if field is None else dict(call.body.get(field, {}))


def _new_name(call: Call, collection: Collection, sent: Body) -> str:
    if call.route.http_method == "PUT":
        name = call.target
    else:
        name = f"{call.target}/{collection.segment}/{collection.new_id(call, sent)}"
    identifier = name.rpartition("/")[2]
    if not collection.ids.fullmatch(identifier):
        raise invalid(
            f"Invalid resource id '{identifier}': it has to match {collection.ids.pattern}"
        )
    return name


def _new(call: Call, collection: Collection, name: str, sent: Body) -> Resource:
    """Return a new resource, with what services of every kind add and what this one does.

    Raises:
        PlatformError: A required field is missing, or the service refuses it.
    """
    if missing := lacking(sent, collection.required):
        raise invalid(f"Required fields are missing: {', '.join(missing)}")
    schema = call.api.resource_schema(collection.id)
    now = call.service.now_text
    made = {"createTime": now, "updateTime": now, "uid": str(uuid.uuid4()), "etag": new_etag()}
    body = kept(call.api, schema, sent)
    body.pop("name", None)
    body |= {key: item for key, item in made.items() if call.api.has_field(schema, key)}
    return Resource(collection.id, name, collection.born(call, name, body), {})


def _touched(call: Call, schema: str, body: Body) -> Body:
    made = {"updateTime": call.service.now_text, "etag": new_etag()}
    return body | {key: item for key, item in made.items() if call.api.has_field(schema, key)}


def _written(call: Call, collection: Collection, resource: Resource) -> Any:  # noqa: ANN401 - JSON
    is_trial = call.is_asked("validateOnly")
    if not is_trial:
        call.store.put(resource)
    if not call.route.is_long_running:
        return shown(call, collection, resource)
    error = None if is_trial else collection.failure(call, resource)
    schema = call.api.resource_schema(collection.id)
    answer = shown(call, collection, resource)
    return operations.begin(call, resource.name, answer, schema, error=error)


def _paths(call: Call, collection: Collection, sent: Body, allowed: frozenset[str]) -> list[str]:
    mask = call.query.get("updateMask") or call.body.get("updateMask")
    if mask:
        # Typed clients name what they do not mean to change.
        return parse(mask)
    if collection.mask == "needed":
        raise invalid("The update_mask in the request is empty.")
    if collection.mask == "whole":
        return ["*"]
    return [key for key in sent if key in allowed]


def _listed(call: Call, collection: Collection) -> list[Resource]:
    parent = call.target
    if f"/locations/{_ANY}/" in parent:
        raise invalid(f"Location '{_ANY}' is not supported here: {parent}")
    if collection.spans_parents and parent.endswith(f"/{_ANY}"):
        return list(call.store.below(collection.id, parent.removesuffix(_ANY)))
    if not parent.endswith(f"locations/{_ANY}"):
        return list(call.store.below(collection.id, f"{parent}/{collection.segment}/"))
    if not collection.spans_locations:
        raise invalid(f"Location '{_ANY}' is not supported here: {parent}")
    missing = set(_unreachable(call))
    return [
        resource
        for resource in call.store.below(collection.id, parent.removesuffix(_ANY))
        if "/".join(resource.name.split("/")[:4]) not in missing
    ]


def _unreachable(call: Call) -> list[str]:
    if not call.target.endswith(f"locations/{_ANY}"):
        return []
    names: list[str] = call.store.setting("unreachable", [])
    return [f"{call.target.removesuffix(_ANY)}{name}" for name in names]


def _page(call: Call, collection: Collection) -> int:
    asked = call.query.get("pageSize") or "0"
    if not asked.isdigit():
        raise invalid(f"Invalid value at 'page_size': {asked}")
    most: int = call.store.setting("pages", collection.most_page)
    return min(int(asked) or collection.default_page, most)


def _token(text: str) -> str:
    try:
        return base64.b64decode(text, b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("The page token is invalid.") from error


VERBS: Mapping[str, Callable[[Call, Collection], Any]] = {
    "create": create,
    "get": get,
    "list": list_all,
    "patch": patch,
    "update": patch,
    "delete": delete,
}
