"""Which handler answers a method: the service's own one, or the general one of its verb."""

from collections.abc import Mapping
from typing import Any

from tests.standin.platform import crud, locations, operations, policies
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import PlatformError, not_found
from tests.standin.platform.registry import COLLECTIONS, HANDLERS
from tests.standin.platform.service import Call

_OF_ALL: Mapping[str, Handler] = {
    "operations.get": operations.get,
    "operations.list": operations.list_all,
    "locations.get": locations.get,
    "locations.list": locations.list_all,
}


def answer(call: Call) -> Any:  # noqa: ANN401 - JSON
    """Answer a request.

    Raises:
        PlatformError: The service refuses it.
    """
    if handler := HANDLERS.get(call.route.id):
        return handler(call)
    *_, resource, verb = call.route.id.split(".")
    if general := _OF_ALL.get(f"{resource}.{verb}"):
        return general(call)
    collection = COLLECTIONS.get(call.route.collection)
    if verb in ("getIamPolicy", "setIamPolicy", "testIamPermissions"):
        return _policy(call, collection, verb)
    if collection is None or verb not in crud.VERBS:
        raise PlatformError("UNIMPLEMENTED", f"The stand-in does not know {call.route.id}.")
    return crud.answer(call, collection, verb)


def _policy(call: Call, collection: Collection | None, verb: str) -> Any:  # noqa: ANN401 - JSON
    is_project = call.route.collection == "cloudresourcemanager.projects"
    if not is_project and (
        collection is None or call.store.find(collection.id, call.target) is None
    ):
        raise not_found(call.target)
    if verb == "testIamPermissions":
        return policies.test(call)
    return (
        policies.get(call, call.target)
        if verb == "getIamPolicy"
        else policies.put(call, call.target)
    )
