"""What no real service has: the controls of the stand-in, below `/standin/`."""

from starlette.responses import JSONResponse, Response

from tests.standin.storage.buckets import find_bucket
from tests.standin.storage.errors import invalid
from tests.standin.storage.service import Call
from tests.standin.storage.times import SECOND, to_text
from tests.standin.storage.versions import expire, find_version, pass_time


async def health(call: Call) -> Response:
    """Say that the service answers."""
    return JSONResponse({"status": "ok", "now": to_text(call.service.clock.now())})


async def corrupt(call: Call) -> Response:
    """Flip one stored byte of a version; nothing that is known of the version changes."""
    request = await call.json()
    bucket = find_bucket(call.service, request.get("bucket", ""))
    generation = request.get("generation")
    version = find_version(
        call.service,
        bucket,
        request.get("object", ""),
        None if generation is None else int(generation),
    )
    at_byte = request.get("at_byte")
    at_byte = version["size"] // 2 if at_byte is None else int(at_byte)
    if not 0 <= at_byte < version["size"]:
        raise invalid(f"The object has {version['size']} bytes, none at {at_byte}.")
    call.service.contents.flip(version["content"], at_byte)
    return JSONResponse({"at_byte": at_byte, "generation": str(version["generation"])})


async def set_unsaid(call: Call) -> Response:
    """Leave `fields` out of the objects of every listing of a bucket from now on."""
    request = await call.json()
    fields = frozenset(request.get("fields", ()))
    call.service.unsaid[request.get("bucket", "")] = fields
    return JSONResponse({"fields": sorted(fields)})


async def set_lacking(call: Call) -> Response:
    """Say which permissions no caller is told to have; an empty list gives all back."""
    request = await call.json()
    call.service.lacking = frozenset(request.get("permissions", ()))
    return JSONResponse({"permissions": sorted(call.service.lacking)})


async def set_keys(call: Call) -> Response:
    """Say which keys of Cloud KMS cannot be used from now on, and why."""
    call.service.keys = (await call.json()).get("keys", {})
    return JSONResponse({"keys": call.service.keys})


async def set_clock(call: Call) -> Response:
    """Let `advance_seconds` pass for what has a term, and set the clock's `offset_seconds`."""
    request = await call.json()
    advance, offset = request.get("advance_seconds", 0), request.get("offset_seconds")
    if not isinstance(advance, int | float) or advance < 0:
        raise invalid("advance_seconds has to be a number that is not negative.")
    if offset is not None and not isinstance(offset, int | float):
        raise invalid("offset_seconds has to be a number.")
    clock = call.service.clock
    if advance:
        pass_time(call.service, int(advance * SECOND))
    if offset is not None:
        clock.set_offset(offset)
    expire(call.service)
    return JSONResponse({"now": to_text(clock.now())})
