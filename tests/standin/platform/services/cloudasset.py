"""Cloud Asset Inventory: what there is of the types that it knows, which are not all."""

import re
from collections.abc import Iterable, Iterator

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Call, numbered, short
from tests.standin.platform.services import (
    artifactregistry,
    bigquerydatatransfer,
    cloudfunctions,
    eventarc,
    iam,
    logging,
    monitoring,
    pubsub,
    run,
    secretmanager,
    serviceusage,
    workflows,
)
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_SEARCHED = (
    artifactregistry,
    bigquerydatatransfer,
    cloudfunctions,
    eventarc,
    iam,
    logging,
    monitoring,
    pubsub,
    run,
    secretmanager,
    workflows,
)
_KNOWN = [
    collection
    for service in _SEARCHED
    for collection in service.COLLECTIONS
    if collection.asset_type
]
_TYPES = {collection.asset_type for collection in _KNOWN} | {serviceusage.ASSET_TYPE}
_DEFAULT_PAGE, _MOST_PAGE = 100, 500


def known_types() -> frozenset[str]:
    """Return the types that are searched."""
    return frozenset(_TYPES)


def search(call: Call) -> Body:
    """Answer a page of the resources of a project (Asset types)."""
    if call.query.get("query"):
        raise invalid("The stand-in searches for everything alone.")
    types = set(_asked_types(call.values("assetTypes")))
    results = sorted(_results(call, types), key=lambda item: str(item["name"]))
    after = call.query.get("pageToken", "")
    size = min(int(call.query.get("pageSize") or 0) or _DEFAULT_PAGE, _MOST_PAGE)
    rest = [item for item in results if item["name"] > after]
    answer: Body = {"results": rest[:size]} if rest else {}
    return answer | ({"nextPageToken": rest[size - 1]["name"]} if rest[size:] else {})


def _asked_types(patterns: Iterable[str]) -> Iterator[str]:
    """Yield the types that are asked for; each may be a pattern, and has to be known."""
    asked = [part for pattern in patterns for part in pattern.split(",")]
    for pattern in asked:
        known = [kind for kind in _TYPES if re.fullmatch(pattern, kind)]
        if not known:
            raise invalid(f"Asset type is not supported: {pattern}")
        yield from known
    if not asked:
        yield from _TYPES


def _results(call: Call, types: set[str]) -> Iterator[Body]:
    if serviceusage.ASSET_TYPE in types:
        for name in serviceusage.enabled(call.store, call.project):
            yield _result(call, serviceusage.ASSET_TYPE, Resource("", name, {}, {}), numbered(name))
    for collection in _KNOWN:
        if collection.asset_type in types:
            for resource in call.store.below(collection.id, f"projects/{call.project}/"):
                name = numbered(resource.name) if collection.is_numbered else resource.name
                yield _result(call, collection.asset_type, resource, name)


def _result(call: Call, asset_type: str, resource: Resource, name: str) -> Body:
    if asset_type == "iam.googleapis.com/ServiceAccount":
        name = f"{name.rpartition('/')[0]}/{resource.body['uniqueId']}"
    parts = resource.name.split("/")
    return {
        "name": f"//{asset_type.partition('/')[0]}/{name}",
        "assetType": asset_type,
        "project": f"projects/{project_number(call.project)}",
        "displayName": str(resource.body.get("displayName", short(resource.name))),
        "location": parts[3] if parts[2] == "locations" else "global",
    }


COLLECTIONS: tuple[Collection, ...] = ()
HANDLERS: dict[str, Handler] = {"cloudasset.searchAllResources": search}
