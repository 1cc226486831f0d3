"""The XML API's single objects: GET, HEAD, PUT and DELETE of `/bucket/object`."""

import json
from xml.sax.saxutils import escape

from starlette.responses import Response
from starlette.types import ASGIApp

from tests.standin.storage import object_calls
from tests.standin.storage.buckets import find_bucket
from tests.standin.storage.downloads import download
from tests.standin.storage.errors import StorageError
from tests.standin.storage.ingest import Expected
from tests.standin.storage.keys import check_unlocked, key_in_headers
from tests.standin.storage.preconditions import XML_HEADERS, Preconditions, integer
from tests.standin.storage.resources import etag_of
from tests.standin.storage.service import Call
from tests.standin.storage.uploads import write_stream
from tests.standin.storage.versions import (
    check_name,
    find_version,
    kept_settings,
)

SETTING_HEADERS = {
    "cache-control": "cacheControl",
    "content-disposition": "contentDisposition",
    "content-encoding": "contentEncoding",
    "content-language": "contentLanguage",
    "content-type": "contentType",
    "x-goog-custom-time": "customTime",
    "x-goog-storage-class": "storageClass",
}
METADATA_PREFIX = "x-goog-meta-"
CODES = {
    400: "InvalidArgument",
    403: "AccessDenied",
    404: "NoSuchKey",
    412: "PreconditionFailed",
    416: "InvalidRange",
}


def error_response(error: StorageError) -> Response:
    """Return an error as the XML API answers it."""
    if error.status == 304:
        return Response(status_code=304)
    code = "NoSuchBucket" if "bucket" in error.message else CODES.get(error.status, error.reason)
    text = f"<Code>{code}</Code><Message>{escape(error.message)}</Message>"
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error>{text}</Error>"
    return Response(body, error.status, media_type="application/xml; charset=UTF-8")


def preconditions_of(call: Call) -> Preconditions:
    """Read the preconditions in the headers of a request.

    Raises:
        StorageError: one is no integer.
    """
    given = {XML_HEADERS[key]: call.headers[key] for key in XML_HEADERS if key in call.headers}
    return Preconditions.of(given)


def settings_of(call: Call) -> dict[str, object]:
    """Read what the headers of a request say about an object.

    Raises:
        StorageError: custom metadata is too large, or a time is none.
    """
    resource: dict[str, object] = {
        key: call.headers[header]
        for header, key in SETTING_HEADERS.items()
        if header in call.headers
    }
    resource["metadata"] = {
        key.removeprefix(METADATA_PREFIX): value
        for key, value in call.headers.items()
        if key.startswith(METADATA_PREFIX)
    }
    return kept_settings(resource) | key_in_headers(call)


async def get(call: Call) -> ASGIApp:
    """Answer GET and HEAD of an object."""
    bucket = find_bucket(call.service, call.path["bucket"])
    generation = integer(call.query, "generation")
    version = find_version(call.service, bucket, call.path["object"], generation)
    preconditions_of(call).check(version)
    check_unlocked(call, version)
    return download(call, version, json.loads(version["settings"]))


async def put(call: Call) -> Response:
    """Answer PUT of an object."""
    name = call.path["object"]
    check_name(name)
    preconditions = preconditions_of(call)
    settings = settings_of(call)
    _, version = await write_stream(
        call,
        name,
        call.stream(),
        settings=settings,
        preconditions=preconditions,
        expected=Expected.of({}, call.headers),
    )
    hashes = f"crc32c={version['crc32c']},md5={version['md5']}"
    headers = {"etag": f'"{etag_of(version)}"', "x-goog-generation": str(version["generation"])}
    return Response(headers=headers | {"x-goog-metageneration": "1", "x-goog-hash": hashes})


async def delete(call: Call) -> Response:
    """Answer DELETE of an object."""
    given = {XML_HEADERS[key]: call.headers[key] for key in XML_HEADERS if key in call.headers}
    call.query = call.query | given
    return await object_calls.delete(call)
