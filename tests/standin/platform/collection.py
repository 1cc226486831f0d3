"""What the discovery document does not say of a collection of resources."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import PlatformError, invalid
from tests.standin.platform.service import Call, short
from tests.standin.platform.store import Resource

type Handler = Callable[[Call], Any]
type Filter = Callable[[Resource], bool]

DEFAULT_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def asked_id(call: Call, sent: Body) -> str:
    """Return the id that is asked for: in the query, beside the resource, or as its name."""
    asked = sorted(call.route.query & call.query.keys())
    of_query = (call.query[name] for name in asked if name.endswith("Id"))
    beside = (call.body[name] for name in call.body if name.endswith("Id"))
    return str(next(of_query, None) or next(beside, None) or short(str(sent.get("name", ""))))


def _as_sent(_: Call, __: str, body: Body) -> Body:
    return body


def _as_changed(_: Call, __: Resource, after: Body) -> Body:
    return after


def _nothing(_: Call, __: Resource) -> None:
    """Do nothing else when a resource goes."""


def _no_filter(text: str) -> Filter:
    raise invalid(f"The stand-in knows no filter here: {text}")


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The rules of one collection.

    Attributes:
        id: As `pubsub.projects.topics`.
        ids: What an id has to look like.
        new_id: Finds the id of what is created.
        required: Fields that have to be sent, as `httpTarget.uri`.
        fixed: Fields that no patch changes.
        mask: What a patch without a mask changes: nothing, for it is refused; everything; or what is
            sent.
        default_page: How many a list answers when it is not asked for a number.
        most_page: How many it answers at most.
        spans_locations: Whether a list takes `-` for all locations.
        spans_parents: Whether a list takes `-` for all resources that hold some.
        is_numbered: Whether names are answered with the number of the project.
        is_short: Whether the name in the body is the id alone.
        is_exclusive: Whether a change has to wait for the operation before it.
        stale: The code that an etag of another version is refused with.
        no_etag: What a patch without an etag is refused with; empty where it is taken.
        asset_type: Its type in Cloud Asset Inventory; empty where that has none.
        at_first: Makes what every project has.
        born: Adds what the service makes of what is created.
        changed: Adds what the service makes of what is patched.
        gone: What else goes with what is deleted.
        failure: Says how the operation ends that makes or changes a resource, when not well.
        filter: Reads the filter of a list.
        listed: What a list shows of a resource.
    """

    id: str
    ids: re.Pattern[str] = DEFAULT_ID
    new_id: Callable[[Call, Body], str] = asked_id
    required: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    mask: Literal["needed", "whole", "sent"] = "whole"
    default_page: int = 50
    most_page: int = 1000
    spans_locations: bool = False
    spans_parents: bool = False
    is_numbered: bool = False
    is_short: bool = False
    is_exclusive: bool = False
    stale: str = "ABORTED"
    no_etag: str = ""
    asset_type: str = ""
    at_first: Callable[[Call], None] = lambda _: None
    born: Callable[[Call, str, Body], Body] = _as_sent
    changed: Callable[[Call, Resource, Body], Body] = _as_changed
    gone: Callable[[Call, Resource], None] = _nothing
    failure: Callable[[Call, Resource], PlatformError | None] = lambda _, __: None
    filter: Callable[[str], Filter] = _no_filter
    listed: Callable[[Call, Body], Body] = lambda _, body: body

    @property
    def segment(self) -> str:
        """Return how the collection is named in the names of its resources."""
        return self.id.rpartition(".")[2]


def lacking(body: Mapping[str, Any], required: Iterable[str]) -> list[str]:
    """Return the required fields that a body does not have."""
    found = []
    for path in required:
        value: Any = body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value in (None, "", [], {}):
            found.append(path)
    return found
