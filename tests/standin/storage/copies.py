"""Server-side copies: rewrite, copy and compose."""

import asyncio
import json
import sqlite3
from typing import Any

from starlette.responses import Response

from tests.standin.database import transaction
from tests.standin.storage.answers import answer, answer_object
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.contents import Content
from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.ingest import stored_content
from tests.standin.storage.keys import check_unlocked, key_given
from tests.standin.storage.preconditions import Preconditions, integer
from tests.standin.storage.resources import resource_of
from tests.standin.storage.service import Call
from tests.standin.storage.tokens import advance_rewrite
from tests.standin.storage.versions import (
    check_removable,
    find_live,
    find_version,
    kept_settings,
    retire,
    write_version,
)

COMPONENTS_MOST = 32
# Fields of a source that a copy without words of its own takes over.
COPIED = (
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType",
    "contexts", "customTime", "metadata",
)  # fmt: skip


def _source(call: Call) -> sqlite3.Row:
    bucket = find_bucket(call.service, call.path["bucket"])
    generation = integer(call.query, "sourceGeneration")
    source = find_version(call.service, bucket, call.path["object"], generation)
    Preconditions.of(call.query, "ifSource").check(source, unmodified=304)
    check_unlocked(call, source, copied=True)
    return source


def _settings(source: sqlite3.Row, resource: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a copy: those of the request, or else those of the source."""
    given = kept_settings(resource)
    if given.keys() & set(COPIED):
        return given
    kept = json.loads(source["settings"])
    return {key: kept[key] for key in COPIED if key in kept} | given


def _copy(call: Call, source: sqlite3.Row, resource: dict[str, Any]) -> tuple[Bucket, sqlite3.Row]:
    preconditions = Preconditions.of(call.query)
    target = find_bucket(call.service, call.path["destinationBucket"])
    preconditions.check(find_live(call.service, target, call.path["destinationObject"]))
    return write_version(
        call.service,
        target.name,
        call.path["destinationObject"],
        stored_content(call.service, source),
        settings=_settings(source, resource) | key_given(call, "destinationKmsKeyName"),
        preconditions=preconditions,
    )


async def copy(call: Call) -> Response:
    """Answer `storage.objects.copy`."""
    resource = await call.json()
    bucket, version = _copy(call, _source(call), resource)
    return answer_object(call, bucket, version)


def _moves(call: Call, source: sqlite3.Row, resource: dict[str, Any]) -> bool:
    """Tell whether the bytes of a copy lie elsewhere than its source's, or in another class."""
    here = find_bucket(call.service, call.path["bucket"]).settings
    there = find_bucket(call.service, call.path["destinationBucket"]).settings
    wanted = resource.get("storageClass", there["storageClass"])
    is_of = json.loads(source["settings"]).get("storageClass")
    return (here["location"], is_of) != (there["location"], wanted)


async def rewrite(call: Call) -> Response:
    """Answer `storage.objects.rewrite`.

    The bytes are never read. A rewrite takes several calls only when the request limits the
    bytes of a call, and source and target differ in location or class.
    """
    resource = await call.json()
    source = _source(call)
    size = source["size"]
    what = f"{call.path}{source['generation']}"
    written, token = advance_rewrite(call.query, what, size, moves=_moves(call, source, resource))
    shown: dict[str, Any] = {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": str(written),
        "objectSize": str(size),
        "done": token is None,
    }
    if token is None:
        bucket, version = _copy(call, source, resource)
        shown["resource"] = resource_of(bucket, version, call.origin)
    else:
        shown["rewriteToken"] = token
    return answer(call, shown)


async def move(call: Call) -> Response:
    """Answer `storage.objects.move`: a new name in the same bucket, and the old one is gone."""
    service, settings = call.service, await call.json()
    source = _source(call)
    bucket = find_bucket(service, call.path["bucket"])
    check_removable(service, bucket, source)
    bucket, moved = write_version(
        service,
        bucket.name,
        call.path["destinationObject"],
        stored_content(service, source),
        settings=json.loads(source["settings"]) | kept_settings(settings),
        preconditions=Preconditions.of(call.query),
    )
    with transaction(service.database):
        gone = retire(service, bucket, source)
    if gone:
        service.contents.remove(gone)
    return answer_object(call, bucket, moved)


async def compose(call: Call) -> Response:
    """Answer `storage.objects.compose`."""
    request = await call.json()
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    preconditions = Preconditions.of(call.query)
    preconditions.check(find_live(service, bucket, call.path["object"]))
    sources = _components(call, bucket, request.get("sourceObjects", []))
    # The links keep the bytes while another thread reads them.
    parts = [service.contents.link(source["content"]) for source in sources]
    try:
        joined, digest = await asyncio.to_thread(service.contents.concatenate, parts)
    finally:
        for part in parts:
            service.contents.remove(part)
    components = sum(source["components"] or 1 for source in sources)
    bucket, version = write_version(
        service,
        bucket.name,
        call.path["object"],
        Content(joined, digest.size, digest.crc32c, None, components),
        settings=kept_settings(request.get("destination", {})) | key_given(call),
        preconditions=preconditions,
    )
    return answer_object(call, bucket, version)


def _components(call: Call, bucket: Bucket, wanted: list[dict[str, Any]]) -> list[sqlite3.Row]:
    if not wanted:
        raise StorageError(400, "required", "You must provide at least one source component.")
    if len(wanted) > COMPONENTS_MOST:
        raise invalid(
            f"The number of source components provided ({len(wanted)}) exceeds the maximum ({COMPONENTS_MOST})."
        )
    found = []
    for item in wanted:
        generation = integer(item, "generation")
        version = find_version(call.service, bucket, item.get("name", ""), generation)
        Preconditions.of(item.get("objectPreconditions", {})).check(version)
        found.append(version)
    return found
