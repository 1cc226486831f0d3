"""What no real service has: the orders of a test, below `/standin/`."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.standin.platform import backlog, delivery, dispatch, invocation
from tests.standin.platform.api import Api
from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Service
from tests.standin.platform.services import artifactregistry

type Apis = Mapping[tuple[str, str], Api]
type Order = Callable[[Service, Apis, Body], Any]


def health(service: Service, _: Apis, __: Body) -> Body:
    """Say that the service answers."""
    return {"status": "ok", "now": service.now_text}


def set_clock(service: Service, _: Apis, order: Body) -> Body:
    """Move the present by `offset_seconds`; negative is the past."""
    offset = order.get("offset_seconds")
    if not isinstance(offset, int | float):
        raise invalid("offset_seconds has to be a number.")
    service.clock.set_offset(offset)
    service.store.set("clock", offset)
    return {"now": service.now_text}


def set_operations(service: Service, _: Apis, order: Body) -> Body:
    """Let every operation that begins from now on take `seconds`."""
    seconds = order.get("seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise invalid("seconds has to be a number that is not negative.")
    service.store.set("operations", seconds)
    return {"seconds": seconds}


def set_seeks(service: Service, _: Apis, order: Body) -> Body:
    """Let seeks have their effect `seconds` after they are answered."""
    seconds = order.get("seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise invalid("seconds has to be a number that is not negative.")
    service.store.set("seeks", seconds)
    return {"seconds": seconds}


def set_pages(service: Service, _: Apis, order: Body) -> Body:
    """Let no list answer more than `most` resources at once."""
    most = order.get("most")
    if not isinstance(most, int) or most < 1:
        raise invalid("most has to be a positive whole number.")
    service.store.set("pages", most)
    return {"most": most}


def set_unreachable(service: Service, _: Apis, order: Body) -> Body:
    """Let lists of all locations lack what is in `locations`, and say so."""
    locations: Iterable[str] = order.get("locations", [])
    service.store.set("unreachable", list(locations))
    return {"locations": list(locations)}


def set_scope(service: Service, _: Apis, order: Body) -> Body:
    """Let `project` monitor `others`, too, as a scoping project does."""
    scopes = service.store.setting("scopes", {}) | {order["project"]: list(order["others"])}
    service.store.set("scopes", scopes)
    return {}


def set_transfers(service: Service, _: Apis, order: Body) -> Body:
    """Let runs of transfers that begin from now on take `seconds`: half of them they wait."""
    service.store.set("transfers", int(order.get("seconds", 0)))
    return {}


def set_keyless(service: Service, _: Apis, order: Body) -> Body:
    """Let nothing be available of executions of `workflows`, as where nobody may use their key."""
    service.store.set("keyless", list(order.get("workflows", [])))
    return {}


def set_lacking(service: Service, _: Apis, order: Body) -> Body:
    """Let nobody be told to have `permissions`; calls are not refused for it."""
    permissions: Iterable[str] = order.get("permissions", [])
    service.store.set("lacking", list(permissions))
    return {"permissions": list(permissions)}


def add_field(_: Service, apis: Apis, order: Body) -> Body:
    """Let the `schema` of an `api` have a text `field` that is younger than its document."""
    for api in apis.values():
        if api.name == order.get("api") and order.get("schema") in api.schemas:
            api.add_field(order["schema"], order["field"])
            return {"field": order["field"]}
    raise invalid(f"No such schema: {order.get('api')} {order.get('schema')}")


def put_image(service: Service, _: Apis, order: Body) -> Body:
    """Put an `image` with a tag into its repository, of a `digest` of 64 digits; or remove it."""
    image = str(order.get("image", ""))
    if order.get("is_gone"):
        artifactregistry.remove_image(service.store, image)
        return {}
    digest = order.get("digest") or hashlib.sha256(image.encode()).hexdigest()
    return {"uri": artifactregistry.put_image(service, image, f"sha256:{digest}")}


async def pass_time(service: Service, _: Apis, order: Body) -> Body:
    """Let `seconds` pass; every job of a `project`, or of all, that is due calls its target."""
    seconds = order.get("seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise invalid("seconds has to be a number that is not negative.")
    attempts = await dispatch.pass_time(service, seconds, str(order.get("project", "")))
    return {"attempts": attempts, "now": service.now_text}


def register(service: Service, _: Apis, order: Body) -> Body:
    """Let what runs at a `url`, or the job of a name, do something when it is called."""
    try:
        target = invocation.Target(**order)
    except TypeError as error:
        raise invalid(str(error)) from error
    invocation.register(service, target)
    return {"url": target.url}


async def deliver(service: Service, _: Apis, __: Body) -> Body:
    """Send every message that is due to its endpoint once."""
    return {"deliveries": await delivery.deliver(service)}


def tell_calls(service: Service, _: Apis, order: Body) -> Body:
    """Tell every call of a target, in their order; `is_cleared` forgets them."""
    rows = service.store.database.execute("SELECT call FROM calls ORDER BY id").fetchall()
    if order.get("is_cleared"):
        service.store.database.execute("DELETE FROM calls")
    return {"calls": [json.loads(row["call"]) for row in rows]}


def tell_backlog(service: Service, _: Apis, __: Body) -> Body:
    """Tell how many messages wait in each subscription."""
    return {"backlog": backlog.sizes(service)}


def unknown(_: Service, __: Apis, ___: Body) -> Body:
    """Refuse an order that there is not."""
    raise invalid("There is no such order.")


ORDERS: Mapping[str, Order] = {
    "health": health,
    "clock": set_clock,
    "operations": set_operations,
    "seeks": set_seeks,
    "pages": set_pages,
    "unreachable": set_unreachable,
    "scopes": set_scope,
    "transfers": set_transfers,
    "keyless": set_keyless,
    "lacking": set_lacking,
    "fields": add_field,
    "images": put_image,
    "time": pass_time,
    "targets": register,
    "deliveries": deliver,
    "calls": tell_calls,
    "backlog": tell_backlog,
}
