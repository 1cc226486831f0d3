"""Downloads of Cloud Storage: a piece at a time, as it is stored, no more than was asked for."""

import re
from typing import NamedTuple

import google_crc32c
import structlog
from google.api_core.exceptions import (
    BadRequest,
    Forbidden,
    NotFound,
    RequestRangeNotSatisfiable,
)

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.checksums import crc32c_text
from manifests.cloud.keys import lacks_key, refuse_own_key
from manifests.errors import ObjectChangedError
from manifests.json_text import MOST_BYTES
from manifests.values import Resource

_LISTED = "items(name,generation,kmsKeyName),nextPageToken"
_CRC32C = re.compile(r"\bcrc32c=([^,\s]+)")

log = structlog.get_logger()


class Download(NamedTuple):
    """A live object that was read, and its generation."""

    content: bytes
    generation: int


def whole_document(
    api: StorageApi, bucket: str, name: str, *, most_bytes: int = MOST_BYTES
) -> Download:
    """Read a live object as it is stored, at most one byte more than a document may have.

    By that byte the decoder sees that it is too large. An object under its writer's own key, which nobody
    here can use, is read as empty: so it is no document of ours, and does not stop who reads others.

    Raises:
        CloudError: It is under the bucket's own key, and that cannot be used.
        ConnectionError: Other bytes came than are stored.
    """
    try:
        answer = api.download(bucket, name, {}, 0, most_bytes)
    except RequestRangeNotSatisfiable:
        # There is no first byte.
        return Download(b"", int(_listed(api, bucket, name)["generation"]))
    except (BadRequest, Forbidden) as error:
        if not lacks_key(error):
            raise
        found = _listed(api, bucket, name)
        refuse_own_key(api, bucket, name, found.get("kmsKeyName"))
        log.warning(
            "an object is under its writer's own key, and taken for empty",
            name=name,
            reason=str(error.message),
        )
        return Download(b"", int(found["generation"]))
    stored = _CRC32C.search(answer.header("X-Goog-Hash"))
    is_whole = len(answer.content) <= most_bytes
    came = crc32c_text(google_crc32c.Checksum(answer.content))
    if is_whole and stored is not None and stored[1] != came:
        message = "other bytes came than are stored"
        raise ConnectionError(message)
    return Download(answer.content, int(answer.header("X-Goog-Generation")))


def _listed(api: StorageApi, bucket: str, name: str, generation: int | None = None) -> Resource:
    """Return what a listing, which decrypts nothing, says of an object: the live one, or a generation.

    Raises:
        google.api_core.exceptions.NotFound: It is gone.
    """
    query: Query = {"prefix": name, "maxResults": 1, "fields": _LISTED}
    if generation is not None:
        query |= {"versions": "true", "maxResults": None}
    # Of the names that begin with it, it is the first.
    for page in api.pages(f"b/{bucket}/o", query):
        for item in page.get("items", ()):
            if item["name"] != name:
                raise NotFound(name)
            if generation in (None, int(item["generation"])):
                return dict(item)
    raise NotFound(name)


def piece(
    api: StorageApi, bucket: str, name: str, generation: int, *, start: int, end: int
) -> bytes:
    """Read the bytes of an exact generation from one to another, inclusive.

    Raises:
        ObjectChangedError: The object is shorter, or under a key of its writer's.
        CloudError: It is under the bucket's own key, and that cannot be used.
        ConnectionError: They did not all come.
    """
    query: Query = {"generation": generation}
    try:
        chunk = api.download(bucket, name, query, start, end).content
        if len(chunk) == end - start + 1:
            return chunk
        # The answer was cut, or the object ends here: a request for its last byte tells which.
        api.download(bucket, name, query, end, end)
    except RequestRangeNotSatisfiable as error:
        raise ObjectChangedError(f"it has fewer than {end + 1} bytes", subject=name) from error
    except (BadRequest, Forbidden) as error:
        if not lacks_key(error):
            raise
        key = _listed(api, bucket, name, generation).get("kmsKeyName")
        refuse_own_key(api, bucket, name, key)
        raise ObjectChangedError("it is under its writer's own key", subject=name) from error
    message = f"{len(chunk)} of {end - start + 1} bytes came"
    raise ConnectionError(message)
